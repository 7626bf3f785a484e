//! What merge checks ask of a pull request, gathered for one decision: reviews, tasks, comments,
//! builds, and how far the source is behind. Always read anew.

use super::merge::MergeOrder;
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
        let (commit, branch) = match of {
            BuildsOf::Source => (request.source.commit, request.source.branch.branch_name()),
            // Nothing but the queue leads to it: it does not matter what the build calls that.
            BuildsOf::Queued(commit) => (commit, None),
            BuildsOf::Unmade => return Ok(BuildCounts::default()),
        };
        Ok(self.store.count_builds(request.repository, &commit, branch).await?)
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
