//! Public keys as people paste them, read once into what is stored. What is not taken is refused
//! with a reason, and never repeated: it may be a private key.

use model::Fingerprint;
use ssh_key::public::KeyData;
use ssh_key::{Algorithm, HashAlg, PublicKey};

/// Larger than any key: 16 KiB.
const MAX_TEXT: usize = 16 << 10;
/// What RSA keys must have and may have, in bits. Verifying with a huge one would cost the server
/// more than the client.
const RSA_BITS: std::ops::RangeInclusive<u32> = 2048..=8192;

/// Why a text is not taken for a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadKey {
    #[error("paste the public key: one line that begins with `ssh-ed25519`, `ecdsa-` or `ssh-rsa`")]
    Empty,
    #[error(
        "this is a private key: keep it to yourself, and make a new pair if others may have seen \
         it now; the public key is in the file that ends in `.pub`"
    )]
    Private,
    #[error("this is longer than any key: paste one line of a file that ends in `.pub`")]
    TooLong,
    #[error("these are several lines: add one key at a time")]
    Several,
    #[error("this is in another format: convert it with `ssh-keygen -i -f FILE`")]
    OtherFormat,
    #[error("options before a key are not taken: paste the key alone, from `ssh-` or `ecdsa-` on")]
    Options,
    #[error("this is a certificate: paste the key it was made for")]
    Certificate,
    #[error("DSA keys are too weak and no longer taken: make one with `ssh-keygen -t ed25519`")]
    Dsa,
    #[error(
        "this RSA key has {0} bits, it must have 2048 to 8192: make one with `ssh-keygen -t ed25519`"
    )]
    RsaSize(u32),
    #[error(
        "this kind of key is not known: use ed25519, ecdsa, rsa, or one of these on a hardware key"
    )]
    Unknown,
    #[error("this is not a whole public key: copy the line again, all of it")]
    Malformed,
}

/// A public key that may be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReadKey {
    /// Algorithm and base64.
    pub key: String,
    pub comment: String,
    pub fingerprint: Fingerprint,
}

/// Reads one line of a `.pub` file.
pub(crate) fn read(text: &str) -> Result<ReadKey, BadKey> {
    let line = one_line(text)?;
    let (kind, _) = line.split_once(char::is_whitespace).ok_or(BadKey::Malformed)?;
    if kind.ends_with("-cert-v01@openssh.com") {
        return Err(BadKey::Certificate);
    }
    if !kind.starts_with("ssh-") && !kind.starts_with("ecdsa-") && !kind.starts_with("sk-") {
        return Err(BadKey::Options);
    }
    let mut parts = line.splitn(3, char::is_whitespace).filter(|it| !it.is_empty());
    let (kind, base64) = parts.next().zip(parts.next()).ok_or(BadKey::Malformed)?;
    let comment = parts.next().unwrap_or_default().trim().to_owned();
    let key = format!("{kind} {base64}");
    let parsed = match PublicKey::from_openssh(&key) {
        Ok(parsed) => parsed,
        Err(ssh_key::Error::AlgorithmUnknown) if kind == "ssh-dss" => return Err(BadKey::Dsa),
        Err(ssh_key::Error::AlgorithmUnknown) => return Err(BadKey::Unknown),
        Err(_) => return Err(BadKey::Malformed),
    };
    check_strength(parsed.key_data())?;
    Ok(ReadKey { key, comment, fingerprint: fingerprint(parsed.key_data()) })
}

/// A certificate authority, by its public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority(pub(crate) PublicKey);

/// Reads the public keys of authorities, one on a line; empty lines and those that begin with `#`
/// are passed over. Says which line is wrong.
pub fn read_authorities(text: &str) -> Result<Vec<Authority>, String> {
    let lines = text.lines().map(str::trim).enumerate();
    let keys = lines.filter(|(_, it)| !it.is_empty() && !it.starts_with('#'));
    keys.map(|(at, line)| {
        let bad = |why: BadKey| format!("key {}: {why}", at + 1);
        let key = read(line).map_err(bad)?;
        PublicKey::from_openssh(&key.key).map(Authority).map_err(|_| bad(BadKey::Malformed))
    })
    .collect()
}

fn one_line(text: &str) -> Result<&str, BadKey> {
    let text = text.trim();
    if text.contains("PRIVATE KEY") || text.starts_with("PuTTY-User-Key-File") {
        return Err(BadKey::Private);
    }
    if text.len() > MAX_TEXT {
        return Err(BadKey::TooLong);
    }
    if text.starts_with("----") {
        return Err(BadKey::OtherFormat);
    }
    match text.lines().count() {
        0 => Err(BadKey::Empty),
        1 => Ok(text),
        _ => Err(BadKey::Several),
    }
}

/// Is this a kind of key that is taken, and long enough? Asked of certified keys as well.
pub(crate) fn check_strength(key: &KeyData) -> Result<(), BadKey> {
    match key.algorithm() {
        Algorithm::Ed25519
        | Algorithm::Ecdsa { .. }
        | Algorithm::SkEd25519
        | Algorithm::SkEcdsaSha2NistP256 => Ok(()),
        Algorithm::Rsa { .. } => match key.rsa().map(ssh_key::public::RsaPublicKey::key_size) {
            Some(bits) if RSA_BITS.contains(&bits) => Ok(()),
            Some(bits) => Err(BadKey::RsaSize(bits)),
            None => Err(BadKey::Malformed),
        },
        Algorithm::Dsa => Err(BadKey::Dsa),
        // The enum is open: what is not listed is not taken.
        _ => Err(BadKey::Unknown),
    }
}

/// The name of a key. Of a certified key, that of the key and not of the certificate.
pub(crate) fn fingerprint(key: &KeyData) -> Fingerprint {
    let key = key.certificate().map_or(key, |it| it.public_key());
    let mut digest = [0; 32];
    for (to, from) in digest.iter_mut().zip(key.fingerprint(HashAlg::Sha256).as_bytes()) {
        *to = *from;
    }
    Fingerprint::of_digest(&digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `ssh-keygen`; the fingerprints are those of `ssh-keygen -l`.
    const ED25519: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDp6Ii6ndInFSiinY2O5u81NjDUZhrl1aldiWlZkEPhn";
    const ECDSA: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABB\
        BA5IIbgdVDzB2dP/OYv+jbqblz3V2ZIxf3KVSDewpS9EF0NigqM/lBBwMm8S1XEli6wp2XH4dvRHUpITeyfg9+Q=";
    const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCurynReLkSlGz3gt+QlWmAJh/XKTusFX78wXEr\
        G0t0vVeo93zzP24fACLJuCE2PDlWAb0QCA7eqb//ATfiilt7peB0QzYCHGC+vWZ7QnxdQWBPhsBXVkf0ZlAl/NU6Xmsx\
        zEjiJy6O9U3gs5tkb66IdG89/shHkD1/iuPhstgAZBq0gBajqjYckS4eHfmI1zI6rvYRaw8hn4jHWfLVfCRgGLJRy6hB\
        ki+s6mLddO5TxQscpT73JSgnlD2EfT0U0swhGsyDh/6vcGHSBc9btvHzQfUpmAKWw+zgb2NVxPW+z+CaCRBkbZNb9k+l\
        ke5l4VBR+K9UeB7yiiDg67NHCP0R";
    const RSA_1024: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCxH3xvG0AKkamWPxoN4GaXvMLmhq2W7CSI\
        jdNW6mifp+PkFCVSvKBfxMa1QE9E9wWZ3/uyPOGrZ1kGiZUCU6guUFcwuKAM3FMU3lv22jGhnKkU51beuSkYu+lxAXct\
        fKaF7GwtyL3ItyPKn06rULtu4u5S3SXerKCE+AUXsteqGQ==";
    const DSA: &str = "ssh-dss AAAAB3NzaC1kc3MAAACBAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\
        AAAAAAAAAAAAAAAAAAAAAAAJAAAAFQCAAAAAAAAAAAAAAAAAAAAAAAAABwAAAAEFAAAAAU0=";
    const SK_ED25519: &str = "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAA\
        IAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAAAABHNzaDo=";
    const SK_ECDSA: &str = "sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3\
        BlbnNzaC5jb20AAAAIbmlzdHAyNTYAAABBBA5IIbgdVDzB2dP/OYv+jbqblz3V2ZIxf3KVSDewpS9EF0NigqM/lBBwMm\
        8S1XEli6wp2XH4dvRHUpITeyfg9+QAAAAEc3NoOg==";

    #[test]
    fn every_kind_of_key_that_is_taken_is_read() {
        for (line, comment, fingerprint) in [
            (ED25519, "ann@laptop", Some("2/V4ybHJk83f1AlYqsJv9EvxZMbqj1WdI3Uov5bcNn4")),
            (ECDSA, "ann's  second key", Some("8er5D/rjMYqSdCdeRA8y3dAHK+eTrZImLpPHWewRBDI")),
            (RSA, "", Some("ufX/Ylj6Jwt1ZOoeDMDxayPAohKWnOfZrWEqmdvMueU")),
            (SK_ED25519, "yubikey", None),
            (SK_ECDSA, "yubikey", None),
        ] {
            let key = read(&format!("  {line}  {comment}\n")).unwrap();
            assert_eq!((key.key.as_str(), key.comment.as_str()), (line, comment));
            if let Some(fingerprint) = fingerprint {
                assert_eq!(key.fingerprint.as_str(), format!("SHA256:{fingerprint}"));
            }
        }
    }

    #[test]
    fn what_is_not_taken_is_told_why_and_never_repeated() {
        let cut = &ED25519[..ED25519.len() - 4];
        let private =
            "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----";
        let two = format!("{ED25519}\n{RSA}");
        let with_options = format!("command=\"x\" {ED25519}");
        let other_name = ED25519.replacen("ssh-ed25519", "ssh-rsa", 1);
        let certificate = ED25519.replacen("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", 1);
        for (text, why) in [
            ("", BadKey::Empty),
            (" \n ", BadKey::Empty),
            (private, BadKey::Private),
            ("PuTTY-User-Key-File-3: ssh-ed25519\nc2VjcmV0", BadKey::Private),
            ("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA", BadKey::OtherFormat),
            (two.as_str(), BadKey::Several),
            (with_options.as_str(), BadKey::Options),
            (certificate.as_str(), BadKey::Certificate),
            (DSA, BadKey::Dsa),
            (RSA_1024, BadKey::RsaSize(1024)),
            (cut, BadKey::Malformed),
            ("ssh-ed25519", BadKey::Malformed),
            ("ssh-ed25519 !!!!", BadKey::Malformed),
            (&"ssh-rsa A".repeat(4000), BadKey::TooLong),
        ] {
            let found = read(text).unwrap_err();
            assert_eq!(found, why, "{text}");
            assert!(!found.to_string().contains("c2VjcmV0"), "{found}");
        }
        assert!(matches!(read(&other_name), Err(BadKey::Unknown | BadKey::Malformed)));
        assert!(matches!(read("ssh-moon AAAA"), Err(BadKey::Unknown | BadKey::Malformed)));
    }

    #[test]
    fn a_file_of_authorities_says_which_line_is_wrong() {
        let two = format!("# ours\n{ED25519} ca\n\n{ECDSA}\n");
        assert_eq!(read_authorities(&two).unwrap().len(), 2);
        let wrong = read_authorities(&format!("{ED25519}\n{RSA_1024}")).unwrap_err();
        assert!(wrong.starts_with("key 2: this RSA key has 1024 bits"), "{wrong}");
    }
}
