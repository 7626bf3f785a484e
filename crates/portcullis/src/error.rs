//! What can end the program early, and the exit code it ends with. Messages are shown to people
//! as they stand, after `portcullis: `.

use crate::client::ServerError;
use crate::config::ConfigError;
use std::path::PathBuf;
use thiserror::Error;

/// Why a command did not do what it was asked for.
#[derive(Debug, Error)]
pub enum Error {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Usage(String),
    #[error("cannot use the data folder: `{}`: {source}", path.display())]
    Folder { path: PathBuf, source: std::io::Error },
    #[error(
        "the data folder `{}` is in use by another portcullis: stop that one first, or give \
         this one its own with --data",
        path.display()
    )]
    FolderInUse { path: PathBuf },
    #[error("cannot listen on `{address}` ({key}): {source}")]
    Listen { key: &'static str, address: String, source: std::io::Error },
    #[error("`{key}` names `{}`, which cannot be used: {why}", path.display())]
    File { key: &'static str, path: PathBuf, why: String },
    #[error("the SSH host key `{}` cannot be used: {source}", path.display())]
    HostKey { path: PathBuf, source: ssh::Error },
    #[error("cannot log at `{level}` (log.level): {why}")]
    Log { level: String, why: String },
    #[error("cannot start: {0}")]
    Start(String),
    /// The server's answer was no.
    #[error(transparent)]
    Server(Box<ServerError>),
    /// The answer to a question was no.
    #[error("{0}")]
    Refused(String),
    /// The answer to a question was that it depends.
    #[error("{0}")]
    Undecided(String),
    #[error("{0}")]
    Failed(String),
}

impl Error {
    /// 2 for bad usage, 3 for what cannot be told yet, 1 for everything else.
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Usage(_) => 2,
            Self::Undecided(_) => 3,
            Self::Folder { .. }
            | Self::FolderInUse { .. }
            | Self::Listen { .. }
            | Self::File { .. }
            | Self::HostKey { .. }
            | Self::Log { .. }
            | Self::Start(_)
            | Self::Server(_)
            | Self::Refused(_)
            | Self::Failed(_) => 1,
        }
    }
}

/// An error and its causes on one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
