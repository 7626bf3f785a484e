//! Whose key made a signature. An SSH signature carries its key and was checked against it; of an
//! OpenPGP signature only a name is known, and it is checked here against what is on record.

use super::signature::OpenPgp;
use crate::openpgp::{Certificate, Unusable};
use crate::{App, Result};
use model::{Email, Fingerprint, Timestamp, UserId};

/// Whose key made a signature.
#[derive(Clone, Debug)]
pub(super) struct KeyOwner {
    pub(super) name: String,
    pub(super) email: Email,
    pub(super) active: bool,
}

/// Why a signature by a key on record does not count.
#[derive(Debug)]
pub(super) enum SignerProblem {
    /// It was made for something else, or by another key of that name.
    Bad,
    Expired(KeyOwner),
    Revoked(KeyOwner),
}

impl App {
    /// The user whose own SSH key this is. An access key is nobody's signature.
    pub(super) async fn ssh_signer(&self, fingerprint: &Fingerprint) -> Result<Option<KeyOwner>> {
        let Some(holders) = self.key_holders(fingerprint).await? else { return Ok(None) };
        match holders.person() {
            Some(user) => self.key_owner(user).await,
            None => Ok(None),
        }
    }

    /// The user whose OpenPGP key made this signature over these bytes; `None` when nobody has a
    /// key by that name.
    pub(super) async fn openpgp_signer(
        &self,
        signed: &OpenPgp,
        payload: &[u8],
        now: Timestamp,
    ) -> Result<Result<Option<KeyOwner>, SignerProblem>> {
        let keys = self.store.list_gpg_keys_by_signer(&signed.key_id).await?;
        let mut answer = Ok(None);
        for key in keys {
            let Some(owner) = self.key_owner(key.user).await? else { continue };
            // What could be read when it was added can be read now; if not, nothing passes.
            let Ok(certificate) = Certificate::parse(&key.key) else {
                answer = Err(SignerProblem::Bad);
                continue;
            };
            answer = match certificate.verify(&signed.signature, payload, now) {
                Ok(_) => return Ok(Ok(Some(owner))),
                Err(Unusable::Bad) => Err(SignerProblem::Bad),
                Err(Unusable::Expired) => return Ok(Err(SignerProblem::Expired(owner))),
                Err(Unusable::Revoked) => return Ok(Err(SignerProblem::Revoked(owner))),
            };
        }
        Ok(answer)
    }

    async fn key_owner(&self, user: UserId) -> Result<Option<KeyOwner>> {
        let version = self.store.facts_version().await?;
        let account = self.account(user, version).await?;
        Ok(account.map(|it| KeyOwner {
            name: it.user.username.to_string(),
            email: it.user.email.clone(),
            active: it.user.active,
        }))
    }
}
