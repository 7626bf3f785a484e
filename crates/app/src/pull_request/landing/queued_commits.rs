//! The commits that would land, one on top of the other: what is built is what lands. They are made
//! from the rows alone, so that the same come out if they have to be made again.

use crate::App;
use crate::error::Result;
use crate::pull_request::merging::Obstacle;
use model::ObjectId;
use repo::MergeAnswer;
use std::sync::Arc;
use store::{Actor, PullRequest, QueuedCommit, WaitingMerge};

/// So many are made ahead of their turn; a queue may be longer.
const AHEAD: usize = 20;

/// An entry of a queue whose turn it is or will be.
pub(super) struct Entry {
    pub waiting: WaitingMerge,
    pub request: PullRequest,
}

impl App {
    /// Makes what is not made yet, or was made on something else, on top of the destination as it
    /// is at `tip`. What does not fit is passed over, unless it is the first; that one, or one that
    /// takes too much, comes back with the reason.
    pub(super) async fn renew_queued_commits<'a>(
        self: &Arc<Self>,
        entries: &'a mut [Entry],
        tip: ObjectId,
    ) -> Result<std::result::Result<(), (&'a Entry, Obstacle)>> {
        let mut base = tip;
        for (nth, entry) in entries.iter_mut().take(AHEAD).enumerate() {
            // The first is enough to go on with.
            if nth > 0 && self.landings.is_closing() {
                break;
            }
            match self.renew_queued_commit(entry, base).await? {
                Ok(commit) => base = commit,
                Err(why) if nth == 0 || matches!(why, Obstacle::TooMuch { .. }) => {
                    return Ok(Err((entry, why)));
                }
                // It fits perhaps when those before it have gone.
                Err(_) => {}
            }
        }
        Ok(Ok(()))
    }

    async fn renew_queued_commit(
        self: &Arc<Self>,
        entry: &mut Entry,
        base: ObjectId,
    ) -> Result<std::result::Result<ObjectId, Obstacle>> {
        let Entry { waiting, request } = entry;
        if let Some(queued) = waiting.queued.filter(|it| it.base == base)
            && self.queue_ref(waiting).await? == Some(queued.commit)
        {
            return Ok(Ok(queued.commit));
        }
        let by = Actor::system(crate::clock::now());
        let strategy = waiting.terms.strategy.unwrap_or_default();
        let message = waiting.terms.message.clone().unwrap_or_default();
        let committer = self.signature_of(&waiting.asked_by, waiting.asked_at).await?;
        let how = (strategy, base);
        let made = match self.make_commits(request, how, message, committer).await? {
            MergeAnswer::Made(made) => made,
            MergeAnswer::Not(why) => {
                if waiting.queued.is_some() {
                    self.store.set_queued_commit(&by, waiting, None).await?;
                    self.drop_queue_ref(waiting).await?;
                }
                waiting.queued = None;
                return Ok(Err(Obstacle::of_merge(&why, strategy, request)));
            }
        };
        let queued = QueuedCommit { base, commit: made.tip };
        // The ref first: a row that names a commit has it.
        self.keep_queue_ref(waiting, made).await?;
        if waiting.queued != Some(queued) {
            self.store.set_queued_commit(&by, waiting, Some(queued)).await?;
            waiting.queued = Some(queued);
        }
        Ok(Ok(queued.commit))
    }
}
