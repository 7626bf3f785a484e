//! Partial clone filters: which objects a client does not want.

use crate::{Error, escape};
use std::fmt;

/// A filter this server carries out. `Display` writes it as `git pack-objects --filter=` takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// No file contents.
    BlobNone,
    /// No file contents of this many bytes or more.
    BlobLimit(u64),
    /// No trees or file contents this far below the commits; 0 leaves out all of them.
    Tree(u64),
    /// Only objects of this type.
    ObjectType(ObjectType),
    /// What every one of these leaves in. Never empty.
    Combine(Vec<Filter>),
}

/// The four types of git objects, as `object:type=` names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectType {
    Blob,
    Tree,
    Commit,
    Tag,
}

impl ObjectType {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit => "commit",
            Self::Tag => "tag",
        }
    }
}

/// How many filters may be combined, and how deeply; git itself sends a handful.
const MOST_COMBINED: usize = 16;

impl Filter {
    /// Reads what follows `filter ` in a request. `sparse:` filters are refused: they name a blob
    /// of ours to be read as patterns, and git's own servers advise against them.
    pub fn parse(spec: &[u8]) -> Result<Self, Error> {
        let unsupported = || Error::Filter(escape(spec));
        let text = std::str::from_utf8(spec).map_err(|_| unsupported())?;
        parse(text, 2).ok_or_else(unsupported)
    }
}

fn parse(text: &str, depth: usize) -> Option<Filter> {
    if text == "blob:none" {
        return Some(Filter::BlobNone);
    }
    if let Some(limit) = text.strip_prefix("blob:limit=") {
        return parse_size(limit).map(Filter::BlobLimit);
    }
    if let Some(depth) = text.strip_prefix("tree:") {
        return parse_digits(depth).map(Filter::Tree);
    }
    if let Some(name) = text.strip_prefix("object:type=") {
        let all = [ObjectType::Blob, ObjectType::Tree, ObjectType::Commit, ObjectType::Tag];
        return all.into_iter().find(|it| it.as_str() == name).map(Filter::ObjectType);
    }
    let parts: Vec<&str> = text.strip_prefix("combine:")?.split('+').collect();
    let depth = depth.checked_sub(1)?;
    if parts.len() > MOST_COMBINED {
        return None;
    }
    let parts = parts.into_iter().map(|part| parse(&decode_url(part)?, depth));
    parts.collect::<Option<Vec<_>>>().map(Filter::Combine)
}

/// A number of digits only: `u64::from_str` would take a sign.
fn parse_digits(text: &str) -> Option<u64> {
    text.bytes().all(|it| it.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// A number of bytes with git's `k`, `m` or `g` behind it, perhaps.
fn parse_size(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'k' | b'K' => (text.get(..text.len() - 1)?, 10),
        b'm' | b'M' => (text.get(..text.len() - 1)?, 20),
        b'g' | b'G' => (text.get(..text.len() - 1)?, 30),
        _ => (text, 0),
    };
    parse_digits(digits)?.checked_mul(1 << shift)
}

/// `%3A` to `:`; the parts of a combined filter are sent like this.
fn decode_url(part: &str) -> Option<String> {
    let mut pieces = part.split('%');
    let mut text = pieces.next()?.to_owned();
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        let byte = u8::from_str_radix(digits, 16).ok().filter(u8::is_ascii_graphic)?;
        text.push(char::from(byte));
        text.push_str(rest);
    }
    Some(text)
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BlobNone => f.write_str("blob:none"),
            Self::BlobLimit(bytes) => write!(f, "blob:limit={bytes}"),
            Self::Tree(depth) => write!(f, "tree:{depth}"),
            Self::ObjectType(it) => write!(f, "object:type={}", it.as_str()),
            Self::Combine(parts) => {
                f.write_str("combine:")?;
                for (at, part) in parts.iter().enumerate() {
                    let plus = if at == 0 { "" } else { "+" };
                    // Only these two mean something inside a combination.
                    let part = part.to_string().replace('%', "%25").replace('+', "%2B");
                    write!(f, "{plus}{part}")?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn filters_are_understood_or_refused() {
        for (spec, shown) in [
            ("blob:none", "blob:none"),
            ("blob:limit=1k", "blob:limit=1024"),
            ("blob:limit=0", "blob:limit=0"),
            ("blob:limit=2G", "blob:limit=2147483648"),
            ("tree:0", "tree:0"),
            ("tree:12", "tree:12"),
            ("object:type=tag", "object:type=tag"),
            ("combine:blob:none+tree:3", "combine:blob:none+tree:3"),
            ("combine:blob%3Anone+tree%3A3", "combine:blob:none+tree:3"),
        ] {
            assert_eq!(Filter::parse(spec.as_bytes()).unwrap().to_string(), shown, "{spec}");
        }
        for spec in [
            "",
            "blob",
            "blob:some",
            "blob:limit=",
            "blob:limit=-1",
            "blob:limit=+1",
            "blob:limit=k",
            "blob:limit=99999999999999999999",
            "blob:limit=99999999999999999g",
            "tree:",
            "tree:-1",
            "tree:x",
            "object:type=",
            "object:type=blobs",
            "sparse:oid=main:x",
            "sparse:path=x",
            "combine:",
            "combine:blob:none+",
            "combine:combine:combine:blob:none",
            "combine:a%",
            "combine:blob%zznone",
            "combine:blob%3",
            "combine:tree%éx",
            "blob:none --all",
            "blob:nönë",
        ] {
            assert!(Filter::parse(spec.as_bytes()).is_err(), "{spec}");
        }
        assert!(Filter::parse(&[0xff]).is_err());
        let many = format!("combine:{}", vec!["tree:1"; 17].join("+"));
        assert!(Filter::parse(many.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_shown_reads_the_same(spec in "(combine:)?[a-z:%+=0-9é]{0,30}") {
            if let Ok(filter) = Filter::parse(spec.as_bytes()) {
                prop_assert_eq!(Filter::parse(filter.to_string().as_bytes()), Ok(filter));
            }
        }
    }
}
