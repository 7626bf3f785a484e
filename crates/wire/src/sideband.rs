//! Side-band: one stream carrying data, progress and a fatal error.

use crate::Error;
use crate::encode::length_digits;
use crate::pkt::MAX_PKT;

/// Which of the three streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Band {
    /// The pack, or the report.
    Data,
    /// Text for the person at the other end; the client prefixes `remote: `.
    Progress,
    /// The reason why the stream ends here.
    Fatal,
}

impl Band {
    const fn byte(self) -> u8 {
        match self {
            Self::Data => 1,
            Self::Progress => 2,
            Self::Fatal => 3,
        }
    }

    /// Splits a packet's payload into its band and the bytes on it.
    pub fn split(payload: &[u8]) -> Result<(Self, &[u8]), Error> {
        match payload.split_first() {
            Some((1, rest)) => Ok((Self::Data, rest)),
            Some((2, rest)) => Ok((Self::Progress, rest)),
            Some((3, rest)) => Ok((Self::Fatal, rest)),
            Some(_) | None => Err(Error::BadBand),
        }
    }
}

/// The dialect the client asked for: how long a packet may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SideBand {
    /// `side-band`: packets of at most 1,000 bytes.
    Small,
    /// `side-band-64k`: packets of at most 65,520 bytes.
    Large,
}

impl SideBand {
    /// How many bytes of payload fit into one packet.
    pub const fn max_payload(self) -> usize {
        match self {
            Self::Small => 1000 - 5,
            Self::Large => MAX_PKT - 5,
        }
    }
}

/// Appends `data` to `out` on a band, in as many packets as it takes; nothing for no data.
pub fn put_band(out: &mut Vec<u8>, dialect: SideBand, band: Band, data: &[u8]) {
    for part in data.chunks(dialect.max_payload()) {
        out.extend_from_slice(&length_digits(part.len() + 5));
        out.push(band.byte());
        out.extend_from_slice(part);
    }
}

/// One packet's worth of buffer: bytes are read straight into their place behind the header, so
/// that a pack passes through without being copied.
pub struct Frame {
    buffer: Box<[u8]>,
}

impl Frame {
    /// The header: 4 length digits and the band.
    const HEADER: usize = 5;

    /// A frame for packets of this dialect.
    pub fn new(dialect: SideBand) -> Self {
        Self { buffer: vec![0; Self::HEADER + dialect.max_payload()].into() }
    }

    /// Where to put the payload; its length is all that fits into a packet.
    pub fn space(&mut self) -> &mut [u8] {
        self.buffer.get_mut(Self::HEADER..).unwrap_or_default()
    }

    /// The first `count` bytes of [`space`](Self::space), without a packet around them.
    pub fn payload(&self, count: usize) -> &[u8] {
        self.buffer.get(Self::HEADER..Self::HEADER + count).unwrap_or_default()
    }

    /// The finished packet: header and the first `count` bytes of [`space`](Self::space).
    pub fn seal(&mut self, band: Band, count: usize) -> &[u8] {
        let length = (Self::HEADER + count).min(self.buffer.len());
        let [a, b, c, d] = length_digits(length);
        if let Some(header) = self.buffer.first_chunk_mut() {
            *header = [a, b, c, d, band.byte()];
        }
        self.buffer.get(..length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Pkt, decode};

    #[test]
    fn data_is_cut_into_packets_of_the_dialect() {
        for (dialect, longest) in [(SideBand::Small, 1000), (SideBand::Large, 65520)] {
            let data = vec![b'x'; dialect.max_payload() + 3];
            let mut out = Vec::new();
            put_band(&mut out, dialect, Band::Progress, &data);
            let (first, used) = decode(&out).unwrap().unwrap();
            assert_eq!(used, longest);
            let (second, _) = decode(&out[used..]).unwrap().unwrap();
            let (Pkt::Data(first), Pkt::Data(second)) = (first, second) else { panic!() };
            assert_eq!(Band::split(first).unwrap().0, Band::Progress);
            assert_eq!(Band::split(second), Ok((Band::Progress, &b"xxx"[..])));
        }
    }

    #[test]
    fn a_frame_is_a_packet_around_what_was_read_into_it() {
        let mut frame = Frame::new(SideBand::Large);
        assert_eq!(frame.space().len(), 65515);
        frame.space()[..4].copy_from_slice(b"PACK");
        assert_eq!(frame.seal(Band::Data, 4), b"0009\x01PACK");
        assert_eq!(frame.payload(4), b"PACK");
        assert_eq!(frame.seal(Band::Data, 65515).len(), 65520);
        assert_eq!(&frame.seal(Band::Fatal, 65515)[..5], b"fff0\x03");
    }

    #[test]
    fn a_packet_without_a_known_band_is_an_error() {
        assert_eq!(Band::split(b""), Err(Error::BadBand));
        assert_eq!(Band::split(b"\x04x"), Err(Error::BadBand));
        assert_eq!(Band::split(b"\x03x"), Ok((Band::Fatal, &b"x"[..])));
    }
}
