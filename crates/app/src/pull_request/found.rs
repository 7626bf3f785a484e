//! Pull requests found by something else than their repository and number: by who opened them, and
//! by a commit that they bring.

use super::input;
use super::view::PullRequestView;
use crate::error::{Error, Result};
use crate::open::ReadingPullRequests;
use crate::page::{Page, PageRequest};
use crate::revisions::find_commits;
use crate::{App, Asker, PlaceName};
use model::{Layer, PullRequestState};
use policy::Act;
use std::sync::Arc;
use store::{PullRequest, PullRequestFilter, Repository, User, Workspace};

/// Of more requests than these newest ones nobody is told which bring a commit.
const SEARCHED: i64 = 500;

impl App {
    /// What a user has opened in a workspace, the newest first, as far as the asker may read it.
    pub async fn list_pull_requests_of(
        self: &Arc<Self>,
        who: &Asker,
        workspace: &PlaceName,
        user: &str,
        (states, page): (&[PullRequestState], PageRequest),
    ) -> Result<Page<PullRequestView>> {
        let open = self.open_workspace(who, workspace, Act::ListPullRequests).await?;
        let author = self.named_user(user).await?;
        let readable = self.readable(who, &open.workspace, &author).await?;
        let ids: Vec<_> = readable.iter().map(|it| it.id).collect();
        let page = input::page_of_requests(page);
        let found =
            self.store.list_pull_requests_of(author.id, &ids, states, page.to_store()).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for request in found.items {
            let here = readable.iter().find(|it| it.id == request.repository);
            let Some(here) = here else { continue };
            items.push(self.view_request(who, (&open.workspace, here), request, false).await?);
        }
        Ok(page.filled(store::Page { items, size: found.size }))
    }

    /// The repositories that the author has opened requests into and the asker may read those of.
    /// That the network keeps the asker out of one is said, as in lists of repositories.
    async fn readable(
        &self,
        who: &Asker,
        workspace: &Workspace,
        author: &User,
    ) -> Result<Vec<Repository>> {
        let mut readable = Vec::new();
        for row in self.store.list_repositories_asked_by(workspace.id, author.id).await? {
            let place = PlaceName::repository(workspace.slug.as_str(), row.slug.as_str());
            let act = Act::ReadPullRequests;
            let judged = self.judge(who, &place, &act).await?;
            if judged.decision.is_allowed() {
                readable.push(row);
            } else if judged.decision.layer() == Some(Layer::Network) {
                return Err(self.refuse(who, &place, &act, &judged).await);
            }
        }
        Ok(readable)
    }

    /// The requests into a repository that bring a commit, whatever became of them, the newest
    /// first.
    pub async fn list_pull_requests_with(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        commit: &str,
        page: PageRequest,
    ) -> Result<Page<PullRequestView>> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let newest = store::PageRequest { offset: 0, limit: SEARCHED };
        let any = PullRequestFilter::default();
        let all = self.store.list_pull_requests(open.repository.id, &any, newest).await?.items;
        let name = commit.to_owned();
        let found = open.on_disk(move |repository| {
            let missing = Error::NotFound { what: "commit" };
            let commit = *find_commits(repository, &[name])?.first().ok_or(missing)?;
            let mut found = Vec::new();
            for request in all {
                let (source, before) = (request.source.commit, request.destination_commit);
                if repository.is_ancestor(&commit, &source)?
                    && !repository.is_ancestor(&commit, &before)?
                {
                    found.push(request);
                }
            }
            Ok::<Vec<PullRequest>, Error>(found)
        });
        let found = input::page_of_requests(page).of(found.await?);
        let mut values = Vec::with_capacity(found.values.len());
        for request in found.values {
            let here = (&open.workspace, &open.repository);
            values.push(self.view_request(who, here, request, false).await?);
        }
        let (size, page, pagelen) = (found.size, found.page, found.pagelen);
        Ok(Page { values, size, page, pagelen })
    }
}
