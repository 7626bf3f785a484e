//! Waiting no longer: because somebody says so, because the request has changed, or because nothing
//! will help. The ref of a queued commit goes first and the row last, so that a crash in between
//! leaves a row that is looked at again.

use super::view::waits_for_nothing;
use crate::error::Result;
use crate::open::MergingPullRequest;
use crate::{App, Asker, PlaceName, clock};
use model::{PullRequestState, WaitingWay};
use serde_json::json;
use std::sync::Arc;
use store::{Actor, PullRequest, WaitingMerge};

/// Why what was asked for is no more what the request is; `None` while it is.
pub(super) fn outlived(waiting: &WaitingMerge, request: &PullRequest) -> Option<&'static str> {
    let terms = &waiting.terms;
    if request.source.commit != terms.source_commit {
        Some("its commits have changed: ask again if these are meant, too")
    } else if request.destination != terms.destination {
        Some("it goes into another branch now: ask again if that is meant, too")
    } else if request.draft {
        Some("it is a draft again: ask again when it is ready")
    } else {
        None
    }
}

impl App {
    /// Takes back that a pull request is to be merged later.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound) where it waits for nothing of the kind;
    /// [`Error::State`](crate::Error::State) where it is being merged just now.
    pub async fn cancel_waiting_merge(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        way: WaitingWay,
    ) -> Result<()> {
        let open = self.open_repository::<MergingPullRequest>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let cancelling = async {
            let found = self.store.find_waiting_merge(request.id).await?;
            let waiting = found.filter(|it| it.terms.way == way);
            let waiting = waiting.ok_or_else(|| waits_for_nothing(way))?;
            let reason = format!("{} has taken it back", open.by.principal.name);
            match self.leave(&open.by, &waiting, &reason).await? {
                true => Ok(()),
                false => Err(waits_for_nothing(way)),
            }
        };
        self.while_held(&open, &request, cancelling).await?;
        // Those behind it are made anew.
        self.landings.poke(request.repository);
        Ok(())
    }

    /// It waits no longer, and the server itself says why.
    pub(super) async fn end_waiting(
        self: &Arc<Self>,
        waiting: &WaitingMerge,
        reason: &str,
    ) -> Result<()> {
        self.leave(&Actor::system(clock::now()), waiting, reason).await.map(drop)
    }

    async fn leave(
        self: &Arc<Self>,
        by: &Actor,
        waiting: &WaitingMerge,
        reason: &str,
    ) -> Result<bool> {
        self.drop_queue_ref(waiting).await?;
        let payload = json!({ "reason": reason }).to_string();
        Ok(self.store.remove_waiting_merge(by, waiting, &payload).await?)
    }

    /// The request of something that waits, as long as it is open and what was asked for. What has
    /// ended or changed is cleared away.
    pub(super) async fn still_meant(
        self: &Arc<Self>,
        waiting: &WaitingMerge,
    ) -> Result<Option<PullRequest>> {
        let found = self.store.find_pull_request_by_id(waiting.request).await?;
        // Gone with its repository, and the row with it.
        let Some(request) = found else { return Ok(None) };
        if request.state != PullRequestState::Open {
            self.drop_queue_ref(waiting).await?;
            self.store.forget_waiting_merge(waiting).await?;
            return Ok(None);
        }
        if let Some(why) = outlived(waiting, &request) {
            self.end_waiting(waiting, why).await?;
            return Ok(None);
        }
        Ok(Some(request))
    }
}
