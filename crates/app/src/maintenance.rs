//! Keeping a repository fast when somebody asks for it. Loses nothing and changes no ref's value.

use crate::error::Result;
use crate::open::Maintaining;
use crate::{App, Asker, PlaceName};
use std::sync::Arc;

impl App {
    /// Puts a repository's storage in order, and returns when that is done.
    pub async fn maintain_repository(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
    ) -> Result<()> {
        let open = self.open_repository::<Maintaining>(who, repository).await?;
        let (app, id) = (Arc::clone(self), open.repository.id);
        let done = tokio::task::spawn_blocking(move || app.repositories.repository(id)?.maintain());
        Ok(done.await??)
    }
}
