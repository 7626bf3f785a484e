//! `…/activity`: what happened to pull requests, in Bitbucket's four kinds of entry.

use super::super::listing;
use super::super::shapes::AccountBody;
use super::comments::{CommentBody, RequestName};
use super::shapes::EndBody;
use crate::doors::Doors;
use crate::list::{ListRequest, Paged, gather};
use crate::origin::Origin;
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{ActivityView, PlaceName};
use axum::Json;
use axum::extract::State;
use model::ActivityKind;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &["update", "approval", "changes_requested", "comment", "pull_request"];

/// One of `update`, `approval`, `changes_requested` and `comment`.
#[derive(Serialize, ToSchema)]
#[schema(as = Activity)]
pub struct ActivityBody {
    pull_request: RequestName,
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<UpdateBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<ReviewBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes_requested: Option<ReviewBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<CommentBody>,
}

/// A change of the request itself. What the change was not about is shown as it is now.
#[derive(Serialize, ToSchema)]
struct UpdateBody {
    /// As the change left it.
    state: &'static str,
    draft: bool,
    title: String,
    description: String,
    reason: String,
    /// Who made the change.
    author: AccountBody,
    date: String,
    source: EndBody,
    destination: EndBody,
    /// The new text of what was changed, by name.
    #[schema(value_type = Object)]
    changes: Value,
}

/// An approval, or a request for changes.
#[derive(Serialize, ToSchema)]
struct ReviewBody {
    date: String,
    user: AccountBody,
    pullrequest: RequestName,
}

impl ActivityBody {
    fn of(view: &ActivityView, origin: &Origin) -> Self {
        let here = view.request.destination.repository.as_ref();
        let full_name = here.map(|it| it.0.to_string()).unwrap_or_default();
        let name = || RequestName::of(&view.request.request, &full_name, origin);
        let review = |kind| {
            (view.kind == kind).then(|| ReviewBody {
                date: time::show(view.at),
                user: AccountBody::of_person(&view.by, origin),
                pullrequest: name(),
            })
        };
        let approval = review(ActivityKind::Approved);
        let changes_requested = review(ActivityKind::ChangesRequested);
        let comment = view.comment.as_ref().map(|it| CommentBody::of(it, origin));
        let is_update = approval.is_none() && changes_requested.is_none() && comment.is_none();
        Self {
            pull_request: name(),
            update: is_update.then(|| UpdateBody::of(view, &full_name, origin)),
            approval,
            changes_requested,
            comment,
        }
    }
}

impl UpdateBody {
    fn of(view: &ActivityView, full_name: &str, origin: &Origin) -> Self {
        let request = &view.request.request;
        let text = |name: &str| view.change[name].as_str().map(str::to_owned);
        let (mut source, mut destination) =
            (view.request.source.clone(), view.request.destination.clone());
        let commit = |name| text(name).and_then(|it| model::ObjectId::parse(it.as_bytes()).ok());
        source.commit = commit("source").unwrap_or(source.commit);
        destination.commit = commit("destination").unwrap_or(destination.commit);
        let changed = ["title", "description"].into_iter().filter_map(|name| {
            let new = text(name).filter(|_| view.kind == ActivityKind::Updated)?;
            Some((name.to_owned(), serde_json::json!({ "new": new })))
        });
        Self {
            state: state_after(view.kind),
            draft: request.draft,
            title: text("title").unwrap_or_else(|| request.title.clone()),
            description: text("description").unwrap_or_else(|| request.description.clone()),
            reason: text("reason").unwrap_or_default(),
            author: AccountBody::of_person(&view.by, origin),
            date: time::show(view.at),
            source: EndBody::of(&source, full_name, origin),
            destination: EndBody::of(&destination, full_name, origin),
            changes: Value::Object(changed.collect()),
        }
    }
}

fn state_after(kind: ActivityKind) -> &'static str {
    match kind {
        ActivityKind::Declined => "DECLINED",
        ActivityKind::Superseded => "SUPERSEDED",
        ActivityKind::Merged => "MERGED",
        ActivityKind::Created
        | ActivityKind::Updated
        | ActivityKind::Approved
        | ActivityKind::Unapproved
        | ActivityKind::ChangesRequested
        | ActivityKind::ChangesRequestRemoved
        | ActivityKind::Commented
        | ActivityKind::CommentUpdated
        | ActivityKind::CommentDeleted
        | ActivityKind::CommentResolved
        | ActivityKind::CommentReopened
        | ActivityKind::TaskCreated
        | ActivityKind::TaskUpdated
        | ActivityKind::TaskDeleted
        | ActivityKind::AutoMergeAsked
        | ActivityKind::AutoMergeEnded
        | ActivityKind::Queued
        | ActivityKind::Unqueued => "OPEN",
    }
}

/// Lists what happened to the pull requests into a repository, the newest first.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/activity",
    responses((status = 200, body = Paged<ActivityBody>)))]
pub async fn list_repository_activity(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    answer(&doors, &who, &origin, &list, (&place, None)).await
}

/// Lists what happened to a pull request, the newest first.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/activity",
    responses((status = 200, body = Paged<ActivityBody>)))]
pub async fn list_activity(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<Value>, Problem> {
    answer(&doors, &who, &origin, &list, (&place, Some(number))).await
}

async fn answer(
    doors: &Doors,
    who: &app::Asker,
    origin: &Origin,
    list: &ListRequest,
    (place, number): (&PlaceName, Option<i64>),
) -> Result<Json<Value>, Problem> {
    let body = |it: ActivityView| ActivityBody::of(&it, origin);
    let fetch = |page| doors.app.list_activity(who, place, number, page);
    if list.is_plain() {
        return listing::page(list, fetch(list.page()).await?.map(body));
    }
    let all = gather(fetch).await?;
    listing::answer(list, all.into_iter().map(body), QUERYABLE)
}
