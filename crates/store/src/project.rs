//! Projects: what a workspace's repositories are sorted into.

use crate::change::{Audited, Change};
use crate::sql::{Row, args};
use crate::{Actor, Error, Owner, Page, PageRequest, Result, Store};
use model::{DisplayName, ProjectId, ProjectKey, Timestamp, WorkspaceId};

/// A project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    /// Lower case, hyphenated, without braces.
    pub uuid: String,
    pub workspace: WorkspaceId,
    /// Unique in the workspace.
    pub key: ProjectKey,
    pub name: DisplayName,
    pub description: String,
    pub is_private: bool,
    /// Where repositories go that name no project: the first of the workspace.
    pub is_default: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What [`Store::create_project`] needs.
#[derive(Clone, Debug)]
pub struct NewProject {
    pub workspace: WorkspaceId,
    pub key: ProjectKey,
    pub name: DisplayName,
    pub description: String,
    pub is_private: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct ProjectUpdate {
    pub key: Option<ProjectKey>,
    pub name: Option<DisplayName>,
    pub description: Option<String>,
    pub is_private: Option<bool>,
}

macro_rules! select_project {
    ($rest:literal) => {
        concat!(
            "select id, uuid, workspace_id, key, name, description, is_private, is_default,
                 created_at, updated_at
             from project ",
            $rest
        )
    };
}

pub(crate) use select_project;

pub(crate) fn project_from(row: &Row) -> Result<Project> {
    let row = row.of("project");
    Ok(Project {
        id: ProjectId(row.int("id")?),
        uuid: row.text("uuid")?,
        workspace: WorkspaceId(row.int("workspace_id")?),
        key: row.parsed("key", ProjectKey::parse)?,
        name: row.parsed("name", DisplayName::parse)?,
        description: row.text("description")?,
        is_private: row.flag("is_private")?,
        is_default: row.flag("is_default")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

impl Store {
    /// Creates a project. The first of a workspace becomes its default.
    pub async fn create_project(&self, by: &Actor, new: NewProject) -> Result<Project> {
        let mut change = self.change(by).await?;
        let sql = "select id from project where workspace_id = $1 and is_default = 1";
        let is_default = change.optional(sql, args![new.workspace.0]).await?.is_none();
        let project = Project {
            id: ProjectId(change.next_id("project").await?),
            uuid: crate::store::new_uuid(),
            workspace: new.workspace,
            key: new.key,
            name: new.name,
            description: new.description,
            is_private: new.is_private,
            is_default,
            created_at: by.at,
            updated_at: by.at,
        };
        insert(&mut change, &project).await?;
        let what = format!("created project `{}`", project.key);
        change.commit(about(project.id, &what)).await?;
        Ok(project)
    }

    /// The default project of a workspace: the oldest. `None` while it has none.
    pub async fn default_project(&self, workspace: WorkspaceId) -> Result<Option<Project>> {
        let sql = select_project!("where workspace_id = $1 and is_default = 1");
        let row = self.database.optional(sql, args![workspace.0]).await?;
        row.as_ref().map(project_from).transpose()
    }

    /// The projects of a workspace, by key.
    pub async fn list_projects(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Project>> {
        let rows = select_project!("where workspace_id = $1 order by key limit $2 offset $3");
        let count = "select count(*) as size from project where workspace_id = $1";
        self.page((rows, count), args![workspace.0], page, project_from).await
    }

    /// Changes what is given; the project as it is now.
    pub async fn update_project(
        &self,
        by: &Actor,
        id: ProjectId,
        update: ProjectUpdate,
    ) -> Result<Project> {
        let mut change = self.change(by).await?;
        let before = find(&mut change, id).await?;
        let after = Project {
            key: update.key.unwrap_or_else(|| before.key.clone()),
            name: update.name.unwrap_or_else(|| before.name.clone()),
            description: update.description.unwrap_or_else(|| before.description.clone()),
            is_private: update.is_private.unwrap_or(before.is_private),
            updated_at: by.at,
            ..before.clone()
        };
        let sql = "update project set key = $2, name = $3, description = $4, is_private = $5,
                       updated_at = $6
                   where id = $1";
        let args = args![
            id.0,
            after.key.as_str(),
            after.name.as_str(),
            &after.description,
            after.is_private,
            after.updated_at,
        ];
        change.execute(sql, args).await?;
        if after.is_private && !before.is_private {
            crate::openness::is_closed(&mut change, id).await?;
        }
        let what = format!("changed project `{}`", before.key);
        let (was, is) = (audit_text(&before), audit_text(&after));
        change.commit(Audited { before: Some(&was), after: Some(&is), ..about(id, &what) }).await?;
        Ok(after)
    }

    /// Removes a project with its grants, restrictions and access tokens. Refused while it has
    /// repositories. If it was the default, the oldest of the rest takes its place.
    pub async fn remove_project(&self, by: &Actor, id: ProjectId) -> Result<()> {
        let mut change = self.change(by).await?;
        let project = find(&mut change, id).await?;
        let sql = "select id from repository where project_id = $1 limit 1";
        if change.optional(sql, args![id.0]).await?.is_some() {
            return Err(Error::InUse { what: "project", has: "repositories" });
        }
        crate::repository::remove_owned(&mut change, Owner::Project(id)).await?;
        change.execute("delete from project where id = $1", args![id.0]).await?;
        if project.is_default {
            let sql = "update project set is_default = 1 where id = (
                           select min(id) from project where workspace_id = $1)";
            change.execute(sql, args![project.workspace.0]).await?;
        }
        let what = format!("removed project `{}`", project.key);
        let was = audit_text(&project);
        change.commit(Audited { before: Some(&was), ..about(id, &what) }).await
    }
}

async fn find(change: &mut Change<'_>, id: ProjectId) -> Result<Project> {
    let row = change.optional(select_project!("where id = $1"), args![id.0]).await?;
    project_from(&row.ok_or(Error::NotFound { what: "project" })?)
}

async fn insert(change: &mut Change<'_>, project: &Project) -> Result<()> {
    let sql = "insert into project (id, uuid, workspace_id, key, name, description, is_private,
                   is_default, created_at, updated_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let args = args![
        project.id.0,
        &project.uuid,
        project.workspace.0,
        project.key.as_str(),
        project.name.as_str(),
        &project.description,
        project.is_private,
        project.is_default,
        project.created_at,
        project.updated_at,
    ];
    change.execute(sql, args).await?;
    Ok(())
}

fn audit_text(it: &Project) -> String {
    format!(
        "key={} name={:?} is_private={} description={:?}",
        it.key,
        it.name.as_str(),
        it.is_private,
        it.description
    )
}

fn about(id: ProjectId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("project", id.0), before: None, after: None }
}
