//! A hardware key without the hardware: an agent that OpenSSH's client asks to sign, and that
//! signs as a FIDO token does (`PROTOCOL.u2f` of OpenSSH). The touch is left out.

use crate::KeyPair;
use ssh_key::encoding::Encode as _;
use ssh_key::public::{EcdsaPublicKey, KeyData, SkEcdsaSha2NistP256, SkEd25519};
use ssh_key::sha2::{Digest as _, Sha256};
use ssh_key::{Algorithm, PrivateKey, PublicKey, Signature, SigningKey};
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// What a token signs for, in front of every message.
const APPLICATION: &str = "ssh:";
/// Somebody touched it.
const PRESENT: u8 = 1;

// Messages of the agent's protocol (`draft-miller-ssh-agent`).
const FAILURE: u8 = 5;
const LIST: u8 = 11;
const LISTED: u8 = 12;
const SIGN: u8 = 13;
const SIGNED: u8 = 14;

/// A token with one key, plugged into an agent of its own.
pub struct SecurityKey {
    public: PublicKey,
    socket: PathBuf,
}

impl SecurityKey {
    /// Makes one of this kind (`ed25519` or `ecdsa`). Its agent answers as long as the test runs.
    #[track_caller]
    pub fn make(folder: &Path, name: &str, kind: &str) -> Self {
        let inside = KeyPair::make(folder, name, kind);
        let text = fs::read_to_string(inside.path()).expect("a private key");
        let inside = PrivateKey::from_openssh(text).expect("a private key");
        let key = match inside.public_key().key_data() {
            KeyData::Ed25519(key) => KeyData::SkEd25519(SkEd25519::new(*key, APPLICATION)),
            KeyData::Ecdsa(EcdsaPublicKey::NistP256(key)) => {
                KeyData::SkEcdsaSha2NistP256(SkEcdsaSha2NistP256::new(*key, APPLICATION))
            }
            other => panic!("no token has keys such as {other:?}"),
        };
        let public = PublicKey::new(key, name);
        let socket = folder.join(format!("{name}.agent"));
        let listener = UnixListener::bind(&socket).expect("a socket");
        let token = Token { public: public.clone(), inside };
        std::thread::spawn(move || {
            for client in listener.incoming() {
                token.serve(&mut client.expect("a client"));
            }
        });
        Self { public, socket }
    }

    /// The public key as people paste it.
    #[track_caller]
    pub fn public(&self) -> String {
        self.public.to_openssh().expect("a public key")
    }

    /// Where its agent listens: `SSH_AUTH_SOCK`.
    pub fn socket(&self) -> &Path {
        &self.socket
    }
}

struct Token {
    public: PublicKey,
    inside: PrivateKey,
}

impl Token {
    /// Answers a client until it goes.
    fn serve(&self, client: &mut UnixStream) {
        let mut length = [0; 4];
        while client.read_exact(&mut length).is_ok() {
            let mut request = vec![0; u32::from_be_bytes(length) as usize];
            client.read_exact(&mut request).expect("a whole request");
            let answer = self.answer(&request);
            let length = u32::try_from(answer.len()).expect("a short answer");
            client.write_all(&length.to_be_bytes()).expect("a client that waits");
            client.write_all(&answer).expect("a client that waits");
        }
    }

    fn answer(&self, request: &[u8]) -> Vec<u8> {
        let blob = self.public.to_bytes().expect("a public key");
        match request.split_first() {
            Some((&LIST, _)) => {
                let mut answer = vec![LISTED, 0, 0, 0, 1];
                blob.encode(&mut answer).expect("a buffer that grows");
                "token".encode(&mut answer).expect("a buffer that grows");
                answer
            }
            Some((&SIGN, mut rest)) => {
                let mut string = || {
                    let length = u32::from_be_bytes(rest[..4].try_into().expect("four bytes"));
                    let (string, behind) = rest[4..].split_at(length as usize);
                    rest = behind;
                    string.to_vec()
                };
                let (key, message) = (string(), string());
                assert_eq!(key, blob, "asked about a key it does not hold");
                let mut answer = vec![SIGNED];
                let signature = Vec::<u8>::try_from(self.sign(&message)).expect("a signature");
                signature.encode(&mut answer).expect("a buffer that grows");
                answer
            }
            _ => vec![FAILURE],
        }
    }

    /// Signs the digests of application and message, with what the token saw between them.
    fn sign(&self, message: &[u8]) -> Signature {
        let seen = [PRESENT, 0, 0, 0, 7];
        let mut signed = Sha256::digest(APPLICATION).to_vec();
        signed.extend(seen);
        signed.extend(Sha256::digest(message));
        let mut bytes = signature_of(&self.inside, &signed).as_bytes().to_vec();
        bytes.extend(seen);
        let algorithm: Algorithm = self.public.algorithm();
        Signature::new(algorithm, bytes).expect("a signature")
    }
}

fn signature_of(key: &impl SigningKey, message: &[u8]) -> Signature {
    key.try_sign(message).expect("a signature")
}
