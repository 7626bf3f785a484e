//! Declining a pull request: it ends and nothing is merged.

use super::input;
use super::text::text;
use super::update::{moved, must_be_open};
use super::view::PullRequestView;
use crate::error::{Fields, Result};
use crate::open::{
    DecliningOthersPullRequest, DecliningOwnPullRequest, OpenRepository, ReadingPullRequests,
};
use crate::{App, Asker, PlaceName};
use model::{ActivityKind, PullRequestState};
use serde_json::json;
use std::sync::Arc;
use store::{Closing, PullRequest};

impl App {
    /// Declines an open pull request, saying why if one likes.
    pub async fn decline_pull_request(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        reason: String,
    ) -> Result<PullRequestView> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        if input::is_own(who, &request.author) {
            let open = self.open_repository::<DecliningOwnPullRequest>(who, place).await?;
            self.decline_opened(&open, &request, reason).await
        } else {
            let open = self.open_repository::<DecliningOthersPullRequest>(who, place).await?;
            self.decline_opened(&open, &request, reason).await
        }
    }

    async fn decline_opened<A>(
        self: &Arc<Self>,
        open: &OpenRepository<A>,
        request: &PullRequest,
        reason: String,
    ) -> Result<PullRequestView> {
        must_be_open(request)?;
        let _until_closed = self.hold_request(request)?;
        let reason = text(reason).map_err(|why| Fields::one("reason", why))?;
        let payload = json!({ "reason": reason }).to_string();
        let (state, kind) = (PullRequestState::Declined, ActivityKind::Declined);
        let closing = Closing { state, kind, reason, merged: None };
        let after = self.store.close_pull_request(&open.by, request, &closing, &payload).await?;
        let after = after.ok_or_else(|| moved(request))?;
        self.landings.poke(request.repository);
        self.view_request(&open.who, (&open.workspace, &open.repository), after, true).await
    }
}
