//! Reading pull requests.

use super::input;
use super::view::PullRequestView;
use crate::error::Result;
use crate::open::{OpenRepository, ReadingPullRequests};
use crate::page::{Page, PageRequest};
use crate::revisions::Range;
use crate::{App, Asker, PlaceName};
use model::{PullRequestState, RefName};
use std::sync::Arc;
use store::{PullRequest, PullRequestFilter};

/// Which pull requests of a repository are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullRequestWanted {
    /// In one of these states; in any if there are none.
    pub states: Vec<PullRequestState>,
    /// From a branch of this short name.
    pub source: Option<String>,
    /// Into the branch of this short name.
    pub destination: Option<String>,
}

impl OpenRepository<ReadingPullRequests> {
    /// What a request brings: its commits, with the destination as it was last seen.
    pub async fn request_range(&self, number: i64) -> Result<Range> {
        let request = self.app.find_request(self, number).await?;
        Ok(Range { source: request.source.commit, destination: Some(request.destination_commit) })
    }
}

impl App {
    /// The pull requests into a repository, the newest first.
    pub async fn list_pull_requests(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        wanted: &PullRequestWanted,
        page: PageRequest,
    ) -> Result<Page<PullRequestView>> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let page = input::page_of_requests(page);
        let branch = |it: &Option<String>| it.as_deref().map(RefName::branch).transpose();
        let (Ok(source), Ok(destination)) = (branch(&wanted.source), branch(&wanted.destination))
        else {
            // No branch can have such a name, and no request comes from it.
            return Ok(page.of([]));
        };
        let states = wanted.states.clone();
        let filter = PullRequestFilter { states, source, destination, author: None };
        let id = open.repository.id;
        let found = self.store.list_pull_requests(id, &filter, page.to_store()).await?;
        let size = found.size;
        let mut items = Vec::with_capacity(found.items.len());
        for request in found.items {
            let here = (&open.workspace, &open.repository);
            items.push(self.view_request(who, here, request, false).await?);
        }
        Ok(page.filled(store::Page { items, size }))
    }

    /// One pull request, by its number.
    pub async fn pull_request(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
    ) -> Result<PullRequestView> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        self.view_request(who, (&open.workspace, &open.repository), request, true).await
    }

    /// A repository's request by its number, after the policy has let the asker in.
    pub(crate) async fn find_request<A>(
        &self,
        open: &OpenRepository<A>,
        number: i64,
    ) -> Result<PullRequest> {
        let found = self.store.find_pull_request(open.repository.id, number).await?;
        found.ok_or_else(input::no_such_request)
    }
}
