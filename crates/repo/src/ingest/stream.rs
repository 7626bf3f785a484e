//! The incoming bytes of a pack: read once, and on the way hashed, counted against the limit and
//! kept. Knows pack framing no deeper than "so many bytes were used".

use crate::failure::FailureCode;
use crate::ingest::spool::Spool;
use crate::{Error, Result};
use flate2::{Decompress, FlushDecompress, Status};
use gix_hash::Hasher;
use std::io::{self, Read};

/// How much is read from the peer at a time.
const BUFFER: usize = 64 << 10;

/// Room that is made at first for an object; the length it claims is not believed before it came.
const FIRST_ROOM: u64 = 64 << 10;

pub(super) struct Stream<'a> {
    input: &'a mut dyn Read,
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
    /// Bytes used so far: the offset in the pack.
    offset: u64,
    limit: u64,
    hash: Hasher,
    crc: crc32fast::Hasher,
    inflate: Decompress,
    scratch: Box<[u8]>,
    pub(super) spool: Spool,
}

impl<'a> Stream<'a> {
    pub(super) fn new(input: &'a mut dyn Read, limit: u64, spool: Spool) -> Self {
        Self {
            input,
            buffer: vec![0; BUFFER].into(),
            start: 0,
            end: 0,
            offset: 0,
            limit,
            hash: gix_hash::hasher(gix_hash::Kind::Sha1),
            crc: crc32fast::Hasher::new(),
            inflate: Decompress::new(true),
            scratch: Box::default(),
            spool,
        }
    }

    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Starts the checksum of an entry.
    pub(super) fn begin_entry(&mut self) {
        self.crc = crc32fast::Hasher::new();
    }

    /// The checksum of the bytes used since [`Self::begin_entry`].
    pub(super) fn entry_crc(&self) -> u32 {
        self.crc.clone().finalize()
    }

    /// At least one unused byte.
    fn fill(&mut self) -> Result<()> {
        while self.start == self.end {
            self.start = 0;
            self.end = match self.input.read(&mut self.buffer) {
                Ok(0) => return Err(Error::Peer(io::ErrorKind::UnexpectedEof.into())),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                Err(error) => return Err(Error::Peer(error)),
            };
        }
        Ok(())
    }

    /// Marks bytes as used.
    fn advance(&mut self, count: usize) -> Result<()> {
        let used = self.buffer.get(self.start..self.start + count).unwrap_or_default();
        self.hash.update(used);
        self.crc.update(used);
        self.spool.append(used)?;
        self.start += count;
        self.offset += count as u64;
        if self.offset > self.limit {
            return Err(FailureCode::PackTooLarge
                .because(format!("limit {} bytes", self.limit))
                .into());
        }
        Ok(())
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        self.fill()?;
        let byte = self.buffer.get(self.start).copied().unwrap_or_default();
        self.advance(1)?;
        Ok(byte)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.byte()?;
        }
        Ok(bytes)
    }

    /// Inflates an object of exactly `size` bytes into memory.
    pub(super) fn inflate(&mut self, size: u64) -> Result<Vec<u8>> {
        let mut out = Vec::with_capacity(usize::try_from(size.min(FIRST_ROOM)).unwrap_or(0));
        self.inflate_with(size, |bytes| out.extend_from_slice(bytes))?;
        Ok(out)
    }

    /// Inflates exactly `size` bytes, handing them on piece by piece. More or fewer are an error
    /// found before they are handed on.
    pub(super) fn inflate_with(&mut self, size: u64, mut sink: impl FnMut(&[u8])) -> Result<()> {
        self.inflate.reset(true);
        if self.scratch.is_empty() {
            self.scratch = vec![0; BUFFER].into();
        }
        loop {
            self.fill()?;
            let (before_in, before_out) = (self.inflate.total_in(), self.inflate.total_out());
            let input = self.buffer.get(self.start..self.end).unwrap_or_default();
            let status =
                self.inflate
                    .decompress(input, &mut self.scratch, FlushDecompress::None)
                    .map_err(|_| FailureCode::PackCorrupt.because("compressed data is damaged"))?;
            let used = usize::try_from(self.inflate.total_in() - before_in).unwrap_or(0);
            let made = usize::try_from(self.inflate.total_out() - before_out).unwrap_or(0);
            if self.inflate.total_out() > size {
                return Err(wrong_size());
            }
            sink(self.scratch.get(..made).unwrap_or_default());
            self.advance(used)?;
            match status {
                Status::StreamEnd if self.inflate.total_out() == size => return Ok(()),
                Status::StreamEnd => return Err(wrong_size()),
                Status::Ok | Status::BufError if used == 0 && made == 0 => {
                    return Err(FailureCode::PackCorrupt.because("compressed data stops").into());
                }
                Status::Ok | Status::BufError => {}
            }
        }
    }

    /// Reads the checksum at the end, compares it, and makes sure that nothing follows: not in
    /// what was read already, and when the input is one request, not in the rest of it.
    pub(super) fn finish(mut self, input_ends: bool) -> Result<(Spool, u64)> {
        let hash = std::mem::replace(&mut self.hash, gix_hash::hasher(gix_hash::Kind::Sha1));
        let expected = hash
            .try_finalize()
            .map_err(|_| FailureCode::ObjectCollision.because("in the pack's checksum"))?;
        let found: [u8; 20] = self.array()?;
        if found != expected.as_slice() {
            return Err(FailureCode::PackCorrupt.because("its checksum is wrong").into());
        }
        let mut more = self.start != self.end;
        while input_ends && !more {
            match self.input.read(&mut self.buffer) {
                Ok(0) => break,
                Ok(_) => more = true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Peer(error)),
            }
        }
        if more {
            return Err(FailureCode::PackCorrupt.because("something follows after its end").into());
        }
        Ok((self.spool, self.offset))
    }
}

fn wrong_size() -> Error {
    FailureCode::PackCorrupt.because("an object is not as long as it says").into()
}
