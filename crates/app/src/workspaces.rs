//! Workspaces: the outermost owners of projects and people.

use crate::error::{Error, Fields, Result};
use crate::page::{Page, PageRequest};
use crate::{App, Asker, PlaceName};
use model::{DisplayName, Layer, Permission, WorkspaceSlug};
use policy::Act;
use store::Workspace;

/// What a new workspace needs, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct NewWorkspace {
    pub slug: String,
    pub name: String,
}

/// A workspace and what the asker is in it.
#[derive(Clone, Debug)]
pub struct WorkspaceAccess {
    pub workspace: Workspace,
    pub administrator: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct WorkspaceChange {
    pub name: Option<String>,
}

impl App {
    /// Creates a workspace; whoever creates it becomes its first owner.
    pub async fn create_workspace(&self, who: &Asker, new: NewWorkspace) -> Result<Workspace> {
        let open = self.open_instance(who, Act::CreateWorkspace).await?;
        let mut fields = Fields::default();
        let slug = fields.take("slug", WorkspaceSlug::parse(&new.slug));
        let name = fields.take("name", DisplayName::parse(&new.name));
        if slug.as_ref().is_some_and(|it| RESERVED.contains(&it.as_str())) {
            fields.add("slug", "this name stands for something else in URLs: choose another");
        }
        if slug.as_ref().is_some_and(WorkspaceSlug::is_personal) {
            fields.add("slug", "names that start with `~` are those of personal workspaces");
        }
        let (Some(slug), Some(name)) = (slug, name) else { return Err(Error::Invalid(fields)) };
        fields.check()?;
        let new = store::NewWorkspace { slug, name, owner: who.user_id(), personal: false };
        Ok(self.store.create_workspace(&open.by, new).await?)
    }

    /// A workspace.
    pub async fn workspace(&self, who: &Asker, workspace: &PlaceName) -> Result<Workspace> {
        Ok(self.open_workspace(who, workspace, Act::ReadWorkspace).await?.workspace)
    }

    /// The workspaces the asker may see, by slug.
    pub async fn list_workspaces(&self, who: &Asker, page: PageRequest) -> Result<Page<Workspace>> {
        Ok(page.of(self.visible_workspaces(who).await?))
    }

    /// The workspaces the asker may see, by slug, each with whether they administer it.
    pub async fn list_workspace_access(
        &self,
        who: &Asker,
        page: PageRequest,
    ) -> Result<Page<WorkspaceAccess>> {
        let mut seen = Vec::new();
        for workspace in self.visible_workspaces(who).await? {
            let place = PlaceName::workspace(workspace.slug.as_str());
            let judged = self.judge(who, &place, &Act::UpdateWorkspace).await?;
            // What a credential leaves out is not said here: this is about its principal.
            let held = judged.facts.held_by(&who.who.principal).map(|it| it.permission);
            let administrator = held >= Some(Permission::Admin);
            seen.push(WorkspaceAccess { workspace, administrator });
        }
        Ok(page.of(seen))
    }

    /// Asks for each workspace whether the asker may see it, leaving no record.
    async fn visible_workspaces(&self, who: &Asker) -> Result<Vec<Workspace>> {
        if let Some(refused) = self.refused_everywhere(who).await? {
            return Err(refused);
        }
        let mut seen = Vec::new();
        for workspace in self.store.list_workspaces(store::PageRequest::ALL).await?.items {
            let place = PlaceName::workspace(workspace.slug.as_str());
            if self.judge(who, &place, &Act::ReadWorkspace).await?.decision.is_allowed() {
                seen.push(workspace);
            }
        }
        Ok(seen)
    }

    /// What keeps the asker from seeing any workspace at all, such as a bad credential or a
    /// missing scope: it must be said, or an empty list would look like "there are none".
    async fn refused_everywhere(&self, who: &Asker) -> Result<Option<Error>> {
        let (place, act) = (PlaceName::workspace("-"), Act::ReadWorkspace);
        let judged = self.judge(who, &place, &act).await?;
        let before_the_place = judged.decision.layer() < Some(Layer::Visibility);
        if judged.decision.is_allowed() || !before_the_place || !who.has_credential() {
            return Ok(None);
        }
        Ok(Some(self.refuse(who, &place, &act, &judged).await))
    }

    /// Changes a workspace; the workspace as it is now.
    pub async fn update_workspace(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        change: WorkspaceChange,
    ) -> Result<Workspace> {
        let open = self.open_workspace(who, workspace, Act::UpdateWorkspace).await?;
        let mut fields = Fields::default();
        let name = change.name.and_then(|it| fields.take("name", DisplayName::parse(&it)));
        fields.check()?;
        let update = store::WorkspaceUpdate { slug: None, name };
        Ok(self.store.update_workspace(&open.by, open.workspace.id, update).await?)
    }
}

/// First parts of paths that the server answers itself; repositories are at `/{workspace}/…`.
const RESERVED: [&str; 9] =
    ["2.0", "api", "healthz", "readyz", "metrics", "refusals", "rest", "login", "assets"];
