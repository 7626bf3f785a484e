//! Keeping a repository fast, and knowing how large it is: when somebody asks for it, and after
//! pushes. Loses nothing and changes no ref's value.

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
        self.look_after(open.repository.id, true).await
    }

    /// Maintains a repository, if it needs it or `always`, and notes its size.
    pub(crate) async fn look_after(self: &Arc<Self>, id: RepositoryId, always: bool) -> Result<()> {
        let app = Arc::clone(self);
        let measured = tokio::task::spawn_blocking(move || {
            let repository = app.repositories.repository(id)?;
            if always || repository.needs_maintenance()? {
                repository.maintain()?;
            }
            repository.size_on_disk()
        });
        let size = i64::try_from(measured.await??).unwrap_or(i64::MAX);
        Ok(self.store.note_repository_size(id, size).await?)
    }
}
