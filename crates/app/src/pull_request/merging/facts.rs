//! What merge checks ask of a pull request, gathered for one decision: reviews, tasks, comments,
//! builds, and how far the source is behind. Always read anew.

use crate::App;
use crate::error::Result;
use model::ObjectId;
use policy::MergeFacts;
use std::sync::Arc;
use store::PullRequest;

impl App {
    /// The facts of a merge into the destination as it is at `target`.
    pub(crate) async fn merge_facts(
        self: &Arc<Self>,
        request: &PullRequest,
        target: ObjectId,
    ) -> Result<MergeFacts> {
        let counts = self.review_counts(request).await?;
        // Of the destination's repository: in a fork, whoever proposes would vouch for themselves.
        let branch = request.source.branch.branch_name();
        let commit = &request.source.commit;
        let builds = self.store.count_builds(request.repository, commit, branch).await?;
        Ok(MergeFacts {
            approvals: counts.approvals,
            default_reviewer_approvals: counts.default_reviewer_approvals,
            review_group_approvals: counts.review_group_approvals,
            changes_requested: counts.changes_requested,
            open_tasks: counts.open_tasks,
            unresolved_comments: counts.unresolved_comments,
            passed_builds: builds.successful,
            failed_builds: builds.failed.saturating_add(builds.stopped),
            commits_behind: self.commits_behind(request, target).await?,
            open_dependencies: counts.open_dependencies,
        })
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
