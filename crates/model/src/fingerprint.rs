//! The fingerprint of a public key: what people compare and what keys are looked up by.

use std::fmt;

/// SHA-256 of a public key, as `ssh-keygen -l` writes it: `SHA256:` and 43 characters of base64.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(Box<str>);

/// What stands before the digest.
const PREFIX: &str = "SHA256:";
/// 32 bytes in base64 without padding.
const DIGITS: usize = 43;

impl Fingerprint {
    /// Reads a fingerprint; `None` when it is not one of this kind.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let is_digit = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/');
        (digits.len() == DIGITS && digits.bytes().all(is_digit)).then(|| Self(text.into()))
    }

    /// Of the digest itself.
    pub fn of_digest(digest: &[u8; 32]) -> Self {
        const ALPHABET: &[u8; 64] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = String::from(PREFIX);
        for bytes in digest.chunks(3) {
            let whole = (0..3).fold(0_u32, |it, at| {
                it << 8 | u32::from(bytes.get(at).copied().unwrap_or_default())
            });
            for place in 0..=bytes.len() {
                let digit = (whole >> (18 - 6 * place) & 63) as usize;
                text.extend(ALPHABET.get(digit).map(|it| char::from(*it)));
            }
        }
        Self(text.into())
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_in_base64_without_padding() {
        let digest: Vec<u8> = (0..32).map(|it: u8| it.wrapping_mul(37)).collect();
        let text = Fingerprint::of_digest(&digest.try_into().unwrap());
        assert_eq!(text.as_str(), "SHA256:ACVKb5S53gMoTXKXvOEGK1B1mr/kCS5TeJ3C5wwxVns");
        assert_eq!(Fingerprint::parse(text.as_str()), Some(text));
    }

    #[test]
    fn a_fingerprint_is_what_ssh_keygen_prints() {
        let good = "SHA256:JQ6FV0rf7qqJHZqIj4zNH8eV0oB8KLKh9Pph3FTD98g";
        assert_eq!(Fingerprint::parse(good).unwrap().to_string(), good);
        for bad in [
            "",
            "SHA256:",
            "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48",
            "SHA256:JQ6FV0rf7qqJHZqIj4zNH8eV0oB8KLKh9Pph3FTD98",
            "SHA256:JQ6FV0rf7qqJHZqIj4zNH8eV0oB8KLKh9Pph3FTD98=",
            "sha256:JQ6FV0rf7qqJHZqIj4zNH8eV0oB8KLKh9Pph3FTD98g",
        ] {
            assert_eq!(Fingerprint::parse(bad), None, "{bad}");
        }
    }
}
