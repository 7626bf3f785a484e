//! Changes to refs, as a push or a merge brings them.

use crate::content::Content;
use model::{ObjectId, RefName};

/// One change to one ref.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    pub name: RefName,
    /// What the ref pointed to; [`ObjectId::ZERO`] when it did not exist.
    pub old: ObjectId,
    /// What it shall point to; [`ObjectId::ZERO`] when it shall be gone.
    pub new: ObjectId,
    pub change: Change,
    /// What it brings.
    pub content: Content,
}

impl RefUpdate {
    /// A command as git sends it, understood as far as its two ids allow: creation and deletion
    /// are certain, an update is unseen until its objects are here.
    pub fn from_command(name: RefName, old: ObjectId, new: ObjectId) -> Self {
        let change = match (old.is_zero(), new.is_zero()) {
            (_, true) => Change::Delete,
            (true, false) => Change::Create,
            (false, false) => Change::Unseen,
        };
        Self { name, old, new, change, content: Content::Unseen }
    }
}

/// A command once understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// An update of an existing ref. Whether it keeps history cannot be told before the objects
    /// are here.
    Unseen,
    Create,
    FastForward,
    /// An update that is not a fast-forward.
    Rewrite,
    Delete,
}

impl Change {
    /// The word for texts and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unseen => "update",
            Self::Create => "create",
            Self::FastForward => "fast-forward",
            Self::Rewrite => "rewrite",
            Self::Delete => "delete",
        }
    }
}

/// How a change comes in. It is a part of the operation, not of the door: a merge asked for by
/// REST and one asked for on a page are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// A push, a branch made or removed through the API, a file edited on a page.
    Direct,
    /// A pull request is merged.
    PullRequest,
}
