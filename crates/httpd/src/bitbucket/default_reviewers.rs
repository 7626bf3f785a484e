//! `…/default-reviewers` of a repository and of a project, and who of both counts for a repository.

use super::listing;
use super::shapes::AccountBody;
use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::{Path, Place, User};
use crate::problem::Problem;
use crate::who::Who;
use app::Profile;
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::Level;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &["uuid", "username", "nickname", "display_name"];

/// A default reviewer with whose they are.
#[derive(Serialize, ToSchema)]
#[schema(as = DefaultReviewer)]
pub struct DefaultReviewerBody {
    #[serde(rename = "type")]
    kind: &'static str,
    /// `repository` or `project`.
    reviewer_type: &'static str,
    user: AccountBody,
}

impl DefaultReviewerBody {
    fn of(user: &Profile, level: Level, origin: &Origin) -> Self {
        let user = AccountBody::of_profile(user, origin);
        Self { kind: "default_reviewer", reviewer_type: level.as_str(), user }
    }
}

/// Lists whom a repository names itself.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/default-reviewers",
    responses((status = 200, body = Paged<AccountBody>)))]
pub async fn list_default_reviewers(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let users = doors.app.list_default_reviewers(&who, &place).await?;
    let bodies = users.iter().map(|it| AccountBody::of_profile(it, &origin));
    listing::answer(&list, bodies, QUERYABLE)
}

/// Lists whom a project names.
#[utoipa::path(get, path = "/workspaces/{workspace}/projects/{project}/default-reviewers",
    responses((status = 200, body = Paged<DefaultReviewerBody>)))]
pub async fn list_project_default_reviewers(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let users = doors.app.list_default_reviewers(&who, &place).await?;
    let bodies = users.iter().map(|it| DefaultReviewerBody::of(it, Level::Project, &origin));
    listing::answer(&list, bodies, &["reviewer_type", "user"])
}

/// Lists whom a repository and its project name: every new pull request asks them.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/effective-default-reviewers",
    responses((status = 200, body = Paged<DefaultReviewerBody>)))]
pub async fn list_effective_default_reviewers(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let all = doors.app.list_effective_default_reviewers(&who, &place).await?;
    let bodies = all.iter().map(|it| DefaultReviewerBody::of(&it.user, it.level, &origin));
    listing::answer(&list, bodies, &["reviewer_type", "user"])
}

/// Shows a user, if they are a default reviewer.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/default-reviewers/{user}",
    responses((status = 200, body = AccountBody)))]
pub async fn get_default_reviewer(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(User { user }): Path<User>,
) -> Result<Json<Value>, Problem> {
    let user = doors.app.default_reviewer(&who, &place, &user).await?;
    listing::one(&list, AccountBody::of_profile(&user, &origin))
}

/// Names a user. Nothing happens if they are a default reviewer already.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/default-reviewers/{user}",
    responses((status = 200, body = AccountBody)))]
pub async fn add_default_reviewer(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Path(User { user }): Path<User>,
) -> Result<Json<AccountBody>, Problem> {
    let user = doors.app.add_default_reviewer(&who, &place, &user).await?;
    Ok(Json(AccountBody::of_profile(&user, &origin)))
}

/// Takes a user from the default reviewers.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/default-reviewers/{user}",
    responses((status = 204)))]
pub async fn remove_default_reviewer(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Path(User { user }): Path<User>,
) -> Result<StatusCode, Problem> {
    doors.app.remove_default_reviewer(&who, &place, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
