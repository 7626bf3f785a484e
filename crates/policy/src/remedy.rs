//! What would make a refused act pass, and who can see to it.
//!
//! A remedy is not prose but a hypothetical: each was tried with [`decide`](crate::decide) and is offered only
//! because the answer was *allowed*. Remedies that widen access are for an admin to carry out;
//! the asker is never handed a command for them.

use crate::hypothesis::World;
use crate::{Decision, Question, Verdict};
use model::{
    Channel, Level, MergeCheck, Permission, RefName, RestrictionId, Scope, Subject, Timestamp,
};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// One way to make it pass.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remedy {
    /// Who can take it.
    pub actor: Actor,
    pub kind: RemedyKind,
    /// Which updates of a push it makes pass, by their places in the list; empty when it is for
    /// the act as a whole.
    pub updates: Vec<usize>,
}

/// Who can take a remedy, by power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// Whoever was refused.
    You,
    RepositoryAdmin,
    ProjectAdmin,
    WorkspaceAdmin,
    InstanceAdmin,
}

impl Actor {
    /// The words in JSON and texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::You => "you",
            Self::RepositoryAdmin => "repository admin",
            Self::ProjectAdmin => "project admin",
            Self::WorkspaceAdmin => "workspace admin",
            Self::InstanceAdmin => "instance admin",
        }
    }

    pub(crate) const fn admin_of(level: Level) -> Self {
        match level {
            Level::Repository => Self::RepositoryAdmin,
            Level::Project => Self::ProjectAdmin,
            Level::Workspace => Self::WorkspaceAdmin,
            Level::Instance => Self::InstanceAdmin,
        }
    }
}

/// What to do. Declared with the least power first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RemedyKind {
    SignIn,
    /// Replace the credential by a new one of its kind.
    RenewCredential,
    /// Use a kind of credential that this door takes.
    OtherCredential {
        channel: Channel,
    },
    SetUpTwoFactor,
    /// Use a token that may do a little more than this one.
    NewToken(TokenWish),
    /// Put the work on top of what is there instead of rewriting it.
    KeepHistory {
        name: RefName,
    },
    /// Make the commits of the push anew so that these content rules have nothing against them.
    MendCommits {
        rules: Vec<RestrictionId>,
    },
    /// Push to a branch of one's own, then open a pull request.
    PushBranch {
        name: RefName,
        branch: RefName,
    },
    /// Get for the pull request what it lacks.
    MeetChecks {
        checks: BTreeSet<MergeCheck>,
    },
    /// List a subject in these rules: among who may in allow-lists, as an exemption elsewhere.
    ListSubject {
        rules: Vec<RestrictionId>,
        subject: Subject,
        until: Timestamp,
    },
    ChangeDefaultBranch,
    Unarchive,
    GrantPermission {
        level: Level,
        subject: Subject,
        permission: Permission,
    },
    /// Add a subject to those for whom the build keys of a pattern are kept.
    KeepBuildKey {
        pattern: String,
        subject: Subject,
    },
    AddMember {
        subject: Subject,
    },
    AllowAddress {
        address: IpAddr,
        /// Whose list it goes into: the workspace's or the instance's.
        level: Level,
    },
    LiftSuspension,
    RaiseQuota,
    OpenInstance,
}

/// What a token lacks.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TokenWish {
    /// Besides those it has.
    pub scopes: BTreeSet<Scope>,
    /// Must it be good for this repository?
    pub repository: bool,
    /// Must it be good from the asker's address?
    pub address: bool,
    /// A ref that it must be allowed to change.
    pub name: Option<RefName>,
}

/// Of how many refused updates remedies are looked for. Nobody reads more, and each costs a few
/// decisions.
const UPDATES_MAX: usize = 32;

/// What would make a refused act pass: first what the asker can do alone, then by the power it
/// takes. Empty when the decision is no refusal, and when nothing is known to help.
///
/// `decision` is the answer to `question`.
pub fn remedies(question: &Question<'_>, decision: &Decision) -> Vec<Remedy> {
    let facts = question.facts_as_seen();
    let world =
        World { who: question.who.clone(), act: question.act.clone(), facts: facts.into_owned() };
    let whole: Vec<_> = decision.refusals.iter().filter(|it| it.update.is_none()).collect();
    let mut found = world.remedies(&whole);
    let refused =
        decision.updates.iter().enumerate().filter(|(_, it)| it.verdict == Verdict::Refused);
    for (at, _) in refused.take(if whole.is_empty() { UPDATES_MAX } else { 0 }) {
        let refusals: Vec<_> = decision.refusals_of(at).collect();
        for remedy in world.with_update(at).remedies(&refusals) {
            match found.iter_mut().find(|it| it.actor == remedy.actor && it.kind == remedy.kind) {
                Some(known) => known.updates.push(at),
                None => found.push(Remedy { updates: vec![at], ..remedy }),
            }
        }
    }
    found.sort();
    found
}
