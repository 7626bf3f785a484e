//! How much history a client wants: the shallow part of a fetch request, the same in every
//! protocol version.

use crate::push::{check_count, parse_id, unexpected_line};
use crate::{Error, escape};
use model::ObjectId;

/// The depth git sends for "all of it" (`--unshallow`).
const INFINITE: u32 = 0x7fff_ffff;

/// What a request says about depth. Default: nothing, the client wants full history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deepen {
    /// Commits the client has without their parents.
    pub shallow: Vec<ObjectId>,
    /// `deepen N`: this many commits from each wanted tip.
    pub depth: Option<u32>,
    /// `deepen-relative`: count from the client's present boundary, not from the tips.
    pub relative: bool,
    /// `deepen-since`: only commits at or after this moment, in seconds since 1970.
    pub since: Option<i64>,
    /// `deepen-not`: nothing reachable from these refs. Names as sent, not looked up.
    pub not: Vec<Box<[u8]>>,
}

impl Deepen {
    /// Does the client ask for a boundary to be computed?
    pub fn is_asked(&self) -> bool {
        self.depth.is_some() || self.since.is_some() || !self.not.is_empty()
    }

    /// Does it ask for the boundary to vanish?
    pub fn is_unshallow(&self) -> bool {
        self.depth.is_some_and(|it| it >= INFINITE)
    }

    /// Takes a line if it is one of ours; `false` if it is not.
    pub(crate) fn accept(&mut self, line: &[u8], limit: usize) -> Result<bool, Error> {
        if let Some(id) = line.strip_prefix(b"shallow ") {
            check_count("shallow lines", self.shallow.len(), limit)?;
            self.shallow.push(parse_id(id)?);
        } else if let Some(depth) = line.strip_prefix(b"deepen ") {
            // 0 is "no depth", which old clients say by sending it.
            self.depth = Some(parse_number(depth)?).filter(|it| *it > 0);
        } else if let Some(since) = line.strip_prefix(b"deepen-since ") {
            self.since = Some(parse_number(since)?);
        } else if let Some(name) = line.strip_prefix(b"deepen-not ") {
            check_count("deepen-not lines", self.not.len(), limit)?;
            self.not.push(name.into());
        } else if line == b"deepen-relative" {
            self.relative = true;
        } else {
            return Ok(false);
        }
        if self.depth.is_some() && (self.since.is_some() || !self.not.is_empty()) {
            return Err(Error::MixedDeepen);
        }
        Ok(true)
    }
}

/// A positive number of digits only; more than fits is an error, not a wrap.
fn parse_number<T: TryFrom<i64>>(digits: &[u8]) -> Result<T, Error> {
    let bad = || Error::BadNumber(escape(digits));
    let text = std::str::from_utf8(digits).map_err(|_| bad())?;
    if text.is_empty() || !text.bytes().all(|it| it.is_ascii_digit()) {
        return Err(bad());
    }
    let number: i64 = text.parse().map_err(|_| bad())?;
    T::try_from(number).map_err(|_| bad())
}

/// For lines that nobody took.
pub(crate) fn unknown(line: &[u8]) -> Error {
    unexpected_line(line, "it is no line of a fetch request")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Result<Deepen, Error> {
        let mut deepen = Deepen::default();
        for line in lines {
            assert!(deepen.accept(line.as_bytes(), 2)?, "{line}");
        }
        Ok(deepen)
    }

    #[test]
    fn depth_is_read_and_cannot_be_said_twice_differently() {
        assert_eq!(read(&["deepen 3"]).unwrap().depth, Some(3));
        assert!(!read(&["deepen 0"]).unwrap().is_asked());
        assert!(read(&["deepen 2147483647"]).unwrap().is_unshallow());
        let both = read(&["deepen-since 1700000000", "deepen-not v1"]).unwrap();
        assert_eq!((both.since, both.not.len()), (Some(1_700_000_000), 1));
        for lines in [&["deepen 1", "deepen-since 1"][..], &["deepen-not x", "deepen 1"]] {
            assert_eq!(read(lines), Err(Error::MixedDeepen));
        }
        for bad in ["deepen -1", "deepen +1", "deepen ", "deepen x", "deepen 99999999999"] {
            assert!(matches!(read(&[bad]), Err(Error::BadNumber(_))), "{bad}");
        }
        assert!(matches!(read(&["shallow 12"]), Err(Error::BadObjectId(_))));
        assert!(matches!(read(&["deepen-not a"; 3]), Err(Error::TooMany { .. })));
        assert_eq!(Deepen::default().accept(b"deepened", 1), Ok(false));
    }
}
