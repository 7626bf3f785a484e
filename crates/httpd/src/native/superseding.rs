//! `/repositories/…/pull-requests/{id}/supersede`: another pull request takes the place of one.

use crate::doors::Doors;
use crate::json::KnownBody;
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::who::Who;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which one takes its place.
#[derive(Deserialize, ToSchema)]
#[schema(as = Supersede)]
pub struct SupersedeBody {
    /// The number of an open or merged request of the same repository.
    by: i64,
}

/// A pull request that is superseded.
#[derive(Serialize, ToSchema)]
#[schema(as = SupersededPullRequest)]
pub struct SupersededBody {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its number in the repository.
    id: i64,
    title: String,
    /// `SUPERSEDED`.
    state: &'static str,
    /// The number of the one that took its place.
    superseded_by: Option<i64>,
}

/// Ends a pull request because another one takes its place; whatever waited for it waits for that
/// one.
#[utoipa::path(post,
    path = "/repositories/{workspace}/{repository}/pull-requests/{id}/supersede",
    request_body = SupersedeBody, responses((status = 200, body = SupersededBody)))]
pub async fn supersede_pull_request(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(number): Id,
    KnownBody(body): KnownBody<SupersedeBody>,
) -> Result<Json<SupersededBody>, Problem> {
    let view = doors.app.supersede_pull_request(&who, &place, number, body.by).await?;
    Ok(Json(SupersededBody {
        kind: "pull_request",
        id: view.request.number,
        title: view.request.title,
        state: view.request.state.as_str(),
        superseded_by: view.request.superseded_by,
    }))
}
