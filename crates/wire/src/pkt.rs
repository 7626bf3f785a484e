//! pkt-line, reading side: one packet out of a slice, and a decoder that is fed piecemeal.
//!
//! Never copies a payload: a [`Pkt`] borrows from the bytes it was read from.

use crate::Error;

/// The longest packet, its 4 length digits included.
pub const MAX_PKT: usize = 65520;
/// The longest payload of a packet.
pub const MAX_DATA: usize = MAX_PKT - 4;

/// How much room [`Decoder::space`] offers at least; a request line is far shorter.
const CHUNK: usize = 8192;

/// One packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pkt<'a> {
    /// A payload, perhaps empty, as sent (with its newline, if it has one).
    Data(&'a [u8]),
    /// `0000`: the end of a message.
    Flush,
    /// `0001`: the end of a section (protocol 2).
    Delim,
    /// `0002`: the end of a response (protocol 2, stateless).
    ResponseEnd,
}

impl<'a> Pkt<'a> {
    /// The payload without one trailing newline; `None` for the special packets.
    pub fn line(&self) -> Option<&'a [u8]> {
        match self {
            Self::Data(data) => Some(data.strip_suffix(b"\n").unwrap_or(data)),
            Self::Flush | Self::Delim | Self::ResponseEnd => None,
        }
    }
}

/// Reads the packet at the start of `input`: the packet and how many bytes it took, or `None`
/// when more bytes are needed to tell.
pub fn decode(input: &[u8]) -> Result<Option<(Pkt<'_>, usize)>, Error> {
    let Some(length) = length(input)? else { return Ok(None) };
    let pkt = match length {
        0 => Pkt::Flush,
        1 => Pkt::Delim,
        2 => Pkt::ResponseEnd,
        _ => match input.get(4..length) {
            Some(data) => Pkt::Data(data),
            None => return Ok(None),
        },
    };
    Ok(Some((pkt, length.max(4))))
}

/// The length the first 4 bytes announce; `None` if they are not there yet.
fn length(input: &[u8]) -> Result<Option<usize>, Error> {
    let Some(digits) = input.first_chunk::<4>() else { return Ok(None) };
    let bad = || Error::BadLength(crate::escape(digits));
    let mut length = 0;
    for &digit in digits {
        // `from_str_radix` would let a sign through.
        let value = char::from(digit).to_digit(16).ok_or_else(bad)?;
        length = length * 16 + value as usize;
    }
    match length {
        3 => Err(bad()),
        MAX_PKT.. if length > MAX_PKT => Err(Error::PktTooLong(length)),
        _ => Ok(Some(length)),
    }
}

/// Packets out of bytes that arrive in pieces.
///
/// The owner reads into [`space`](Self::space), says how much came with
/// [`filled`](Self::filled), and takes packets while [`is_ready`](Self::is_ready). What follows
/// the packets (a pack) is [`rest`](Self::rest), then whatever the owner reads itself: the
/// decoder never asks for more than it needs to hold one packet.
#[derive(Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl Decoder {
    /// A decoder that has seen nothing.
    pub const fn new() -> Self {
        Self { buffer: Vec::new(), start: 0, end: 0 }
    }

    /// Where to put the next bytes; never empty.
    pub fn space(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        let pending = length(self.rest()).ok().flatten().unwrap_or(0);
        if self.start > 0 && self.start + pending.max(CHUNK) > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let wanted = (self.start + pending).max(self.end + 1).max(CHUNK);
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        self.buffer.get_mut(self.end..).unwrap_or_default()
    }

    /// Says that `count` bytes were put at the start of [`space`](Self::space).
    pub fn filled(&mut self, count: usize) {
        self.end = (self.end + count).min(self.buffer.len());
    }

    /// Is a whole packet here (or bytes that can never become one, which is the error)?
    pub fn is_ready(&self) -> Result<bool, Error> {
        Ok(decode(self.rest())?.is_some())
    }

    /// Takes the next packet; `None` when more bytes are needed.
    pub fn take(&mut self) -> Result<Option<Pkt<'_>>, Error> {
        let Some(unread) = self.buffer.get(self.start..self.end) else { return Ok(None) };
        let Some((pkt, used)) = decode(unread)? else { return Ok(None) };
        self.start += used;
        Ok(Some(pkt))
    }

    /// What has been put in and not been taken out.
    pub fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// Forgets the first `count` bytes of [`rest`](Self::rest): somebody else has read them.
    pub fn consume(&mut self, count: usize) {
        self.start = (self.start + count).min(self.end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{put_data, put_delim, put_flush, put_response_end};
    use proptest::prelude::*;

    #[test]
    fn malformed_lengths_are_errors_and_short_input_is_not() {
        let bad = |text: &str| Err(Error::BadLength(text.into()));
        for (input, expected) in [
            (&b""[..], Ok(None)),
            (b"000", Ok(None)),
            (b"0005", Ok(None)),
            (b"0000rest", Ok(Some((Pkt::Flush, 4)))),
            (b"0001", Ok(Some((Pkt::Delim, 4)))),
            (b"0002", Ok(Some((Pkt::ResponseEnd, 4)))),
            (b"0004", Ok(Some((Pkt::Data(b""), 4)))),
            (b"0006a\nx", Ok(Some((Pkt::Data(b"a\n"), 6)))),
            (b"000Aabcdef", Ok(Some((Pkt::Data(b"abcdef"), 10)))),
            (b"0003", bad("0003")),
            (b"+004", bad("+004")),
            (b"00 4", bad("00 4")),
            (b"GET / HTTP/1.1", bad("GET ")),
            (b"\0\0\0\0", bad("\\x00\\x00\\x00\\x00")),
            (b"fff1", Err(Error::PktTooLong(0xfff1))),
            (b"ffff", Err(Error::PktTooLong(0xffff))),
            (b"fff0", Ok(None)),
        ] {
            assert_eq!(decode(input), expected, "{input:?}");
        }
    }

    #[test]
    fn only_one_newline_is_dropped() {
        assert_eq!(Pkt::Data(b"a\n\n").line(), Some(&b"a\n"[..]));
        assert_eq!(Pkt::Data(b"").line(), Some(&b""[..]));
        assert_eq!(Pkt::Flush.line(), None);
    }

    fn owned_pkts() -> impl Strategy<Value = Vec<Option<Vec<u8>>>> {
        let data = proptest::collection::vec(any::<u8>(), 0..40);
        proptest::collection::vec(proptest::option::weighted(0.8, data), 0..20)
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(input in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut decoder = Decoder::new();
            for byte in input {
                decoder.space()[0] = byte;
                decoder.filled(1);
                if decoder.is_ready().is_err() { break }
                while let Ok(Some(_)) = decoder.take() {}
            }
        }

        #[test]
        fn what_is_written_is_read_in_any_pieces(pkts in owned_pkts(), piece in 1_usize..50) {
            let mut bytes = Vec::new();
            for pkt in &pkts {
                match pkt {
                    Some(data) => put_data(&mut bytes, data),
                    None => put_flush(&mut bytes),
                }
            }
            put_delim(&mut bytes);
            put_response_end(&mut bytes);
            bytes.extend_from_slice(b"rest");
            let (mut decoder, mut seen) = (Decoder::new(), Vec::new());
            for chunk in bytes.chunks(piece) {
                let mut chunk = chunk;
                while !chunk.is_empty() {
                    let space = decoder.space();
                    let count = space.len().min(chunk.len());
                    space[..count].copy_from_slice(&chunk[..count]);
                    decoder.filled(count);
                    chunk = &chunk[count..];
                }
                while seen.len() < pkts.len() + 2 {
                    let Some(pkt) = decoder.take().unwrap() else { break };
                    seen.push(match pkt {
                        Pkt::Data(data) => Some(data.to_vec()),
                        Pkt::Flush | Pkt::Delim | Pkt::ResponseEnd => None,
                    });
                }
            }
            prop_assert_eq!(decoder.rest(), b"rest");
            prop_assert_eq!(&seen[..pkts.len()], &pkts[..]);
        }
    }

    #[test]
    fn a_packet_of_full_length_passes_a_fresh_decoder() {
        let mut bytes = Vec::new();
        put_data(&mut bytes, &[b'x'; MAX_DATA]);
        let mut decoder = Decoder::new();
        let mut input = &bytes[..];
        while !decoder.is_ready().unwrap() {
            let space = decoder.space();
            let count = space.len().min(input.len());
            space[..count].copy_from_slice(&input[..count]);
            decoder.filled(count);
            input = &input[count..];
        }
        assert_eq!(decoder.take(), Ok(Some(Pkt::Data(&[b'x'; MAX_DATA]))));
        assert!(decoder.rest().is_empty());
    }
}
