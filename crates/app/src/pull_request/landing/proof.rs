//! With which credential a later merge was asked for, as text, and back: when the time comes it is
//! judged with the limits that the credential has then. No secret can be made from the text, and
//! nobody gets in with it: it is only read from the store's own rows.

use crate::asker::{Door, Proof};
use crate::error::{Fields, Result};
use crate::sign_in::unknown;
use crate::token_text::digest;
use crate::{App, Asker};
use model::{Channel, CredentialKind, Secret, UserId};
use policy::Credential;
use std::fmt::Write as _;
use store::{TokenHash, WaitingMerge};

const API_TOKEN: &str = "api-token";
const ACCESS_TOKEN: &str = "access-token";
const PASSWORD: &str = "password";
const SYSTEM: &str = "system";

impl App {
    /// The credential of this asker, as text.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for keys: what they were shown with is over with
    /// the session.
    pub(super) async fn proof_of(&self, who: &Asker) -> Result<String> {
        Ok(match &who.proof {
            Proof::ApiToken(hash) => format!("{API_TOKEN} {}", hex(hash)),
            Proof::AccessToken(hash) => format!("{ACCESS_TOKEN} {}", hex(hash)),
            Proof::Password(id) => format!("{PASSWORD} {id} {}", hex(&self.mark_of(*id).await?)),
            Proof::System => SYSTEM.to_owned(),
            Proof::Nothing | Proof::Key(_) => {
                let message = "a merge can only be left to the server with a token or a password";
                return Err(Fields::one("credential", message));
            }
        })
    }

    /// Whoever asked for a later merge, as they are now. Somebody unknown, if the credential is
    /// none any more: that the policy refuses them is the answer.
    pub(super) async fn asker_again(&self, waiting: &WaitingMerge) -> Result<Asker> {
        let door = Door {
            channel: Channel::Merge,
            address: waiting.terms.address.as_deref().and_then(|it| it.parse().ok()),
            request_id: format!("waiting-{}", waiting.position),
        };
        let mut words = waiting.terms.proof.split(' ');
        let mut asker = Asker::anonymous(&door);
        match (words.next(), words.next(), words.next()) {
            (Some(API_TOKEN), Some(hash), None) => match unhex(hash) {
                Some(hash) => asker.proof = Proof::ApiToken(hash),
                None => return Ok(unknown(&door, CredentialKind::ApiToken, None)),
            },
            (Some(ACCESS_TOKEN), Some(hash), None) => match unhex(hash) {
                Some(hash) => asker.proof = Proof::AccessToken(hash),
                None => return Ok(unknown(&door, CredentialKind::AccessToken, None)),
            },
            (Some(PASSWORD), Some(id), Some(mark)) => {
                let id = id.parse().ok().map(UserId);
                let same = match id {
                    Some(id) => unhex(mark) == Some(self.mark_of(id).await?),
                    None => false,
                };
                let Some(id) = id.filter(|_| same) else {
                    return Ok(unknown(&door, CredentialKind::Password, None));
                };
                asker.proof = Proof::Password(id);
                asker.who.credential = Credential::unlimited(CredentialKind::Password);
            }
            (Some(SYSTEM), None, None) => {
                let mut system = Asker::system();
                system.who.channel = Channel::Merge;
                return Ok(system);
            }
            _ => return Ok(unknown(&door, CredentialKind::None, None)),
        }
        self.refreshed(&asker).await
    }

    /// Changes with the password. Of somebody without one it is the mark of an empty one, which
    /// nobody can have used.
    async fn mark_of(&self, id: UserId) -> Result<TokenHash> {
        let version = self.store.facts_version().await?;
        let account = self.account(id, version).await?;
        let stored = account.and_then(|it| it.user.password_hash.clone()).unwrap_or_default();
        Ok(digest(&Secret::new(stored)))
    }
}

fn hex(hash: &TokenHash) -> String {
    hash.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` cannot fail.
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

fn unhex(text: &str) -> Option<TokenHash> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
        return None;
    }
    let digits = text.as_bytes().chunks(2);
    let byte = |it: &[u8]| u8::from_str_radix(std::str::from_utf8(it).ok()?, 16).ok();
    digits.map(byte).collect::<Option<Vec<u8>>>()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_read_back_and_nothing_else() {
        let hash = digest(&Secret::new("a token"));
        assert_eq!(unhex(&hex(&hash)), Some(hash));
        for bad in ["", "00", &hex(&hash)[1..], &format!("{}00", hex(&hash)), &"zz".repeat(32)] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }
}
