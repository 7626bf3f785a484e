//! What can go wrong in this crate. A refused or failed push is not an error: it is a
//! [`Failure`] in the push's outcome, and errors become one where a push is answered.

use crate::failure::{Failure, FailureCode};
use model::RepositoryId;
use std::io;
use std::path::{Path, PathBuf};

/// Shorthand for this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything but refusals.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder for this repository.
    #[error("repository {0} is not on this disk")]
    NotFound(RepositoryId),
    /// The folder is there already.
    #[error("repository {0} exists already")]
    Exists(RepositoryId),
    /// The folder lacks `HEAD`, `objects` or `refs`.
    #[error("`{0}` is not a bare git repository")]
    NotARepository(PathBuf),
    /// Another process holds the lock of the data folder.
    #[error("another process uses `{0}`: stop it first, one data folder belongs to one server")]
    InUse(PathBuf),
    /// The program is missing.
    #[error("git could not be started: install git {needed} or newer")]
    GitMissing {
        /// The oldest version that will do.
        needed: &'static str,
        #[source]
        source: io::Error,
    },
    /// The program is too old.
    #[error("git {found} is too old: install git {needed} or newer")]
    GitTooOld {
        /// What `git version` said.
        found: String,
        /// The oldest version that will do.
        needed: &'static str,
    },
    /// A git command ended in a way that is not an answer.
    #[error("git {verb} failed ({status}): {stderr}")]
    Git {
        /// The subcommand.
        verb: &'static str,
        /// Its exit status, as the system names it.
        status: String,
        /// The last of what it said.
        stderr: String,
    },
    /// Something was ended because it took longer, or more memory, than anybody is given.
    #[error("git {verb} took too long")]
    TookTooLong {
        /// The subcommand.
        verb: &'static str,
    },
    /// The system does not let git's memory be bounded; without that, git is asked nothing.
    #[error("the memory of git {verb} could not be bounded")]
    Unbounded {
        /// The subcommand.
        verb: &'static str,
        #[source]
        source: io::Error,
    },
    /// A merge would have to go through more than anybody has on purpose.
    #[error("it goes through more than {limit} {what}")]
    MergeTooLarge {
        /// Of what there is too much.
        what: &'static str,
        /// How much would do.
        limit: String,
    },
    /// A file operation failed.
    #[error("cannot {what} `{path}`")]
    Io {
        /// A verb phrase: "read", "sync".
        what: &'static str,
        /// Where.
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The peer's stream failed or ended early.
    #[error("the connection failed: {0}")]
    Peer(#[source] io::Error),
    /// An object of the repository cannot be read.
    #[error("object {id} cannot be read: {why}")]
    Object {
        /// Which.
        id: model::ObjectId,
        /// What the object database said.
        why: String,
    },
    /// A ref file or `packed-refs` is not what git writes.
    #[error("ref storage is damaged at `{path}`: {why}")]
    DamagedRefs {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: &'static str,
    },
    /// The file is something else.
    #[error("`{0}` is not a journal of this version: move it away only if nothing in it is needed")]
    DamagedJournal(PathBuf),
    /// The journal cannot be trusted any more; nothing lands until a restart has replayed it.
    #[error("the journal failed earlier: restart the server so that it is replayed")]
    JournalAway,
    /// Past its commit point a landing could not be brought to disk.
    #[error("a push is durable in the journal and not applied: restart the server")]
    Unapplied,
    /// A revision that names nothing.
    #[error("`{0}` names no branch, tag or commit here")]
    UnknownRevision(String),
    /// An abbreviated id that fits more than one object.
    #[error("`{0}` fits several objects: write more digits")]
    Ambiguous(String),
    /// What a client sent is not git's protocol.
    #[error(transparent)]
    Wire(#[from] wire::Error),
    /// A client asked for an object that no visible ref leads to.
    #[error("upload-pack: not our ref {0}")]
    NotOurRef(model::ObjectId),
    /// The pack of a fetch cannot be read while it is built.
    #[error("the pack that git builds for a fetch cannot be read")]
    Pack(#[source] io::Error),
    /// A fetch that cannot be served as it was asked for.
    #[error("{0}")]
    BadFetch(&'static str),
    /// A failure with a code, outside a push.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Error {
    /// An [`Error::Io`]; for use in `map_err`.
    pub(crate) fn io(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { what, path: path.to_owned(), source }
    }

    /// How a push that met this error is answered. Fails closed: what is not known to be the
    /// pusher's fault is ours.
    pub fn to_failure(&self) -> Failure {
        match self {
            Self::Failed(failure) => failure.clone(),
            Self::Io { source, .. } if is_full(source) => FailureCode::StorageFull.because(""),
            Self::Unapplied => FailureCode::StoreAway
                .because("it is stored, and will be applied when the server has been restarted"),
            Self::Peer(source) => match source.kind() {
                io::ErrorKind::UnexpectedEof => {
                    FailureCode::PackCorrupt.because("the upload ended too early")
                }
                _ => FailureCode::UploadBroken.because(source.to_string()),
            },
            Self::Wire(error) => FailureCode::Protocol.because(error.to_string()),
            Self::NotFound(_)
            | Self::Exists(_)
            | Self::NotARepository(_)
            | Self::InUse(_)
            | Self::GitMissing { .. }
            | Self::GitTooOld { .. }
            | Self::Git { .. }
            | Self::TookTooLong { .. }
            | Self::Unbounded { .. }
            | Self::MergeTooLarge { .. }
            | Self::Io { .. }
            | Self::Object { .. }
            | Self::DamagedRefs { .. }
            | Self::DamagedJournal(_)
            | Self::JournalAway
            | Self::UnknownRevision(_)
            | Self::Ambiguous(_)
            | Self::NotOurRef(_)
            | Self::Pack(_)
            | Self::BadFetch(_) => FailureCode::StoreAway.because(""),
        }
    }
}

/// No space, no quota, or a file grown over a limit of the file system.
fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}
