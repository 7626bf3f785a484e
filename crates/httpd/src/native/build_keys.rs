//! `/repositories/{workspace}/{repository}/build-keys`: whom the keys of build statuses are kept for.

use super::subject::{SubjectBody, SubjectShown};
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::Place;
use crate::problem::Problem;
use crate::who::Who;
use app::{BuildKeyView, Fields};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// All keys that are to be kept for somebody.
#[derive(Deserialize, ToSchema)]
#[schema(as = BuildKeysInput)]
pub struct BuildKeysInput {
    values: Vec<BuildKeyInput>,
}

/// Keys, and who may post them besides administrators.
#[derive(Deserialize, ToSchema)]
struct BuildKeyInput {
    /// A glob over whole keys.
    pattern: String,
    subjects: Vec<SubjectBody>,
}

/// Keys, and who may post them besides administrators.
#[derive(Serialize, ToSchema)]
#[schema(as = BuildKey)]
pub struct BuildKeyBody {
    pattern: String,
    subjects: Vec<SubjectShown>,
}

impl From<BuildKeyView> for BuildKeyBody {
    fn from(view: BuildKeyView) -> Self {
        let subjects = view.subjects.into_iter().map(SubjectShown::from).collect();
        Self { pattern: view.pattern, subjects }
    }
}

/// Lists whom keys are kept for, by pattern.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/build-keys",
    responses((status = 200, body = Paged<BuildKeyBody>)))]
pub async fn list_build_keys(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    list: ListRequest,
) -> Result<Json<Paged<BuildKeyBody>>, Problem> {
    let keys = doors.app.list_build_keys(&who, &place).await?;
    Ok(Json(list.answer(list.page().of(keys.into_iter().map(BuildKeyBody::from)))))
}

/// Says anew whom keys are kept for: all of them, in the place of those that were there.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/build-keys",
    request_body = BuildKeysInput, responses((status = 200, body = Paged<BuildKeyBody>)))]
pub async fn set_build_keys(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    list: ListRequest,
    KnownBody(input): KnownBody<BuildKeysInput>,
) -> Result<Json<Paged<BuildKeyBody>>, Problem> {
    let mut fields = Fields::default();
    let mut keys = Vec::with_capacity(input.values.len());
    for (number, BuildKeyInput { pattern, subjects }) in input.values.into_iter().enumerate() {
        let field = format!("values[{number}].subjects");
        let parse = |it: SubjectBody| it.parse(&field, &mut fields);
        keys.push((pattern, subjects.into_iter().map(parse).collect()));
    }
    fields.check()?;
    let keys = doors.app.set_build_keys(&who, &place, keys).await?;
    Ok(Json(list.answer(list.page().of(keys.into_iter().map(BuildKeyBody::from)))))
}
