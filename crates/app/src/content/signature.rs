//! Is a commit signed, and by whom? Reads signatures and checks them against keys; whose keys
//! count is said by whoever asks, and what follows is the policy's.

use crate::public_key::{check_strength, fingerprint};
use model::Fingerprint;
use repo::Signed;
use ssh_key::{PublicKey, SshSig};

/// What git signs commits for. A signature that was made for something else, such as a file or a
/// login, is none of a commit.
const NAMESPACE: &str = "git";
const SSH_ARMOUR: &[u8] = b"-----BEGIN SSH SIGNATURE-----";

/// What a commit's signature turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// Genuine, by the key with this fingerprint.
    Ssh(Fingerprint),
    /// It does not fit the commit or its key, or is damaged.
    Bad,
    /// Of a kind that is not understood.
    Unknown,
}

/// Checks a signature against the commit it is in.
pub(super) fn check(signed: &Signed) -> Signature {
    if signed.several {
        return Signature::Bad;
    }
    if signed.signature.starts_with(SSH_ARMOUR) {
        return check_ssh(signed).map_or(Signature::Bad, Signature::Ssh);
    }
    Signature::Unknown
}

/// `None` when it is not genuine, whatever the reason.
fn check_ssh(signed: &Signed) -> Option<Fingerprint> {
    let signature = SshSig::from_pem(&signed.signature).ok()?;
    let key = signature.public_key();
    // A key that may not be added signs nothing, either.
    check_strength(key).ok()?;
    PublicKey::from(key.clone()).verify(NAMESPACE, &signed.payload, &signature).ok()?;
    Some(fingerprint(key))
}
