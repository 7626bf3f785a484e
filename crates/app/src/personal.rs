//! Personal workspaces: `~ann`, one for each user who wants one. Its person is always its owner, and
//! nobody else has anything there by default.

use crate::error::{Error, Result};
use crate::{App, Asker};
use model::WorkspaceSlug;
use policy::Act;
use store::Workspace;

impl App {
    /// Makes the personal workspace of a user, by user name or `{uuid}`: one's own, or as an
    /// administrator anybody's.
    pub async fn create_personal_workspace(&self, who: &Asker, user: &str) -> Result<Workspace> {
        let own = who.is_called(user);
        let act = if own { Act::CreateOwnWorkspace } else { Act::CreateOthersWorkspace };
        let open = self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        let slug = WorkspaceSlug::of_person(&user.username);
        let new = store::NewWorkspace {
            slug: slug.clone(),
            name: user.display_name,
            owner: Some(user.id),
            personal: true,
        };
        match self.store.create_workspace(&open.by, new).await {
            Err(store::Error::Conflict { .. }) => Err(Error::Conflict {
                field: "user",
                message: format!("`{slug}` is there already"),
            }),
            made => Ok(made?),
        }
    }
}
