//! What waits to be merged, as people read it.

use crate::error::{Error, Fields, Result};
use crate::open::ReadingPullRequests;
use crate::page::{Page, PageRequest};
use crate::pull_request::view::Person;
use crate::{App, Asker, PlaceName};
use model::{ObjectId, RefName, Timestamp, WaitingWay};
use std::sync::Arc;
use store::{PullRequest, WaitingMerge};

/// A pull request that waits to be merged, with names.
#[derive(Clone, Debug)]
pub struct WaitingMergeView {
    pub waiting: WaitingMerge,
    pub asked_by: Person,
    pub asked_at: Timestamp,
    pub state: WaitingState,
    /// Its place in the queue, from 1.
    pub position: Option<u64>,
}

/// What it waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitingState {
    /// That its commit is made: it was asked for just now, or many are before it.
    Commit,
    /// For those before it in the queue.
    Turn,
    /// For this, which was missing when it was last looked at.
    Missing(Vec<String>),
}

impl WaitingState {
    /// `commit`, `turn` or `checks`.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Commit => "commit",
            Self::Turn => "turn",
            Self::Missing(_) => "checks",
        }
    }

    /// What is missing, as sentences.
    pub fn missing(&self) -> &[String] {
        match self {
            Self::Missing(missing) => missing,
            Self::Commit | Self::Turn => &[],
        }
    }
}

impl WaitingMergeView {
    /// The commit that would land, once it was made.
    pub fn commit(&self) -> Option<ObjectId> {
        self.waiting.queued.map(|it| it.commit)
    }
}

impl App {
    /// What a pull request waits for in this way.
    ///
    /// # Errors
    /// [`Error::NotFound`] where it waits for nothing of the kind.
    pub async fn waiting_merge(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        way: WaitingWay,
    ) -> Result<WaitingMergeView> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let found = self.find_waiting(&request).await?.filter(|it| it.waiting.terms.way == way);
        found.ok_or_else(|| waits_for_nothing(way))
    }

    /// The queue of a branch, the next one first.
    pub async fn merge_queue(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        branch: &str,
        page: PageRequest,
    ) -> Result<Page<WaitingMergeView>> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let name = RefName::branch(branch).map_err(|why| Fields::one("branch", why))?;
        let id = open.repository.id;
        let found = self.store.list_merge_queue(id, &name, page.to_store()).await?;
        if found.size == 0 && self.tip(id, &name).await?.is_none() {
            return Err(Error::NotFound { what: "branch" });
        }
        let mut items = Vec::with_capacity(found.items.len());
        for (place, waiting) in (page.offset() + 1..).zip(found.items) {
            items.push(self.view_waiting(waiting, Some(place)).await?);
        }
        Ok(page.filled(store::Page { items, size: found.size }))
    }

    /// What an open request waits for. For use after the policy has let the asker in.
    pub(crate) async fn find_waiting(
        &self,
        request: &PullRequest,
    ) -> Result<Option<WaitingMergeView>> {
        let found = self.store.find_waiting_merge(request.id).await?;
        let is_open = request.state == model::PullRequestState::Open;
        let Some(waiting) = found.filter(|_| is_open) else { return Ok(None) };
        let place = match waiting.terms.way {
            WaitingWay::Auto => None,
            WaitingWay::Queue => {
                let (id, into) = (waiting.repository, &waiting.terms.destination);
                let all = store::PageRequest::ALL;
                let queue = self.store.list_merge_queue(id, into, all).await?.items;
                let before = queue.iter().filter(|it| it.position < waiting.position).count();
                Some(before as u64 + 1)
            }
        };
        self.view_waiting(waiting, place).await.map(Some)
    }

    async fn view_waiting(
        &self,
        waiting: WaitingMerge,
        position: Option<u64>,
    ) -> Result<WaitingMergeView> {
        let missing = || waiting.missing.lines().map(str::to_owned).collect();
        let state = match (waiting.terms.way, waiting.queued, position) {
            (WaitingWay::Auto, _, _) | (WaitingWay::Queue, Some(_), Some(1)) => {
                WaitingState::Missing(missing())
            }
            (WaitingWay::Queue, Some(_), _) => WaitingState::Turn,
            (WaitingWay::Queue, None, _) => WaitingState::Commit,
        };
        let asked_by = self.person(&waiting.asked_by).await?;
        Ok(WaitingMergeView { asked_at: waiting.asked_at, waiting, asked_by, state, position })
    }
}

pub(super) const fn waits_for_nothing(way: WaitingWay) -> Error {
    Error::NotFound {
        what: match way {
            WaitingWay::Auto => "auto-merge: nobody has asked for one",
            WaitingWay::Queue => "entry: it is in no merge queue",
        },
    }
}
