//! `…/pull-requests/{id}/auto-merge`, `…/queue` and `…/merge-queue/{name}`: merges that happen
//! later, asked for, looked at and taken back.

use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::{Id, Path, Place};
use crate::problem::Problem;
use crate::time;
use crate::uuid::braced;
use crate::who::Who;
use app::{AskedMerge, Asker, Merge, PlaceName, WaitingMergeView};
use axum::Json;
use axum::extract::{FromRequestParts, State};
use hyper::StatusCode;
use hyper::http::request::Parts;
use model::{ObjectId, WaitingWay};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How to merge when the time comes.
#[derive(Deserialize, ToSchema)]
#[schema(as = WaitingMergeInput)]
pub struct WaitingInput {
    /// The usual one of the destination, if it is left out.
    merge_strategy: Option<String>,
    /// At most 128 KiB.
    message: Option<String>,
    /// What the pull request says, if it is left out.
    close_source_branch: Option<bool>,
}

/// What came of asking.
#[derive(Serialize, ToSchema)]
#[schema(as = AskedMerge)]
pub struct AskedBody {
    /// Was nothing missing, so that it is merged already?
    merged: bool,
    /// What the merge made of the destination.
    merge_commit: Option<String>,
    /// What it waits for otherwise.
    waiting: Option<WaitingBody>,
}

/// A pull request that waits to be merged.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitingMerge)]
pub struct WaitingBody {
    /// Its number.
    pull_request: i64,
    /// `auto`: it merges itself once nothing is missing; `queue`: in its turn.
    way: &'static str,
    /// What it waits for: `checks`, those before it (`turn`), or that its commit is made (`commit`).
    state: &'static str,
    /// What was missing when it was last looked at, as sentences.
    missing: Vec<String>,
    /// Its place in the queue, from 1.
    position: Option<u64>,
    /// The commits that are meant: others are not merged.
    source: String,
    destination: String,
    /// What the queued commit was made on.
    base: Option<String>,
    /// What would land: in `refs/pull-requests/N/queue`, for builds.
    commit: Option<String>,
    /// `null` for the usual one.
    merge_strategy: Option<&'static str>,
    asked_by: AskedByBody,
    asked_on: String,
}

/// Whoever it is merged for.
#[derive(Serialize, ToSchema)]
#[schema(as = AskedBy)]
struct AskedByBody {
    uuid: String,
    /// The user name, or the name of the token.
    name: String,
    display_name: String,
}

impl From<WaitingMergeView> for WaitingBody {
    fn from(view: WaitingMergeView) -> Self {
        let (waiting, terms) = (&view.waiting, &view.waiting.terms);
        let text = |it: ObjectId| it.to_string();
        Self {
            pull_request: waiting.number,
            way: terms.way.as_str(),
            state: view.state.as_str(),
            missing: view.state.missing().to_vec(),
            position: view.position,
            source: terms.source_commit.to_string(),
            destination: terms.destination.short().to_owned(),
            base: waiting.queued.map(|it| text(it.base)),
            commit: waiting.queued.map(|it| text(it.commit)),
            merge_strategy: terms.strategy.map(model::MergeStrategy::as_str),
            asked_on: time::show(view.asked_at),
            asked_by: AskedByBody {
                uuid: braced(&view.asked_by.uuid),
                name: view.asked_by.name,
                display_name: view.asked_by.display_name,
            },
        }
    }
}

impl From<AskedMerge> for AskedBody {
    fn from(asked: AskedMerge) -> Self {
        match asked {
            AskedMerge::Merged(merged) => {
                let commit = merged.request.request.merge_commit;
                let merge_commit = commit.map(|it| it.to_string());
                Self { merged: true, merge_commit, waiting: None }
            }
            AskedMerge::Waits(view) => {
                Self { merged: false, merge_commit: None, waiting: Some((*view).into()) }
            }
        }
    }
}

/// A pull request that somebody asks about, however it is to be merged later.
pub struct Asked {
    doors: Doors,
    who: Asker,
    place: PlaceName,
    number: i64,
}

impl FromRequestParts<Doors> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let Who(who) = Who::from_request_parts(parts, doors).await?;
        let Place(place) = Place::from_request_parts(parts, doors).await?;
        let Id(number) = Id::from_request_parts(parts, doors).await?;
        Ok(Self { doors: doors.clone(), who, place, number })
    }
}

impl Asked {
    async fn ask(self, way: WaitingWay, input: WaitingInput) -> Result<Json<AskedBody>, Problem> {
        let Self { doors, who, place, number } = self;
        let merge = Merge {
            strategy: input.merge_strategy,
            message: input.message,
            close_source_branch: input.close_source_branch,
        };
        Ok(Json(doors.app.ask_for_merge(&who, &place, number, (way, merge)).await?.into()))
    }

    async fn get(self, way: WaitingWay) -> Result<Json<WaitingBody>, Problem> {
        let Self { doors, who, place, number } = self;
        Ok(Json(doors.app.waiting_merge(&who, &place, number, way).await?.into()))
    }

    async fn cancel(self, way: WaitingWay) -> Result<StatusCode, Problem> {
        let Self { doors, who, place, number } = self;
        doors.app.cancel_waiting_merge(&who, &place, number, way).await?;
        Ok(StatusCode::NO_CONTENT)
    }
}

/// Asks that a pull request merge itself as soon as nothing is missing. Where nothing is, it is
/// merged at once.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/pull-requests/{id}/auto-merge",
    request_body = WaitingInput, responses((status = 200, body = AskedBody), (status = 409)))]
pub async fn ask_for_auto_merge(
    asked: Asked,
    KnownBody(input): KnownBody<WaitingInput>,
) -> Result<Json<AskedBody>, Problem> {
    asked.ask(WaitingWay::Auto, input).await
}

/// Says what a pull request waits for that is to merge itself.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pull-requests/{id}/auto-merge",
    responses((status = 200, body = WaitingBody), (status = 404)))]
pub async fn get_auto_merge(asked: Asked) -> Result<Json<WaitingBody>, Problem> {
    asked.get(WaitingWay::Auto).await
}

/// Takes back that a pull request is to merge itself.
#[utoipa::path(delete,
    path = "/repositories/{workspace}/{repository}/pull-requests/{id}/auto-merge",
    responses((status = 204), (status = 404)))]
pub async fn cancel_auto_merge(asked: Asked) -> Result<StatusCode, Problem> {
    asked.cancel(WaitingWay::Auto).await
}

/// Puts a pull request at the end of the merge queue of its destination.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/pull-requests/{id}/queue",
    request_body = WaitingInput, responses((status = 200, body = AskedBody), (status = 409)))]
pub async fn enter_queue(
    asked: Asked,
    KnownBody(input): KnownBody<WaitingInput>,
) -> Result<Json<AskedBody>, Problem> {
    asked.ask(WaitingWay::Queue, input).await
}

/// Says how far a pull request is in its merge queue.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pull-requests/{id}/queue",
    responses((status = 200, body = WaitingBody), (status = 404)))]
pub async fn get_queue_entry(asked: Asked) -> Result<Json<WaitingBody>, Problem> {
    asked.get(WaitingWay::Queue).await
}

/// Takes a pull request out of its merge queue. Those behind it are made anew.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/pull-requests/{id}/queue",
    responses((status = 204), (status = 404)))]
pub async fn leave_queue(asked: Asked) -> Result<StatusCode, Problem> {
    asked.cancel(WaitingWay::Queue).await
}

/// `{name}` of a path: the branch that a queue leads to.
#[derive(Deserialize)]
pub struct Destination {
    name: String,
}

/// Lists the merge queue of a branch, the next one first.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/merge-queue/{name}",
    responses((status = 200, body = Paged<WaitingBody>), (status = 404)))]
pub async fn list_merge_queue(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Path(Destination { name }): Path<Destination>,
    list: ListRequest,
) -> Result<Json<Paged<WaitingBody>>, Problem> {
    let page = doors.app.merge_queue(&who, &place, &name, list.page()).await?;
    Ok(Json(list.answer(page.map(WaitingBody::from))))
}
