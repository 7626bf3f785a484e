//! The nouns of Portcullis: ids, names, refs, scopes, permissions, grants and restrictions.
//!
//! Everything that comes from outside is parsed here once, into a type that cannot be mistaken
//! for its neighbour, and is trusted from then on. This crate knows nothing else: no I/O, no
//! clock, no serde, no SQL, and it decides nothing (deciding is `policy`'s).
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a failing test may panic"))]

mod branching;
mod build;
mod fingerprint;
mod ids;
mod merge_check;
mod merge_strategy;
mod names;
mod object_id;
mod permission;
mod pull_request;
mod ref_name;
mod restriction;
mod scope;
mod secret;
mod subject;
mod time;
mod words;

pub use branching::{
    BranchClass, BranchType, Branches, BranchingModel, BranchingSettings, Production,
};
pub use build::BuildState;
pub use fingerprint::Fingerprint;
pub use ids::{
    AccessKeyId, AccessTokenId, ApiTokenId, CommentId, GpgKeyId, GroupId, ProjectId, PullRequestId,
    RepositoryId, RestrictionId, SshKeyId, TaskId, UserId, WorkloadId, WorkspaceId,
};
pub use merge_check::{MergeCheck, ReviewBehaviour};
pub use merge_strategy::MergeStrategy;
pub use names::{
    BadName, DisplayName, Email, ProjectKey, RepositoryPath, RepositorySlug, Slug, Username,
    WorkspaceSlug, is_unprintable,
};
pub use object_id::{BadObjectId, ObjectId};
pub use permission::{Grant, Permission, Role, UnknownWord};
pub use pull_request::{ActivityKind, ParticipantRole, PullRequestState, ReviewState, WaitingWay};
pub use ref_name::{BadRefName, RefName};
pub use restriction::{Matcher, MatcherKind, Mode, RefKinds, Restriction, RestrictionKind};
pub use scope::{Scope, ScopeFamily, Scopes};
pub use secret::Secret;
pub use subject::{ListedSubject, Subject};
pub use time::Timestamp;
pub use words::{Channel, CredentialKind, Layer, Level, Operation};
