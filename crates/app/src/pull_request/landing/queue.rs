//! The queue of one branch. Its first entry lands when the builds of its commit let it; what is
//! behind it is made on top of it meanwhile. Entries land in their order and no other.

use super::queued_commits::Entry;
use super::weigh::{Weighed, reason, weigh};
use crate::App;
use crate::error::{Fields, Result};
use crate::open::{MergingPullRequest, OpenRepository};
use crate::pull_request::merging::{BuildsOf, MergeOrder, must_be_mergeable};
use crate::pull_request::update::moved;
use model::{RefName, WaitingWay};
use repo::MadeMerge;
use std::sync::Arc;
use store::{QueuedCommit, WaitingMerge};

/// So often the first entry is looked at in a row: each time one landed, left or has to be made
/// anew. What is left waits until something happens, or for the next look at everything.
const ROUNDS: usize = 200;

/// What became of the first entry.
enum First {
    /// It waits.
    Stays,
    /// It has landed or left, or its branch has moved: the queue is another one now.
    Changed,
}

impl App {
    /// Goes on with the queue of a branch, given its rows in order.
    pub(super) async fn work_queue(
        self: &Arc<Self>,
        branch: &RefName,
        mut rows: Vec<WaitingMerge>,
    ) -> Result<()> {
        for _ in 0..ROUNDS {
            if self.landings.is_closing() {
                return Ok(());
            }
            let mut entries = Vec::with_capacity(rows.len());
            for waiting in rows {
                if let Some(request) = self.still_meant(&waiting).await? {
                    entries.push(Entry { waiting, request });
                }
            }
            let Some(id) = entries.first().map(|it| it.waiting.repository) else { return Ok(()) };
            // Without its branch a queue waits for it to come back.
            let Some(tip) = self.tip(id, branch).await? else { return Ok(()) };
            let renewed = self.renew_queued_commits(&mut entries, tip).await?;
            if let Err((entry, why)) = renewed {
                self.end_waiting(&entry.waiting, &why.to_string()).await?;
            } else if let Some(first) = entries.first()
                && let Some(queued) = first.waiting.queued
            {
                match self.try_first(first, queued).await? {
                    First::Stays => return Ok(()),
                    First::Changed => {}
                }
            }
            let left = self.store.list_waiting_merges(id).await?;
            let is_here = |it: &WaitingMerge| {
                it.terms.way == WaitingWay::Queue && it.terms.destination == *branch
            };
            rows = left.into_iter().filter(is_here).collect();
        }
        Ok(())
    }

    async fn try_first(self: &Arc<Self>, first: &Entry, queued: QueuedCommit) -> Result<First> {
        let Entry { waiting, request } = first;
        let found = self.place_of(waiting.repository).await?;
        let Some(place) = found else { return Ok(First::Stays) };
        let who = self.asker_again(waiting).await?;
        let builds = BuildsOf::Queued(queued.commit);
        let order = MergeOrder { request: request.clone(), target: queued.base, builds };
        let judged = Box::pin(self.judge_merge(&who, &place, &order)).await?;
        match weigh(&judged.decision, WaitingWay::Queue) {
            Weighed::Waits(missing) => {
                self.store.note_missing(waiting, &missing).await?;
                return Ok(First::Stays);
            }
            Weighed::Never => {
                let refused = self.refused_merge(&who, &place, &order, &judged).await;
                let why = refused.as_ref().map_or_else(String::new, reason);
                self.end_waiting(waiting, &why).await?;
                return Ok(First::Changed);
            }
            Weighed::Ready => {}
        }
        let landed = match self.open_repository::<MergingPullRequest>(&who, &place).await {
            Ok(open) => {
                let landing = self.land_queued(&open, waiting, order, queued);
                self.while_held(&open, request, landing).await
            }
            Err(error) => Err(error),
        };
        let Err(error) = landed else { return Ok(First::Changed) };
        self.settle(waiting, error).await?;
        // It waits because somebody was faster, who pokes when they are done; or it has left.
        let stays = self.store.find_waiting_merge(waiting.request).await?;
        let same = stays.is_some_and(|it| it.position == waiting.position);
        Ok(if same { First::Stays } else { First::Changed })
    }

    /// Moves the destination to exactly what was built.
    async fn land_queued(
        self: &Arc<Self>,
        open: &OpenRepository<MergingPullRequest>,
        waiting: &WaitingMerge,
        order: MergeOrder,
        queued: QueuedCommit,
    ) -> Result<()> {
        // Again, now that nobody else can have begun.
        let request = self.find_request(open, order.request.number).await?;
        must_be_mergeable(&request)?;
        if super::leave::outlived(waiting, &request).is_some() {
            return Err(moved(&request));
        }
        self.target_of(&request).await?;
        let mut fields = Fields::default();
        let word = waiting.terms.strategy.map(|it| it.to_string());
        self.chosen_strategy(open, &request, word, &mut fields).await?;
        fields.check()?;
        let made = MadeMerge { tip: queued.commit, pack: None };
        self.land_merge(open, MergeOrder { request: request.clone(), ..order }, made).await?;
        if waiting.terms.close_source_branch {
            let fate = self.close_source_branch(&open.who, &request).await;
            tracing::debug!(?fate, request = %request.id, "the source branch of a queued request");
        }
        Ok(())
    }
}
