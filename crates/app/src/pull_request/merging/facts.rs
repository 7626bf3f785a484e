//! What merge checks ask of a pull request, gathered for one decision: reviews, tasks, comments,
//! builds, and how far the source is behind. Always read anew.

use super::merge::MergeOrder;
use super::refs::{QUEUE, request_ref};
use crate::App;
use crate::error::Result;
use model::ObjectId;
use policy::MergeFacts;
use std::sync::Arc;
use store::{BuildCounts, PullRequest};

/// The commit whose builds count for a merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BuildsOf {
    /// The last one of the source.
    Source,
    /// The one that would land, which is in the merge queue.
    Queued(ObjectId),
    /// One that is still to be made.
    Unmade,
}

impl App {
    /// The facts of a merge into the destination as it is at the order's target.
    pub(crate) async fn merge_facts(self: &Arc<Self>, order: &MergeOrder) -> Result<MergeFacts> {
        let MergeOrder { request, target, builds } = order;
        let counts = self.review_counts(request).await?;
        let builds = self.builds_of(request, *builds).await?;
        Ok(MergeFacts {
            approvals: counts.approvals,
            default_reviewer_approvals: counts.default_reviewer_approvals,
            review_group_approvals: counts.review_group_approvals,
            changes_requested: counts.changes_requested,
            open_tasks: counts.open_tasks,
            unresolved_comments: counts.unresolved_comments,
            passed_builds: builds.successful,
            failed_builds: builds.failed.saturating_add(builds.stopped),
            commits_behind: self.commits_behind(request, *target).await?,
            open_dependencies: counts.open_dependencies,
        })
    }

    /// Of the destination's repository: in a fork, whoever proposes would vouch for themselves.
    async fn builds_of(&self, request: &PullRequest, of: BuildsOf) -> Result<BuildCounts> {
        let source = request.source.branch.branch_name();
        let queued = request_ref(request.number, QUEUE)?;
        let (commit, refs) = match of {
            BuildsOf::Source => (request.source.commit, vec![source]),
            // As a part of the destination, or for what it is. Anybody may have made a branch of
            // it and had it built in another way.
            BuildsOf::Queued(commit) => {
                let is_source = commit == request.source.commit;
                let own = source.filter(|_| is_source);
                (commit, vec![request.destination.branch_name(), Some(queued.as_str()), own])
            }
            BuildsOf::Unmade => return Ok(BuildCounts::default()),
        };
        let refs: Vec<_> = refs.into_iter().flatten().collect();
        Ok(self.store.count_builds(request.repository, &commit, &refs).await?)
    }

    async fn commits_behind(
        self: &Arc<Self>,
        request: &PullRequest,
        target: ObjectId,
    ) -> Result<u32> {
        let (app, id, source) = (Arc::clone(self), request.repository, request.source.commit);
        let found = tokio::task::spawn_blocking(move || {
            app.repositories.repository(id)?.divergence(&target, &source)
        });
        Ok(found.await??.behind)
    }
}
