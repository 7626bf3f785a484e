//! Object ids. SHA-1 only today; the type hides its width so that SHA-256 can join.

use std::fmt;

/// The id of a git object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId([u8; 20]);

/// The text was not 40 lower- or upper-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadObjectId;

impl fmt::Display for BadObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an object id: 40 hexadecimal digits are needed")
    }
}

impl std::error::Error for BadObjectId {}

impl ObjectId {
    /// The id of nothing: "does not exist yet" or "shall be gone" in a push command.
    pub const ZERO: Self = Self([0; 20]);

    /// Parses exactly 40 hexadecimal digits.
    pub fn parse(hex: &[u8]) -> Result<Self, BadObjectId> {
        let mut bytes = [0; 20];
        if hex.len() != 40 {
            return Err(BadObjectId);
        }
        for (byte, pair) in bytes.iter_mut().zip(hex.chunks_exact(2)) {
            let digit = |at: usize| {
                pair.get(at).and_then(|&c| char::from(c).to_digit(16)).ok_or(BadObjectId)
            };
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).map_err(|_| BadObjectId)?;
        }
        Ok(Self(bytes))
    }

    /// From the raw 20 bytes.
    pub const fn from_bytes(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// The raw 20 bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }

    /// Is this [`ObjectId::ZERO`]?
    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Written as one piece: a push of a thousand refs prints thousands of ids.
        let digit = |half: u8| char::from_digit(u32::from(half), 16).map_or(b'?', |it| it as u8);
        let mut hex = [0; 40];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
        }
        f.write_str(str::from_utf8(&hex).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_as_they_print() {
        let text = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(ObjectId::parse(text.as_bytes()).unwrap().to_string(), text);
        assert_eq!(ObjectId::parse(b"0123"), Err(BadObjectId));
        assert_eq!(ObjectId::parse(&[b'g'; 40]), Err(BadObjectId));
        assert_eq!(ObjectId::parse(&[b'+'; 40]), Err(BadObjectId));
    }
}
