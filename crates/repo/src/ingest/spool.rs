//! Where the bytes of an incoming pack are kept: in memory while it is small, in a file of the
//! quarantine once it is not.

use crate::crash::crash_point;
use crate::{Error, Result};
use flate2::{Decompress, FlushDecompress, Status};
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// Packs up to this size stay in memory and travel in the journal, which saves three of the four
/// syncs of a landing. Beyond it the second write costs more than the syncs.
pub(super) const SMALL: usize = 128 << 10;

pub(super) struct Spool {
    /// Where the file goes, should there be one.
    folder: PathBuf,
    memory: Vec<u8>,
    file: Option<(PathBuf, BufWriter<File>)>,
    len: u64,
}

/// The finished bytes.
pub(super) enum Spooled {
    /// In memory.
    Memory(Vec<u8>),
    /// In this file.
    File(PathBuf),
}

impl Spool {
    /// Nothing yet. `folder` is made when it is needed.
    pub(super) fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), memory: Vec::new(), file: None, len: 0 }
    }

    pub(super) fn len(&self) -> u64 {
        self.len
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.len += bytes.len() as u64;
        if let Some((path, file)) = &mut self.file {
            return file.write_all(bytes).map_err(Error::io("write", path));
        }
        self.memory.extend_from_slice(bytes);
        if self.memory.len() > SMALL {
            self.spill()?;
        }
        Ok(())
    }

    fn spill(&mut self) -> Result<()> {
        std::fs::create_dir_all(&self.folder).map_err(Error::io("create", &self.folder))?;
        crash_point("quarantine-created");
        let path = self.folder.join("incoming.pack");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(Error::io("create", &path))?;
        let mut file = BufWriter::with_capacity(SMALL, file);
        file.write_all(&std::mem::take(&mut self.memory)).map_err(Error::io("write", &path))?;
        self.file = Some((path, file));
        Ok(())
    }

    /// Makes everything appended readable.
    pub(super) fn flush(&mut self) -> Result<()> {
        match &mut self.file {
            Some((path, file)) => file.flush().map_err(Error::io("write", path)),
            None => Ok(()),
        }
    }

    /// Inflates `size` bytes of the stream at `offset`, which has been inflated before.
    pub(super) fn inflate_at(&self, offset: u64, size: u64) -> Result<Vec<u8>> {
        let mut inflate = Decompress::new(true);
        let mut out = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
        let mut piece = [0; 16 << 10];
        loop {
            let at = offset + inflate.total_in();
            let count = self.read_at(&mut piece, at)?;
            let input = piece.get(..count).unwrap_or_default();
            let before = inflate.total_in();
            let status = inflate
                .decompress_vec(input, &mut out, FlushDecompress::None)
                .map_err(|error| self.unreadable(error.into()))?;
            if status == Status::StreamEnd {
                return Ok(out);
            }
            if count == 0 || (inflate.total_in() == before && out.len() == out.capacity()) {
                return Err(self.unreadable(std::io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    fn read_at(&self, piece: &mut [u8], at: u64) -> Result<usize> {
        match &self.file {
            Some((path, file)) => {
                file.get_ref().read_at(piece, at).map_err(Error::io("read", path))
            }
            None => {
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                let rest = self.memory.get(at..).unwrap_or_default();
                let count = rest.len().min(piece.len());
                piece.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
                Ok(count)
            }
        }
    }

    fn unreadable(&self, error: std::io::Error) -> Error {
        Error::io("read back", &self.folder)(error)
    }

    /// The checksum at the end.
    pub(super) fn checksum(&mut self) -> Result<gix_hash::ObjectId> {
        self.flush()?;
        let mut checksum = [0; 20];
        self.read_at(&mut checksum, self.len.saturating_sub(20))?;
        Ok(gix_hash::ObjectId::Sha1(checksum))
    }

    /// Says that the pack has `count` objects now and ends here: sets the header and appends a new
    /// checksum. For packs that were completed; their old checksum has been dropped.
    pub(super) fn amend(&mut self, count: u32) -> Result<gix_hash::ObjectId> {
        self.flush()?;
        let mut hash = gix_hash::hasher(gix_hash::Kind::Sha1);
        match &mut self.file {
            None => {
                if let Some(field) = self.memory.get_mut(8..12) {
                    field.copy_from_slice(&count.to_be_bytes());
                }
                hash.update(&self.memory);
            }
            Some((path, file)) => {
                let file = file.get_ref();
                file.write_all_at(&count.to_be_bytes(), 8).map_err(Error::io("write", path))?;
                let mut piece = vec![0; SMALL];
                let mut at = 0;
                loop {
                    let got = file.read_at(&mut piece, at).map_err(Error::io("read", path))?;
                    if got == 0 {
                        break;
                    }
                    hash.update(piece.get(..got).unwrap_or_default());
                    at += got as u64;
                }
            }
        }
        let checksum = hash.try_finalize().map_err(|_| {
            crate::failure::FailureCode::ObjectCollision.because("in the pack's checksum")
        })?;
        self.append(checksum.as_slice())?;
        Ok(checksum)
    }

    /// Drops the last `count` bytes.
    pub(super) fn shorten(&mut self, count: u64) -> Result<()> {
        self.flush()?;
        self.len -= count;
        match &mut self.file {
            None => self.memory.truncate(usize::try_from(self.len).unwrap_or(0)),
            Some((path, file)) => {
                let file = file.get_mut();
                file.set_len(self.len).map_err(Error::io("shorten", path))?;
                use std::io::Seek as _;
                file.seek(std::io::SeekFrom::Start(self.len)).map_err(Error::io("read", path))?;
            }
        }
        Ok(())
    }

    pub(super) fn into_spooled(mut self) -> Result<Spooled> {
        self.flush()?;
        Ok(match self.file {
            Some((path, _)) => Spooled::File(path),
            None => Spooled::Memory(self.memory),
        })
    }
}
