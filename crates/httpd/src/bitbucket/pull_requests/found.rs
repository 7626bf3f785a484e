//! Pull requests by who opened them, and by a commit that they bring.

use super::super::listing;
use super::requests::{QUERYABLE, wanted};
use super::shapes::PullRequestBody;
use crate::doors::Doors;
use crate::list::{ListRequest, Paged, gather};
use crate::origin::Origin;
use crate::place::{Commit, Path, Place, User};
use crate::problem::Problem;
use crate::who::Who;
use app::PullRequestView;
use axum::Json;
use axum::extract::State;
use serde_json::Value;

/// Lists what a user has opened in a workspace, the newest first; the open ones, unless `state` or
/// `q` ask for others.
#[utoipa::path(get, path = "/workspaces/{workspace}/pullrequests/{user}",
    responses((status = 200, body = Paged<PullRequestBody>)))]
pub async fn list_pull_requests_of_user(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(User { user }): Path<User>,
) -> Result<Json<Value>, Problem> {
    let states = wanted(&list)?.states;
    let body = |it: PullRequestView| PullRequestBody::listed(&it, &origin);
    let fetch = |page| doors.app.list_pull_requests_of(&who, &place, &user, (&states, page));
    if list.is_plain() {
        return listing::page(&list, fetch(list.page()).await?.map(body));
    }
    let all = gather(fetch).await?;
    listing::answer(&list, all.into_iter().map(body), QUERYABLE)
}

/// Lists the pull requests that bring a commit, whatever became of them.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/commit/{commit}/pullrequests",
    responses((status = 200, body = Paged<PullRequestBody>)))]
pub async fn list_pull_requests_of_commit(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(Commit { commit }): Path<Commit>,
) -> Result<Json<Value>, Problem> {
    let found = doors.app.list_pull_requests_with(&who, &place, &commit, list.page()).await?;
    listing::page(&list, found.map(|it| PullRequestBody::listed(&it, &origin)))
}
