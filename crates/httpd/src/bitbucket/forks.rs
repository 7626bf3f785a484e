//! `/2.0/repositories/{workspace}/{repository}/forks`.

use super::listing;
use super::repositories::{QUERYABLE, RepositoryBody, RepositoryInput};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::Place;
use crate::problem::Problem;
use crate::who::Who;
use app::RepositoryView;
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A fork, as clients send it: a repository, and the workspace that gets it.
#[derive(Deserialize, ToSchema)]
#[schema(as = ForkInput)]
pub struct ForkInput {
    workspace: Option<WorkspaceNamed>,
    #[serde(flatten)]
    repository: RepositoryInput,
}

/// A workspace, by either of its names.
#[derive(Deserialize, ToSchema)]
struct WorkspaceNamed {
    slug: Option<String>,
    uuid: Option<String>,
}

/// Lists the forks that the caller may see, the oldest first.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/forks",
    responses((status = 200, body = Paged<RepositoryBody>)))]
pub async fn list_forks(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let body = |it: RepositoryView| RepositoryBody::of(&it, &origin);
    listing::paged(&list, QUERYABLE, |page| doors.app.list_forks(&who, &place, page), body).await
}

/// Makes a fork; answers when everything is copied.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/forks",
    request_body = ForkInput, responses((status = 201, body = RepositoryBody)))]
pub async fn create_fork(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    JsonBody(input): JsonBody<ForkInput>,
) -> Result<(StatusCode, Json<RepositoryBody>), Problem> {
    let workspace = input.workspace.and_then(|it| it.slug.or(it.uuid));
    let new = input.repository.into_fork(workspace);
    let view = doors.app.fork_repository(&who, &place, new).await?;
    let parent = doors.app.parent_of(&who, &view.repository).await?;
    let body = RepositoryBody::of(&view, &origin).with_parent(parent.as_ref(), &origin);
    Ok((StatusCode::CREATED, Json(body)))
}
