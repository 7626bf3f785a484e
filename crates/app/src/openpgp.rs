//! OpenPGP keys: which keys of a certificate sign, for whom and until when. The library checks each
//! signature by itself; which of them count is said here. What is weak, revoked or over counts
//! for nothing, and what cannot be told is not taken.

use model::{Email, Timestamp};
use pgp::composed::{Deserializable as _, SignedPublicKey, SignedPublicSubKey};
use pgp::crypto::hash::HashAlgorithm;
use pgp::packet::{PublicKey, Signature, SignatureType};
use pgp::ser::Serialize as _;
use pgp::types::{Duration, KeyDetails, PublicParams, SignedUser, Tag};

/// Larger than any key without pictures: 128 KiB.
const MAX_TEXT: usize = 128 << 10;
const ARMOUR: &str = "-----BEGIN PGP PUBLIC KEY BLOCK-----";
/// What the numbers of an RSA key of 2048 bits take, in bytes.
const RSA_NUMBERS: usize = 261;
/// Whoever signs many keys must not make others' expensive.
const MOST_SIGNATURES: usize = 500;

/// Why a text is not taken for an OpenPGP key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadGpgKey {
    #[error("paste the public key: what `gpg --armor --export YOUR-ADDRESS` prints, all of it")]
    Empty,
    #[error(
        "this is a private key: keep it to yourself, and make a new one if others may have seen \
         it now; the public key is what `gpg --armor --export` prints"
    )]
    Private,
    #[error(
        "this is longer than any key: export it with `--export-options export-minimal`, which \
         leaves out what others signed"
    )]
    TooLong,
    #[error("these are several keys: add one at a time, with `gpg --armor --export KEY`")]
    Several,
    #[error("this is not a whole public key of a kind that is known here: export it again")]
    Malformed,
    #[error("this key is revoked: make another one")]
    Revoked,
    #[error("this key has expired: extend it with `gpg --quick-set-expire`, and export it again")]
    Expired,
    #[error(
        "nothing in this key may sign, by an algorithm that is taken: Ed25519, ECDSA, or RSA of at \
         least 2048 bits, and no signatures with SHA-1"
    )]
    CannotSign,
}

/// What is known of a public key that its owner signs with.
#[derive(Debug)]
pub(crate) struct Certificate {
    key: SignedPublicKey,
    /// Lower case hexadecimal.
    pub(crate) fingerprint: String,
    /// As they are written on it, those that are revoked or not the owner's own aside.
    pub(crate) user_ids: Vec<String>,
    pub(crate) made_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) is_revoked: bool,
    pub(crate) signers: Vec<Signer>,
}

/// A key of a certificate that may sign: its main key or a subkey.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signer {
    /// Lower case hexadecimal.
    pub(crate) fingerprint: String,
    /// The short form that old signatures name it by, 16 digits.
    pub(crate) key_id: String,
    pub(crate) made_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) is_revoked: bool,
    /// Of the subkeys, in their order; `None` is the main key.
    subkey: Option<usize>,
}

/// Why a signature that fits a key does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    Bad,
    Expired,
    Revoked,
}

/// Reads a key that somebody wants to add now.
pub(crate) fn read(text: &str, now: Timestamp) -> Result<Certificate, BadGpgKey> {
    if text.trim().is_empty() {
        return Err(BadGpgKey::Empty);
    }
    if text.contains("PRIVATE KEY") {
        return Err(BadGpgKey::Private);
    }
    if text.len() > MAX_TEXT {
        return Err(BadGpgKey::TooLong);
    }
    if text.matches(ARMOUR).count() > 1 {
        return Err(BadGpgKey::Several);
    }
    let found = Certificate::parse(text)?;
    if found.is_revoked {
        return Err(BadGpgKey::Revoked);
    }
    if is_over(found.expires_at, now) {
        return Err(BadGpgKey::Expired);
    }
    if !found.signers.iter().any(|it| !it.is_revoked && !is_over(it.expires_at, now)) {
        return Err(BadGpgKey::CannotSign);
    }
    Ok(found)
}

impl Certificate {
    /// Reads a key, whatever it is good for.
    pub(crate) fn parse(text: &str) -> Result<Self, BadGpgKey> {
        let (mut keys, _) =
            SignedPublicKey::from_armor_many(text.as_bytes()).map_err(|_| BadGpgKey::Malformed)?;
        let key = keys.next().and_then(Result::ok).ok_or(BadGpgKey::Malformed)?;
        if keys.next().is_some() {
            return Err(BadGpgKey::Several);
        }
        let users = key.details.users.iter().map(|it| it.signatures.len());
        let subkeys = key.public_subkeys.iter().map(|it| it.signatures.len());
        if users.chain(subkeys).sum::<usize>() > MOST_SIGNATURES {
            return Err(BadGpgKey::TooLong);
        }
        Ok(Self::evaluate(key))
    }

    fn evaluate(key: SignedPublicKey) -> Self {
        let primary = &key.primary_key;
        let users = key.details.users.iter();
        let live: Vec<_> = users.filter_map(|it| Some((it, certification(primary, it)?))).collect();
        let direct = key.details.direct_signatures.iter().filter(|it| {
            it.typ() == Some(SignatureType::Key) && is_own(it) && it.verify_key(primary).is_ok()
        });
        let counts = newest(direct.chain(live.iter().map(|it| it.1)));
        let revocations = &key.details.revocation_signatures;
        let is_revoked = revocations.iter().any(|it| it.verify_key(primary).is_ok());
        let expires_at = counts.and_then(|it| expiry(primary, it));
        let mut signers = Vec::new();
        if counts.is_some_and(|it| it.key_flags().sign()) && is_strong(primary) {
            signers.push(Signer::new(primary, expires_at, is_revoked, None));
        }
        for (at, subkey) in key.public_subkeys.iter().enumerate() {
            signers.extend(signing_subkey(primary, subkey).map(|(until, revoked)| {
                let until = [expires_at, until].into_iter().flatten().min();
                Signer::new(&subkey.key, until, is_revoked || revoked, Some(at))
            }));
        }
        let text = |it: &SignedUser| String::from_utf8_lossy(it.id.id()).into_owned();
        Self {
            fingerprint: format!("{:x}", primary.fingerprint()),
            user_ids: live.iter().map(|it| text(it.0)).collect(),
            made_at: seconds(primary.created_at().as_secs()),
            expires_at,
            is_revoked,
            signers,
            key,
        }
    }

    /// Is this address on it? `Ann <ann@example.com>` or the address alone.
    pub(crate) fn is_of(&self, email: &Email) -> bool {
        self.user_ids.iter().any(|it| address(it).to_lowercase() == email.as_str())
    }

    /// Checks a signature that one of its keys is said to have made, as things are now. The key
    /// that made it, if the signature counts.
    pub(crate) fn verify(
        &self,
        signature: &Signature,
        payload: &[u8],
        now: Timestamp,
    ) -> Result<&Signer, Unusable> {
        let is_plain = signature.typ() == Some(SignatureType::Binary) && is_own(signature);
        if !is_plain || is_over(signature_ends(signature), now) {
            return Err(Unusable::Bad);
        }
        let fits = |it: &&Signer| match it.subkey {
            None => signature.verify(&self.key.primary_key, payload).is_ok(),
            Some(at) => {
                let subkey = self.key.public_subkeys.get(at);
                subkey.is_some_and(|it| signature.verify(&it.key, payload).is_ok())
            }
        };
        let signer = self.signers.iter().find(fits).ok_or(Unusable::Bad)?;
        if self.is_revoked || signer.is_revoked {
            return Err(Unusable::Revoked);
        }
        if is_over(signer.expires_at, now) {
            return Err(Unusable::Expired);
        }
        Ok(signer)
    }
}

impl Signer {
    fn new(
        key: &impl KeyDetails,
        expires_at: Option<Timestamp>,
        is_revoked: bool,
        subkey: Option<usize>,
    ) -> Self {
        let key_id = key.legacy_key_id();
        let key_id = key_id.as_ref().iter().map(|it| format!("{it:02x}")).collect();
        let fingerprint = format!("{:x}", key.fingerprint());
        let made_at = seconds(key.created_at().as_secs());
        Self { fingerprint, key_id, made_at, expires_at, is_revoked, subkey }
    }
}

/// The owner's own certification of a name on the key that counts: the newest, unless that takes
/// it back.
fn certification<'a>(primary: &PublicKey, user: &'a SignedUser) -> Option<&'a Signature> {
    let own = user
        .signatures
        .iter()
        .filter(|it| is_own(it) && it.verify_certification(primary, Tag::UserId, &user.id).is_ok());
    newest(own).filter(|it| it.typ() != Some(SignatureType::CertRevocation))
}

/// Until when a subkey may sign, and whether it was revoked; `None` when it may not, or the main
/// key and it do not vouch for one another.
fn signing_subkey(
    primary: &PublicKey,
    subkey: &SignedPublicSubKey,
) -> Option<(Option<Timestamp>, bool)> {
    let of = |typ: SignatureType| {
        subkey.signatures.iter().filter(move |it| {
            it.typ() == Some(typ) && it.verify_subkey_binding(primary, &subkey.key).is_ok()
        })
    };
    let binding = newest(of(SignatureType::SubkeyBinding).filter(|it| is_own(it)))?;
    let back = binding.embedded_signature().filter(|_| binding.key_flags().sign())?;
    let vouches = is_own(back) && back.verify_primary_key_binding(&subkey.key, primary).is_ok();
    let may_sign = vouches && is_strong(&subkey.key);
    // A revocation counts however weakly it is made: it only takes away.
    let is_revoked = of(SignatureType::SubkeyRevocation).next().is_some();
    may_sign.then(|| (expiry(&subkey.key, binding), is_revoked))
}

/// Is it made in a way that others cannot make it? Collisions of SHA-1 and older can be had.
fn is_own(signature: &Signature) -> bool {
    match signature.hash_alg() {
        Some(
            HashAlgorithm::Sha256
            | HashAlgorithm::Sha384
            | HashAlgorithm::Sha512
            | HashAlgorithm::Sha224
            | HashAlgorithm::Sha3_256
            | HashAlgorithm::Sha3_512,
        ) => true,
        // The enum is open: what is not listed does not count.
        Some(_) | None => false,
    }
}

fn is_strong(key: &impl KeyDetails) -> bool {
    match key.public_params() {
        PublicParams::RSA(numbers) => numbers.write_len() >= RSA_NUMBERS,
        PublicParams::ECDSA(_)
        | PublicParams::EdDSALegacy(_)
        | PublicParams::Ed25519(_)
        | PublicParams::Ed448(_) => true,
        // DSA, what only encrypts, and what is not known.
        _ => false,
    }
}

fn newest<'a>(signatures: impl Iterator<Item = &'a Signature>) -> Option<&'a Signature> {
    signatures.max_by_key(|it| it.created().map(|at| at.as_secs()))
}

/// When a key ends, by the signature that speaks for it; when that ends, too.
fn expiry(key: &impl KeyDetails, binding: &Signature) -> Option<Timestamp> {
    let made = seconds(key.created_at().as_secs());
    let key_ends = binding.key_expiration_time().and_then(|it| after(made, it));
    [key_ends, signature_ends(binding)].into_iter().flatten().min()
}

fn signature_ends(signature: &Signature) -> Option<Timestamp> {
    let made = seconds(signature.created()?.as_secs());
    after(made, signature.signature_expiration_time()?)
}

/// Nothing stands for no end.
fn after(made: Timestamp, lasts: Duration) -> Option<Timestamp> {
    (lasts.as_secs() > 0).then(|| Timestamp(made.0 + seconds(lasts.as_secs()).0))
}

fn is_over(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|it| it <= now)
}

/// OpenPGP counts in seconds.
fn seconds(count: u32) -> Timestamp {
    Timestamp(i64::from(count) * 1000)
}

/// What stands between the last angle brackets, or all of it.
fn address(user_id: &str) -> &str {
    let inside = user_id.rsplit_once('<').and_then(|it| it.1.split_once('>'));
    inside.map_or(user_id, |it| it.0).trim()
}
