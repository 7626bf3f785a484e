//! A ref name as somebody sent it: any bytes, kept as they are, harmless where they are shown.

use model::{BadRefName, RefName};
use std::fmt;

/// A ref name as it was sent. It may be anything; [`SentName::parse`] tells.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SentName(Box<[u8]>);

impl SentName {
    /// Keeps the bytes.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    /// The bytes, as sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The ref name it is, if it is one.
    pub fn parse(&self) -> Result<RefName, BadRefName> {
        RefName::parse(&self.0)
    }

    /// Appends the name to a report line. Clients compare it with the name they sent, so bytes
    /// stay as they are unless they could end the name or the line.
    pub fn put_on_wire(&self, out: &mut Vec<u8>) {
        for &byte in &self.0 {
            if byte <= b' ' || byte == 0x7f {
                out.extend_from_slice(format!("\\x{byte:02x}").as_bytes());
            } else {
                out.push(byte);
            }
        }
    }
}

impl From<&RefName> for SentName {
    fn from(name: &RefName) -> Self {
        Self::new(name.as_str().as_bytes())
    }
}

/// For people and logs: [escaped](escape).
impl fmt::Display for SentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.0))
    }
}

impl fmt::Debug for SentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Bytes from outside as text that can be shown: at most the first 200, control characters and
/// what is not UTF-8 as `\xNN`. A terminal must not be told what to do by somebody's ref name.
pub fn escape(bytes: &[u8]) -> String {
    let (shown, cut) = bytes.split_at_checked(200).map_or((bytes, false), |it| (it.0, true));
    let mut text = String::with_capacity(shown.len());
    for chunk in shown.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                let mut utf8 = [0; 4];
                push_hex(&mut text, character.encode_utf8(&mut utf8).as_bytes());
            } else {
                text.push(character);
            }
        }
        push_hex(&mut text, chunk.invalid());
    }
    if cut {
        text.push_str("...");
    }
    text
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    text.extend(bytes.iter().map(|byte| format!("\\x{byte:02x}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_kept_for_the_client_and_made_harmless_for_people() {
        for (sent, wire, shown) in [
            (&b"refs/heads/main"[..], &b"refs/heads/main"[..], "refs/heads/main"),
            (b"refs/heads/\xff", b"refs/heads/\xff", "refs/heads/\\xff"),
            (b"a b\n\x1b[2J", b"a\\x20b\\x0a\\x1b[2J", "a b\\x0a\\x1b[2J"),
            ("große\u{9b}".as_bytes(), "große\u{9b}".as_bytes(), "große\\xc2\\x9b"),
        ] {
            let name = SentName::new(sent);
            let mut out = Vec::new();
            name.put_on_wire(&mut out);
            assert_eq!((out.as_slice(), name.to_string().as_str()), (wire, shown));
        }
        assert_eq!(escape(&[b'x'; 201]), format!("{}...", "x".repeat(200)));
    }
}
