//! At the start: open requests whose ref `…/from` is not where they have it. The process may have
//! died between the row and the ref, and without the ref nothing holds the commits once their
//! branch is gone.

use crate::App;
use crate::error::Result;
use model::RepositoryId;
use std::sync::Arc;
use store::OpenEnds;

impl App {
    /// Makes the refs that are missing. Those that cannot be made leave their request as it is.
    pub(crate) async fn keep_missing_refs(self: &Arc<Self>) -> Result<()> {
        let all = self.store.list_open_ends().await?;
        let app = Arc::clone(self);
        let missing = tokio::task::spawn_blocking(move || {
            let mut found = Vec::new();
            for of_one in all.chunk_by(|one, next| one.repository == next.repository) {
                match app.without_refs(of_one) {
                    Ok(them) => found.extend(them),
                    Err(error) => {
                        let repository = of_one.first().map(|it| it.repository.0);
                        tracing::error!(%error, repository, "its requests were not looked at");
                    }
                }
            }
            found
        });
        for ends in missing.await? {
            let Some(request) = self.store.find_pull_request_by_id(ends.id).await? else {
                continue;
            };
            match self.keep_request_refs(&request).await {
                Ok(()) => {
                    tracing::info!(request = %ends.id, "made the refs of a request after a crash");
                }
                Err(error) => {
                    tracing::warn!(%error, request = %ends.id, "a request stays without its refs");
                }
            }
        }
        Ok(())
    }

    /// Those of requests into one repository that have no ref, or another.
    fn without_refs(&self, all: &[OpenEnds]) -> repo::Result<Vec<OpenEnds>> {
        let Some(repository) = all.first().map(|it| it.repository) else { return Ok(Vec::new()) };
        let refs = self.refs_of(repository)?;
        let has_ref = |it: &&OpenEnds| {
            let name = format!("{}{}/from", policy::PULL_REQUEST_REFS, it.number);
            refs.find(&name).is_none_or(|found| found.id != it.source.commit)
        };
        Ok(all.iter().filter(has_ref).cloned().collect())
    }

    fn refs_of(&self, repository: RepositoryId) -> repo::Result<Arc<repo::RefSnapshot>> {
        self.repositories.repository(repository)?.refs()
    }
}
