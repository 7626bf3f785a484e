//! What becomes of the source branch of a merged pull request. It is removed like any branch:
//! by whoever merges, through the policy.

use crate::branches::change_ref;
use crate::error::Error;
use crate::open::Pushing;
use crate::{App, Asker, PlaceName, Result};
use model::ObjectId;
use std::sync::Arc;
use store::PullRequest;

/// What became of the source branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceBranchFate {
    /// Nobody wanted it removed.
    Stays,
    Removed,
    /// It was to be removed and could not be; why, as a sentence.
    Kept(String),
}

impl App {
    /// Removes the source branch of a request that was merged. Whatever is in the way leaves it
    /// where it is: the merge is done all the same.
    pub(crate) async fn close_source_branch(
        self: &Arc<Self>,
        who: &Asker,
        request: &PullRequest,
    ) -> SourceBranchFate {
        match self.remove_source_branch(who, request).await {
            Ok(fate) => fate,
            Err(
                error @ (Error::Refused(_)
                | Error::Conflict { .. }
                | Error::State { .. }
                | Error::NotFound { .. }),
            ) => SourceBranchFate::Kept(error.to_string()),
            Err(error) => {
                tracing::error!(%error, request = %request.id, "a source branch stays");
                SourceBranchFate::Kept("the server could not remove it now".into())
            }
        }
    }

    async fn remove_source_branch(
        self: &Arc<Self>,
        who: &Asker,
        request: &PullRequest,
    ) -> Result<SourceBranchFate> {
        let (source, kept) = (&request.source, SourceBranchFate::Kept);
        let Some(facts) = self.source_facts(request).await? else {
            return Ok(kept("its repository is gone".into()));
        };
        let id = facts.repository.id;
        if let Some(other) = self.store.open_pull_requests_at(id, &source.branch).await?.first() {
            let number = other.number;
            return Ok(kept(format!("pull request #{number} is open and needs it")));
        }
        let path = crate::ground::path(&facts.workspace, &facts.repository);
        let place = PlaceName::repository_path(&path.to_string());
        let open = self.open_repository::<Pushing>(who, &place).await?;
        change_ref(open, source.commit, ObjectId::ZERO, &source.branch, &[]).await?;
        Ok(SourceBranchFate::Removed)
    }

    async fn source_facts(&self, request: &PullRequest) -> Result<Option<store::RepositoryFacts>> {
        match request.source.repository {
            Some(id) => Ok(self.store.facts_of_id(id).await?),
            None => Ok(None),
        }
    }
}
