//! Groups: named sets of a workspace's people, so that a rule can mean them all.

use crate::change::{Audited, Change};
use crate::sql::{Row, args};
use crate::{Actor, Error, Page, PageRequest, Result, Store, User};
use model::{DisplayName, GroupId, Slug, UserId, WorkspaceId};

/// A group of a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub id: GroupId,
    pub workspace: WorkspaceId,
    /// Unique in the workspace.
    pub slug: Slug,
    pub name: DisplayName,
}

pub(crate) fn group_from(row: &Row) -> Result<Group> {
    let row = row.of("group");
    Ok(Group {
        id: GroupId(row.int("id")?),
        workspace: WorkspaceId(row.int("workspace_id")?),
        slug: row.parsed("slug", Slug::parse)?,
        name: row.parsed("name", DisplayName::parse)?,
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
    ) -> Result<Group> {
        let mut change = self.change(by).await?;
        let group = Group { id: GroupId(change.next_id("group").await?), workspace, slug, name };
        change
            .execute(
                r#"insert into "group" (id, workspace_id, slug, name) values ($1, $2, $3, $4)"#,
                args![group.id.0, workspace.0, group.slug.as_str(), group.name.as_str()],
            )
            .await?;
        change.commit(about(group.id, &format!("created group `{}`", group.slug))).await?;
        Ok(group)
    }

    /// The group of a workspace by its name in URLs.
    pub async fn find_group(&self, workspace: WorkspaceId, slug: &Slug) -> Result<Option<Group>> {
        let sql = r#"select id, workspace_id, slug, name from "group"
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
        let rows = r#"select id, workspace_id, slug, name from "group"
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

    /// Puts a user into a group; nothing happens if they are in it.
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

fn about(group: GroupId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("group", group.0), before: None, after: None }
}
