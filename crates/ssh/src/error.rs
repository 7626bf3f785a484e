//! What can go wrong with the door itself. A refusal is not among it: that is an answer.

use std::io;

/// Why the door cannot be opened, or a connection ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A host key cannot be read.
    #[error("the host key is not a private key in OpenSSH's format: {0}")]
    HostKey(String),
    /// A host key is of a kind that is not offered.
    #[error("the host key is `{0}`; use one made with `ssh-keygen -t ed25519` or `-t rsa -b 3072`")]
    HostKeyKind(String),
    /// The protocol was not kept to, or the connection broke.
    #[error("{0}")]
    Protocol(#[from] russh::Error),
    /// The connection broke before the protocol began.
    #[error("{0}")]
    Connection(#[from] io::Error),
    /// The client sends more than anybody reads.
    #[error("the client sends without waiting for window")]
    Flood,
    /// Nobody can say who the client is: nobody is let in.
    #[error("{0}")]
    App(#[from] app::Error),
}
