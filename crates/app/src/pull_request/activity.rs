//! What happened to pull requests, as people read it: changes, reviews and comments, the newest
//! first. What was taken back since is not told again.

use super::comment::CommentView;
use super::view::{Person, PullRequestView};
use crate::error::Result;
use crate::open::{OpenRepository, ReadingPullRequests};
use crate::page::{Page, PageRequest};
use crate::{App, Asker, PlaceName};
use model::{ActivityKind, PullRequestId, Timestamp};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Activity;

/// What Bitbucket tells of, and what became of merges that were to happen later. The rest is for
/// programs that listen.
const TOLD: [ActivityKind; 12] = [
    ActivityKind::Created,
    ActivityKind::Updated,
    ActivityKind::Approved,
    ActivityKind::ChangesRequested,
    ActivityKind::Commented,
    ActivityKind::Declined,
    ActivityKind::Superseded,
    ActivityKind::Merged,
    ActivityKind::AutoMergeAsked,
    ActivityKind::AutoMergeEnded,
    ActivityKind::Queued,
    ActivityKind::Unqueued,
];

/// One line of history, with names.
#[derive(Clone, Debug)]
pub struct ActivityView {
    pub by: Person,
    pub at: Timestamp,
    pub kind: ActivityKind,
    /// What was said; of comments only.
    pub comment: Option<CommentView>,
    /// What changed: JSON.
    pub change: Value,
    /// The request as it is now.
    pub request: PullRequestView,
}

impl App {
    /// What happened to the requests into a repository, or to the one of this number.
    pub async fn list_activity(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: Option<i64>,
        page: PageRequest,
    ) -> Result<Page<ActivityView>> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = match number {
            Some(number) => Some(self.find_request(&open, number).await?.id),
            None => None,
        };
        let here = open.repository.id;
        let found = self.store.list_activity(here, request, &TOLD, page.to_store()).await?;
        let mut requests = BTreeMap::new();
        let mut items = Vec::with_capacity(found.items.len());
        for line in found.items {
            // Whatever went in the meantime is not shown.
            items.extend(self.view_activity(&open, line, &mut requests).await?);
        }
        Ok(page.filled(store::Page { items, size: found.size }))
    }

    async fn view_activity(
        self: &Arc<Self>,
        open: &OpenRepository<ReadingPullRequests>,
        line: Activity,
        requests: &mut BTreeMap<PullRequestId, PullRequestView>,
    ) -> Result<Option<ActivityView>> {
        let request = match requests.get(&line.request) {
            Some(known) => known.clone(),
            None => {
                let Some(request) = self.store.find_pull_request_by_id(line.request).await? else {
                    return Ok(None);
                };
                let here = (&open.workspace, &open.repository);
                let view = self.view_request(&open.who, here, request, false).await?;
                requests.insert(line.request, view.clone());
                view
            }
        };
        let comment = match (line.kind, line.comment) {
            (ActivityKind::Commented, Some(id)) => {
                let me = open.who.principal_name();
                let found = self.store.find_comment(line.request, &me, id).await?;
                let Some(found) = found else { return Ok(None) };
                Some(self.view_comment(open, &request.request, found).await?)
            }
            _ => None,
        };
        let by = self.person(&line.by).await?;
        // Written by this program; what cannot be read leaves the line without its details.
        let change = serde_json::from_str(&line.payload).unwrap_or_default();
        Ok(Some(ActivityView { by, at: line.at, kind: line.kind, comment, change, request }))
    }
}
