//! Keeping repositories fast: when somebody asks for it, and in the background after pushes have
//! left many packs. Loses nothing and changes no ref's value.

use crate::error::Result;
use crate::open::Maintaining;
use crate::{App, Asker, PlaceName};
use model::RepositoryId;
use std::sync::Arc;

impl App {
    /// Puts a repository's storage in order, and returns when that is done.
    pub async fn maintain_repository(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
    ) -> Result<()> {
        let open = self.open_repository::<Maintaining>(who, repository).await?;
        self.maintain(open.repository.id, true).await
    }

    /// Looks after the repositories that were pushed to since the last time.
    pub(crate) async fn maintain_pushed(self: &Arc<Self>) {
        for id in self.background.take_pushed() {
            if let Err(error) = self.maintain(id, false).await {
                tracing::warn!(repository = id.0, %error, "a repository could not be put in order");
            }
        }
    }

    async fn maintain(self: &Arc<Self>, id: RepositoryId, always: bool) -> Result<()> {
        let app = Arc::clone(self);
        let done = tokio::task::spawn_blocking(move || {
            let repository = app.repositories.repository(id)?;
            if always || repository.needs_maintenance()? {
                repository.maintain()?;
            }
            Ok::<_, repo::Error>(())
        });
        Ok(done.await??)
    }
}
