//! What has to be merged before a pull request: others of the same repository. A merge check counts
//! those that are not; without the check they are a note and stop nothing.

use super::input;
use super::update::{if_moved, must_be_open};
use crate::error::{Error, Fields, Result};
use crate::open::{
    OpenRepository, ReadingPullRequests, UpdatingOthersPullRequest, UpdatingOwnPullRequest,
};
use crate::page::{Page, PageRequest};
use crate::{App, Asker, PlaceName};
use model::PullRequestState;
use serde_json::json;
use std::sync::Arc;
use store::{Depending, PullRequest};

/// Whoever needs more should say so in fewer requests.
const MOST: usize = 50;

/// A pull request that another one depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DependencyView {
    pub number: i64,
    pub title: String,
    /// It has been waited for once it is merged, and not before.
    pub state: PullRequestState,
}

impl From<PullRequest> for DependencyView {
    fn from(it: PullRequest) -> Self {
        Self { number: it.number, title: it.title, state: it.state }
    }
}

/// To depend on another request, or not any more.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Add,
    Remove,
}

impl App {
    /// What a request depends on, whatever became of it, by number.
    pub async fn list_dependencies(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        page: PageRequest,
    ) -> Result<Page<DependencyView>> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let found = self.store.list_dependencies(request.id, page.to_store()).await?;
        Ok(page.filled(found).map(DependencyView::from))
    }

    /// What it depends on and is not merged.
    pub(super) async fn open_dependencies(
        &self,
        request: &PullRequest,
    ) -> Result<Vec<DependencyView>> {
        let all = self.store.list_dependencies(request.id, store::PageRequest::ALL).await?;
        let open = all.items.into_iter().filter(|it| it.state != PullRequestState::Merged);
        Ok(open.map(DependencyView::from).collect())
    }

    /// Makes an open request depend on another one of its repository; nothing happens if it does.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field `dependency` where that is the request itself, is not
    /// there, has ended without being merged, or waits for this one.
    pub async fn add_dependency(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, on): (i64, i64),
    ) -> Result<DependencyView> {
        self.change_dependency(who, place, (number, on), Wish::Add).await
    }

    /// Takes a dependency back.
    pub async fn remove_dependency(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, on): (i64, i64),
    ) -> Result<()> {
        self.change_dependency(who, place, (number, on), Wish::Remove).await.map(drop)
    }

    async fn change_dependency(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (number, on): (i64, i64),
        wish: Wish,
    ) -> Result<DependencyView> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        if input::is_own(who, &request.author) {
            let open = self.open_repository::<UpdatingOwnPullRequest>(who, place).await?;
            self.change_dependency_of(&open, &request, on, wish).await
        } else {
            let open = self.open_repository::<UpdatingOthersPullRequest>(who, place).await?;
            self.change_dependency_of(&open, &request, on, wish).await
        }
    }

    async fn change_dependency_of<A>(
        &self,
        open: &OpenRepository<A>,
        request: &PullRequest,
        on: i64,
        wish: Wish,
    ) -> Result<DependencyView> {
        must_be_open(request)?;
        let other = self.store.find_pull_request(request.repository, on).await?;
        let Some(other) = other else {
            return Err(match wish {
                Wish::Add => field(format!("there is no pull request #{on} here")),
                Wish::Remove => Error::NotFound { what: "dependency" },
            });
        };
        match wish {
            Wish::Add => self.depend(open, request, &other).await?,
            Wish::Remove => {
                let payload = json!({ "dependency_removed": on }).to_string();
                let gone = self.store.remove_dependency(&open.by, request, &other, &payload).await;
                if !gone.map_err(|error| if_moved(error, request))? {
                    return Err(Error::NotFound { what: "dependency" });
                }
            }
        }
        self.landings.poke(request.repository);
        Ok(other.into())
    }

    async fn depend<A>(
        &self,
        open: &OpenRepository<A>,
        request: &PullRequest,
        other: &PullRequest,
    ) -> Result<()> {
        let on = other.number;
        if other.id == request.id {
            return Err(field(format!("#{on} is the pull request itself: name another one")));
        }
        if matches!(other.state, PullRequestState::Declined | PullRequestState::Superseded) {
            return Err(field(match other.superseded_by {
                Some(by) => format!("#{on} is superseded by #{by}: name that one"),
                None => format!("#{on} is declined and will not be merged: name another one"),
            }));
        }
        let there = self.store.list_dependencies(request.id, store::PageRequest::ALL).await?.items;
        if there.len() >= MOST && !there.iter().any(|it| it.id == other.id) {
            let message = format!("there are {MOST} dependencies: remove one first");
            return Err(field(message));
        }
        let payload = json!({ "dependency_added": on }).to_string();
        let noted = self.store.add_dependency(&open.by, request, other, &payload).await;
        match noted.map_err(|error| if_moved(error, request))? {
            Depending::Noted | Depending::Already => Ok(()),
            Depending::Circle(way) => Err(field(circle(request.number, &way))),
        }
    }
}

fn field(message: String) -> Error {
    Fields::one("dependency", message)
}

/// `they would wait for each other: #1 for #2, #2 for #1`.
pub(super) fn circle(from: i64, way: &[i64]) -> String {
    let mut waiting = from;
    let steps = way.iter().map(|on| format!("#{} for #{on}", std::mem::replace(&mut waiting, *on)));
    format!("they would wait for each other: {}", steps.collect::<Vec<_>>().join(", "))
}
