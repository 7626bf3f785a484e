//! Is a commit signed, and by whom? Reads signatures and checks them against keys; whose keys
//! count is said by whoever asks, and what follows is the policy's.

use crate::public_key::{check_strength, fingerprint};
use model::Fingerprint;
use pgp::composed::{Deserializable as _, DetachedSignature};
use repo::Signed;
use ssh_key::{PublicKey, SshSig};

/// What git signs commits for. A signature that was made for something else, such as a file or a
/// login, is none of a commit.
const NAMESPACE: &str = "git";
const SSH_ARMOUR: &[u8] = b"-----BEGIN SSH SIGNATURE-----";
const PGP_ARMOUR: &[u8] = b"-----BEGIN PGP SIGNATURE-----";
/// Larger than any signature: 64 KiB.
const MAX_PGP: usize = 64 << 10;

/// What a commit's signature turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    /// Genuine, by the key with this fingerprint.
    Ssh(Fingerprint),
    /// To be checked against the key that it says it is by.
    OpenPgp(Box<OpenPgp>),
    /// It does not fit the commit or its key, or is damaged.
    Bad,
    /// Of a kind that is not understood.
    Unknown,
}

/// An OpenPGP signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OpenPgp {
    pub(super) signature: pgp::packet::Signature,
    /// The short name of the key that made it, 16 hexadecimal digits.
    pub(super) key_id: String,
}

impl OpenPgp {
    /// `None` when it is damaged, several in one, or names no key or several.
    fn read(armoured: &[u8]) -> Option<Self> {
        let text = armoured.get(..armoured.len().min(MAX_PGP))?;
        let (mut found, _) = DetachedSignature::from_armor_many(text).ok()?;
        let signature = found.next()?.ok()?.signature;
        if found.next().is_some() {
            return None;
        }
        let hex = |bytes: &[u8]| bytes.iter().map(|it| format!("{it:02x}")).collect::<String>();
        let by_id = signature.issuer_key_id().into_iter().map(|it| hex(it.as_ref()));
        // Since version 6 the short name is the beginning of the long one and no longer its end.
        let short = |it: &[u8]| match it.len() {
            20 => it.get(12..).map(hex),
            _ => it.get(..8).map(hex),
        };
        let by_fingerprint = signature.issuer_fingerprint();
        let by_fingerprint = by_fingerprint.into_iter().filter_map(|it| short(it.as_bytes()));
        let mut names: Vec<String> = by_id.chain(by_fingerprint).collect();
        names.dedup();
        let key_id = names.pop().filter(|_| names.is_empty())?;
        Some(Self { signature, key_id })
    }
}

/// Checks a signature against the commit it is in.
pub(super) fn check(signed: &Signed) -> Signature {
    if signed.several {
        return Signature::Bad;
    }
    if signed.signature.starts_with(SSH_ARMOUR) {
        return check_ssh(signed).map_or(Signature::Bad, Signature::Ssh);
    }
    if signed.signature.starts_with(PGP_ARMOUR) {
        let read = OpenPgp::read(&signed.signature);
        return read.map_or(Signature::Bad, |it| Signature::OpenPgp(Box::new(it)));
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
