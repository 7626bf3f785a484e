//! `refs/pull-requests/N/merge` of requests whose destination has moved: made anew in the
//! background, the newest requests first.

use crate::App;
use crate::error::Result;
use model::PullRequestId;
use std::sync::Arc;

impl App {
    /// Brings the preview of one request up to date. Costs next to nothing where it is.
    pub(super) async fn renew_preview(self: &Arc<Self>, id: PullRequestId) -> Result<()> {
        let Some(request) = self.store.find_pull_request_by_id(id).await? else { return Ok(()) };
        let app = Arc::clone(self);
        let kept = tokio::task::spawn_blocking(move || app.keep_preview_of(&request));
        Ok(kept.await??)
    }
}
