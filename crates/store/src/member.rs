//! Members: which people belong to a workspace, and as what. A workspace that has owners keeps at
//! least one: without, only an administrator of the installation could mend it.

use crate::change::{Audited, Change};
use crate::sql::{Columns, args};
use crate::{Actor, Error, Page, PageRequest, Result, Store};
use model::{DisplayName, Role, UserId, Username, WorkspaceId, WorkspaceSlug};

/// A member of a workspace, seen from the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub user: UserId,
    pub uuid: String,
    pub username: Username,
    pub display_name: DisplayName,
    pub role: Role,
}

/// A member of a workspace, seen from the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    pub workspace: WorkspaceId,
    pub slug: WorkspaceSlug,
    pub role: Role,
}

/// Reads `user_id`, `uuid`, `username`, `display_name` and `role`.
pub(crate) fn member_from(row: Columns<'_>) -> Result<Member> {
    Ok(Member {
        user: UserId(row.int("user_id")?),
        uuid: row.text("uuid")?,
        username: row.parsed("username", Username::parse)?,
        display_name: row.parsed("display_name", DisplayName::parse)?,
        role: row.parsed("role", Role::parse)?,
    })
}

impl Store {
    /// Makes a user a member, or changes their role. [`Error::LastOwner`] if that would leave the
    /// workspace without one.
    pub async fn set_member(
        &self,
        by: &Actor,
        workspace: WorkspaceId,
        user: UserId,
        role: Role,
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        let before = role_of(&mut change, workspace, user).await?;
        if before == Some(Role::Owner) && role != Role::Owner {
            keep_an_owner(&mut change, workspace, user).await?;
        }
        change
            .execute(
                "insert into member (workspace_id, user_id, role) values ($1, $2, $3)
                 on conflict (workspace_id, user_id) do update set role = excluded.role",
                args![workspace.0, user.0, role.as_str()],
            )
            .await?;
        let what = format!("made user {user} {role} of the workspace");
        let before = before.map(Role::as_str);
        change
            .commit(Audited { before, after: Some(role.as_str()), ..about(workspace, &what) })
            .await
    }

    /// Ends a membership, and with it that of every group of the workspace and the user's own
    /// grants within it. Exemptions stay: they give nothing. `false` if the user was no member; [`Error::LastOwner`] if the
    /// workspace would be left without one.
    pub async fn remove_member(
        &self,
        by: &Actor,
        workspace: WorkspaceId,
        user: UserId,
    ) -> Result<bool> {
        let mut change = self.change(by).await?;
        let Some(before) = role_of(&mut change, workspace, user).await? else {
            return Ok(false);
        };
        if before == Role::Owner {
            keep_an_owner(&mut change, workspace, user).await?;
        }
        let sql = "delete from member where workspace_id = $1 and user_id = $2";
        change.execute(sql, args![workspace.0, user.0]).await?;
        change
            .execute(
                r#"delete from group_member where user_id = $2
                   and group_id in (select id from "group" where workspace_id = $1)"#,
                args![workspace.0, user.0],
            )
            .await?;
        change
            .execute(
                r#"delete from "grant" where subject_kind = 'user' and subject_id = $2
                   and ((level = 'workspace' and owner_id = $1)
                     or (level = 'project' and owner_id in (
                             select id from project where workspace_id = $1))
                     or (level = 'repository' and owner_id in (
                             select id from repository where workspace_id = $1)))"#,
                args![workspace.0, user.0],
            )
            .await?;
        let what = format!("removed user {user} from the workspace");
        change.commit(Audited { before: Some(before.as_str()), ..about(workspace, &what) }).await?;
        Ok(true)
    }

    /// The members of a workspace, by user name.
    pub async fn list_members(
        &self,
        workspace: WorkspaceId,
        page: PageRequest,
    ) -> Result<Page<Member>> {
        let rows = r#"select m.user_id, u.uuid, u.username, u.display_name, m.role
                      from member m join "user" u on u.id = m.user_id
                      where m.workspace_id = $1 order by u.username limit $2 offset $3"#;
        let count = "select count(*) as size from member where workspace_id = $1";
        self.page((rows, count), args![workspace.0], page, |row| member_from(row.of("member")))
            .await
    }
}

/// Makes a user a plain member within a change, unless they are one already.
pub(crate) async fn admit(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<()> {
    if role_of(change, workspace, user).await?.is_some() {
        return Ok(());
    }
    let role = Role::Member.as_str();
    let sql = "insert into member (workspace_id, user_id, role) values ($1, $2, $3)";
    change.execute(sql, args![workspace.0, user.0, role]).await?;
    let what = format!("made user {user} {role} of the workspace");
    change.audit(Audited { after: Some(role), ..about(workspace, &what) }).await
}

/// An error unless somebody else is an owner.
async fn keep_an_owner(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    leaving: UserId,
) -> Result<()> {
    let sql = "select user_id from member
               where workspace_id = $1 and role = $2 and user_id <> $3 limit 1";
    let other = change.optional(sql, args![workspace.0, Role::Owner.as_str(), leaving.0]).await?;
    other.map(drop).ok_or(Error::LastOwner)
}

async fn role_of(
    change: &mut Change<'_>,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<Role>> {
    let sql = r#"select u.id, m.role from "user" u
                 left join member m on m.user_id = u.id and m.workspace_id = $1
                 where u.id = $2"#;
    let row = change.optional(sql, args![workspace.0, user.0]).await?;
    row.ok_or(Error::NotFound { what: "user" })?.of("member").opt_parsed("role", Role::parse)
}

fn about(workspace: WorkspaceId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("workspace", workspace.0), before: None, after: None }
}
