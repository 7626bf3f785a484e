//! Repositories: making, finding, changing and removing them. What is in them is others' work.

use crate::error::{Error, Fields, Result};
use crate::forks::checked_fork_policy;
use crate::open::{Archiving, OpenRepository, Reading, Removing, Updating};
use crate::own_way::Imagined;
use crate::page::{Page, PageRequest};
use crate::render::visible;
use crate::text_input::check_text;
use crate::{App, Asker, NewProject, PlaceName};
use model::{DisplayName, Level, Permission, RefName, RepositorySlug};
use policy::Act;
use std::sync::Arc;
use store::{ForkPolicy, Project, Repository, Workspace};

/// What a new repository needs, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct NewRepository {
    /// The name in URLs.
    pub slug: String,
    /// The name for people to read; the slug if it is left out.
    pub name: Option<String>,
    /// A project by key or `{uuid}`; the workspace's oldest if it is left out.
    pub project: Option<String>,
    pub description: String,
    /// Private unless said otherwise.
    pub is_private: Option<bool>,
    /// `allow_forks`, `no_public_forks` or `no_forks`.
    pub fork_policy: Option<String>,
    /// The short name of the branch that `HEAD` names; `main` if it is left out.
    pub main_branch: Option<String>,
    pub language: String,
    pub has_issues: bool,
    pub has_wiki: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct RepositoryChange {
    pub slug: Option<String>,
    pub name: Option<String>,
    /// By key or `{uuid}`.
    pub project: Option<String>,
    pub description: Option<String>,
    pub is_private: Option<bool>,
    pub fork_policy: Option<String>,
    pub archived: Option<bool>,
    pub main_branch: Option<String>,
    pub language: Option<String>,
    pub has_issues: Option<bool>,
    pub has_wiki: Option<bool>,
    /// The most it may have, in bytes; 0 for what the configuration says.
    pub size_limit: Option<u64>,
}

/// A repository with what contains it.
#[derive(Clone, Debug)]
pub struct RepositoryView {
    pub repository: Repository,
    pub workspace: Workspace,
    pub project: Project,
}

impl<A> From<OpenRepository<A>> for RepositoryView {
    fn from(open: OpenRepository<A>) -> Self {
        let OpenRepository { repository, workspace, project, .. } = open;
        Self { repository, workspace, project }
    }
}

impl App {
    /// Creates an empty repository.
    pub async fn create_repository(
        self: &Arc<Self>,
        who: &Asker,
        workspace: &str,
        new: NewRepository,
    ) -> Result<RepositoryView> {
        self.make_repository(who, workspace, new, None).await
    }

    /// Creates a repository, empty or as a fork of one that the asker was let in to copy.
    pub(crate) async fn make_repository(
        self: &Arc<Self>,
        who: &Asker,
        workspace: &str,
        new: NewRepository,
        source: Option<&Repository>,
    ) -> Result<RepositoryView> {
        let key = match &new.project {
            Some(key) => key.clone(),
            None => self.default_project(who, workspace).await?,
        };
        let place = PlaceName::project(workspace, &key);
        let open = self.open_project(who, &place, Act::CreateRepository).await?;
        let (mut row, branch) = check_new(&open, new)?;
        // Who may create and no more would have made something they cannot look after.
        let held = self.facts(who, &place).await?.0.held_by(&who.who.principal);
        if held.is_none_or(|it| it.permission < Permission::Admin) {
            row.admin = who.user_id();
        }
        row.fork_of = source.map(|it| (it.id, it.root));
        let repository = self.store.create_repository(&open.by, row).await?;
        if let Err(error) = self.make_folder(&repository, branch, source).await {
            // Without its folder the row would be in the way of trying again.
            self.store.remove_repository(&open.by, repository.id).await?;
            return Err(error);
        }
        self.store.note_whole_repository(repository.id).await?;
        Ok(RepositoryView { repository, workspace: open.workspace, project: open.project })
    }

    /// A repository.
    pub async fn repository(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
    ) -> Result<RepositoryView> {
        let open = self.open_repository::<Reading>(who, place).await?;
        // The row anew: its size and last push are no facts of a decision.
        let row = self.store.find_repository_by_id(open.repository.id).await?;
        let mut view = RepositoryView::from(open);
        view.repository = row.ok_or(Error::NotFound { what: "repository" })?;
        Ok(view)
    }

    /// The repositories of a workspace, or of one of its projects, that the asker may see, by
    /// slug.
    pub async fn list_repositories(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        project: Option<&str>,
        page: PageRequest,
    ) -> Result<Page<RepositoryView>> {
        let open = self.open_workspace(who, workspace, Act::ListRepositories).await?;
        let all = store::PageRequest::ALL;
        let projects = self.store.list_projects(open.workspace.id, all).await?.items;
        let wanted = |it: &Project| {
            project.is_none_or(|key| {
                it.key.as_str().eq_ignore_ascii_case(key) || format!("{{{}}}", it.uuid) == key
            })
        };
        let mut seen = Vec::new();
        for row in self.visible_repositories(who, &open.workspace).await? {
            let home = projects.iter().find(|it| it.id == row.project && wanted(it));
            let Some(home) = home else { continue };
            let (workspace, project) = (open.workspace.clone(), home.clone());
            seen.push(RepositoryView { repository: row, workspace, project });
        }
        Ok(page.of(seen))
    }

    /// Changes a repository: settings, name, project, archived or not. The repository as it is
    /// now.
    pub async fn update_repository(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        change: RepositoryChange,
    ) -> Result<RepositoryView> {
        // Taking it out of the archive is an act of its own, which an archived one lets happen.
        let only_archive = RepositoryChange { archived: None, ..change.clone() }.is_nothing();
        let open = if change.archived.is_some() && only_archive {
            let open = self.open_repository::<Archiving>(who, place).await?;
            (open.by.clone(), RepositoryView::from(open))
        } else {
            if change.archived.is_some() {
                self.open_repository::<Archiving>(who, place).await?;
            }
            let open = self.open_repository::<Updating>(who, place).await?;
            (open.by.clone(), RepositoryView::from(open))
        };
        let (by, before) = open;
        if change.size_limit.is_some() {
            self.open_instance(who, Act::SetSizeLimit).await?;
        }
        let project = match &change.project {
            Some(key) => Some(self.destination(who, &before, key).await?),
            None => None,
        };
        let home = project.as_ref().unwrap_or(&before.project);
        let least = self.least_fork_policy(&before.repository).await?;
        let update = check_change(&change, &before, home, least)?;
        if let Some(home) = &project {
            // On the heap: it is rare, and would make every change's future larger.
            Box::pin(self.keep_admin_at(who, place, &before, home)).await?;
        }
        let branch = update.main_branch.clone().flatten();
        if let Some(branch) = branch.as_deref().filter(|it| before.changes_main(it)) {
            self.must_have_branch(&before.repository, branch).await?;
        }
        // The row can be refused, the file hardly ever: so the row goes first.
        let row = self.store.update_repository(&by, before.repository.id, update).await?;
        if let Some(branch) = branch
            && let Err(error) = self.point_head(&before.repository, &branch).await
        {
            let main_branch = Some(before.repository.main_branch.clone());
            let undo = store::RepositoryUpdate { main_branch, ..Default::default() };
            self.store.update_repository(&by, before.repository.id, undo).await?;
            return Err(error);
        }
        let project = project.unwrap_or(before.project);
        Ok(RepositoryView { repository: row, workspace: before.workspace, project })
    }

    /// Removes a repository with everything in it, on disk, too.
    pub async fn remove_repository(self: &Arc<Self>, who: &Asker, place: &PlaceName) -> Result<()> {
        let open = self.open_repository::<Removing>(who, place).await?;
        let id = open.repository.id;
        self.store.remove_repository(&open.by, id).await?;
        let app = Arc::clone(self);
        Ok(tokio::task::spawn_blocking(move || app.repositories.remove(id)).await??)
    }

    /// Moving a repository puts it where the asker may create one. What a project says of what is
    /// in it is its administrators' to lift: their rules, and that nothing here is public.
    async fn destination(&self, who: &Asker, view: &RepositoryView, key: &str) -> Result<Project> {
        let workspace = view.workspace.slug.as_str();
        let place = PlaceName::project(workspace, key);
        let home = self.open_project(who, &place, Act::CreateRepository).await?.project;
        if home.id == view.project.id {
            return Ok(home);
        }
        let old = PlaceName::project(workspace, view.project.key.as_str());
        let (_, ground) = self.facts(who, &old).await?;
        let has_rules =
            ground.is_some_and(|it| it.rules.iter().any(|rule| rule.level == Level::Project));
        if has_rules || (view.project.is_private && !home.is_private) {
            self.open_project(who, &old, Act::UpdateProject).await?;
        }
        Ok(home)
    }

    /// In another project, what was granted on the old one is gone.
    async fn keep_admin_at(
        &self,
        who: &Asker,
        place: &PlaceName,
        view: &RepositoryView,
        home: &Project,
    ) -> Result<()> {
        let there = PlaceName::project(view.workspace.slug.as_str(), home.key.as_str());
        let grants = self.facts(who, &there).await?.0.grants;
        let move_there = |it: &mut Imagined| {
            it.facts.grants.retain(|it| it.level != Level::Project);
            it.facts.grants.extend(grants.into_iter().filter(|it| it.level == Level::Project));
        };
        self.keep_admin(who, place, move_there).await
    }

    /// The key of the workspace's oldest project. A workspace without one gets its first here,
    /// if the asker may make it: whoever names no project should not have to know of projects.
    ///
    /// A workspace that is not there has no project either; which of the two is missing is not
    /// told before the asker was let in.
    async fn default_project(&self, who: &Asker, workspace: &str) -> Result<String> {
        let place = PlaceName::workspace(workspace);
        let (_, ground) = self.facts(&Asker::system(), &place).await?;
        let Some(known) = ground.as_ref().and_then(|it| it.workspace.as_ref()) else {
            return Ok(String::new());
        };
        if let Some(oldest) = self.store.default_project(known.id).await? {
            return Ok(oldest.key.to_string());
        }
        if !self.judge(who, &place, &Act::CreateProject).await?.decision.is_allowed() {
            return Ok(String::new());
        }
        let first = NewProject {
            key: FIRST_PROJECT.into(),
            name: FIRST_PROJECT.into(),
            description: String::new(),
            is_private: None,
        };
        match self.create_project(who, &place, first).await {
            Ok(made) => Ok(made.project.key.to_string()),
            // Somebody else makes a first repository at the same time: it is their project, then.
            Err(Error::Conflict { field: "key", .. }) => Ok(FIRST_PROJECT.to_owned()),
            Err(other) => Err(other),
        }
    }

    /// `HEAD` of an empty repository may name whatever its first branch shall be called; later, one
    /// that is not there would leave everybody who clones with nothing.
    async fn must_have_branch(self: &Arc<Self>, it: &Repository, branch: &str) -> Result<()> {
        let name = RefName::branch(branch).map_err(|why| Fields::one("main_branch", why))?;
        let (app, id) = (Arc::clone(self), it.id);
        let looked = tokio::task::spawn_blocking(move || {
            let refs = app.repositories.repository(id)?.refs()?;
            let mut heads = refs.with_prefix("refs/heads/").peekable();
            let is_empty = heads.peek().is_none();
            Ok::<_, repo::Error>(is_empty || heads.any(|it| it.name == name.as_str()))
        });
        if looked.await?? {
            return Ok(());
        }
        let message = format!("there is no branch `{}`: push it first", visible(branch));
        Err(Fields::one("main_branch", message))
    }

    async fn point_head(self: &Arc<Self>, repository: &Repository, branch: &str) -> Result<()> {
        let name = RefName::branch(branch).map_err(|why| Fields::one("main_branch", why))?;
        let (app, id) = (Arc::clone(self), repository.id);
        let done =
            tokio::task::spawn_blocking(move || app.repositories.repository(id)?.set_head(&name));
        Ok(done.await??)
    }
}

impl RepositoryView {
    /// Would this be another main branch than it has?
    fn changes_main(&self, branch: &str) -> bool {
        self.repository.main_branch.as_deref() != Some(branch)
    }
}

impl RepositoryChange {
    fn is_nothing(&self) -> bool {
        self.slug.is_none()
            && self.name.is_none()
            && self.project.is_none()
            && self.description.is_none()
            && self.is_private.is_none()
            && self.fork_policy.is_none()
            && self.archived.is_none()
            && self.main_branch.is_none()
            && self.language.is_none()
            && self.has_issues.is_none()
            && self.has_wiki.is_none()
            && self.size_limit.is_none()
    }
}

/// Key and name of the project that a workspace gets when somebody creates its first repository
/// without naming one.
const FIRST_PROJECT: &str = "PROJ";

const KEPT_PRIVATE: &str = "its fork policy is no_public_forks, so it and its forks stay private: \
                            change `fork_policy` as well";

fn check_new(
    open: &crate::open::OpenProject,
    new: NewRepository,
) -> Result<(store::NewRepository, RefName)> {
    let mut fields = Fields::default();
    let slug = fields.take("slug", RepositorySlug::parse(&new.slug));
    let name = DisplayName::parse(new.name.as_deref().unwrap_or(&new.slug));
    let name = fields.take("name", name);
    let branch = new.main_branch.as_deref().unwrap_or("main");
    let branch = fields.take("main_branch", RefName::branch(branch));
    let forks = match &new.fork_policy {
        Some(word) => checked_fork_policy(&mut fields, word, ForkPolicy::AllowForks),
        None => Some(ForkPolicy::AllowForks),
    };
    let is_private = new.is_private.unwrap_or(true);
    check_text("description", &new.description, &mut fields);
    check_text("language", &new.language, &mut fields);
    let (Some(slug), Some(name), Some(branch), Some(fork_policy)) = (slug, name, branch, forks)
    else {
        return Err(Error::Invalid(fields));
    };
    fields.check()?;
    let row = store::NewRepository {
        workspace: open.workspace.id,
        project: open.project.id,
        slug,
        name,
        description: new.description,
        is_private,
        fork_policy,
        main_branch: branch.branch_name().map(str::to_owned),
        language: new.language,
        has_issues: new.has_issues,
        has_wiki: new.has_wiki,
        fork_of: None,
        admin: None,
    };
    Ok((row, branch))
}

fn check_change(
    change: &RepositoryChange,
    before: &RepositoryView,
    home: &Project,
    least: ForkPolicy,
) -> Result<store::RepositoryUpdate> {
    let mut fields = Fields::default();
    let slug = change.slug.as_deref().map(RepositorySlug::parse);
    let slug = slug.and_then(|it| fields.take("slug", it));
    let name = change.name.as_deref().map(DisplayName::parse);
    let name = name.and_then(|it| fields.take("name", it));
    let forks = change.fork_policy.as_deref();
    let forks = forks.and_then(|it| checked_fork_policy(&mut fields, it, least));
    if let Some(branch) = &change.main_branch {
        fields.take("main_branch", RefName::branch(branch));
    }
    for (field, text) in [("description", &change.description), ("language", &change.language)] {
        if let Some(text) = text {
            check_text(field, text, &mut fields);
        }
    }
    let policy = forks.unwrap_or(before.repository.fork_policy);
    let opens = change.is_private == Some(false) && before.repository.is_private;
    if opens && policy == ForkPolicy::NoPublicForks {
        fields.add("is_private", KEPT_PRIVATE);
    } else if opens && least != ForkPolicy::AllowForks {
        let said = format!("what this is a fork of says {least}, so its forks stay private");
        fields.add("is_private", said);
    }
    let limit = change.size_limit.map(i64::try_from).map(|it| it.map_err(|_| "it is too large"));
    let limit = limit.and_then(|it| fields.take("size_limit", it));
    fields.check()?;
    Ok(store::RepositoryUpdate {
        project: change.project.is_some().then_some(home.id),
        slug,
        name,
        description: change.description.clone(),
        is_private: change.is_private,
        fork_policy: forks,
        archived: change.archived,
        main_branch: change.main_branch.clone().map(Some),
        language: change.language.clone(),
        has_issues: change.has_issues,
        has_wiki: change.has_wiki,
        size_limit: limit.map(|it| Some(it).filter(|it| *it > 0)),
    })
}
