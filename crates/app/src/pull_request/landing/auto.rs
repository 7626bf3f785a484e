//! A request that merges itself: tried when something has happened that may have been missing.

use super::ask::no_auto_merge;
use super::weigh::{Failed, Weighed, reason, weigh};
use crate::App;
use crate::error::{Error, Result};
use crate::pull_request::merging::{BuildsOf, Merge, MergeOrder};
use model::WaitingWay;
use std::sync::Arc;
use store::WaitingMerge;

impl App {
    /// Merges it if nothing is missing any more; ends it if nothing will help.
    pub(super) async fn try_auto_merge(self: &Arc<Self>, waiting: &WaitingMerge) -> Result<()> {
        let Some(request) = self.still_meant(waiting).await? else { return Ok(()) };
        if !self.may_merge_itself(&request).await? {
            return self.end_waiting(waiting, &no_auto_merge(&request)).await;
        }
        let target = match self.target_of(&request).await {
            Ok(target) => target,
            // A branch has moved or gone: whoever follows it will say so, and it is tried again.
            Err(Error::State { .. }) => return Ok(()),
            Err(error) => return Err(error),
        };
        let found = self.place_of(waiting.repository).await?;
        let Some(place) = found else { return Ok(()) };
        let who = self.asker_again(waiting).await?;
        let number = request.number;
        let order = MergeOrder { request, target, builds: BuildsOf::Source };
        let judged = Box::pin(self.judge_merge(&who, &place, &order)).await?;
        match weigh(&judged.decision, WaitingWay::Auto) {
            Weighed::Waits(missing) => Ok(self.store.note_missing(waiting, &missing).await?),
            Weighed::Never => {
                let refused = self.refused_merge(&who, &place, &order, &judged).await;
                let why = refused.as_ref().map_or_else(String::new, reason);
                self.end_waiting(waiting, &why).await
            }
            Weighed::Ready => {
                let terms = &waiting.terms;
                let merge = Merge {
                    strategy: terms.strategy.map(|it| it.to_string()),
                    message: terms.message.clone(),
                    close_source_branch: Some(terms.close_source_branch),
                };
                let how = (merge, Some(terms.source_commit));
                match Box::pin(self.merge_commits(&who, &place, number, how)).await {
                    Ok(_) => self.still_meant(waiting).await.map(drop),
                    Err(error) => self.settle(waiting, error).await,
                }
            }
        }
    }

    /// An attempt has failed: it waits, or ends with the reason.
    pub(super) async fn settle(
        self: &Arc<Self>,
        waiting: &WaitingMerge,
        error: Error,
    ) -> Result<()> {
        match Failed::of(error) {
            Failed::Waits => Ok(()),
            Failed::Ends(why) => self.end_waiting(waiting, &why).await,
            Failed::Unknown(error) => Err(error),
        }
    }
}
