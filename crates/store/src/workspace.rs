//! Workspaces: the outermost owners of projects and people.

use crate::change::Audited;
use crate::sql::{Row, args};
use crate::token::words_of;
use crate::{Actor, Error, Page, PageRequest, Result, Store};
use model::{DisplayName, Role, Timestamp, UserId, WorkspaceId, WorkspaceSlug};

/// A workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    pub id: WorkspaceId,
    /// Lower case, hyphenated, without braces.
    pub uuid: String,
    pub slug: WorkspaceSlug,
    pub name: DisplayName,
    /// Of a personal workspace, the user whose it is: always its owner.
    pub person: Option<UserId>,
    pub network: WorkspaceNetwork,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// From where and how what is private in a workspace may be used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkspaceNetwork {
    /// Blocks of addresses, as they were given; empty is from anywhere.
    pub addresses: Vec<String>,
    /// Must people have a second factor?
    pub two_factor: bool,
}

/// What [`Store::create_workspace`] needs.
#[derive(Clone, Debug)]
pub struct NewWorkspace {
    pub slug: WorkspaceSlug,
    pub name: DisplayName,
    /// Becomes its first owner.
    pub owner: Option<UserId>,
    /// Is it the owner's personal one? Everybody has at most one of these.
    pub personal: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct WorkspaceUpdate {
    pub slug: Option<WorkspaceSlug>,
    pub name: Option<DisplayName>,
}

macro_rules! select_workspace {
    ($($rest:expr),+) => {
        concat!(
            "select id, uuid, slug, name, person_id, allowed_addresses, two_factor, created_at,
                 updated_at
             from workspace ",
            $($rest),+
        )
    };
}

pub(crate) use select_workspace;

pub(crate) fn workspace_from(row: &Row) -> Result<Workspace> {
    let row = row.of("workspace");
    Ok(Workspace {
        id: WorkspaceId(row.int("id")?),
        uuid: row.text("uuid")?,
        slug: row.parsed("slug", WorkspaceSlug::parse)?,
        name: row.parsed("name", DisplayName::parse)?,
        person: row.opt_int("person_id")?.map(UserId),
        network: WorkspaceNetwork {
            addresses: row.opt_text("allowed_addresses")?.map_or_else(Vec::new, |it| words_of(&it)),
            two_factor: row.flag("two_factor")?,
        },
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

impl Store {
    /// Creates a workspace, with its first owner if one is named.
    pub async fn create_workspace(&self, by: &Actor, new: NewWorkspace) -> Result<Workspace> {
        let mut change = self.change(by).await?;
        let workspace = Workspace {
            id: WorkspaceId(change.next_id("workspace").await?),
            uuid: crate::store::new_uuid(),
            slug: new.slug,
            name: new.name,
            person: new.owner.filter(|_| new.personal),
            network: WorkspaceNetwork::default(),
            created_at: by.at,
            updated_at: by.at,
        };
        change
            .execute(
                "insert into workspace (id, uuid, slug, name, person_id, created_at, updated_at)
                 values ($1, $2, $3, $4, $5, $6, $7)",
                args![
                    workspace.id.0,
                    &workspace.uuid,
                    workspace.slug.as_str(),
                    workspace.name.as_str(),
                    workspace.person.map(|it| it.0),
                    workspace.created_at,
                    workspace.updated_at,
                ],
            )
            .await?;
        if let Some(owner) = new.owner {
            let sql = "insert into member (workspace_id, user_id, role) values ($1, $2, $3)";
            change.execute(sql, args![workspace.id.0, owner.0, Role::Owner.as_str()]).await?;
        }
        let what = format!("created workspace `{}`", workspace.slug);
        change.commit(about(workspace.id, &what)).await?;
        Ok(workspace)
    }

    /// The workspace by its name in URLs.
    pub async fn find_workspace(&self, slug: &WorkspaceSlug) -> Result<Option<Workspace>> {
        let sql = select_workspace!("where slug = $1");
        let row = self.database.optional(sql, args![slug.as_str()]).await?;
        row.as_ref().map(workspace_from).transpose()
    }

    /// The workspace by UUID: lower case, hyphenated, without braces.
    pub async fn find_workspace_by_uuid(&self, uuid: &str) -> Result<Option<Workspace>> {
        let sql = select_workspace!("where uuid = $1");
        let row = self.database.optional(sql, args![uuid]).await?;
        row.as_ref().map(workspace_from).transpose()
    }

    /// All workspaces, by name.
    pub async fn list_workspaces(&self, page: PageRequest) -> Result<Page<Workspace>> {
        let rows = select_workspace!("order by slug limit $1 offset $2");
        let count = "select count(*) as size from workspace";
        self.page((rows, count), &[], page, workspace_from).await
    }

    /// Changes what is given; the workspace as it is now.
    pub async fn update_workspace(
        &self,
        by: &Actor,
        id: WorkspaceId,
        update: WorkspaceUpdate,
    ) -> Result<Workspace> {
        let mut change = self.change(by).await?;
        let row = change.optional(select_workspace!("where id = $1"), args![id.0]).await?;
        let before = workspace_from(&row.ok_or(Error::NotFound { what: "workspace" })?)?;
        let after = Workspace {
            slug: update.slug.unwrap_or_else(|| before.slug.clone()),
            name: update.name.unwrap_or_else(|| before.name.clone()),
            updated_at: by.at,
            ..before.clone()
        };
        let sql = "update workspace set slug = $2, name = $3, updated_at = $4 where id = $1";
        let args = args![id.0, after.slug.as_str(), after.name.as_str(), after.updated_at];
        change.execute(sql, args).await?;
        let what = format!("changed workspace `{}`", before.slug);
        let text = |it: &Workspace| format!("slug={} name={:?}", it.slug, it.name.as_str());
        let (was, is) = (text(&before), text(&after));
        change.commit(Audited { before: Some(&was), after: Some(&is), ..about(id, &what) }).await?;
        Ok(after)
    }

    /// Says from where and how what is private in a workspace may be used from now on. `as_of`: the
    /// version of the facts that it was checked against; [`Error::Moved`] if they are others by now.
    pub async fn set_workspace_network(
        &self,
        by: &Actor,
        id: WorkspaceId,
        network: &WorkspaceNetwork,
        as_of: i64,
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        change.expect_version(as_of).await?;
        let row = change.optional(select_workspace!("where id = $1"), args![id.0]).await?;
        let before = workspace_from(&row.ok_or(Error::NotFound { what: "workspace" })?)?;
        let addresses = network.addresses.join(" ");
        let stored = (!network.addresses.is_empty()).then_some(addresses.as_str());
        let sql = "update workspace
                   set allowed_addresses = $2, two_factor = $3, updated_at = $4 where id = $1";
        change.execute(sql, args![id.0, stored, network.two_factor, by.at]).await?;
        let what = format!("changed the network rules of workspace `{}`", before.slug);
        let (was, is) = (network_text(&before.network), network_text(network));
        change.commit(Audited { before: Some(&was), after: Some(&is), ..about(id, &what) }).await
    }
}

fn network_text(it: &WorkspaceNetwork) -> String {
    format!("addresses={:?} two_factor={}", it.addresses.join(" "), it.two_factor)
}

fn about(id: WorkspaceId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("workspace", id.0), before: None, after: None }
}
