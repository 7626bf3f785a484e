//! `…/approve` and `…/request-changes`: what the caller thinks of a pull request.

use super::shapes::ParticipantBody;
use crate::doors::Doors;
use crate::origin::Origin;
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::who::Who;
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::ReviewState;

/// Approves a pull request.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/approve",
    responses((status = 200, body = ParticipantBody)))]
pub async fn approve_pull_request(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<ParticipantBody>, Problem> {
    let review = ReviewState::Approved;
    let view = doors.app.review_pull_request(&who, &place, number, review).await?;
    Ok(Json(ParticipantBody::of(&view, &origin)))
}

/// Takes the caller's approval back.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/approve",
    responses((status = 204)))]
pub async fn unapprove_pull_request(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(number): Id,
) -> Result<StatusCode, Problem> {
    doors.app.withdraw_review(&who, &place, number, ReviewState::Approved).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for changes.
#[utoipa::path(post,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/request-changes",
    responses((status = 200, body = ParticipantBody)))]
pub async fn request_changes(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<ParticipantBody>, Problem> {
    let review = ReviewState::ChangesRequested;
    let view = doors.app.review_pull_request(&who, &place, number, review).await?;
    Ok(Json(ParticipantBody::of(&view, &origin)))
}

/// Takes the caller's request for changes back.
#[utoipa::path(delete,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/request-changes",
    responses((status = 204)))]
pub async fn withdraw_request_for_changes(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(number): Id,
) -> Result<StatusCode, Problem> {
    doors.app.withdraw_review(&who, &place, number, ReviewState::ChangesRequested).await?;
    Ok(StatusCode::NO_CONTENT)
}
