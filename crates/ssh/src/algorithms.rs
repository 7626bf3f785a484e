//! Which algorithms are offered, and russh's settings made from ours.
//!
//! The order among ciphers and MACs is the client's; the lists are short so that every choice is
//! a good one. `sntrup761x25519` is left out: it costs the client 112 ms where the others cost 21.
//! Encrypt-then-MAC only, and strict key exchange, so that nothing can be cut out of the
//! beginning of a connection (CVE-2023-48795).

use crate::{HostKey, Settings};
use russh::keys::{Algorithm, EcdsaCurve, HashAlg};
use russh::server::Config;
use russh::{Limits, MethodKind, MethodSet, Preferred, SshId, cipher, compression, kex, mac};
use std::borrow::Cow;
use std::time::Duration;

const KEX: &[kex::Name] = &[
    kex::MLKEM768X25519_SHA256,
    kex::CURVE25519,
    kex::CURVE25519_PRE_RFC_8731,
    kex::EXTENSION_SUPPORT_AS_SERVER,
    kex::EXTENSION_OPENSSH_STRICT_KEX_AS_SERVER,
];

const CIPHERS: &[cipher::Name] = &[
    cipher::CHACHA20_POLY1305,
    cipher::AES_128_GCM,
    cipher::AES_256_GCM,
    // For libssh2 before 1.11 and paramiko before 3.5, which know none of the above.
    cipher::AES_256_CTR,
    cipher::AES_128_CTR,
];

const MACS: &[mac::Name] = &[mac::HMAC_SHA256_ETM, mac::HMAC_SHA512_ETM];

/// Kinds of keys: of users, and those of them that the host has. No SHA-1, no DSA.
const KEYS: &[Algorithm] = &[
    Algorithm::Ed25519,
    Algorithm::SkEd25519,
    Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
    Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
    Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    Algorithm::SkEcdsaSha2NistP256,
];

/// The window of a channel before its command has read anything: what a client can send of a
/// pack that is refused before it is read.
pub const FIRST_WINDOW: u32 = 512 << 10;

/// The window once the command reads what is sent. Less than twice the first one: russh takes it
/// for a flood when more than that is under way while keys are changed.
pub const FULL_WINDOW: u32 = 960 << 10;

/// Is a signature made with this algorithm taken?
pub fn is_taken(algorithm: &Algorithm) -> bool {
    KEYS.contains(algorithm)
}

/// Settings for russh.
pub fn config(keys: Vec<HostKey>, settings: &Settings) -> Config {
    let rekey_after = usize::try_from(settings.rekey_after).unwrap_or(1 << 30).min(1 << 30);
    Config {
        server_id: SshId::Standard(Cow::Borrowed("SSH-2.0-Portcullis")),
        methods: MethodSet::from(&[MethodKind::PublicKey][..]),
        // Every rejection is the same work; there is nothing for time to tell.
        auth_rejection_time: Duration::ZERO,
        auth_rejection_time_initial: Some(Duration::ZERO),
        // Ours counts offered keys, too, and says why.
        max_auth_attempts: settings.max_offered_keys.saturating_mul(2),
        keys: keys.into_iter().map(|it| it.0).collect(),
        limits: Limits::new(rekey_after, rekey_after, Duration::from_secs(3600)),
        window_size: FIRST_WINDOW,
        maximum_packet_size: 32 << 10,
        // Answers wait in front of the connection, not inside it.
        event_buffer_size: 4,
        channel_buffer_size: 1,
        preferred: Preferred {
            kex: Cow::Borrowed(KEX),
            key: Cow::Borrowed(KEYS),
            host_key_certificates: Cow::Borrowed(&[]),
            cipher: Cow::Borrowed(CIPHERS),
            mac: Cow::Borrowed(MACS),
            compression: Cow::Borrowed(&[compression::NONE]),
        },
        inactivity_timeout: Some(settings.silence_timeout),
        keepalive_interval: Some(settings.keep_alive),
        keepalive_max: 3,
        nodelay: true,
        ..Config::default()
    }
}
