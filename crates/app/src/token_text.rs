//! The text of tokens: how one is made, recognised and reduced to what is stored. Never keeps or
//! shows a token's text, and never asks the database.
//!
//! `pct_u_` (API token of a user) or `pct_a_` (access token), 32 random letters and digits (190
//! bits), 6 more that are their CRC-32 in base 62. Scanners find leaked ones by the prefix; a
//! mistyped or foreign secret is told apart by the checksum before anything is looked up.

use model::Secret;
use rand::distr::{Alphanumeric, SampleString as _};
use sha2::{Digest as _, Sha256};

/// Which kind of credential a token's text announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Of a user.
    Api,
    /// A principal of its own, owned by a repository, project or workspace.
    Access,
}

const RANDOM_LEN: usize = 32;
const CHECKSUM_LEN: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl TokenKind {
    const ALL: [Self; 2] = [Self::Api, Self::Access];

    const fn prefix(self) -> &'static str {
        match self {
            Self::Api => "pct_u_",
            Self::Access => "pct_a_",
        }
    }

    /// A new token's text, from the operating system's randomness.
    pub fn make(self) -> Secret {
        let random = Alphanumeric.sample_string(&mut rand::rng(), RANDOM_LEN);
        let stem = format!("{}{random}", self.prefix());
        let check = checksum(&stem);
        Secret::new(stem + &check)
    }

    /// Whose kind of token this text is, if it is one at all.
    pub fn recognise(secret: &Secret) -> Option<Self> {
        let text = secret.expose();
        let kind = Self::ALL.into_iter().find(|it| text.starts_with(it.prefix()))?;
        let stem_len = kind.prefix().len() + RANDOM_LEN;
        let (stem, check) = text.split_at_checked(stem_len)?;
        (check == checksum(stem)).then_some(kind)
    }
}

fn checksum(stem: &str) -> String {
    let mut rest = crc32fast::hash(stem.as_bytes());
    let mut text = [b'0'; CHECKSUM_LEN];
    for place in text.iter_mut().rev() {
        *place = DIGITS.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    text.iter().map(|it| char::from(*it)).collect()
}

/// What is stored of a token: its SHA-256. The text has 190 random bits, so a fast hash is enough.
pub fn digest(secret: &Secret) -> [u8; 32] {
    Sha256::digest(secret.expose().as_bytes()).into()
}

/// The last four characters, by which people tell their tokens apart.
pub fn last4(secret: &Secret) -> String {
    let text = secret.expose();
    text.get(text.len().saturating_sub(4)..).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognised_and_a_changed_one_is_not() {
        for kind in TokenKind::ALL {
            let token = kind.make();
            let text = token.expose();
            assert_eq!(TokenKind::recognise(&token), Some(kind));
            assert_eq!(text.len(), 44);
            assert!(text.ends_with(&last4(&token)));
            for bad in [
                text.to_uppercase(),
                text.replace("pct_", "ATAT"),
                format!("{text}x"),
                text[..43].to_owned(),
                text[..20].to_owned(),
                format!("{}é", &text[..42]),
                String::new(),
            ] {
                assert_eq!(TokenKind::recognise(&Secret::new(bad.clone())), None, "{bad}");
            }
        }
    }

    #[test]
    fn no_two_tokens_are_alike() {
        let (one, two) = (TokenKind::Api.make(), TokenKind::Api.make());
        assert_ne!(digest(&one), digest(&two));
    }
}
