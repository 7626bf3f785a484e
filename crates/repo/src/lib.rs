//! Repositories on disk: refs, objects, pushes, ancestry, maintenance.
//!
//! The only crate that opens a repository or starts `git`. Sync: callers bring a thread. It must
//! never know SQL, HTTP or a rule: whether a push may happen is asked of a [`Judge`].
//!
//! What holds at any moment, also after `kill -9` or a power loss: a ref points to an object that
//! is there, and so is everything that object leads to, because nothing enters the object
//! database before all its links were found in it or beside it. That is why an object that is
//! already there is trusted to be complete, and why a push costs the same whatever the number of
//! refs.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a failing test panics"
    )
)]

mod ancestry;
mod brought;
mod check;
mod commit;
mod commit_graph;
mod crash;
mod diff;
mod divergence;
mod error;
mod failure;
mod fetch;
mod file_history;
mod files;
mod fork;
mod git;
mod import;
mod ingest;
mod journal;
mod land;
mod log;
mod maintain;
mod merge;
mod new_pack;
mod objects;
mod own_refs;
mod painted;
mod program;
mod push;
mod quarantine;
mod receive;
mod recent;
mod refs;
mod replay;
mod repositories;
mod repository;
mod resolve;
mod staged_pack;
mod tag;
mod tree;
mod understand;
mod watchdog;

pub use brought::{FileChange, FileChanges, MergedFiles, NewCommit, NewCommits, Signed};
pub use commit::{CommitInfo, Signature};
pub use crash::{CRASH_POINTS, MAKING_CRASH_POINTS, crash_point};
pub use diff::{DiffOptions, FileSide, FileStat, FileStatus, escaped_path};
pub use divergence::Divergence;
pub use error::{Error, Result};
pub use failure::{Failure, FailureCode};
pub use fetch::{Served, UploadOptions, Visible, advertise_upload, upload_pack};
pub use file_history::FileVersion;
pub use files::TreeEntry;
pub use git::{Git, MINIMUM_GIT, Running};
pub use journal::{Journal, JournaledUpdate, Landing};
pub use land::Move;
pub use log::LogQuery;
pub use maintain::MANY_PACKS;
pub use merge::{
    Conflict, Conflicts, MadeMerge, MergeAnswer, MergePlan, MergePreview, NotMergeable,
};
pub use new_pack::NewPack;
pub use objects::{Object, ObjectKind, Objects};
pub use own_refs::ObjectsFrom;
pub use program::{Ended, Program, ProgramFailed};
pub use push::{
    AllowAll, Change, Command, Judge, JudgeFailed, Push, PushId, PushOutcome, RefOutcome,
    RefStatus, RefUpdate, Verdict, Work,
};
pub use quarantine::{Quarantine, Staged};
pub use receive::{Limits, ReceiveOptions, advertise_receive, receive_pack};
pub use refs::{Head, RefEntry, RefSnapshot};
pub use repositories::Repositories;
pub use repository::Repository;
pub use tag::TagInfo;
