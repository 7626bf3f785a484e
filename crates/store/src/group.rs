//! Groups: named sets of a workspace's people, so that a rule can mean them all.

use crate::change::{Audited, Change};
use crate::sql::{Row, args};
use crate::{Actor, Error, Page, PageRequest, Result, Store, User};
use model::{DisplayName, GroupId, Permission, RepositoryId, Slug, UserId, WorkspaceId};

/// A group of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub workspace: WorkspaceId,
    /// Unique in the workspace.
    pub slug: Slug,
    pub name: DisplayName,
    /// What it is granted on each new repository of the workspace.
    pub default_permission: Option<Permission>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct GroupUpdate {
    pub name: Option<DisplayName>,
    pub default_permission: Option<Option<Permission>>,
}

pub(crate) fn group_from(row: &Row) -> Result<Group> {
    let row = row.of("group");
    Ok(Group {
        id: GroupId(row.int("id")?),
        workspace: WorkspaceId(row.int("workspace_id")?),
        slug: row.parsed("slug", Slug::parse)?,
        name: row.parsed("name", DisplayName::parse)?,
        default_permission: row.opt_parsed("default_permission", Permission::parse)?,
    })
}

impl Store {
    /// Creates an empty group.
    pub async fn create_group(
        &self,
        by: &Actor,
        workspace: WorkspaceId,
        slug: Slug,
        name: DisplayName,
        default_permission: Option<Permission>,
    ) -> Result<Group> {
        let mut change = self.change(by).await?;
        let id = GroupId(change.next_id("group").await?);
        let group = Group { id, workspace, slug, name, default_permission };
        let sql = r#"insert into "group" (id, workspace_id, slug, name, default_permission)
                     values ($1, $2, $3, $4, $5)"#;
        let args = args![
            group.id.0,
            workspace.0,
            group.slug.as_str(),
            group.name.as_str(),
            default_permission.map(Permission::as_str),
        ];
        change.execute(sql, args).await?;
        let what = format!("created group `{}`", group.slug);
        let is = audit_text(&group);
        change.commit(Audited { after: Some(&is), ..about(group.id, &what) }).await?;
        Ok(group)
    }

    /// Changes what is given; the group as it is now. What it was granted stays as it is.
    /// [`Error::NotFound`] if the workspace has no such group.
    pub async fn update_group(
        &self,
        by: &Actor,
        workspace: WorkspaceId,
        id: GroupId,
        update: GroupUpdate,
    ) -> Result<Group> {
        let mut change = self.change(by).await?;
        let sql = r#"select id, workspace_id, slug, name, default_permission from "group"
                     where workspace_id = $1 and id = $2"#;
        let row = change.optional(sql, args![workspace.0, id.0]).await?;
        let before = group_from(&row.ok_or(Error::NotFound { what: "group" })?)?;
        let after = Group {
            name: update.name.unwrap_or_else(|| before.name.clone()),
            default_permission: update.default_permission.unwrap_or(before.default_permission),
            ..before.clone()
        };
        let sql = r#"update "group" set name = $3, default_permission = $4
                     where workspace_id = $1 and id = $2"#;
        let default = after.default_permission.map(Permission::as_str);
        change.execute(sql, args![workspace.0, id.0, after.name.as_str(), default]).await?;
        let what = format!("changed group `{}`", before.slug);
        let (was, is) = (audit_text(&before), audit_text(&after));
        change.commit(Audited { before: Some(&was), after: Some(&is), ..about(id, &what) }).await?;
        Ok(after)
    }

    /// The group of a workspace by its name in URLs.
    pub async fn find_group(&self, workspace: WorkspaceId, slug: &Slug) -> Result<Option<Group>> {
        let sql = r#"select id, workspace_id, slug, name, default_permission from "group"
                     where workspace_id = $1 and slug = $2"#;
        let row = self.database.optional(sql, args![workspace.0, slug.as_str()]).await?;
        row.as_ref().map(group_from).transpose()
    }

    /// The groups of a workspace, by slug.
    pub async fn list_groups(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Group>> {
        let rows = r#"select id, workspace_id, slug, name, default_permission from "group"
                      where workspace_id = $1 order by slug limit $2 offset $3"#;
        let count = r#"select count(*) as size from "group" where workspace_id = $1"#;
        self.page((rows, count), args![workspace.0], page, group_from).await
    }

    /// Removes a group, its grants and its entries in restrictions. `false` if the workspace has
    /// no such group.
    pub async fn remove_group(
        &self,
        by: &Actor,
        workspace: WorkspaceId,
        group: GroupId,
    ) -> Result<bool> {
        let mut change = self.change(by).await?;
        if !belongs(&mut change, workspace, group).await? {
            return Ok(false);
        }
        crate::grant::forget_subject(&mut change, "group", group.0).await?;
        change.execute("delete from group_member where group_id = $1", args![group.0]).await?;
        let sql = r#"delete from "group" where workspace_id = $1 and id = $2"#;
        change.execute(sql, args![workspace.0, group.0]).await?;
        change.commit(about(group, &format!("removed group {group}"))).await?;
        Ok(true)
    }

    /// Puts a user into a group, and makes them a member of its workspace if they are none; nothing
    /// happens if they are in it.
    pub async fn add_group_member(
        &self,
        by: &Actor,
        workspace: WorkspaceId,
        group: GroupId,
        user: UserId,
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        if !belongs(&mut change, workspace, group).await? {
            return Err(Error::NotFound { what: "group" });
        }
        crate::member::admit(&mut change, workspace, user).await?;
        change
            .execute(
                "insert into group_member (group_id, user_id) values ($1, $2)
                 on conflict (group_id, user_id) do nothing",
                args![group.0, user.0],
            )
            .await?;
        change.commit(about(group, &format!("added user {user} to group {group}"))).await
    }

    /// Takes a user out of a group. `false` if they were not in it.
    pub async fn remove_group_member(
        &self,
        by: &Actor,
        workspace: WorkspaceId,
        group: GroupId,
        user: UserId,
    ) -> Result<bool> {
        let mut change = self.change(by).await?;
        let removed = change
            .execute(
                r#"delete from group_member where user_id = $3
                   and group_id in (select id from "group" where workspace_id = $1 and id = $2)"#,
                args![workspace.0, group.0, user.0],
            )
            .await?;
        if removed == 0 {
            return Ok(false);
        }
        change.commit(about(group, &format!("removed user {user} from group {group}"))).await?;
        Ok(true)
    }

    /// The people in a group, by user name.
    pub async fn list_group_members(
        &self,
        workspace: WorkspaceId,
        group: GroupId,
        page: PageRequest,
    ) -> Result<Page<User>> {
        let rows = r#"select u.id, u.uuid, u.username, u.display_name, u.email, u.password_hash,
                          u.is_admin, u.active, u.created_at
                      from "group" g
                      join group_member m on m.group_id = g.id
                      join "user" u on u.id = m.user_id
                      where g.workspace_id = $1 and g.id = $2
                      order by u.username limit $3 offset $4"#;
        let count = r#"select count(*) as size
                       from "group" g join group_member m on m.group_id = g.id
                       where g.workspace_id = $1 and g.id = $2"#;
        self.page((rows, count), args![workspace.0, group.0], page, crate::user::user_from).await
    }
}

async fn belongs(change: &mut Change<'_>, workspace: WorkspaceId, group: GroupId) -> Result<bool> {
    let sql = r#"select id from "group" where workspace_id = $1 and id = $2"#;
    Ok(change.optional(sql, args![workspace.0, group.0]).await?.is_some())
}

fn audit_text(it: &Group) -> String {
    let default = it.default_permission.map_or("none", Permission::as_str);
    format!("name={:?} default_permission={default}", it.name.as_str())
}

/// Gives the groups of a workspace what they are to have on a new repository of it.
pub(crate) async fn grant_defaults(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    repository: RepositoryId,
) -> Result<()> {
    let sql = r#"insert into "grant" (level, owner_id, subject_kind, subject_id, permission)
                 select 'repository', $2, 'group', id, default_permission from "group"
                 where workspace_id = $1 and default_permission is not null"#;
    change.execute(sql, args![workspace.0, repository.0]).await.map(drop)
}

fn about(group: GroupId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("group", group.0), before: None, after: None }
}
