//! Members: which people belong to a workspace, and as what.

use crate::error::{Error, Fields, Result};
use crate::own_way::Imagined;
use crate::page::{Page, PageRequest};
use crate::{App, Asker, PlaceName};
use model::{GroupId, Level, Role, WorkspaceId};
use policy::Act;
use std::collections::BTreeSet;
use store::{Member, User, Workspace};

impl App {
    /// Makes somebody a member or an owner, or changes which of them they are.
    pub async fn set_member(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        user: &str,
        role: &str,
    ) -> Result<Member> {
        let open = self.open_workspace(who, workspace, Act::SetMember).await?;
        let role = Role::parse(role).map_err(|why| Fields::one("role", why))?;
        let user = self.named_user(user).await?;
        stays_theirs(&open.workspace, &user, Some(role))?;
        if who.user_id() == Some(user.id) {
            self.keep_admin(who, workspace, |it| it.facts.role = Some(role)).await?;
        }
        let id = open.workspace.id;
        self.store.set_member(&open.by, id, user.id, role).await?;
        Ok(Member {
            user: user.id,
            uuid: user.uuid,
            username: user.username,
            display_name: user.display_name,
            role,
        })
    }

    /// Takes somebody out of a workspace: their role, their places in its groups and their own
    /// grants within it.
    pub async fn remove_member(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        user: &str,
    ) -> Result<()> {
        let open = self.open_workspace(who, workspace, Act::SetMember).await?;
        let user = self.named_user(user).await?;
        stays_theirs(&open.workspace, &user, None)?;
        if who.user_id() == Some(user.id) {
            let own = model::Subject::User(user.id);
            let groups = self.groups_of(open.workspace.id).await?;
            let leave = |it: &mut Imagined| {
                it.facts.role = None;
                it.regrant(Level::Workspace, own, None);
                groups.iter().for_each(|group| it.leave(*group));
            };
            self.keep_admin(who, workspace, leave).await?;
        }
        if self.store.remove_member(&open.by, open.workspace.id, user.id).await? {
            Ok(())
        } else {
            Err(Error::NotFound { what: "member" })
        }
    }

    async fn groups_of(&self, workspace: WorkspaceId) -> Result<BTreeSet<GroupId>> {
        let groups = self.store.list_groups(workspace, store::PageRequest::ALL).await?;
        Ok(groups.items.into_iter().map(|it| it.id).collect())
    }

    /// The members of a workspace, by user name.
    pub async fn list_members(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        page: PageRequest,
    ) -> Result<Page<Member>> {
        let open = self.open_workspace(who, workspace, Act::ReadMembers).await?;
        let members = self.store.list_members(open.workspace.id, page.to_store()).await?;
        Ok(page.filled(members))
    }

    /// One member of a workspace.
    pub async fn member(&self, who: &Asker, workspace: &PlaceName, user: &str) -> Result<Member> {
        let open = self.open_workspace(who, workspace, Act::ReadMembers).await?;
        let user = self.named_user(user).await?;
        let members = self.store.list_members(open.workspace.id, store::PageRequest::ALL).await?;
        let found = members.items.into_iter().find(|it| it.user == user.id);
        found.ok_or(Error::NotFound { what: "member" })
    }
}

/// A personal workspace is always its person's.
fn stays_theirs(workspace: &Workspace, user: &User, role: Option<Role>) -> Result<()> {
    if workspace.person == Some(user.id) && role != Some(Role::Owner) {
        let message = format!(
            "`{}` is the personal workspace of {}, who stays its owner",
            workspace.slug, user.username
        );
        return Err(Error::Conflict { field: "role", message });
    }
    Ok(())
}
