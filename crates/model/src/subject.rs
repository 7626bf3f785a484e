//! Who a grant or a restriction is about.

use crate::Timestamp;
use crate::ids::{AccessKeyId, AccessTokenId, GroupId, UserId, WorkloadId};

/// A subject of a grant or an entry in a restriction's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    User(UserId),
    Group(GroupId),
    AccessToken(AccessTokenId),
    AccessKey(AccessKeyId),
    Workload(WorkloadId),
    /// Everyone who is signed in, with any credential.
    Everyone,
    /// Everyone, signed in or not. Grants only: a public repository is `read` for anyone.
    Anyone,
}

impl Subject {
    /// The word of this kind of subject in JSON, the store and texts.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Group(_) => "group",
            Self::AccessToken(_) => "access_token",
            Self::AccessKey(_) => "access_key",
            Self::Workload(_) => "workload",
            Self::Everyone => "everyone",
            Self::Anyone => "anyone",
        }
    }
}

/// An entry in a restriction's list of subjects: an allowed one for `push` and
/// `restrict_merges`, an exemption for every other kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSubject {
    pub subject: Subject,
    /// Not counted from this moment on.
    pub until: Option<Timestamp>,
    /// Why, in the words of whoever added it.
    pub reason: Option<String>,
}

impl ListedSubject {
    /// An entry without end or reason.
    pub const fn new(subject: Subject) -> Self {
        Self { subject, until: None, reason: None }
    }
}
