//! `/repositories/{workspace}/{repository}`: what Bitbucket's API cannot say about a repository.

use crate::bitbucket::repositories::RepositoryBody;
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::origin::Origin;
use crate::place::Place;
use crate::problem::Problem;
use crate::who::Who;
use app::RepositoryChange;
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to change; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = RepositoryChange)]
pub struct RepositoryChangeBody {
    /// Can be read, not pushed to.
    archived: Option<bool>,
    name: Option<String>,
    description: Option<String>,
    is_private: Option<bool>,
    /// `allow_forks`, `no_public_forks` or `no_forks`.
    fork_policy: Option<String>,
    /// The most it may have, in bytes; 0 for what the configuration says. For instance admins.
    size_limit: Option<u64>,
}

/// A repository, as `/2.0` shows it, and what that cannot say.
#[derive(Serialize, ToSchema)]
#[schema(as = RepositoryWithState)]
pub struct RepositoryStateBody {
    #[serde(flatten)]
    repository: RepositoryBody,
    archived: bool,
    /// In bytes; none for what the configuration says.
    size_limit: Option<i64>,
}

/// Changes a repository's settings, or archives it.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}",
    request_body = RepositoryChangeBody, responses((status = 200, body = RepositoryStateBody)))]
pub async fn update_repository(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    KnownBody(body): KnownBody<RepositoryChangeBody>,
) -> Result<Json<RepositoryStateBody>, Problem> {
    let change = RepositoryChange {
        archived: body.archived,
        name: body.name,
        description: body.description,
        is_private: body.is_private,
        fork_policy: body.fork_policy,
        size_limit: body.size_limit,
        ..RepositoryChange::default()
    };
    let view = doors.app.update_repository(&who, &place, change).await?;
    Ok(Json(RepositoryStateBody {
        archived: view.repository.archived,
        size_limit: view.repository.size_limit,
        repository: RepositoryBody::of(&view, &origin),
    }))
}

/// Puts a repository's storage in order; answers when that is done.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/maintenance",
    responses((status = 204)))]
pub async fn maintain_repository(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
) -> Result<StatusCode, Problem> {
    doors.app.maintain_repository(&who, &place).await?;
    Ok(StatusCode::NO_CONTENT)
}
