//! Asking for a merge that happens later. It is judged now as a merge would be: what can only be
//! put right by somebody else's doing may wait, everything else is refused at once.

use super::view::WaitingMergeView;
use super::weigh::{Weighed, weigh};
use crate::error::{Error, Fields, Result};
use crate::open::{MergingPullRequest, OpenRepository};
use crate::pull_request::merging::{
    BuildsOf, Merge, MergeOrder, MergedView, Obstacle, checked_message, must_be_mergeable,
    usual_message,
};
use crate::pull_request::update::moved;
use crate::{App, Asker, PlaceName};
use model::{Channel, MergeStrategy, ReviewBehaviour, WaitingWay};
use repo::MergeAnswer;
use std::sync::Arc;
use store::{PullRequest, WaitingTerms};

/// What came of asking.
#[derive(Clone, Debug)]
pub enum AskedMerge {
    /// Nothing was missing.
    Merged(Box<MergedView>),
    Waits(Box<WaitingMergeView>),
}

impl App {
    /// Asks that a pull request merge itself, or come into the queue of its destination. Asked
    /// again, it waits as it did.
    ///
    /// # Errors
    /// Those of a merge, as far as nothing can be awaited that would mend them;
    /// [`Error::State`] where it waits in the other way already.
    pub async fn ask_for_merge(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        (way, merge): (WaitingWay, Merge),
    ) -> Result<AskedMerge> {
        let mut who = who.clone();
        who.who.channel = Channel::Merge;
        let open = self.open_repository::<MergingPullRequest>(&who, place).await?;
        let request = self.find_request(&open, number).await?;
        must_be_mergeable(&request)?;
        if let Some(view) = self.waits_already(&request, way).await? {
            return Ok(AskedMerge::Waits(Box::new(view)));
        }
        let (terms, strategy) = self.checked_terms(&open, &request, way, &merge).await?;
        let target = self.target_of(&request).await?;
        let builds = match way {
            WaitingWay::Auto => BuildsOf::Source,
            WaitingWay::Queue => BuildsOf::Unmade,
        };
        let order = MergeOrder { request: request.clone(), target, builds };
        let judged = Box::pin(self.judge_merge(&who, place, &order)).await?;
        match (weigh(&judged.decision, way), way) {
            (Weighed::Never, _) => {
                let refused = self.refused_merge(&who, place, &order, &judged).await;
                return Err(refused.unwrap_or_else(|| moved(&request)));
            }
            (Weighed::Ready, WaitingWay::Auto) => {
                let meant = Some(request.source.commit);
                let merging = self.merge_commits(&who, place, number, (merge, meant));
                return Box::pin(merging).await.map(|it| AskedMerge::Merged(Box::new(it)));
            }
            (Weighed::Ready | Weighed::Waits(_), _) => {}
        }
        self.must_fit(&open, &order, strategy).await?;
        let added = self.store.add_waiting_merge(&open.by, &request, &terms).await?;
        if added {
            self.landings.poke(request.repository);
        }
        // Not added: somebody has asked in the same moment, or changed it.
        let view = self.waits_already(&request, way).await?.ok_or_else(|| moved(&request))?;
        Ok(AskedMerge::Waits(Box::new(view)))
    }

    /// What the request waits for in this way, with the commits it has.
    async fn waits_already(
        self: &Arc<Self>,
        request: &PullRequest,
        way: WaitingWay,
    ) -> Result<Option<WaitingMergeView>> {
        let Some(view) = self.find_waiting(request).await? else { return Ok(None) };
        if let Some(why) = super::leave::outlived(&view.waiting, request) {
            self.end_waiting(&view.waiting, why).await?;
            return Ok(None);
        }
        if view.waiting.terms.way == way {
            return Ok(Some(view));
        }
        let number = request.number;
        let message = match way {
            WaitingWay::Auto => format!("pull request #{number} is in the merge queue already"),
            WaitingWay::Queue => format!(
                "pull request #{number} is to merge itself: take that back before it is queued"
            ),
        };
        Err(Error::State { field: "state", message })
    }

    async fn checked_terms(
        self: &Arc<Self>,
        open: &OpenRepository<MergingPullRequest>,
        request: &PullRequest,
        way: WaitingWay,
        merge: &Merge,
    ) -> Result<(WaitingTerms, MergeStrategy)> {
        let mut fields = Fields::default();
        if way == WaitingWay::Auto && !self.may_merge_itself(request).await? {
            fields.add("destination", no_auto_merge(request));
        }
        let given = merge.strategy.clone();
        let strategy = self.chosen_strategy(open, request, given, &mut fields).await?;
        let message = checked_message(merge.message.clone(), &mut fields);
        fields.check()?;
        // What is queued is built: it must not change any more. Else the usual counts when the
        // time comes.
        let (kept_strategy, message) = match way {
            WaitingWay::Auto => (merge.strategy.as_ref().map(|_| strategy), message),
            WaitingWay::Queue => {
                let here = (&open.workspace, &open.repository);
                let view = self.view_request(&open.who, here, request.clone(), true).await?;
                (Some(strategy), Some(message.unwrap_or_else(|| usual_message(&view))))
            }
        };
        let close = merge.close_source_branch.unwrap_or(request.close_source_branch);
        let terms = WaitingTerms {
            way,
            destination: request.destination.clone(),
            source_commit: request.source.commit,
            proof: self.proof_of(&open.who).await?,
            address: open.who.who.network.address.map(|it| it.to_string()),
            strategy: kept_strategy,
            message,
            close_source_branch: close,
        };
        Ok((terms, strategy))
    }

    /// Does a rule of the destination let its requests merge themselves?
    pub(super) async fn may_merge_itself(&self, request: &PullRequest) -> Result<bool> {
        Ok(self.behaviours(request).await?.contains(&ReviewBehaviour::AutoMerge))
    }

    /// What does not fit together now will not by waiting.
    async fn must_fit(
        self: &Arc<Self>,
        open: &OpenRepository<MergingPullRequest>,
        order: &MergeOrder,
        strategy: MergeStrategy,
    ) -> Result<()> {
        let (request, how) = (&order.request, (strategy, order.target));
        let committer = open.who.signature(open.by.at);
        match self.make_commits(request, how, String::new(), committer).await? {
            MergeAnswer::Made(_) => Ok(()),
            MergeAnswer::Not(why) => {
                let obstacle = Obstacle::of_merge(&why, strategy, request);
                Err(obstacle.with_way_on(request, &open.clone_url()))
            }
        }
    }
}

pub(super) fn no_auto_merge(request: &PullRequest) -> String {
    format!(
        "no pull request into `{}` merges itself: a restriction `allow_auto_merge_when_builds_pass` \
         permits it",
        request.destination.short()
    )
}
