//! Superseding a pull request: it ends because another one of its repository takes its place.

use super::dependencies::circle;
use super::input;
use super::update::{if_moved, must_be_open};
use super::view::{PullRequestView, superseded};
use crate::error::{Error, Fields, Result};
use crate::open::{
    DecliningOthersPullRequest, DecliningOwnPullRequest, OpenRepository, ReadingPullRequests,
};
use crate::{App, Asker, PlaceName};
use model::PullRequestState;
use policy::Act;
use serde_json::json;
use std::sync::Arc;
use store::{PullRequest, Superseding, Waiters};

impl App {
    /// Ends an open request in favour of another one that is open or merged. Whatever waited for
    /// it waits for that one, if the asker may change others' requests. Whoever may decline it may
    /// do this.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field `by` where that is the request itself, is not there, has
    /// ended without being merged, or waits for somebody who waits for this one.
    pub async fn supersede_pull_request(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        by: i64,
    ) -> Result<PullRequestView> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        if input::is_own(who, &request.author) {
            let open = self.open_repository::<DecliningOwnPullRequest>(who, place).await?;
            // Whoever waits is somebody else's request. By naming one that was merged long ago, or
            // the one that waits, an author would lift what it waits for.
            let judged = self.judge(who, place, &Act::UpdateOthersPullRequest).await?;
            let others = match judged.decision.is_allowed() {
                true => Waiters::Follow,
                false => Waiters::Stay,
            };
            self.supersede_opened(&open, &request, by, others).await
        } else {
            let open = self.open_repository::<DecliningOthersPullRequest>(who, place).await?;
            self.supersede_opened(&open, &request, by, Waiters::Follow).await
        }
    }

    async fn supersede_opened<A>(
        self: &Arc<Self>,
        open: &OpenRepository<A>,
        request: &PullRequest,
        by: i64,
        waiters: Waiters,
    ) -> Result<PullRequestView> {
        must_be_open(request)?;
        let _until_closed = self.hold_request(request)?;
        let with = self.store.find_pull_request(request.repository, by).await?;
        let with = with.ok_or_else(|| field(format!("there is no pull request #{by} here")))?;
        if with.id == request.id {
            return Err(field(format!("#{by} is the pull request itself: name another one")));
        }
        if matches!(with.state, PullRequestState::Declined | PullRequestState::Superseded) {
            let word = with.state.as_str().to_lowercase();
            return Err(field(format!("#{by} is {word}: name one that is open or merged")));
        }
        let payload = json!({ "by": by, "reason": superseded(by) }).to_string();
        let superseding =
            self.store.supersede_pull_request(&open.by, request, &with, waiters, &payload);
        let done = superseding.await;
        match done.map_err(|error| if_moved(error, request))? {
            Superseding::Done(after) => {
                self.landings.poke(request.repository);
                let here = (&open.workspace, &open.repository);
                self.view_request(&open.who, here, *after, true).await
            }
            Superseding::Circle(way) => Err(field(circle(way.last().copied().unwrap_or(by), &way))),
        }
    }
}

fn field(message: String) -> Error {
    Fields::one("by", message)
}
