//! What a pull request brings: its commits, and where its changes are to be read. As Bitbucket
//! does, diffs are not shown here but at the repository, by the two commits they are of.

use super::super::commits::CommitBody;
use super::super::listing;
use super::super::shapes::NamedRepositoryBody;
use super::super::statuses::{self, StatusBody};
use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::who::Who;
use app::{Asker, Commit, PlaceName, ReadingPullRequests};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use hyper::header::{HeaderName, LOCATION};
use serde_json::Value;

/// An answer that is elsewhere.
type Elsewhere = (StatusCode, [(HeaderName, String); 1]);

/// Lists the commits that a pull request brings, the newest first.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/commits",
    responses((status = 200, body = Paged<CommitBody>)))]
pub async fn list_request_commits(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<Value>, Problem> {
    let open = doors.app.open_repository::<ReadingPullRequests>(&who, &place).await?;
    let range = open.request_range(number).await?;
    let page = open.commits_of(range, list.page()).await?;
    let body = |it: Commit| CommitBody::of(&it, NamedRepositoryBody::of(&open, &origin), &origin);
    listing::page(&list, page.map(body))
}

/// Lists how the builds of a pull request's last commit went.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/statuses",
    responses((status = 200, body = Paged<StatusBody>)))]
pub async fn list_request_statuses(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<Value>, Problem> {
    let open = doors.app.open_repository::<ReadingPullRequests>(&who, &place).await?;
    let commit = open.request_range(number).await?.source().to_string();
    let all = open.build_statuses(&commit, None).await?;
    let body = |it| StatusBody::of(it, NamedRepositoryBody::of(&open, &origin), &origin);
    listing::answer(&list, all.into_iter().map(body), statuses::QUERYABLE)
}

/// Leads to the changes of a pull request.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/diff",
    responses((status = 302)))]
pub async fn get_request_diff(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
) -> Result<Elsewhere, Problem> {
    lead_to("diff", &doors, &who, &origin, (&place, number)).await
}

/// Leads to the files that a pull request changes.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/diffstat",
    responses((status = 302)))]
pub async fn get_request_diffstat(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
) -> Result<Elsewhere, Problem> {
    lead_to("diffstat", &doors, &who, &origin, (&place, number)).await
}

/// Leads to the commits of a pull request as patches.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/patch",
    responses((status = 302)))]
pub async fn get_request_patch(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
) -> Result<Elsewhere, Problem> {
    lead_to("patch", &doors, &who, &origin, (&place, number)).await
}

async fn lead_to(
    what: &str,
    doors: &Doors,
    who: &Asker,
    origin: &Origin,
    (place, number): (&PlaceName, i64),
) -> Result<Elsewhere, Problem> {
    let open = doors.app.open_repository::<ReadingPullRequests>(who, place).await?;
    let spec = open.request_range(number).await?.to_spec();
    let path = open.path();
    // Since the branches parted: what the destination got meanwhile is no change of the request.
    let address =
        format!("/2.0/repositories/{path}/{what}/{spec}?from_pullrequest_id={number}&topic=true");
    Ok((StatusCode::FOUND, [(LOCATION, origin.link(&address))]))
}
