//! `/refusals/{id}` and `/repositories/…/refusals`: what was refused, and why.

use super::explain::StepBody;
use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::place::{Path, Place};
use crate::problem::Problem;
use crate::refusal::RefusalBody;
use crate::who::Who;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// A refusal as it was recorded: with how it was reached.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordedRefusal)]
pub struct RecordBody {
    #[serde(flatten)]
    refusal: RefusalBody,
    /// Every layer, in order. Empty when the place may not be known.
    trace: Vec<StepBody>,
}

/// Shows the record of a refusal, to the one who was refused and to administrators.
#[utoipa::path(get, path = "/refusals/{id}", responses((status = 200, body = RecordBody)))]
pub async fn get_refusal(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<Json<RecordBody>, Problem> {
    let record = doors.app.refusal(&who, &id).await?;
    let refusal = RefusalBody::of(&record);
    Ok(Json(RecordBody { refusal, trace: record.trace.into_iter().map(StepBody::from).collect() }))
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
