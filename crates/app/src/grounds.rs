//! Reading the grounds of decisions, and keeping them as long as they are true. The one place
//! where a name becomes a place; whether the asker may know of it is not asked here.

use crate::branching_model::CountingModel;
use crate::cache::Cache;
use crate::error::Result;
use crate::ground::{Ground, Within, path};
use crate::open::Judged;
use crate::place_name::{Name, Parts, PlaceName};
use crate::{App, Asker, clock};
use model::{
    Branches, BranchingModel, Layer, ProjectKey, RepositoryPath, RepositorySlug, WorkspaceId,
    WorkspaceSlug,
};
use policy::{Act, AddressRange, Facts, InstanceState, NetworkRules, Place, Question, Rulebook};
use std::sync::Arc;
use std::time::Instant;
use store::{BranchingFacts, Names, Owner, PageRequest, Repository, Workspace};

/// All that is kept of what was read.
#[derive(Default)]
pub(crate) struct Grounds {
    repositories: Cache<RepositoryPath, Ground>,
    projects: Cache<(WorkspaceSlug, ProjectKey), Ground>,
    workspaces: Cache<WorkspaceSlug, Ground>,
    within: Cache<WorkspaceId, Within>,
    instance: Cache<(), Instance>,
}

/// The installation itself.
struct Instance {
    ground: Arc<Ground>,
    state: InstanceState,
    /// What is private may be used from here only; from anywhere when there are none.
    addresses: Vec<AddressRange>,
}

impl App {
    /// The facts of a question by this asker about a place, and the ground they are from; no
    /// ground when nothing is there.
    pub(crate) async fn facts(
        &self,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<(Facts, Option<Arc<Ground>>)> {
        let start = Instant::now();
        let found = self.read_facts(who, place).await;
        metrics::histogram!("portcullis_facts_seconds").record(start.elapsed());
        found
    }

    async fn read_facts(
        &self,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<(Facts, Option<Arc<Ground>>)> {
        let version = self.store.facts_version().await?;
        let instance = self.instance(version).await?;
        let now = clock::now();
        let Some(ground) = self.ground(place, version, &instance).await? else {
            return Ok((Facts::nowhere(now, instance.state), None));
        };
        let reaches_below = match (&ground.place, &ground.workspace) {
            (Place::Workspace(_) | Place::Project(_), Some(workspace)) => {
                let within = self.within(workspace.id, version).await?;
                within.reached_by(who, ground.project.as_ref())
            }
            (Place::Workspace(_) | Place::Project(_), None)
            | (Place::Instance | Place::Repository(_) | Place::Nowhere, _) => false,
        };
        let mut facts = ground.facts(who, instance.state, reaches_below, now);
        facts.network.instance.clone_from(&instance.addresses);
        self.stand_in(&ground, &mut facts).await?;
        Ok((facts, Some(ground)))
    }

    /// Where an inherited development or production branch does not exist, the main branch stands
    /// for it. Asked of the repository each time: a push may make the branch at any moment.
    async fn stand_in(&self, ground: &Ground, facts: &mut Facts) -> Result<()> {
        let named = ground.branching.only_if_there();
        let (Some(repository), Place::Repository(place)) = (&ground.repository, &ground.place)
        else {
            return Ok(());
        };
        let Some(main) = place.default_branch.as_ref().filter(|_| !named.is_empty()) else {
            return Ok(());
        };
        let names = named.iter().map(|it| it.1.clone()).collect();
        let missing = self.missing(repository.id, names).await?;
        let stand_ins = named.iter().filter(|it| missing.contains(&it.1));
        let model = BranchingModel::clone(&facts.branching_model);
        let model =
            stand_ins.fold(model, |model, it| model.with(it.0, Branches::One(main.clone())));
        facts.branching_model = Arc::new(model);
        Ok(())
    }

    /// The repositories of a workspace that the asker may see, as they are in the store now.
    /// Decided like every look at one, from facts that were read for all of them at once. That the
    /// network keeps the asker out of some is said: left out, they would seem not to be there.
    pub(crate) async fn visible_repositories(
        &self,
        who: &Asker,
        workspace: &Workspace,
    ) -> Result<Vec<Repository>> {
        let version = self.store.facts_version().await?;
        let instance = self.instance(version).await?;
        let within = self.within(workspace.id, version).await?;
        let now = clock::now();
        let rows = self.store.list_repositories(workspace.id, None, PageRequest::ALL).await?.items;
        let mut seen = Vec::new();
        for row in rows {
            let ground = within.ground_of(workspace, &row, &instance.ground.grants)?;
            let mut facts = ground.facts(who, instance.state, false, now);
            facts.network.instance.clone_from(&instance.addresses);
            let act = Act::ReadRepository;
            let decision = policy::decide(&Question { who: &who.who, act: &act, facts: &facts });
            if decision.is_allowed() {
                seen.push(row);
            } else if decision.layer() == Some(Layer::Network) {
                let place = PlaceName::workspace(workspace.slug.as_str());
                let judged = Judged { decision, facts, ground: Some(Arc::new(ground)) };
                return Err(self.refuse(who, &place, &act, &judged).await);
            }
        }
        Ok(seen)
    }

    async fn ground(
        &self,
        place: &PlaceName,
        version: i64,
        instance: &Instance,
    ) -> Result<Option<Arc<Ground>>> {
        let grounds = &self.grounds;
        match place.parts() {
            Parts::Instance => Ok(Some(Arc::clone(&instance.ground))),
            Parts::Workspace(workspace) => {
                let Some(slug) = self.workspace_slug(workspace).await? else { return Ok(None) };
                let read = async {
                    self.store.workspace_facts(&slug).await?.map(Ground::of_workspace).transpose()
                };
                grounds.workspaces.get(slug.clone(), version, read).await
            }
            Parts::Project(workspace, key) => {
                let Some(slug) = self.workspace_slug(workspace).await? else { return Ok(None) };
                let Some(key) = self.project_key(&slug, key, version).await? else {
                    return Ok(None);
                };
                let read = async {
                    let facts = self.store.project_facts(&slug, &key).await?;
                    facts.map(Ground::of_project).transpose()
                };
                grounds.projects.get((slug.clone(), key.clone()), version, read).await
            }
            Parts::Repository(workspace, repository) => {
                let path = self.path_of(workspace.as_ref(), repository, version).await?;
                let Some(path) = path else { return Ok(None) };
                let read = async {
                    self.store.facts_of(&path).await?.map(Ground::of_repository).transpose()
                };
                grounds.repositories.get(path.clone(), version, read).await
            }
        }
    }

    async fn instance(&self, version: i64) -> Result<Arc<Instance>> {
        let read = async {
            let state = match self.store.find_setting(STATE).await?.as_deref() {
                None => InstanceState::Open,
                Some(word) => parse_state(word)?,
            };
            let addresses = match self.store.find_setting(ADDRESSES).await?.as_deref() {
                None => Vec::new(),
                Some(blocks) => parse_addresses(blocks)?,
            };
            let ground = Arc::new(Ground {
                place: Place::Instance,
                workspace: None,
                project: None,
                repository: None,
                grants: self.store.list_grants(Owner::Instance).await?,
                rules: Rulebook::default(),
                stored_branching: BranchingFacts::default(),
                branching: CountingModel::of(&BranchingFacts::default()),
                branching_model: Arc::default(),
                names: Names::new(),
                network: NetworkRules::default(),
            });
            Ok(Some(Instance { ground, state, addresses }))
        };
        let instance = self.grounds.instance.get((), version, read).await?;
        // Always there: what is read above is never nothing.
        instance.ok_or(crate::Error::NotFound { what: "installation" })
    }

    /// What lies inside a workspace.
    pub(crate) async fn within(&self, id: WorkspaceId, version: i64) -> Result<Arc<Within>> {
        let read = async {
            let projects = self.store.list_projects(id, PageRequest::ALL).await?.items;
            let repositories =
                self.store.list_repositories(id, None, PageRequest::ALL).await?.items;
            let grants = self.store.list_grants_within(id).await?;
            Ok(Some(Within { projects, repositories, grants }))
        };
        let within = self.grounds.within.get(id, version, read).await?;
        within.ok_or(crate::Error::NotFound { what: "workspace" })
    }

    async fn workspace_slug(&self, name: &Name<WorkspaceSlug>) -> Result<Option<WorkspaceSlug>> {
        Ok(match name {
            Name::Word(slug) => Some(slug.clone()),
            Name::Uuid(uuid) => self.store.find_workspace_by_uuid(uuid).await?.map(|it| it.slug),
            Name::Impossible(_) => None,
        })
    }

    async fn project_key(
        &self,
        workspace: &WorkspaceSlug,
        name: &Name<ProjectKey>,
        version: i64,
    ) -> Result<Option<ProjectKey>> {
        let uuid = match name {
            Name::Word(key) => return Ok(Some(key.clone())),
            Name::Impossible(_) => return Ok(None),
            Name::Uuid(uuid) => uuid,
        };
        let Some(workspace) = self.store.find_workspace(workspace).await? else {
            return Ok(None);
        };
        let within = self.within(workspace.id, version).await?;
        Ok(within.projects.iter().find(|it| it.uuid == *uuid).map(|it| it.key.clone()))
    }

    async fn path_of(
        &self,
        workspace: Option<&Name<WorkspaceSlug>>,
        name: &Name<RepositorySlug>,
        version: i64,
    ) -> Result<Option<RepositoryPath>> {
        let workspaces = match workspace {
            None => self.store.list_workspaces(PageRequest::ALL).await?.items,
            Some(workspace) => {
                let Some(slug) = self.workspace_slug(workspace).await? else { return Ok(None) };
                if let Name::Word(repository) = name {
                    let repository = repository.clone();
                    return Ok(Some(RepositoryPath { workspace: slug, repository }));
                }
                self.store.find_workspace(&slug).await?.into_iter().collect()
            }
        };
        let Name::Uuid(uuid) = name else { return Ok(None) };
        for workspace in workspaces {
            let within = self.within(workspace.id, version).await?;
            if let Some(found) = within.repositories.iter().find(|it| it.uuid == *uuid) {
                return Ok(Some(path(&workspace, found)));
            }
        }
        Ok(None)
    }
}

/// The setting that holds what the installation takes at the moment.
pub(crate) const STATE: &str = "instance-state";

/// The setting that holds the blocks of addresses private things can be used from.
pub(crate) const ADDRESSES: &str = "allowed-addresses";

/// A word this version does not know closes everything: it is a failure, not "open".
pub(crate) fn parse_state(word: &str) -> Result<InstanceState> {
    let known = [InstanceState::Open, InstanceState::ReadOnly, InstanceState::Maintenance];
    known.into_iter().find(|it| it.as_str() == word).ok_or_else(|| unreadable(STATE, word))
}

/// Blocks with commas between them. One that cannot be read closes everything, too.
fn parse_addresses(blocks: &str) -> Result<Vec<AddressRange>> {
    let blocks = blocks.split(',').filter(|it| !it.is_empty());
    blocks.map(|it| AddressRange::parse(it).ok_or_else(|| unreadable(ADDRESSES, it))).collect()
}

fn unreadable(setting: &str, value: &str) -> crate::Error {
    let source = format!("the setting `{setting}` holds `{}`", value.escape_debug());
    crate::Error::internal("a setting of the server is unreadable", source)
}
