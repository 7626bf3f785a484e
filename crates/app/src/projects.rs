//! Projects: what a workspace's repositories are sorted into.

use crate::error::{Error, Fields, Result};
use crate::page::{Page, PageRequest};
use crate::text_input::check_text;
use crate::{App, Asker, PlaceName};
use model::{DisplayName, Layer, ProjectKey};
use policy::Act;
use store::{Project, Workspace};

/// A project with what contains it.
#[derive(Clone, Debug)]
pub struct ProjectView {
    pub project: Project,
    pub workspace: Workspace,
}

/// What a new project needs, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct NewProject {
    pub key: String,
    pub name: String,
    pub description: String,
    /// Private unless said otherwise.
    pub is_private: Option<bool>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct ProjectChange {
    pub key: Option<String>,
    pub name: Option<String>,
    pub description: Option<String>,
    pub is_private: Option<bool>,
}

impl App {
    /// Creates a project in a workspace.
    pub async fn create_project(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        new: NewProject,
    ) -> Result<ProjectView> {
        let open = self.open_workspace(who, workspace, Act::CreateProject).await?;
        let mut fields = Fields::default();
        let key = fields.take("key", ProjectKey::parse(&new.key));
        let name = fields.take("name", DisplayName::parse(&new.name));
        check_text("description", &new.description, &mut fields);
        let (Some(key), Some(name)) = (key, name) else { return Err(Error::Invalid(fields)) };
        fields.check()?;
        let new = store::NewProject {
            workspace: open.workspace.id,
            key,
            name,
            description: new.description,
            is_private: new.is_private.unwrap_or(true),
        };
        let project = self.store.create_project(&open.by, new).await?;
        Ok(ProjectView { project, workspace: open.workspace })
    }

    /// A project.
    pub async fn project(&self, who: &Asker, project: &PlaceName) -> Result<ProjectView> {
        let open = self.open_project(who, project, Act::ReadProject).await?;
        Ok(ProjectView { project: open.project, workspace: open.workspace })
    }

    /// The projects of a workspace that the asker may see, by key.
    pub async fn list_projects(
        &self,
        who: &Asker,
        workspace: &PlaceName,
        page: PageRequest,
    ) -> Result<Page<ProjectView>> {
        let open = self.open_workspace(who, workspace, Act::ListProjects).await?;
        let slug = open.workspace.slug.as_str();
        let all = store::PageRequest::ALL;
        let mut seen = Vec::new();
        for project in self.store.list_projects(open.workspace.id, all).await?.items {
            let place = PlaceName::project(slug, project.key.as_str());
            let judged = self.judge(who, &place, &Act::ReadProject).await?;
            if judged.decision.is_allowed() {
                seen.push(ProjectView { project, workspace: open.workspace.clone() });
            } else if judged.decision.layer() == Some(Layer::Network) {
                // Left out, it would seem not to be there.
                return Err(self.refuse(who, &place, &Act::ReadProject, &judged).await);
            }
        }
        Ok(page.of(seen))
    }

    /// Changes a project; the project as it is now.
    pub async fn update_project(
        &self,
        who: &Asker,
        project: &PlaceName,
        change: ProjectChange,
    ) -> Result<ProjectView> {
        let open = self.open_project(who, project, Act::UpdateProject).await?;
        let mut fields = Fields::default();
        let key = change.key.and_then(|it| fields.take("key", ProjectKey::parse(&it)));
        let name = change.name.and_then(|it| fields.take("name", DisplayName::parse(&it)));
        if let Some(text) = &change.description {
            check_text("description", text, &mut fields);
        }
        fields.check()?;
        let ProjectChange { description, is_private, .. } = change;
        let update = store::ProjectUpdate { key, name, description, is_private };
        let project = self.store.update_project(&open.by, open.project.id, update).await?;
        Ok(ProjectView { project, workspace: open.workspace })
    }

    /// Removes a project that has no repositories.
    pub async fn remove_project(&self, who: &Asker, project: &PlaceName) -> Result<()> {
        let open = self.open_project(who, project, Act::RemoveProject).await?;
        Ok(self.store.remove_project(&open.by, open.project.id).await?)
    }
}
