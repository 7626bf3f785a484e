//! A fetch in protocol 0 and 1: wants and depth first, then the exchange of haves.

use crate::deepen::{self, Deepen};
use crate::encode::{put_hex, put_line};
use crate::push::{check_count, parse_id, unexpected};
use crate::v2::FetchLimits;
use crate::{Capabilities, Error, Filter, Pkt, Progress, SideBand, put_text};
use model::ObjectId;

/// How the client wants to be told which of its commits we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckMode {
    /// One ACK, for the first common commit.
    Single,
    /// `multi_ack`: `ACK id continue`.
    Multi,
    /// `multi_ack_detailed`: `common`, then `ready`.
    Detailed,
}

/// Everything up to the first flush.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UploadRequest {
    /// Empty when the client wants nothing after all.
    pub wants: Vec<ObjectId>,
    pub capabilities: Capabilities,
    pub deepen: Deepen,
    pub filter: Option<Filter>,
}

impl UploadRequest {
    /// The ACK dialect asked for.
    pub fn ack_mode(&self) -> AckMode {
        if self.capabilities.has("multi_ack_detailed") {
            AckMode::Detailed
        } else if self.capabilities.has("multi_ack") {
            AckMode::Multi
        } else {
            AckMode::Single
        }
    }

    /// The side-band dialect asked for; `None` sends the bare pack.
    pub fn side_band(&self) -> Option<SideBand> {
        if self.capabilities.has("side-band-64k") {
            Some(SideBand::Large)
        } else {
            self.capabilities.has("side-band").then_some(SideBand::Small)
        }
    }
}

/// Reads an [`UploadRequest`] packet by packet.
pub struct UploadRequestReader {
    limits: FetchLimits,
    request: UploadRequest,
    done: bool,
}

impl UploadRequestReader {
    /// A reader that has seen nothing.
    pub fn new(limits: FetchLimits) -> Self {
        Self { limits, request: UploadRequest::default(), done: false }
    }

    /// Takes the next packet. After [`Progress::Done`] it takes no more.
    pub fn accept(&mut self, pkt: Pkt<'_>) -> Result<Progress, Error> {
        let expected = "a fetch request is wants, depth and filter, then a flush";
        match (pkt.line(), pkt) {
            _ if self.done => return Err(unexpected(pkt, expected)),
            (Some(line), _) => self.accept_line(line)?,
            (None, Pkt::Flush) => self.done = true,
            (None, Pkt::Data(_) | Pkt::Delim | Pkt::ResponseEnd) => {
                return Err(unexpected(pkt, expected));
            }
        }
        Ok(if self.done { Progress::Done } else { Progress::More })
    }

    /// The request, once complete.
    pub fn finish(self) -> Result<UploadRequest, Error> {
        if self.done { Ok(self.request) } else { Err(Error::Truncated) }
    }

    fn accept_line(&mut self, line: &[u8]) -> Result<(), Error> {
        let request = &mut self.request;
        if let Some(rest) = line.strip_prefix(b"want ") {
            check_count("wants", request.wants.len(), self.limits.wants)?;
            let (id, list) = rest.split_at_checked(40).unwrap_or((rest, b""));
            let id = parse_id(id)?;
            if request.wants.is_empty() {
                request.capabilities = Capabilities::parse(list);
                request.capabilities.check_object_format()?;
            } else if !list.is_empty() {
                return Err(unexpected(Pkt::Data(line), "only the first want has capabilities"));
            }
            request.wants.push(id);
        } else if let Some(spec) = line.strip_prefix(b"filter ") {
            request.filter = Some(Filter::parse(spec)?);
        } else if !request.deepen.accept(line, self.limits.shallow)? {
            return Err(deepen::unknown(line));
        }
        // Of a shallow client, `shallow` lines may come first in no known client, but git's
        // own server takes them in any order, and so do we.
        request.deepen.relative |= request.capabilities.has("deepen-relative");
        Ok(())
    }
}

/// One packet of the exchange after the wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HaveLine {
    /// The client has this commit.
    Have(ObjectId),
    /// It wants an answer to what it said so far.
    Flush,
    /// It says no more; the pack is next.
    Done,
}

impl HaveLine {
    /// Reads one packet.
    pub fn parse(pkt: Pkt<'_>) -> Result<Self, Error> {
        match (pkt.line(), pkt) {
            (Some(b"done"), _) => Ok(Self::Done),
            (None, Pkt::Flush) => Ok(Self::Flush),
            (Some(line), _) => match line.strip_prefix(b"have ") {
                Some(id) => parse_id(id).map(Self::Have),
                None => Err(unexpected(pkt, "`have ID`, `done` or a flush comes here")),
            },
            (None, Pkt::Data(_) | Pkt::Delim | Pkt::ResponseEnd) => {
                Err(unexpected(pkt, "`have ID`, `done` or a flush comes here"))
            }
        }
    }
}

/// Appends `ACK id`, with a word behind it (`common`, `ready`, `continue`) if not empty.
pub fn put_ack(out: &mut Vec<u8>, id: &ObjectId, word: &str) {
    put_line(out, |out| {
        out.extend_from_slice(b"ACK ");
        put_hex(out, id);
        if !word.is_empty() {
            out.push(b' ');
            out.extend_from_slice(word.as_bytes());
        }
    });
}

/// Appends `NAK`.
pub fn put_nak(out: &mut Vec<u8>) {
    put_text(out, "NAK");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: FetchLimits = FetchLimits { wants: 2, haves: 2, shallow: 2, prefixes: 2 };

    fn read(lines: &[&str]) -> Result<UploadRequest, Error> {
        let mut reader = UploadRequestReader::new(LIMITS);
        for line in lines {
            let line = line.replace("ONE", &"1".repeat(40)).replace("TWO", &"2".repeat(40));
            reader.accept(Pkt::Data(line.as_bytes()))?;
        }
        reader.accept(Pkt::Flush)?;
        reader.finish()
    }

    #[test]
    fn requests_read_as_they_are_meant() {
        assert_eq!(read(&[]).unwrap(), UploadRequest::default());
        let request = read(&[
            "want ONE multi_ack_detailed side-band-64k deepen-relative agent=git/2\n",
            "want TWO\n",
            "shallow ONE",
            "deepen 3\n",
            "filter blob:none",
        ])
        .unwrap();
        assert_eq!(request.wants.len(), 2);
        assert_eq!(request.ack_mode(), AckMode::Detailed);
        assert_eq!(request.side_band(), Some(SideBand::Large));
        assert_eq!(request.filter, Some(Filter::BlobNone));
        assert_eq!((request.deepen.depth, request.deepen.relative), (Some(3), true));
        let plain = read(&["want ONE"]).unwrap();
        assert_eq!((plain.ack_mode(), plain.side_band()), (AckMode::Single, None));
    }

    #[test]
    fn malformed_requests_are_errors() {
        for (lines, expected) in [
            (&["want"][..], "`want` is not expected here: it is no line of a fetch request"),
            (&["want 12"], "`12` does not hold an object id"),
            (&["want ONE", "want TWO x"], "only the first want has capabilities"),
            (&["want ONE", "want ONE", "want TWO"], "more than 2 wants in one request"),
            (&["want ONE object-format=sha256"], "object format `sha256` is not supported"),
            (&["want ONE", "filter sparse:oid=1"], "object filter `sparse:oid=1`"),
            (&["want ONE", "have ONE"], "it is no line of a fetch request"),
        ] {
            let error = read(lines).unwrap_err().to_string();
            assert!(error.contains(expected), "{lines:?}: {error}");
        }
        let reader = UploadRequestReader::new(LIMITS);
        assert_eq!(reader.finish(), Err(Error::Truncated));
    }

    #[test]
    fn haves_are_read_and_acks_written() {
        let have = format!("have {}\n", "a".repeat(40));
        let id = ObjectId::parse(&[b'a'; 40]).unwrap();
        assert_eq!(HaveLine::parse(Pkt::Data(have.as_bytes())), Ok(HaveLine::Have(id)));
        assert_eq!(HaveLine::parse(Pkt::Data(b"done\n")), Ok(HaveLine::Done));
        assert_eq!(HaveLine::parse(Pkt::Flush), Ok(HaveLine::Flush));
        assert!(HaveLine::parse(Pkt::Delim).is_err());
        assert!(HaveLine::parse(Pkt::Data(b"have x")).is_err());
        assert!(HaveLine::parse(Pkt::Data(b"want x")).is_err());
        let mut out = Vec::new();
        put_ack(&mut out, &id, "common");
        put_ack(&mut out, &id, "");
        put_nak(&mut out);
        let expected = format!("0038ACK {id} common\n0031ACK {id}\n0008NAK\n");
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn no_packet_makes_a_reader_panic(
            words in proptest::collection::vec("(want |have |deepen |shallow |filter )?[0-9a-f ]{0,44}", 0..5)
        ) {
            let mut reader = UploadRequestReader::new(LIMITS);
            for word in &words {
                let _ = HaveLine::parse(Pkt::Data(word.as_bytes())).is_ok();
                if reader.accept(Pkt::Data(word.as_bytes())).is_err() { break }
            }
        }
    }
}
