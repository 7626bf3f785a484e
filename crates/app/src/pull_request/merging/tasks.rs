//! Merges that nobody waits for: begun in one request, asked about in others. They are known as
//! long as the process lives; what came of one is in its pull request for ever.

use super::merge::{Merge, MergedView};
use crate::error::{Error, Result};
use crate::open::{MergingPullRequest, ReadingPullRequests};
use crate::{App, Asker, PlaceName};
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use store::PullRequest;

/// So many are remembered; the oldest is forgotten first.
const KEPT: usize = 1000;

/// What is known of a merge that nobody waits for.
#[derive(Clone, Debug)]
pub enum MergeTask {
    Pending,
    Merged(Arc<MergedView>),
    /// Why not, as whoever had waited would have been told. It is logged already.
    Failed(Box<Error>),
}

impl MergeTask {
    /// Whoever asks for it later is told; what is ours to mend is logged now.
    fn failed(error: Error, request_id: &str) -> Self {
        if let Error::Failed(failure) = &error {
            let (code, error) = (failure.code, &failure.source);
            tracing::error!(request_id, code, %error, "a merge that nobody waits for failed");
        }
        Self::Failed(Box::new(error))
    }
}

/// All that are remembered.
#[derive(Default)]
pub(crate) struct MergeTasks(Mutex<VecDeque<Kept>>);

struct Kept {
    id: String,
    request: model::PullRequestId,
    task: MergeTask,
}

impl MergeTasks {
    fn begin(&self, id: &str, request: &PullRequest) {
        let mut kept = self.0.lock();
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(Kept { id: id.to_owned(), request: request.id, task: MergeTask::Pending });
    }

    fn end(&self, id: &str, task: MergeTask) {
        if let Some(kept) = self.0.lock().iter_mut().find(|it| it.id == id) {
            kept.task = task;
        }
    }

    fn find(&self, id: &str, request: &PullRequest) -> Option<MergeTask> {
        let kept = self.0.lock();
        let found = kept.iter().find(|it| it.id == id && it.request == request.id);
        found.map(|it| it.task.clone())
    }
}

impl App {
    /// Begins to merge a pull request, and gives the name to ask about it by. Who may not merge
    /// into the repository at all is told at once.
    pub async fn start_merge(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        merge: Merge,
    ) -> Result<String> {
        let open = self.open_repository::<MergingPullRequest>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let id = repo::PushId::random()?.to_string();
        self.merge_tasks.begin(&id, &request);
        let (app, who, place, task) = (Arc::clone(self), who.clone(), place.clone(), id.clone());
        let begun_by = who.request_id().to_owned();
        // In a task of its own: one that panics has ended, too.
        let merging = self
            .in_hand
            .begin(async move { app.merge_pull_request(&who, &place, number, merge).await });
        let app = Arc::clone(self);
        self.in_hand.begin(async move {
            let ended = match merging.await {
                Ok(Ok(merged)) => MergeTask::Merged(Arc::new(merged)),
                Ok(Err(error)) => MergeTask::failed(error, &begun_by),
                Err(error) => MergeTask::failed(error.into(), &begun_by),
            };
            app.merge_tasks.end(&task, ended);
        });
        Ok(id)
    }

    /// What is known of a merge that was begun.
    pub async fn merge_task(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        id: &str,
    ) -> Result<MergeTask> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        self.merge_tasks.find(id, &request).ok_or(Error::NotFound { what: "merge task" })
    }
}
