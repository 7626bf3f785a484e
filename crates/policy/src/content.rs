//! What is known of the content of an update. Somebody outside looked at the commits and files,
//! checked signatures and asked checks; here it is weighed.

use model::{ObjectId, RestrictionId};
use std::collections::BTreeMap;

/// What an update brings, as far as rules ask for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// Nobody has looked yet, or the objects are not here.
    #[default]
    Unseen,
    Seen(Seen),
}

impl Content {
    /// What was found when a rule was looked into; `None` when nobody has.
    pub fn against(&self, rule: RestrictionId) -> Option<&Faults> {
        match self {
            Self::Unseen => None,
            Self::Seen(seen) => seen.against.get(&rule),
        }
    }
}

/// What was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Does the push bring objects that the repository does not have?
    pub new_objects: bool,
    /// Of each rule that was looked into, what speaks against it. A rule that is missing here was
    /// not looked into, which is not the same as no faults.
    pub against: BTreeMap<RestrictionId, Faults>,
}

/// Everything about an update that one rule does not let through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    first: Vec<Fault>,
    more: u64,
}

impl Faults {
    /// How many are kept; of the others, the number.
    pub const KEPT: usize = 20;

    /// Only this one.
    pub fn one(fault: Fault) -> Self {
        Self { first: vec![fault], more: 0 }
    }

    /// Adds one.
    pub fn push(&mut self, fault: Fault) {
        if self.first.len() < Self::KEPT {
            self.first.push(fault);
        } else {
            self.more += 1;
        }
    }

    /// Those that are kept.
    pub fn first(&self) -> &[Fault] {
        &self.first
    }

    /// How many there are besides.
    pub const fn more(&self) -> u64 {
        self.more
    }

    /// How many there are in all.
    pub fn count(&self) -> u64 {
        self.more + self.first.len() as u64
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.first.is_empty()
    }
}

/// One thing that a rule does not let through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The commit it is in; `None` when it is about the push.
    pub commit: Option<NamedCommit>,
    /// The file, from the root. Bytes that are no text were replaced.
    pub path: Option<String>,
    pub kind: FaultKind,
}

/// A commit as people recognise it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedCommit {
    pub id: ObjectId,
    /// The first line of its message, perhaps cut.
    pub subject: String,
    /// What it was made on; of a merge the first. `None` at the beginning of a history.
    pub parent: Option<ObjectId>,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    Unsigned,
    /// The signature does not fit the commit or its key, or is damaged.
    SignatureBad,
    /// A kind of signature that the server does not read.
    SignatureUnknown,
    /// The signature is genuine, and nobody here has this key.
    KeyUnknown {
        key: String,
    },
    /// The signature is by the key of a user whose e-mail address is not the committer's.
    KeyOfAnother {
        owner: String,
        committer: String,
    },
    /// The signature is by a key of this user that has expired.
    KeyExpired {
        owner: String,
    },
    /// The signature is by a key of this user that was revoked.
    KeyRevoked {
        owner: String,
    },
    /// The signature is by the key of an account that is suspended.
    KeyOfSuspended {
        owner: String,
    },
    /// A new file, with its size.
    FileSize {
        bytes: u64,
    },
    /// The pack, with its size.
    PushSize {
        bytes: u64,
    },
    AuthorEmail {
        email: String,
    },
    CommitterEmail {
        email: String,
    },
    /// Committed by somebody else than whoever pushes.
    NotThePusher {
        committer: String,
    },
    Message,
    /// A file that only certain subjects may change.
    Path {
        /// The parent of the commit, counted from one, as in which it would be no change; `None`
        /// at the beginning of a history and where both sides of a merge changed it.
        belongs: Option<usize>,
        /// Is it a merge that keeps one side's file and leaves out what the other did to it?
        left_out: bool,
    },
    /// The check said no.
    Check {
        reason: String,
    },
    /// The check did not answer, or not in a way that is understood.
    CheckFailed {
        why: String,
    },
}
