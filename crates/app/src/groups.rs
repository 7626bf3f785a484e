//! Groups of a workspace's members.

use crate::error::{Error, Fields, Result};
use crate::page::{Page, PageRequest};
use crate::users::Profile;
use crate::{App, Asker, PlaceName};
use model::{DisplayName, Role, Slug, WorkspaceId};
use policy::Act;
use store::Group;

impl App {
    /// Creates an empty group.
    pub async fn create_group(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        slug: &str,
        name: &str,
    ) -> Result<Group> {
        let open = self.open_workspace(who, workspace, Act::CreateGroup).await?;
        let mut fields = Fields::default();
        let slug = fields.take("slug", Slug::parse(slug));
        let name = fields.take("name", DisplayName::parse(name));
        let (Some(slug), Some(name)) = (slug, name) else { return Err(Error::Invalid(fields)) };
        Ok(self.store.create_group(&open.by, open.workspace.id, slug, name).await?)
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
        let members = self.store.list_members(id, store::PageRequest::ALL).await?.items;
        if !members.iter().any(|it| it.user == user.id) {
            self.store.set_member(&open.by, id, user.id, Role::Member).await?;
        }
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
