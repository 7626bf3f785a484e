//! Repositories: everything about them that is not in git. The folder on disk is somebody
//! else's; it is named by [`RepositoryId`], which is never used twice.

use crate::change::{Audited, Change};
use crate::grant::put_grant;
use crate::group::grant_defaults;
use crate::openness::fits_its_place;
use crate::sql::{Columns, args};
use crate::{Actor, Error, Owner, Page, PageRequest, Result, Store};
use model::{
    DisplayName, Permission, ProjectId, RepositoryId, RepositorySlug, Subject, Timestamp, UserId,
    WorkspaceId,
};

/// Who may fork a repository, in Bitbucket's words. Later ones let less be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForkPolicy {
    AllowForks,
    NoPublicForks,
    NoForks,
}

impl ForkPolicy {
    const ALL: [Self; 3] = [Self::AllowForks, Self::NoPublicForks, Self::NoForks];

    /// The word in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllowForks => "allow_forks",
            Self::NoPublicForks => "no_public_forks",
            Self::NoForks => "no_forks",
        }
    }

    /// Reads the word back; `None` if it is not one of the three.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

impl std::fmt::Display for ForkPolicy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    pub id: RepositoryId,
    /// Lower case, hyphenated, without braces.
    pub uuid: String,
    pub workspace: WorkspaceId,
    pub project: ProjectId,
    /// What it was forked from, if that is still there.
    pub parent: Option<RepositoryId>,
    /// What it and all its relatives began with: itself, unless it is a fork.
    pub root: RepositoryId,
    /// Unique in the workspace.
    pub slug: RepositorySlug,
    pub name: DisplayName,
    pub description: String,
    pub is_private: bool,
    pub fork_policy: ForkPolicy,
    /// Can be read, not pushed to.
    pub archived: bool,
    /// The short name of the main branch; `None` until one is known.
    pub main_branch: Option<String>,
    pub language: String,
    pub has_issues: bool,
    pub has_wiki: bool,
    /// The most it may have, in bytes; `None` for what the configuration says.
    pub size_limit: Option<i64>,
    /// In bytes, as it was measured after the last push; 0 before the first.
    pub size: i64,
    pub created_at: Timestamp,
    /// When its settings were last changed.
    pub updated_at: Timestamp,
    /// When somebody last pushed to it.
    pub pushed_at: Option<Timestamp>,
}

impl Repository {
    /// Are these two one repository, or did they begin as one? Pull requests go between such.
    pub fn is_related_to(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

/// What [`Store::create_repository`] needs.
#[derive(Clone, Debug)]
pub struct NewRepository {
    pub workspace: WorkspaceId,
    pub project: ProjectId,
    pub slug: RepositorySlug,
    pub name: DisplayName,
    pub description: String,
    pub is_private: bool,
    pub fork_policy: ForkPolicy,
    pub main_branch: Option<String>,
    pub language: String,
    pub has_issues: bool,
    pub has_wiki: bool,
    /// What it is a fork of: that one, and what it began with.
    pub fork_of: Option<(RepositoryId, RepositoryId)>,
    /// Gets admin on it: whoever creates a repository and would not be its admin otherwise.
    pub admin: Option<UserId>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct RepositoryUpdate {
    pub project: Option<ProjectId>,
    pub slug: Option<RepositorySlug>,
    pub name: Option<DisplayName>,
    pub description: Option<String>,
    pub is_private: Option<bool>,
    pub fork_policy: Option<ForkPolicy>,
    pub archived: Option<bool>,
    pub main_branch: Option<Option<String>>,
    pub language: Option<String>,
    pub has_issues: Option<bool>,
    pub has_wiki: Option<bool>,
    pub size_limit: Option<Option<i64>>,
}

macro_rules! select_repository {
    ($rest:literal) => {
        concat!(
            "select r.id, r.uuid, r.workspace_id, r.project_id, r.parent_id, r.fork_root, r.slug, r.name, r.description,
                 r.is_private, r.fork_policy, r.archived, r.main_branch, r.language, r.has_issues,
                 r.has_wiki, r.size_limit, r.size, r.created_at, r.updated_at,
                 (select max(p.at) from push p where p.repository_id = r.id) as pushed_at
             from repository r ",
            $rest
        )
    };
}
pub(crate) use select_repository;

pub(crate) fn repository_from(row: Columns<'_>) -> Result<Repository> {
    Ok(Repository {
        id: RepositoryId(row.int("id")?),
        uuid: row.text("uuid")?,
        workspace: WorkspaceId(row.int("workspace_id")?),
        project: ProjectId(row.int("project_id")?),
        parent: row.opt_int("parent_id")?.map(RepositoryId),
        root: RepositoryId(row.opt_int("fork_root")?.unwrap_or(row.int("id")?)),
        slug: row.parsed("slug", RepositorySlug::parse)?,
        name: row.parsed("name", DisplayName::parse)?,
        description: row.text("description")?,
        is_private: row.flag("is_private")?,
        fork_policy: row.parsed("fork_policy", |it| ForkPolicy::parse(it).ok_or(()))?,
        archived: row.flag("archived")?,
        main_branch: row.opt_text("main_branch")?,
        language: row.text("language")?,
        has_issues: row.flag("has_issues")?,
        has_wiki: row.flag("has_wiki")?,
        size_limit: row.opt_int("size_limit")?,
        size: row.int("size")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        pushed_at: row.opt_time("pushed_at")?,
    })
}

impl Store {
    /// Creates a repository's row, with the grants that the workspace's groups have by default. It
    /// is not whole yet: its folder is to come. [`Error::NotFound`] unless the project is of the
    /// workspace.
    pub async fn create_repository(&self, by: &Actor, new: NewRepository) -> Result<Repository> {
        let mut change = self.change(by).await?;
        must_be_in(&mut change, new.workspace, new.project).await?;
        let id = RepositoryId(change.next_id("repository").await?);
        let repository = Repository {
            id,
            parent: new.fork_of.map(|it| it.0),
            root: new.fork_of.map_or(id, |it| it.1),
            uuid: crate::store::new_uuid(),
            workspace: new.workspace,
            project: new.project,
            slug: new.slug,
            name: new.name,
            description: new.description,
            is_private: new.is_private,
            fork_policy: new.fork_policy,
            archived: false,
            main_branch: new.main_branch,
            language: new.language,
            has_issues: new.has_issues,
            has_wiki: new.has_wiki,
            size_limit: None,
            size: 0,
            created_at: by.at,
            updated_at: by.at,
            pushed_at: None,
        };
        insert(&mut change, &repository).await?;
        fits_its_place(&mut change, &repository).await?;
        grant_defaults(&mut change, new.workspace, repository.id).await?;
        if let Some(admin) = new.admin {
            let (owner, admin) = (Owner::Repository(repository.id), Subject::User(admin));
            put_grant(&mut change, owner, admin, Permission::Admin).await?;
        }
        let what = format!("created repository `{}`", repository.slug);
        let is = audit_text(&repository);
        change.commit(Audited { after: Some(&is), ..about(repository.id, &what) }).await?;
        Ok(repository)
    }

    /// The repository by number.
    pub async fn find_repository_by_id(&self, id: RepositoryId) -> Result<Option<Repository>> {
        let row =
            self.database.optional(select_repository!("where r.id = $1"), args![id.0]).await?;
        row.map(|row| repository_from(row.of("repository"))).transpose()
    }

    /// The forks of a repository, the oldest first.
    pub async fn list_forks(&self, parent: RepositoryId) -> Result<Vec<Repository>> {
        let sql = select_repository!("where r.parent_id = $1 order by r.id");
        let rows = self.database.all(sql, args![parent.0]).await?;
        rows.iter().map(|row| repository_from(row.of("repository"))).collect()
    }

    /// The repositories of a workspace, or of one of its projects, by slug.
    pub async fn list_repositories(
        &self,
        workspace: WorkspaceId,
        project: Option<ProjectId>,
        page: PageRequest,
    ) -> Result<Page<Repository>> {
        let rows = select_repository!(
            "where r.workspace_id = $1 and ($2 is null or r.project_id = $2)
             order by r.slug limit $3 offset $4"
        );
        let count = "select count(*) as size from repository
                     where workspace_id = $1 and ($2 is null or project_id = $2)";
        let args = args![workspace.0, project.map(|it| it.0)];
        self.page((rows, count), args, page, |row| repository_from(row.of("repository"))).await
    }

    /// Changes what is given; the repository as it is now. [`Error::NotFound`] if the new project
    /// is not of its workspace.
    pub async fn update_repository(
        &self,
        by: &Actor,
        id: RepositoryId,
        update: RepositoryUpdate,
    ) -> Result<Repository> {
        let mut change = self.change(by).await?;
        let before = find(&mut change, id).await?;
        let opens = update.is_private.is_some() || update.fork_policy.is_some();
        let changes_place = update.project.is_some() || opens;
        let after = Repository { updated_at: by.at, ..apply(update, before.clone()) };
        if after.project != before.project {
            must_be_in(&mut change, after.workspace, after.project).await?;
        }
        save(&mut change, &after).await?;
        if changes_place {
            fits_its_place(&mut change, &after).await?;
        }
        let what = format!("changed repository `{}`", before.slug);
        let (was, is) = (audit_text(&before), audit_text(&after));
        change.commit(Audited { before: Some(&was), after: Some(&is), ..about(id, &what) }).await?;
        Ok(after)
    }

    /// Removes a repository's rows: itself, its grants, restrictions, access tokens, refusals and
    /// push records. The folder is the caller's to remove.
    pub async fn remove_repository(&self, by: &Actor, id: RepositoryId) -> Result<()> {
        let mut change = self.change(by).await?;
        let repository = find(&mut change, id).await?;
        remove_owned(&mut change, Owner::Repository(id)).await?;
        change.execute("delete from refusal where repository_id = $1", args![id.0]).await?;
        change.execute("delete from push where repository_id = $1", args![id.0]).await?;
        crate::pull_request::forget_pull_requests(&mut change, id).await?;
        crate::build_status::forget_builds(&mut change, id).await?;
        // What holds for the forks of what this was made from holds for its forks, too.
        let sql = "update repository set parent_id = $2 where parent_id = $1";
        change.execute(sql, args![id.0, repository.parent.map(|it| it.0)]).await?;
        crate::merge_strategies::forget_merge_strategies(&mut change, id).await?;
        change.execute("delete from repository where id = $1", args![id.0]).await?;
        let what = format!("removed repository `{}`", repository.slug);
        let was = audit_text(&repository);
        change.commit(Audited { before: Some(&was), ..about(id, &what) }).await
    }

    /// Notes that a repository has its folder now.
    pub async fn note_whole_repository(&self, id: RepositoryId) -> Result<()> {
        let sql = "update repository set whole = 1 where id = $1";
        self.database.write_record(sql, args![id.0]).await.map(drop)
    }

    /// The repositories that have a row and were never whole: of a process that died while it made
    /// them, or is making them now.
    pub async fn list_unfinished_repositories(&self) -> Result<Vec<Repository>> {
        let sql = select_repository!("where r.whole = 0 order by r.id");
        let rows = self.database.all(sql, args![]).await?;
        rows.iter().map(|row| repository_from(row.of("repository"))).collect()
    }

    /// Notes how large a repository is, in bytes. A measurement, not a change: no audit line, and
    /// no decision depends on it.
    pub async fn note_repository_size(&self, id: RepositoryId, size: i64) -> Result<()> {
        let sql = "update repository set size = $2 where id = $1";
        self.database.write_record(sql, args![id.0, size]).await.map(drop)
    }
}

fn apply(update: RepositoryUpdate, it: Repository) -> Repository {
    Repository {
        project: update.project.unwrap_or(it.project),
        slug: update.slug.unwrap_or(it.slug),
        name: update.name.unwrap_or(it.name),
        description: update.description.unwrap_or(it.description),
        is_private: update.is_private.unwrap_or(it.is_private),
        fork_policy: update.fork_policy.unwrap_or(it.fork_policy),
        archived: update.archived.unwrap_or(it.archived),
        main_branch: update.main_branch.unwrap_or(it.main_branch),
        language: update.language.unwrap_or(it.language),
        has_issues: update.has_issues.unwrap_or(it.has_issues),
        has_wiki: update.has_wiki.unwrap_or(it.has_wiki),
        size_limit: update.size_limit.unwrap_or(it.size_limit),
        ..it
    }
}

async fn find(change: &mut Change<'_>, id: RepositoryId) -> Result<Repository> {
    let row = change.optional(select_repository!("where r.id = $1"), args![id.0]).await?;
    repository_from(row.ok_or(Error::NotFound { what: "repository" })?.of("repository"))
}

/// [`Error::NotFound`] unless a project is of the workspace.
async fn must_be_in(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    project: ProjectId,
) -> Result<()> {
    let sql = "select id from project where id = $1 and workspace_id = $2";
    let row = change.optional(sql, args![project.0, workspace.0]).await?;
    row.map(drop).ok_or(Error::NotFound { what: "project" })
}

async fn insert(change: &mut Change<'_>, it: &Repository) -> Result<()> {
    let sql = "insert into repository (id, uuid, workspace_id, project_id, slug, name, description,
                   is_private, fork_policy, archived, main_branch, language, has_issues, has_wiki,
                   size, created_at, updated_at, parent_id, fork_root, whole)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17,
                   $18, $19, 0)";
    let args = args![
        it.id.0,
        &it.uuid,
        it.workspace.0,
        it.project.0,
        it.slug.as_str(),
        it.name.as_str(),
        &it.description,
        it.is_private,
        it.fork_policy.as_str(),
        it.archived,
        &it.main_branch,
        &it.language,
        it.has_issues,
        it.has_wiki,
        it.size,
        it.created_at,
        it.updated_at,
        it.parent.map(|it| it.0),
        it.parent.map(|_| it.root.0),
    ];
    change.execute(sql, args).await?;
    Ok(())
}

async fn save(change: &mut Change<'_>, it: &Repository) -> Result<()> {
    let sql = "update repository set project_id = $2, slug = $3, name = $4, description = $5,
                   is_private = $6, fork_policy = $7, archived = $8, main_branch = $9,
                   language = $10, has_issues = $11, has_wiki = $12, updated_at = $13,
                   size_limit = $14
               where id = $1";
    let args = args![
        it.id.0,
        it.project.0,
        it.slug.as_str(),
        it.name.as_str(),
        &it.description,
        it.is_private,
        it.fork_policy.as_str(),
        it.archived,
        &it.main_branch,
        &it.language,
        it.has_issues,
        it.has_wiki,
        it.updated_at,
        it.size_limit,
    ];
    change.execute(sql, args).await?;
    Ok(())
}

/// Removes what hangs on a project or repository that is about to go: grants, restrictions, its
/// branching model, whom it asks for reviews, and access tokens and access keys with whatever refers to them.
pub(crate) async fn remove_owned(change: &mut Change<'_>, owner: Owner) -> Result<()> {
    let key = args![owner.word(), owner.id()];
    let sql = r#"delete from "grant" where level = $1 and owner_id = $2"#;
    change.execute(sql, key).await?;
    change.execute("delete from restriction where level = $1 and owner_id = $2", key).await?;
    crate::branching::remove_branching(change, owner).await?;
    change.execute("delete from default_reviewer where level = $1 and owner_id = $2", key).await?;
    change.execute("delete from review_group where level = $1 and owner_id = $2", key).await?;
    let sql = "select id from access_token where level = $1 and owner_id = $2";
    for row in change.all(sql, key).await? {
        let id = row.of("access_token").int("id")?;
        crate::grant::forget_subject(change, "access_token", id).await?;
    }
    change.execute("delete from access_token where level = $1 and owner_id = $2", key).await?;
    let sql = "delete from access_key where level = $1 and owner_id = $2 returning id";
    for row in change.all(sql, key).await? {
        let id = row.of("access_key").int("id")?;
        crate::grant::forget_subject(change, "access_key", id).await?;
    }
    Ok(())
}

fn audit_text(it: &Repository) -> String {
    format!(
        "slug={} project={} is_private={} archived={} main_branch={:?} size_limit={:?} name={:?} \
         description={:?} fork_policy={} language={:?} has_issues={} has_wiki={}",
        it.slug,
        it.project,
        it.is_private,
        it.archived,
        it.main_branch,
        it.size_limit,
        it.name.as_str(),
        it.description,
        it.fork_policy,
        it.language,
        it.has_issues,
        it.has_wiki
    )
}

fn about(id: RepositoryId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("repository", id.0), before: None, after: None }
}
