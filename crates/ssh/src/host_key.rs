//! The server's own keys: made at the first start, read at the others, shown to whoever wants to
//! know the server before trusting it. The private half never leaves this file but to sign.

use crate::Error;
use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, HashAlg, PrivateKey};
use std::fmt::Write as _;

/// How OpenSSH's private keys begin, since 2014.
const BEGIN: &str = "-----BEGIN OPENSSH PRIVATE KEY-----";

/// What an RSA key must have at least: users' keys need as much.
const RSA_BITS: u32 = 2048;

/// A key that proves to clients that they talk to this server.
#[derive(Clone)]
pub struct HostKey(pub(crate) PrivateKey);

impl HostKey {
    /// A new ed25519 key.
    pub fn make() -> Result<Self, Error> {
        PrivateKey::random(&mut rand::rng(), Algorithm::Ed25519).map(Self).map_err(broken)
    }

    /// Reads a private key without passphrase, ed25519 or RSA, as `ssh-keygen` writes it.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if !text.trim_start().starts_with(BEGIN) {
            return Err(Error::HostKey(format!("it does not begin with `{BEGIN}`")));
        }
        let key = PrivateKey::from_openssh(text).map_err(broken)?;
        if key.is_encrypted() {
            return Err(Error::HostKey("it has a passphrase".into()));
        }
        let rsa_bits = key.public_key().key_data().rsa().map_or(RSA_BITS, |it| it.key_size());
        if rsa_bits < RSA_BITS {
            return Err(Error::HostKeyKind(format!("RSA of {rsa_bits} bits")));
        }
        match key.algorithm() {
            Algorithm::Ed25519 | Algorithm::Rsa { .. } => Ok(Self(key)),
            other => Err(Error::HostKeyKind(other.to_string())),
        }
    }

    /// The private key as [`HostKey::parse`] reads it: for a file that only the server can read.
    pub fn to_file_text(&self) -> Result<String, Error> {
        Ok(self.0.to_openssh(LineEnding::LF).map_err(broken)?.to_string())
    }

    /// `SHA256:…`, as clients show it.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// `ssh-ed25519` or `ssh-rsa`.
    pub fn kind(&self) -> String {
        self.0.algorithm().to_string()
    }

    /// Algorithm and base64, without a comment.
    fn public_text(&self) -> Result<String, Error> {
        let key = russh::keys::PublicKey::new(self.0.public_key().key_data().clone(), "");
        Ok(key.to_openssh().map_err(broken)?.trim_end().to_owned())
    }
}

/// What clients add to their `known_hosts`: a line per key, and its fingerprint as a comment.
/// `host` is the name or address people connect to.
pub fn known_hosts(keys: &[HostKey], host: &str, port: u16) -> Result<String, Error> {
    let place = if port == 22 { host.to_owned() } else { format!("[{host}]:{port}") };
    let mut text = String::new();
    for key in keys {
        // Writing to a String cannot fail.
        let _: Result<(), std::fmt::Error> =
            writeln!(text, "# {}\n{place} {}", key.fingerprint(), key.public_text()?);
    }
    Ok(text)
}

fn broken(error: russh::keys::ssh_key::Error) -> Error {
    Error::HostKey(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_as_it_was_made_and_known_by_its_line() {
        let key = HostKey::make().unwrap();
        let again = HostKey::parse(&key.to_file_text().unwrap()).unwrap();
        assert_eq!(key.fingerprint(), again.fingerprint());
        let text = known_hosts(std::slice::from_ref(&key), "git.example.org", 2222).unwrap();
        let (comment, line) = text.split_once('\n').unwrap();
        assert_eq!(comment, format!("# {}", key.fingerprint()));
        assert!(line.starts_with("[git.example.org]:2222 ssh-ed25519 AAAA"), "{line}");
        let text = known_hosts(&[key], "git.example.org", 22).unwrap();
        assert!(text.contains("\ngit.example.org ssh-ed25519 AAAA"), "{text}");
    }

    #[test]
    fn what_is_no_host_key_is_refused() {
        for bad in ["", "ssh-ed25519 AAAA", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"] {
            assert!(HostKey::parse(bad).is_err(), "{bad:?}");
        }
    }
}
