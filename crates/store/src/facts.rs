//! Facts: everything decisions about one place or one user are made from, read as one snapshot.
//!
//! Data only: who holds what is listed, never concluded. Each answer carries the version it was
//! read under; it stays true while [`Store::facts_version`] says the same.

use crate::branching::branching_facts;
use crate::grant::grant_from;
use crate::group::group_from;
use crate::member::{Member, member_from};
use crate::names::{name_subject, subject_name_columns, subject_name_joins};
use crate::project::{project_from, select_project};
use crate::repository::{repository_from, select_repository};
use crate::restriction::{Queries, Read, read, restriction_queries};
use crate::sql::{Arg, Row, Tx, args};
use crate::user::{select_user, user_from};
use crate::workspace::{select_workspace, workspace_from};
use crate::{
    BranchingFacts, Error, Group, Membership, Names, OwnedGrant, Project, Repository, Result,
    Store, SubjectName, User, Workspace,
};
use model::{
    ProjectKey, RepositoryId, RepositoryPath, Restriction, Role, Subject, UserId, WorkspaceId,
    WorkspaceSlug,
};

/// What decisions about a repository are made from.
#[derive(Clone, Debug)]
pub struct RepositoryFacts {
    pub version: i64,
    pub workspace: Workspace,
    pub project: Project,
    pub repository: Repository,
    /// Those of the instance, the workspace, the project and the repository.
    pub grants: Vec<OwnedGrant>,
    /// The owners of the workspace.
    pub owners: Vec<Member>,
    /// Those of the workspace, the project and the repository, by number.
    pub restrictions: Vec<Restriction>,
    pub branching: BranchingFacts,
    pub names: Names,
}

/// What decisions about a project are made from.
#[derive(Clone, Debug)]
pub struct ProjectFacts {
    pub version: i64,
    pub workspace: Workspace,
    pub project: Project,
    /// Those of the instance, the workspace and the project.
    pub grants: Vec<OwnedGrant>,
    pub owners: Vec<Member>,
    /// Those of the workspace and the project, by number.
    pub restrictions: Vec<Restriction>,
    pub branching: BranchingFacts,
    pub names: Names,
}

/// What decisions about a workspace are made from.
#[derive(Clone, Debug)]
pub struct WorkspaceFacts {
    pub version: i64,
    pub workspace: Workspace,
    /// Those of the instance and the workspace.
    pub grants: Vec<OwnedGrant>,
    pub owners: Vec<Member>,
    /// Those of the workspace, by number.
    pub restrictions: Vec<Restriction>,
    pub names: Names,
}

/// What decisions about what a user may do are made from, besides the place.
#[derive(Clone, Debug)]
pub struct PrincipalFacts {
    pub version: i64,
    /// With the flag that makes an administrator of the instance.
    pub user: User,
    pub groups: Vec<Group>,
    pub memberships: Vec<Membership>,
}

/// The rows of `table` on the levels of one place; levels below it are asked for with null.
macro_rules! on_levels {
    ($table:literal) => {
        concat!(
            "(",
            $table,
            ".level = 'instance'",
            " or (",
            $table,
            ".level = 'workspace' and ",
            $table,
            ".owner_id = $1)",
            " or (",
            $table,
            ".level = 'project' and ",
            $table,
            ".owner_id = $2)",
            " or (",
            $table,
            ".level = 'repository' and ",
            $table,
            ".owner_id = $3))"
        )
    };
}

const RESTRICTIONS: Queries = restriction_queries!(on_levels!("r"));

const GRANTS: &str = concat!(
    "select x.level, x.owner_id, x.subject_kind, x.subject_id, x.permission, ",
    subject_name_columns!(),
    r#" from "grant" x "#,
    subject_name_joins!("x"),
    "where ",
    on_levels!("x"),
    " order by x.level, x.owner_id, x.subject_kind, x.subject_id"
);

const OWNERS: &str = r#"select m.user_id, u.uuid, u.username, u.display_name, m.role
    from member m join "user" u on u.id = m.user_id
    where m.workspace_id = $1 and m.role = 'owner' order by u.username"#;

/// What hangs on the levels of a place.
struct Rules {
    version: i64,
    grants: Vec<OwnedGrant>,
    owners: Vec<Member>,
    restrictions: Vec<Restriction>,
    branching: BranchingFacts,
    names: Names,
}

/// The version of the facts, as the transaction sees it.
pub(crate) async fn version(tx: &mut Tx) -> Result<i64> {
    let row = tx.optional("select version from facts_version where id = 1", &[]).await?;
    row.ok_or(Error::NotFound { what: "version of the facts" })?.of("facts_version").int("version")
}

/// Reads what hangs on a workspace and, where given, a project and a repository.
async fn rules(
    tx: &mut Tx,
    workspace: WorkspaceId,
    project: Option<i64>,
    repository: Option<i64>,
) -> Result<Rules> {
    let place: [Arg<'_>; 3] = [workspace.0.into(), project.into(), repository.into()];
    let rows = tx.all(GRANTS, &place).await?;
    let Read { restrictions, mut names } = read(tx, &RESTRICTIONS, &place).await?;
    let branching = branching_facts(tx, project, repository).await?;
    let owners = tx.all(OWNERS, args![workspace.0]).await?;
    let owners: Vec<_> =
        owners.iter().map(|row| member_from(row.of("member"))).collect::<Result<_>>()?;
    let mut grants = Vec::with_capacity(rows.len());
    for row in &rows {
        if name_subject(row, &mut names)? {
            grants.push(grant_from(row)?);
        }
    }
    for owner in &owners {
        let name = SubjectName {
            name: owner.username.to_string(),
            display_name: owner.display_name.to_string(),
            uuid: Some(owner.uuid.clone()),
        };
        names.insert(Subject::User(owner.user), name);
    }
    Ok(Rules { version: version(tx).await?, grants, owners, restrictions, branching, names })
}

async fn find_workspace(tx: &mut Tx, slug: &WorkspaceSlug) -> Result<Option<Workspace>> {
    let sql = select_workspace!("where slug = $1");
    tx.optional(sql, args![slug.as_str()]).await?.as_ref().map(workspace_from).transpose()
}

impl Store {
    /// The facts of the repository at a path; `None` if there is none.
    pub async fn facts_of(&self, path: &RepositoryPath) -> Result<Option<RepositoryFacts>> {
        let mut tx = self.database.snapshot().await?;
        let sql = select_repository!(
            "join workspace w on w.id = r.workspace_id where w.slug = $1 and r.slug = $2"
        );
        let args = args![path.workspace.as_str(), path.repository.as_str()];
        match tx.optional(sql, args).await? {
            Some(row) => repository_facts(tx, &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The facts of the repository by number; `None` if there is none.
    pub async fn facts_of_id(&self, id: RepositoryId) -> Result<Option<RepositoryFacts>> {
        let mut tx = self.database.snapshot().await?;
        let sql = select_repository!("where r.id = $1");
        match tx.optional(sql, args![id.0]).await? {
            Some(row) => repository_facts(tx, &row).await.map(Some),
            None => Ok(None),
        }
    }

    /// The facts of a workspace; `None` if there is none.
    pub async fn workspace_facts(&self, slug: &WorkspaceSlug) -> Result<Option<WorkspaceFacts>> {
        let mut tx = self.database.snapshot().await?;
        let Some(workspace) = find_workspace(&mut tx, slug).await? else {
            return Ok(None);
        };
        let Rules { version, grants, owners, restrictions, names, branching: _ } =
            rules(&mut tx, workspace.id, None, None).await?;
        Ok(Some(WorkspaceFacts { version, workspace, grants, owners, restrictions, names }))
    }

    /// The facts of a project; `None` if there is none.
    pub async fn project_facts(
        &self,
        slug: &WorkspaceSlug,
        key: &ProjectKey,
    ) -> Result<Option<ProjectFacts>> {
        let mut tx = self.database.snapshot().await?;
        let Some(workspace) = find_workspace(&mut tx, slug).await? else {
            return Ok(None);
        };
        let sql = select_project!("where workspace_id = $1 and key = $2");
        let Some(row) = tx.optional(sql, args![workspace.id.0, key.as_str()]).await? else {
            return Ok(None);
        };
        let project = project_from(&row)?;
        let Rules { version, grants, owners, restrictions, branching, names } =
            rules(&mut tx, workspace.id, Some(project.id.0), None).await?;
        Ok(Some(ProjectFacts {
            version,
            workspace,
            project,
            grants,
            owners,
            restrictions,
            branching,
            names,
        }))
    }

    /// The facts of a user; `None` if there is none.
    pub async fn principal_facts(&self, user: UserId) -> Result<Option<PrincipalFacts>> {
        let mut tx = self.database.snapshot().await?;
        let sql = select_user!("where id = $1");
        let Some(row) = tx.optional(sql, args![user.0]).await? else {
            return Ok(None);
        };
        let sql = r#"select g.id, g.workspace_id, g.slug, g.name, g.default_permission
                     from group_member m join "group" g on g.id = m.group_id
                     where m.user_id = $1 order by g.id"#;
        let groups = tx.all(sql, args![user.0]).await?;
        let sql = "select m.workspace_id, w.slug, m.role
                   from member m join workspace w on w.id = m.workspace_id
                   where m.user_id = $1 order by w.slug";
        let memberships = tx.all(sql, args![user.0]).await?;
        Ok(Some(PrincipalFacts {
            version: version(&mut tx).await?,
            user: user_from(&row)?,
            groups: groups.iter().map(group_from).collect::<Result<_>>()?,
            memberships: memberships.iter().map(membership_from).collect::<Result<_>>()?,
        }))
    }
}

async fn repository_facts(mut tx: Tx, row: &Row) -> Result<RepositoryFacts> {
    let repository = repository_from(row.of("repository"))?;
    let gone = |what| Error::NotFound { what };
    let sql = select_workspace!("where id = $1");
    let workspace = tx.optional(sql, args![repository.workspace.0]).await?;
    let workspace = workspace_from(&workspace.ok_or(gone("workspace"))?)?;
    let sql = select_project!("where id = $1");
    let project = tx.optional(sql, args![repository.project.0]).await?;
    let project = project_from(&project.ok_or(gone("project"))?)?;
    let Rules { version, grants, owners, restrictions, branching, names } =
        rules(&mut tx, workspace.id, Some(project.id.0), Some(repository.id.0)).await?;
    Ok(RepositoryFacts {
        version,
        workspace,
        project,
        repository,
        grants,
        owners,
        restrictions,
        branching,
        names,
    })
}

fn membership_from(row: &Row) -> Result<Membership> {
    let row = row.of("member");
    Ok(Membership {
        workspace: WorkspaceId(row.int("workspace_id")?),
        slug: row.parsed("slug", WorkspaceSlug::parse)?,
        role: row.parsed("role", Role::parse)?,
    })
}
