//! Pull requests merged, at once or while the client does something else.

use super::shapes::PullRequestBody;
use crate::bitbucket::input;
use crate::bitbucket::shapes::{Links, links};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::ListRequest;
use crate::origin::Origin;
use crate::place::{Id, Path, Place};
use crate::problem::{Past, Problem};
use crate::who::Who;
use app::{Fields, Merge, MergeTask, PlaceName};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use hyper::StatusCode;
use hyper::header::LOCATION;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How to merge, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = PullRequestMergeParameters)]
pub struct MergeInput {
    /// At most 128 KiB.
    message: Option<String>,
    /// What the pull request says, if it is left out.
    #[serde(default, deserialize_with = "input::flag")]
    close_source_branch: Option<bool>,
    /// `merge_commit`, `squash`, `fast_forward`, `squash_fast_forward`, `rebase_fast_forward` or
    /// `rebase_merge`.
    merge_strategy: Option<String>,
}

/// How far a merge is that nobody waits for.
#[derive(Serialize, ToSchema)]
#[schema(as = MergeTaskStatus)]
pub struct MergeTaskBody {
    /// `PENDING` or `SUCCESS`.
    task_status: &'static str,
    links: Links,
    #[serde(skip_serializing_if = "Option::is_none")]
    merge_result: Option<PullRequestBody>,
}

/// Merges a pull request. With `?async=true` the answer comes at once, and says where to ask.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/merge",
    request_body = MergeInput,
    params(("async" = Option<bool>, Query, description = "do not wait for the merge")),
    responses((status = 200, body = PullRequestBody), (status = 202), (status = 409)))]
pub async fn merge_pull_request(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Id(number): Id,
    JsonBody(input): JsonBody<MergeInput>,
) -> Result<Response, Problem> {
    let merge = Merge {
        strategy: input.merge_strategy,
        message: input.message,
        close_source_branch: input.close_source_branch,
    };
    let mut fields = Fields::default();
    let in_background = list.flag("async", &mut fields).unwrap_or(false);
    fields.check()?;
    if in_background {
        let id = doors.app.start_merge(&who, &place, number, merge).await?;
        let headers = [(LOCATION, origin.link(&task_path(&place, number, &id)))];
        return Ok((StatusCode::ACCEPTED, headers).into_response());
    }
    let merged = doors.app.merge_pull_request(&who, &place, number, merge).await?;
    Ok(Json(PullRequestBody::of(&merged.request, &origin)).into_response())
}

fn task_path(place: &PlaceName, number: i64, id: &str) -> String {
    format!("/2.0/repositories/{place}/pullrequests/{number}/merge/task-status/{id}")
}

/// `{task_id}` of a path.
#[derive(Deserialize)]
pub struct Task {
    task_id: String,
}

/// Says how far a merge is that was begun with `?async=true`. One that was refused or has failed
/// answers as it would have answered whoever had waited for it.
#[utoipa::path(get,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/merge/task-status/{task_id}",
    responses((status = 200, body = MergeTaskBody), (status = 400), (status = 403),
        (status = 409)))]
pub async fn get_merge_task(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
    Path(Task { task_id: id }): Path<Task>,
) -> Result<Response, Problem> {
    let task = doors.app.merge_task(&who, &place, number, &id).await?;
    let links = links([("self", origin.link(&task_path(&place, number, &id)))]);
    let (task_status, merge_result) = match task {
        MergeTask::Pending => ("PENDING", None),
        MergeTask::Merged(it) => ("SUCCESS", Some(PullRequestBody::of(&it.request, &origin))),
        MergeTask::Failed(error) => return Ok(Past(*error).into_response()),
    };
    Ok(Json(MergeTaskBody { task_status, links, merge_result }).into_response())
}
