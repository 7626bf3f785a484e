//! What is known when a question is asked: the place, and who was given what there.
//!
//! Somebody outside read these as one snapshot. A fact that could not be read is an error out
//! there; it never becomes an empty list here.

use crate::ask::{Principal, PrincipalKind};
use crate::merge::MergeFacts;
use crate::network::NetworkRules;
use crate::rulebook::Rulebook;
use model::{
    BranchingModel, Grant, Level, Permission, ProjectId, RefName, RepositoryId, RepositoryPath,
    Role, Timestamp, WorkspaceId,
};
use std::sync::Arc;

/// One snapshot of everything a decision needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The moment of the question; decides which `until` has passed.
    pub now: Timestamp,
    pub instance: InstanceState,
    pub place: Place,
    /// Every grant on the place and on what contains it, up to the instance. Grants about other
    /// subjects may be among them; they are passed over.
    pub grants: Vec<Grant>,
    /// The asker's role in the workspace of the place.
    pub role: Option<Role>,
    /// Does the asker hold a grant on anything inside this workspace or project, or does a
    /// public repository lie in it? Then its name may be known. Means nothing elsewhere.
    pub reaches_below: bool,
    /// Every restriction on the place and on what contains it.
    pub restrictions: Rulebook,
    /// The branching model in force in the repository; empty for other places.
    pub branching_model: Arc<BranchingModel>,
    /// The pull request that is merged; `None` while nobody has said which it is.
    pub merge: Option<MergeFacts>,
    /// What is asked of the network a private thing is used from.
    pub network: NetworkRules,
}

impl Facts {
    /// Nothing is at the path that was asked for.
    pub fn nowhere(now: Timestamp, instance: InstanceState) -> Self {
        Self::at(Place::Nowhere, now, instance)
    }

    /// A place about which nothing else is known: no grants, no rules.
    pub fn at(place: Place, now: Timestamp, instance: InstanceState) -> Self {
        Self {
            now,
            instance,
            place,
            grants: Vec::new(),
            role: None,
            reaches_below: false,
            restrictions: Rulebook::default(),
            branching_model: Arc::default(),
            merge: None,
            network: NetworkRules::default(),
        }
    }

    /// Notes whether the repository has more than it may, or would have. Measuring takes time, so
    /// it is done only for questions that depend on it.
    pub fn set_over_quota(&mut self, over: bool) {
        if let Place::Repository(it) = &mut self.place {
            it.over_quota = over;
        }
    }

    /// The highest permission this principal holds on the place, and where it comes from.
    /// Says the same whatever order the grants are in.
    pub fn held_by(&self, who: &Principal) -> Option<Held> {
        let level = self.place.level()?;
        if who.kind == PrincipalKind::System {
            return Some(Held { permission: Permission::Admin, source: Source::System });
        }
        let granted = self
            .grants
            .iter()
            .filter(|it| it.level <= level && who.is(it.subject))
            .max_by_key(|it| (it.permission, it.level, it.subject))
            .map(|it| Held { permission: it.permission, source: Source::Grant(*it) });
        let owner = (self.role == Some(Role::Owner) && level >= Level::Workspace)
            .then_some(Held { permission: Permission::Admin, source: Source::Owner });
        let public = self
            .place
            .is_public_repository()
            .then_some(Held { permission: Permission::Read, source: Source::Public });
        // The first of equals names the source: a grant says more than "it is public".
        [granted, owner, public]
            .into_iter()
            .flatten()
            .reduce(|best, next| if next.permission > best.permission { next } else { best })
    }

    /// May this principal know that the place exists?
    pub fn seen_by(&self, who: &Principal) -> bool {
        let holds = self.held_by(who).is_some();
        match &self.place {
            Place::Instance => true,
            Place::Workspace(_) => holds || self.role.is_some() || self.reaches_below,
            Place::Project(it) => holds || self.reaches_below || !it.private,
            Place::Repository(_) => holds,
            Place::Nowhere => false,
        }
    }
}

/// A permission and its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub permission: Permission,
    pub source: Source,
}

impl Held {
    pub(crate) fn is_admin(&self) -> bool {
        self.permission == Permission::Admin
    }
}

/// What a permission comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    Grant(Grant),
    /// The asker owns the workspace.
    Owner,
    /// The repository is public, which is `read` for anyone.
    Public,
    /// The server itself asks.
    System,
}

/// What the whole installation takes at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InstanceState {
    Open,
    /// Reading only.
    ReadOnly,
    /// Nothing.
    Maintenance,
}

impl InstanceState {
    /// The word for texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::ReadOnly => "read-only",
            Self::Maintenance => "maintenance",
        }
    }
}

/// What a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// The installation, and the accounts in it.
    Instance,
    Workspace(WorkspaceId),
    Project(ProjectPlace),
    Repository(RepositoryPlace),
    /// Nothing is there. A place that the asker may not see is judged as this, too.
    Nowhere,
}

impl Place {
    /// The level it is on; `None` for nowhere.
    pub const fn level(&self) -> Option<Level> {
        match self {
            Self::Instance => Some(Level::Instance),
            Self::Workspace(_) => Some(Level::Workspace),
            Self::Project(_) => Some(Level::Project),
            Self::Repository(_) => Some(Level::Repository),
            Self::Nowhere => None,
        }
    }

    /// The repository, if it is one.
    pub const fn repository(&self) -> Option<&RepositoryPlace> {
        match self {
            Self::Repository(it) => Some(it),
            Self::Instance | Self::Workspace(_) | Self::Project(_) | Self::Nowhere => None,
        }
    }

    fn is_public_repository(&self) -> bool {
        self.repository().is_some_and(|it| !it.private)
    }
}

/// A project, as far as decisions need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProjectPlace {
    pub id: ProjectId,
    pub private: bool,
}

/// A repository, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepositoryPlace {
    pub id: RepositoryId,
    pub path: RepositoryPath,
    pub private: bool,
    pub archived: bool,
    pub over_quota: bool,
    /// What `HEAD` points to; `None` while nobody has said.
    pub default_branch: Option<RefName>,
}
