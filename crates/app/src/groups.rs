//! Groups of a workspace's members.

use crate::error::{Error, Fields, Result};
use crate::page::{Page, PageRequest};
use crate::users::Profile;
use crate::{App, Asker, PlaceName};
use model::{DisplayName, Permission, Slug, WorkspaceId};
use policy::Act;
use store::Group;

/// What a new group needs, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct NewGroup {
    pub slug: String,
    /// The name for people to read; the slug if it is left out.
    pub name: Option<String>,
    /// What it is granted on each new repository of the workspace: `none` if it is left out.
    pub default_permission: Option<String>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct GroupChange {
    pub name: Option<String>,
    /// `read`, `write`, `admin` or `none`.
    pub default_permission: Option<String>,
}

/// Reads a default permission. The inner `None` is `none`: the group gets nothing by default.
fn default_permission(fields: &mut Fields, word: Option<&str>) -> Option<Option<Permission>> {
    match word? {
        "none" => Some(None),
        "create-repository" => {
            fields.add("default_permission", "create-repository means something on projects only");
            None
        }
        word => fields.take("default_permission", Permission::parse(word)).map(Some),
    }
}

impl App {
    /// Creates an empty group.
    pub async fn create_group(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        new: NewGroup,
    ) -> Result<Group> {
        let open = self.open_workspace(who, workspace, Act::CreateGroup).await?;
        let mut fields = Fields::default();
        let slug = fields.take("slug", Slug::parse(&new.slug));
        let name = new.name.as_deref().unwrap_or(&new.slug);
        let name = fields.take("name", DisplayName::parse(name));
        let default = default_permission(&mut fields, new.default_permission.as_deref());
        let (Some(slug), Some(name)) = (slug, name) else { return Err(Error::Invalid(fields)) };
        fields.check()?;
        let (by, id) = (&open.by, open.workspace.id);
        Ok(self.store.create_group(by, id, slug, name, default.flatten()).await?)
    }

    /// Changes a group; the group as it is now. What it was granted so far stays.
    pub async fn update_group(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        slug: &str,
        change: GroupChange,
    ) -> Result<Group> {
        let open = self.open_workspace(who, workspace, Act::ChangeGroup).await?;
        let group = self.named_group(open.workspace.id, slug).await?;
        let mut fields = Fields::default();
        let name = change.name.and_then(|it| fields.take("name", DisplayName::parse(&it)));
        let default_permission =
            default_permission(&mut fields, change.default_permission.as_deref());
        fields.check()?;
        let update = store::GroupUpdate { name, default_permission };
        Ok(self.store.update_group(&open.by, open.workspace.id, group.id, update).await?)
    }

    /// The groups of a workspace, by slug.
    pub async fn list_groups(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        page: PageRequest,
    ) -> Result<Page<Group>> {
        let open = self.open_workspace(who, workspace, Act::ReadGroups).await?;
        Ok(page.filled(self.store.list_groups(open.workspace.id, page.to_store()).await?))
    }

    /// Removes a group with its grants and its places in restrictions.
    pub async fn remove_group(&self, who: &Asker, workspace: &PlaceName, slug: &str) -> Result<()> {
        let open = self.open_workspace(who, workspace, Act::ChangeGroup).await?;
        let group = self.named_group(open.workspace.id, slug).await?;
        self.keep_admin(who, workspace, |it| it.leave(group.id)).await?;
        self.store.remove_group(&open.by, open.workspace.id, group.id).await?;
        Ok(())
    }

    /// Who is in a group, by user name.
    pub async fn list_group_members(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        slug: &str,
        page: PageRequest,
    ) -> Result<Page<Profile>> {
        let open = self.open_workspace(who, workspace, Act::ReadGroups).await?;
        let group = self.named_group(open.workspace.id, slug).await?;
        let members =
            self.store.list_group_members(open.workspace.id, group.id, page.to_store()).await?;
        Ok(page.filled(members).map(Profile::from))
    }

    /// Puts somebody into a group. Whoever was no member of the workspace becomes one, as in
    /// Bitbucket: through a group of it they are given rights in it.
    pub async fn add_group_member(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        slug: &str,
        user: &str,
    ) -> Result<()> {
        let open = self.open_workspace(who, workspace, Act::ChangeGroup).await?;
        let id = open.workspace.id;
        let group = self.named_group(id, slug).await?;
        let user = self.named_user(user).await?;
        Ok(self.store.add_group_member(&open.by, id, group.id, user.id).await?)
    }

    /// Takes somebody out of a group.
    pub async fn remove_group_member(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        slug: &str,
        user: &str,
    ) -> Result<()> {
        let open = self.open_workspace(who, workspace, Act::ChangeGroup).await?;
        let group = self.named_group(open.workspace.id, slug).await?;
        let user = self.named_user(user).await?;
        let id = open.workspace.id;
        if who.user_id() == Some(user.id) {
            self.keep_admin(who, workspace, |it| it.leave(group.id)).await?;
        }
        if self.store.remove_group_member(&open.by, id, group.id, user.id).await? {
            Ok(())
        } else {
            Err(Error::NotFound { what: "member" })
        }
    }

    pub(crate) async fn named_group(&self, workspace: WorkspaceId, slug: &str) -> Result<Group> {
        let missing = Error::NotFound { what: "group" };
        let Ok(slug) = Slug::parse(slug) else { return Err(missing) };
        self.store.find_group(workspace, &slug).await?.ok_or(missing)
    }
}
