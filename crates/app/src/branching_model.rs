//! Branching models: what a place says which branches are, and what is in force from that.
//!
//! A repository has its own model, or inherits its project's, or has the usual one. Every rule
//! about a class of branches goes by the one in force, so that renaming a prefix moves its rules.

use crate::branching_input::{BranchingInput, checked};
use crate::error::{Error, Result};
use crate::ground::Ground;
use crate::open::{OpenPlace, Reading};
use crate::{App, Asker, Branch, PlaceName};
use model::{
    BranchClass, BranchType, Branches, BranchingModel, BranchingSettings, Level, RefName,
    RepositoryId,
};
use policy::Act;
use std::sync::Arc;
use store::{BranchingFacts, StoredBranching};

/// What counts in a place, and where it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CountingModel {
    pub settings: BranchingSettings,
    /// Whose settings they are; `None` when nobody has said anything.
    pub from: Option<Level>,
}

/// The model in force in a repository, with the branches as they are now; of a project, as it is
/// inherited.
#[derive(Clone, Debug)]
pub struct BranchingView {
    pub development: ModelBranch,
    /// `None` when there is none.
    pub production: Option<ModelBranch>,
    /// Those that are enabled.
    pub types: Vec<BranchType>,
}

/// The development or the production branch.
#[derive(Clone, Debug)]
pub struct ModelBranch {
    /// Does it follow the main branch?
    pub use_main: bool,
    /// Its short name; `None` when it follows a main branch that there is not.
    pub name: Option<String>,
    /// The branch, if it exists.
    pub branch: Option<Branch>,
}

/// What was set, and whether the branches in it exist.
#[derive(Clone, Debug)]
pub struct SettingsView {
    pub settings: BranchingSettings,
    /// `None` of a project: there every name will do.
    pub development_is_valid: Option<bool>,
    pub production_is_valid: Option<bool>,
}

impl CountingModel {
    /// What counts, of everything that is stored for a place and above.
    pub(crate) fn of(stored: &BranchingFacts) -> Self {
        let own = stored.repository.as_ref().filter(|it| it.in_force);
        let own = own.map(|it| (Level::Repository, it));
        match own.or(stored.project.as_ref().map(|it| (Level::Project, it))) {
            Some((level, it)) => Self { settings: it.settings.clone(), from: Some(level) },
            None => Self { settings: BranchingSettings::default(), from: None },
        }
    }

    /// The classes and what they mean, with this main branch. Names that are inherited mean
    /// themselves here, whether or not the repository has such branches: see
    /// [`Self::only_if_there`].
    pub(crate) fn in_force(&self, main: Option<&RefName>) -> BranchingModel {
        let mut model = BranchingModel::default();
        for (class, name) in self.branches() {
            let named = name.map_or_else(|| main.cloned(), |it| RefName::branch(it).ok());
            model = named.into_iter().fold(model, |model, it| model.with(class, Branches::One(it)));
        }
        let types = self.settings.types.iter().filter(|it| it.enabled);
        types.fold(model, |model, it| {
            model.with(it.class, Branches::StartingWith(it.prefix.clone()))
        })
    }

    /// The branches that are inherited by name. Where one does not exist, the main branch stands
    /// for it; its name keeps meaning it, so that whoever makes the branch meets its rules.
    pub(crate) fn only_if_there(&self) -> Vec<(BranchClass, RefName)> {
        let inherited = self.from == Some(Level::Project);
        let named = self.branches().into_iter().filter_map(|(class, name)| Some((class, name?)));
        let named = named.filter_map(|(class, it)| Some((class, RefName::branch(it).ok()?)));
        named.filter(|_| inherited).collect()
    }

    fn branches(&self) -> Vec<(BranchClass, Option<&str>)> {
        let production = &self.settings.production;
        let development = (BranchClass::Development, self.settings.development.as_deref());
        let production =
            production.enabled.then_some((BranchClass::Production, production.name.as_deref()));
        production.into_iter().chain([development]).collect()
    }
}

impl App {
    /// The branching model in force in a repository, or that of a project.
    pub async fn branching_model(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<BranchingView> {
        if place.level() == Level::Project {
            self.open_project(who, place, Act::ReadProject).await?;
        } else {
            self.open_repository::<Reading>(who, place).await?;
        }
        let ground = self.ground_of_model(who, place).await?;
        let settings = &ground.branching.settings;
        let production = &settings.production;
        Ok(BranchingView {
            development: self.model_branch(who, place, &ground, &settings.development).await?,
            production: match production.enabled {
                true => Some(self.model_branch(who, place, &ground, &production.name).await?),
                false => None,
            },
            types: settings.types.iter().filter(|it| it.enabled).cloned().collect(),
        })
    }

    /// What was set on a project or a repository, in force or not.
    pub async fn branching_settings(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<SettingsView> {
        let open = self.open_branching(who, place, false).await?;
        self.settings_view(&open.ground, own(&open.ground, place).settings).await
    }

    /// Changes what is given of the settings, and puts them in force: settings that are saved and
    /// do not count would be taken for a protection.
    pub async fn update_branching_settings(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        input: &BranchingInput,
    ) -> Result<SettingsView> {
        let open = self.open_branching(who, place, true).await?;
        let settings = checked(input, own(&open.ground, place).settings)?;
        let view = self.settings_view(&open.ground, settings).await?;
        refuse_missing(input, &view)?;
        let new = StoredBranching { settings: view.settings.clone(), in_force: true };
        self.store.set_branching(&open.by, open.owner, &new).await?;
        Ok(view)
    }

    /// Does a repository go by its own settings, rather than by its project's?
    pub async fn overrides_branching(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
    ) -> Result<bool> {
        let open = self.open_branching(who, repository, false).await?;
        Ok(own(&open.ground, repository).in_force)
    }

    /// Lets a repository go by its own settings, or inherit its project's. Its own are kept.
    pub async fn override_branching(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        overrides: bool,
    ) -> Result<()> {
        let open = self.open_branching(who, repository, true).await?;
        let mut stored = own(&open.ground, repository);
        if stored.in_force != overrides {
            stored.in_force = overrides;
            self.store.set_branching(&open.by, open.owner, &stored).await?;
        }
        Ok(())
    }

    async fn open_branching(
        &self,
        who: &Asker,
        place: &PlaceName,
        change: bool,
    ) -> Result<OpenPlace> {
        let level = place.level();
        let act =
            if change { Act::ChangeBranchingModel(level) } else { Act::ReadBranchingModel(level) };
        self.open_place(who, place, act).await
    }

    async fn ground_of_model(&self, who: &Asker, place: &PlaceName) -> Result<Arc<Ground>> {
        let (_, ground) = self.facts(who, place).await?;
        ground.ok_or(Error::NotFound { what: "branching model" })
    }

    /// A branch as the model has it; an inherited name that is not there gives way to the main
    /// branch.
    async fn model_branch(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        ground: &Ground,
        name: &Option<String>,
    ) -> Result<ModelBranch> {
        let Some(repository) = &ground.repository else {
            return Ok(ModelBranch { use_main: name.is_none(), name: name.clone(), branch: None });
        };
        let main = || repository.main_branch.clone();
        let inherited = ground.branching.from == Some(Level::Project);
        let mut shown = ModelBranch {
            use_main: name.is_none(),
            name: name.clone().or_else(main),
            branch: None,
        };
        shown.branch = self.branch_if_there(who, place, shown.name.as_deref()).await?;
        if shown.branch.is_none() && inherited && !shown.use_main {
            shown.name = main();
            shown.branch = self.branch_if_there(who, place, shown.name.as_deref()).await?;
        }
        Ok(shown)
    }

    async fn branch_if_there(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        name: Option<&str>,
    ) -> Result<Option<Branch>> {
        let Some(name) = name else { return Ok(None) };
        match self.branch(who, place, name).await {
            Ok(branch) => Ok(Some(branch)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    async fn settings_view(
        &self,
        ground: &Ground,
        settings: BranchingSettings,
    ) -> Result<SettingsView> {
        let Some(repository) = &ground.repository else {
            let (development_is_valid, production_is_valid) = (None, None);
            return Ok(SettingsView { settings, development_is_valid, production_is_valid });
        };
        let is_valid = async |name: &Option<String>| match name {
            None => Ok::<_, Error>(Some(true)),
            Some(name) => match RefName::branch(name) {
                Ok(name) => Ok(Some(self.missing(repository.id, vec![name]).await?.is_empty())),
                Err(_) => Ok(Some(false)),
            },
        };
        let development_is_valid = is_valid(&settings.development).await?;
        let production_is_valid = is_valid(&settings.production.name).await?;
        Ok(SettingsView { settings, development_is_valid, production_is_valid })
    }

    /// Which of these refs a repository does not have.
    pub(crate) async fn missing(
        &self,
        repository: RepositoryId,
        names: Vec<RefName>,
    ) -> Result<Vec<RefName>> {
        let repositories = Arc::clone(&self.repositories);
        let missing = tokio::task::spawn_blocking(move || {
            let refs = repositories.repository(repository)?.refs()?;
            let missing = names.into_iter().filter(|it| refs.find(it.as_str()).is_none());
            Ok::<_, repo::Error>(missing.collect())
        });
        Ok(missing.await??)
    }
}

/// What was set on the place itself; the usual while nothing was.
fn own(ground: &Ground, place: &PlaceName) -> StoredBranching {
    let stored = match place.level() {
        Level::Repository => &ground.stored_branching.repository,
        Level::Instance | Level::Workspace | Level::Project => &ground.stored_branching.project,
    };
    let usual = || StoredBranching { settings: BranchingSettings::default(), in_force: false };
    stored.clone().unwrap_or_else(usual)
}

/// A branch that is named for a repository has to exist; one that is already set and gone by now
/// keeps whoever changes something else about it from leaving it so.
fn refuse_missing(input: &BranchingInput, view: &SettingsView) -> Result<()> {
    let mut fields = crate::Fields::default();
    let no_branch = |name: &Option<String>| {
        let name = crate::render::visible(name.as_deref().unwrap_or_default());
        format!("there is no branch `{name}` here: create it first, or follow the main branch")
    };
    if input.development.is_some() && view.development_is_valid == Some(false) {
        fields.add("development.name", no_branch(&view.settings.development));
    }
    let production = &view.settings.production;
    if input.production.is_some() && production.enabled && view.production_is_valid == Some(false) {
        fields.add("production.name", no_branch(&production.name));
    }
    fields.check()
}
