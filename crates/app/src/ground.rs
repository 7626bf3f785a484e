//! The ground decisions stand on: what the store knows about a place, made into the facts that
//! the policy weighs. Reads and arranges; concludes nothing.

use crate::Asker;
use crate::branching_model::CountingModel;
use crate::error::{Error, Result};
use model::{
    BranchingModel, Grant, Level, Permission, RefName, RepositoryPath, Role, Subject, Timestamp,
};
use policy::{
    AddressRange, Facts, InstanceState, NetworkRules, Place, ProjectPlace, RepositoryPlace,
    Rulebook,
};
use std::sync::Arc;
use store::{BranchingFacts, Names, OwnedGrant, Owner, Project, Repository, Workspace};

/// Everything about one place that decisions need, at one version of the facts.
#[derive(Debug)]
pub(crate) struct Ground {
    pub place: Place,
    pub workspace: Option<Workspace>,
    pub project: Option<Project>,
    pub repository: Option<Repository>,
    /// Those on the place and on what contains it.
    pub grants: Vec<Grant>,
    /// Arranged once, because that is most of the work.
    pub rules: Rulebook,
    /// What is stored of branching models for the place and what contains it.
    pub stored_branching: BranchingFacts,
    /// What counts of that.
    pub branching: CountingModel,
    /// The branching model in force in the repository; empty for other places.
    pub branching_model: Arc<BranchingModel>,
    /// Of every subject that grants and rules mention.
    pub names: Names,
    /// What the workspace asks of the network.
    pub network: NetworkRules,
}

/// What lies inside a workspace, for lists and for whether its name may be known.
#[derive(Debug)]
pub(crate) struct Within {
    pub projects: Vec<Project>,
    pub repositories: Vec<Repository>,
    pub grants: Vec<OwnedGrant>,
}

impl Ground {
    pub fn of_repository(it: store::RepositoryFacts) -> Result<Self> {
        let place = place_of(&it.workspace, &it.repository)?;
        let branching = CountingModel::of(&it.branching);
        let branching_model = branching.in_force(place.default_branch.as_ref());
        Ok(Self {
            network: network_of(&it.workspace)?,
            place: Place::Repository(place),
            workspace: Some(it.workspace),
            project: Some(it.project),
            repository: Some(it.repository),
            grants: it.grants.into_iter().map(|it| it.grant).collect(),
            rules: Rulebook::new(it.restrictions),
            stored_branching: it.branching,
            branching,
            branching_model: Arc::new(branching_model),
            names: it.names,
        })
    }

    pub fn of_project(it: store::ProjectFacts) -> Result<Self> {
        let place = ProjectPlace { id: it.project.id, private: it.project.is_private };
        Ok(Self {
            network: network_of(&it.workspace)?,
            place: Place::Project(place),
            workspace: Some(it.workspace),
            project: Some(it.project),
            repository: None,
            grants: it.grants.into_iter().map(|it| it.grant).collect(),
            rules: Rulebook::new(it.restrictions),
            branching: CountingModel::of(&it.branching),
            stored_branching: it.branching,
            branching_model: Arc::default(),
            names: it.names,
        })
    }

    pub fn of_workspace(it: store::WorkspaceFacts) -> Result<Self> {
        Ok(Self {
            network: network_of(&it.workspace)?,
            place: Place::Workspace(it.workspace.id),
            workspace: Some(it.workspace),
            project: None,
            repository: None,
            grants: it.grants.into_iter().map(|it| it.grant).collect(),
            rules: Rulebook::new(it.restrictions),
            stored_branching: BranchingFacts::default(),
            branching: CountingModel::of(&BranchingFacts::default()),
            branching_model: Arc::default(),
            names: it.names,
        })
    }

    /// What grants, restrictions and tokens of this place hang on.
    pub fn owner(&self) -> Owner {
        match &self.place {
            Place::Repository(it) => Owner::Repository(it.id),
            Place::Project(it) => Owner::Project(it.id),
            Place::Workspace(id) => Owner::Workspace(*id),
            Place::Instance | Place::Nowhere => Owner::Instance,
        }
    }

    /// Why nothing here may be open to everybody; the store looks again, and inside a project, too.
    pub fn keeps_private(&self) -> Option<&'static str> {
        if self.project.as_ref().is_some_and(|it| it.is_private) {
            return Some("the project is private, and so is everything in it");
        }
        let by_policy = |it: &Repository| {
            it.fork_policy == store::ForkPolicy::NoPublicForks
                || (it.fork_policy == store::ForkPolicy::NoForks && it.parent.is_some())
        };
        match &self.place {
            Place::Repository(_) => {
                let kept = self.repository.as_ref().filter(|it| it.is_private && by_policy(it));
                kept.map(|_| "its fork policy keeps it private")
            }
            Place::Workspace(_) => {
                Some("give read to anyone on the projects or repositories that are to be public")
            }
            Place::Project(_) | Place::Instance | Place::Nowhere => None,
        }
    }

    /// The rules, to ask which of them can decide anything; which refs there are and who may push
    /// has to be added by whoever knows.
    pub fn rules_at(&self, now: Timestamp) -> policy::Rules<'_> {
        policy::Rules {
            all: &self.rules,
            now,
            branching_model: self.repository.as_ref().map(|_| self.branching_model.as_ref()),
            refs: None,
            may_push: &|_| None,
        }
    }

    /// The facts of a question by this asker. Grants to others are left out: there may be many.
    pub fn facts(
        &self,
        who: &Asker,
        state: InstanceState,
        reaches_below: bool,
        now: Timestamp,
    ) -> Facts {
        let is_theirs = |it: &&Grant| who.who.principal.is(it.subject);
        let mut grants: Vec<_> = self.grants.iter().filter(is_theirs).cloned().collect();
        grants.extend(instance_admin(who));
        let role = self.workspace.as_ref().and_then(|it| role_in(it, who));
        Facts {
            now,
            instance: state,
            place: self.place.clone(),
            grants,
            role,
            reaches_below,
            restrictions: self.rules.clone(),
            branching_model: Arc::clone(&self.branching_model),
            merge: None,
            network: self.network.clone(),
        }
    }
}

/// Whoever a personal workspace is of is its owner, whatever its members say.
fn role_in(workspace: &Workspace, who: &Asker) -> Option<Role> {
    match (workspace.person, who.user_id()) {
        (Some(person), Some(user)) if person == user => Some(Role::Owner),
        _ => who.role_in(workspace.id),
    }
}

/// A block that cannot be read is a failure: passed over, it could leave a list that keeps nobody
/// out.
fn network_of(workspace: &Workspace) -> Result<NetworkRules> {
    let unreadable = |block: &String| {
        let source = format!("workspace `{}` lets `{}` in", workspace.slug, block.escape_debug());
        Error::internal("the network rules of the workspace are unreadable", source)
    };
    let read = |it: &String| AddressRange::parse(it).ok_or_else(|| unreadable(it));
    let addresses = workspace.network.addresses.iter().map(read).collect::<Result<_>>()?;
    let two_factor = workspace.network.two_factor;
    Ok(NetworkRules { workspace: addresses, two_factor, ..NetworkRules::default() })
}

/// The flag of the account, as the grant that it means.
fn instance_admin(who: &Asker) -> Option<Grant> {
    let id = who.user_id().filter(|_| who.is_instance_admin())?;
    let (level, subject) = (Level::Instance, Subject::User(id));
    Some(Grant { level, subject, permission: Permission::Admin })
}

/// A main branch that cannot be read fails: without it, its removal would not be kept off.
fn place_of(workspace: &Workspace, row: &Repository) -> Result<RepositoryPlace> {
    let unreadable = |it: &str| store::Error::Unreadable {
        table: "repository",
        column: "main_branch",
        value: it.to_owned(),
    };
    let main = row.main_branch.as_deref();
    let main = main.map(|it| RefName::branch(it).map_err(|_| unreadable(it))).transpose()?;
    Ok(RepositoryPlace {
        id: row.id,
        path: path(workspace, row),
        private: row.is_private,
        archived: row.archived,
        over_quota: false,
        default_branch: main,
    })
}

pub(crate) fn path(workspace: &Workspace, repository: &Repository) -> RepositoryPath {
    RepositoryPath { workspace: workspace.slug.clone(), repository: repository.slug.clone() }
}

impl Within {
    /// What a look at a repository stands on. Without its rules: looking breaks none.
    pub fn ground_of(
        &self,
        workspace: &Workspace,
        row: &Repository,
        instance: &[Grant],
    ) -> Result<Ground> {
        let counts = |it: &&OwnedGrant| match it.owner {
            Owner::Instance | Owner::Workspace(_) => true,
            Owner::Project(id) => id == row.project,
            Owner::Repository(id) => id == row.id,
        };
        let grants = self.grants.iter().filter(counts).map(|it| it.grant);
        Ok(Ground {
            network: network_of(workspace)?,
            place: Place::Repository(place_of(workspace, row)?),
            workspace: Some(workspace.clone()),
            project: None,
            repository: Some(row.clone()),
            grants: grants.chain(instance.iter().cloned()).collect(),
            rules: Rulebook::default(),
            stored_branching: BranchingFacts::default(),
            branching: CountingModel::of(&BranchingFacts::default()),
            branching_model: Arc::default(),
            names: Names::new(),
        })
    }

    /// Does the asker hold a grant inside the workspace or one of its projects, or does something
    /// public lie there?
    pub fn reached_by(&self, who: &Asker, project: Option<&Project>) -> bool {
        let inside = |it: &Repository| project.is_none_or(|p| p.id == it.project);
        let holds = self.grants.iter().any(|it| {
            let counts = match it.owner {
                Owner::Instance | Owner::Workspace(_) => false,
                Owner::Project(id) => project.is_none_or(|p| p.id == id),
                Owner::Repository(id) => {
                    self.repositories.iter().any(|it| it.id == id && inside(it))
                }
            };
            counts && who.who.principal.is(it.grant.subject)
        });
        holds || self.repositories.iter().any(|it| !it.is_private && inside(it))
    }
}
