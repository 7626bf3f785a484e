//! `/refusals/{id}` and `/repositories/…/refusals`: what was refused, and why.

use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::place::Place;
use crate::problem::Problem;
use crate::refusal::RefusalBody;
use crate::who::Who;
use axum::Json;
use axum::extract::{Path, State};

/// Shows the record of a refusal, to the one who was refused and to administrators.
#[utoipa::path(get, path = "/refusals/{id}", responses((status = 200, body = RefusalBody)))]
pub async fn get_refusal(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<Json<RefusalBody>, Problem> {
    Ok(Json(RefusalBody::of(&doors.app.refusal(&who, &id).await?)))
}

/// Lists the refusals of a repository, newest first: administrators see all, others their own.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/refusals",
    responses((status = 200, body = Paged<RefusalBody>)))]
pub async fn list_refusals(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    list: ListRequest,
) -> Result<Json<Paged<RefusalBody>>, Problem> {
    let page = doors.app.list_refusals(&who, &place, list.page()).await?;
    Ok(Json(list.answer(page.map(|it| RefusalBody::of(&it)))))
}
