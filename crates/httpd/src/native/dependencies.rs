//! `/repositories/…/pull-requests/{id}/dependencies`: what has to be merged before a pull request.

use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::place::{Id, Place, Within};
use crate::problem::Problem;
use crate::who::Who;
use app::DependencyView;
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// A pull request that another one depends on.
#[derive(Serialize, ToSchema)]
#[schema(as = Dependency)]
pub struct DependencyBody {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its number in the repository.
    id: i64,
    title: String,
    /// `OPEN`, `MERGED`, `DECLINED` or `SUPERSEDED`; it has been waited for once it is `MERGED`.
    state: &'static str,
}

impl From<DependencyView> for DependencyBody {
    fn from(it: DependencyView) -> Self {
        Self { kind: "dependency", id: it.number, title: it.title, state: it.state.as_str() }
    }
}

/// Lists what a pull request depends on, by number, whatever became of it.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pull-requests/{id}/dependencies",
    responses((status = 200, body = Paged<DependencyBody>)))]
pub async fn list_dependencies(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(number): Id,
    list: ListRequest,
) -> Result<Json<Paged<DependencyBody>>, Problem> {
    let page = doors.app.list_dependencies(&who, &place, number, list.page()).await?;
    Ok(Json(list.answer(page.map(DependencyBody::from))))
}

/// Makes a pull request depend on another one. Nothing happens if it does.
#[utoipa::path(put,
    path = "/repositories/{workspace}/{repository}/pull-requests/{id}/dependencies/{dependency}",
    responses((status = 200, body = DependencyBody)))]
pub async fn add_dependency(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Within(numbers): Within,
) -> Result<Json<DependencyBody>, Problem> {
    Ok(Json(doors.app.add_dependency(&who, &place, numbers).await?.into()))
}

/// Takes a dependency back.
#[utoipa::path(delete,
    path = "/repositories/{workspace}/{repository}/pull-requests/{id}/dependencies/{dependency}",
    responses((status = 204)))]
pub async fn remove_dependency(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Within(numbers): Within,
) -> Result<StatusCode, Problem> {
    doors.app.remove_dependency(&who, &place, numbers).await?;
    Ok(StatusCode::NO_CONTENT)
}
