//! At the start: repositories that the process was making when it died. One that has its folder is
//! finished; of one that has none only the row goes, and its name is free again. Nobody was told
//! of either.

use crate::error::Result;
use crate::{App, clock};
use std::sync::Arc;
use store::{Actor, Repository};

impl App {
    /// Ends every making of a repository that was cut off.
    pub(crate) async fn end_beginnings(self: &Arc<Self>) -> Result<()> {
        for row in self.store.list_unfinished_repositories().await? {
            let (id, slug) = (row.id, row.slug.as_str());
            // A folder is there when it is whole and not before.
            match self.size_if_there(&row).await? {
                Some(size) => {
                    self.store.note_repository_size(id, size).await?;
                    self.store.note_whole_repository(id).await?;
                    tracing::info!(repository = %id, slug, "finished making a repository");
                }
                None => {
                    let by = Actor::system(clock::now());
                    self.store.remove_repository(&by, id).await?;
                    tracing::warn!(repository = %id, slug, "took a repository back: make it again");
                }
            }
        }
        Ok(())
    }

    /// How large the folder of a repository is, in bytes; `None` where it has none.
    async fn size_if_there(self: &Arc<Self>, row: &Repository) -> Result<Option<i64>> {
        let (app, id) = (Arc::clone(self), row.id);
        let measured = tokio::task::spawn_blocking(move || {
            if !app.repositories.contains(id) {
                return Ok(None);
            }
            app.repositories.repository(id)?.size_on_disk().map(Some)
        });
        let size = measured.await??;
        Ok(size.map(|it| i64::try_from(it).unwrap_or(i64::MAX)))
    }
}
