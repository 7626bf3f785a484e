//! Facts: everything decisions about one place or one user are made from, read as one snapshot.
//!
//! Data only: who holds what is listed, never concluded. Each answer carries the version it was
//! read under; it stays true while [`Store::facts_version`] says the same.

use crate::grant::grant_from;
use crate::group::group_from;
use crate::member::{Member, member_from};
use crate::owner::subject_from;
use crate::project::project_from;
use crate::repository::{repository_columns, repository_from};
use crate::restriction::{Queries, read, restriction_queries};
use crate::sql::{Arg, Row, Tx, args};
use crate::user::user_from;
use crate::workspace::workspace_from;
use crate::{
    Error, Group, Membership, OwnedGrant, Project, Repository, Result, Store, User, Workspace,
};
use model::{
    ProjectKey, RepositoryId, RepositoryPath, Restriction, Role, Subject, UserId, WorkspaceId,
    WorkspaceSlug,
};
use std::collections::BTreeMap;

/// How a subject is called, so that texts can be rendered from ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectName {
    /// User name, group slug, or token name.
    pub name: String,
    /// The name for people to read; the same as `name` for tokens.
    pub display_name: String,
    /// The UUID, for users.
    pub uuid: Option<String>,
}

/// The names of all subjects that grants, restrictions and owners mention. Everyone and anyone
/// have none.
pub type Names = BTreeMap<Subject, SubjectName>;

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

/// The columns that [`subject_name_joins`] adds to a row about a subject.
macro_rules! subject_name_columns {
    () => {
        "u.username as user_name, u.display_name as user_display_name, u.uuid as user_uuid,
             g.slug as group_slug, g.name as group_name, t.name as token_name"
    };
}
pub(crate) use subject_name_columns;

/// Joins the names of subjects to a table with `subject_kind` and `subject_id`.
macro_rules! subject_name_joins {
    ($table:literal) => {
        concat!(
            r#" left join "user" u on "#,
            $table,
            ".subject_kind = 'user' and u.id = ",
            $table,
            r#".subject_id left join "group" g on "#,
            $table,
            ".subject_kind = 'group' and g.id = ",
            $table,
            ".subject_id left join access_token t on ",
            $table,
            ".subject_kind = 'access_token' and t.id = ",
            $table,
            ".subject_id "
        )
    };
}
pub(crate) use subject_name_joins;

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
    names: Names,
}

async fn version(tx: &mut Tx) -> Result<i64> {
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
    let grants = tx.all(GRANTS, &place).await?;
    let restrictions = read(tx, &RESTRICTIONS, &place).await?;
    let owners = tx.all(OWNERS, args![workspace.0]).await?;
    let owners: Vec<_> =
        owners.iter().map(|row| member_from(row.of("member"))).collect::<Result<_>>()?;
    let mut names = Names::new();
    for row in grants.iter().chain(&restrictions.subjects) {
        name_subject(row, &mut names)?;
    }
    for owner in &owners {
        let name = SubjectName {
            name: owner.username.to_string(),
            display_name: owner.display_name.to_string(),
            uuid: Some(owner.uuid.clone()),
        };
        names.insert(Subject::User(owner.user), name);
    }
    Ok(Rules {
        version: version(tx).await?,
        grants: grants.iter().map(grant_from).collect::<Result<_>>()?,
        owners,
        restrictions: restrictions.restrictions,
        names,
    })
}

/// Takes the name out of a row that [`subject_name_joins`] widened.
fn name_subject(row: &Row, names: &mut Names) -> Result<()> {
    let columns = row.of("grant or restriction_subject");
    let subject = subject_from(columns)?;
    let name = match subject {
        Subject::User(_) => SubjectName {
            name: columns.text("user_name")?,
            display_name: columns.text("user_display_name")?,
            uuid: columns.opt_text("user_uuid")?,
        },
        Subject::Group(_) => SubjectName {
            name: columns.text("group_slug")?,
            display_name: columns.text("group_name")?,
            uuid: None,
        },
        Subject::AccessToken(_) => {
            let name = columns.text("token_name")?;
            SubjectName { display_name: name.clone(), name, uuid: None }
        }
        Subject::AccessKey(_) | Subject::Workload(_) | Subject::Everyone | Subject::Anyone => {
            return Ok(());
        }
    };
    names.insert(subject, name);
    Ok(())
}

async fn find_workspace(tx: &mut Tx, slug: &WorkspaceSlug) -> Result<Option<Workspace>> {
    let sql = "select id, uuid, slug, name, created_at, updated_at from workspace where slug = $1";
    tx.optional(sql, args![slug.as_str()]).await?.as_ref().map(workspace_from).transpose()
}

impl Store {
    /// The facts of the repository at a path; `None` if there is none.
    pub async fn facts_of(&self, path: &RepositoryPath) -> Result<Option<RepositoryFacts>> {
        let mut tx = self.database.snapshot().await?;
        let sql = concat!(
            "select ",
            repository_columns!(),
            " from repository r join workspace w on w.id = r.workspace_id
              where w.slug = $1 and r.slug = $2"
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
        let sql = concat!("select ", repository_columns!(), " from repository r where r.id = $1");
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
        let Rules { version, grants, owners, restrictions, names } =
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
        let sql = "select id, uuid, workspace_id, key, name, description, is_private, is_default,
                       created_at, updated_at
                   from project where workspace_id = $1 and key = $2";
        let Some(row) = tx.optional(sql, args![workspace.id.0, key.as_str()]).await? else {
            return Ok(None);
        };
        let project = project_from(&row)?;
        let Rules { version, grants, owners, restrictions, names } =
            rules(&mut tx, workspace.id, Some(project.id.0), None).await?;
        Ok(Some(ProjectFacts { version, workspace, project, grants, owners, restrictions, names }))
    }

    /// The facts of a user; `None` if there is none.
    pub async fn principal_facts(&self, user: UserId) -> Result<Option<PrincipalFacts>> {
        let mut tx = self.database.snapshot().await?;
        let sql = r#"select id, uuid, username, display_name, email, password_hash, is_admin, active,
                         created_at
                     from "user" where id = $1"#;
        let Some(row) = tx.optional(sql, args![user.0]).await? else {
            return Ok(None);
        };
        let sql = r#"select g.id, g.workspace_id, g.slug, g.name
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
    let sql = "select id, uuid, slug, name, created_at, updated_at from workspace where id = $1";
    let workspace = tx.optional(sql, args![repository.workspace.0]).await?;
    let workspace = workspace_from(&workspace.ok_or(gone("workspace"))?)?;
    let sql = "select id, uuid, workspace_id, key, name, description, is_private, is_default,
                   created_at, updated_at
               from project where id = $1";
    let project = tx.optional(sql, args![repository.project.0]).await?;
    let project = project_from(&project.ok_or(gone("project"))?)?;
    let Rules { version, grants, owners, restrictions, names } =
        rules(&mut tx, workspace.id, Some(project.id.0), Some(repository.id.0)).await?;
    Ok(RepositoryFacts {
        version,
        workspace,
        project,
        repository,
        grants,
        owners,
        restrictions,
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
