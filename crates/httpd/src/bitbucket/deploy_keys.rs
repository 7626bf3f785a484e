//! `…/deploy-keys` of a repository and of a project: access keys in Bitbucket's words. Those are
//! for reading; a key that was given more through our own API is shown all the same.

use super::listing;
use super::shapes::{Links, links};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{AccessKey, NewKey, PlaceName};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::{AccessKeyId, Level};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &["id", "label", "comment", "key", "added_on"];

/// A key, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = DeployKeyInput)]
pub struct DeployKeyInput {
    key: Option<String>,
    label: Option<String>,
}

/// A key of a repository or project.
#[derive(Serialize, ToSchema)]
#[schema(as = DeployKey)]
pub struct DeployKeyBody {
    /// `deploy_key` or `project_deploy_key`.
    #[serde(rename = "type")]
    kind: &'static str,
    id: i64,
    /// The public key, without its comment.
    key: String,
    comment: String,
    label: String,
    added_on: String,
    last_used: Option<String>,
    links: Links,
}

impl DeployKeyBody {
    fn of(it: &AccessKey, place: &PlaceName, origin: &Origin) -> Self {
        let name = place.to_string();
        let (kind, api) = match (place.level(), name.split_once('/')) {
            (Level::Project, Some((workspace, project))) => {
                let api = format!("/2.0/workspaces/{workspace}/projects/{project}");
                ("project_deploy_key", api)
            }
            _ => ("deploy_key", format!("/2.0/repositories/{name}")),
        };
        Self {
            kind,
            id: it.id.0,
            key: it.key.key.clone(),
            comment: it.key.comment.clone(),
            label: it.key.label.clone(),
            added_on: time::show(it.key.created_at),
            last_used: it.key.last_used_at.map(time::show),
            links: links([("self", origin.link(&format!("{api}/deploy-keys/{}", it.id)))]),
        }
    }
}

/// Lists the keys of a repository or project.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/deploy-keys",
    responses((status = 200, body = Paged<DeployKeyBody>)))]
pub async fn list_deploy_keys(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let keys = doors.app.list_access_keys(&who, &place).await?;
    let bodies = keys.iter().map(|it| DeployKeyBody::of(it, &place, &origin));
    listing::answer(&list, bodies, QUERYABLE)
}

/// Adds a key that may read.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/deploy-keys",
    request_body = DeployKeyInput, responses((status = 200, body = DeployKeyBody)))]
pub async fn add_deploy_key(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    JsonBody(input): JsonBody<DeployKeyInput>,
) -> Result<Json<DeployKeyBody>, Problem> {
    let new = NewKey { label: input.label, key: input.key.unwrap_or_default() };
    let key = doors.app.add_access_key(&who, &place, new, "read").await?;
    Ok(Json(DeployKeyBody::of(&key, &place, &origin)))
}

/// Shows a key.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/deploy-keys/{id}",
    responses((status = 200, body = DeployKeyBody)))]
pub async fn get_deploy_key(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    let key = doors.app.access_key(&who, &place, AccessKeyId(id)).await?;
    listing::one(&list, DeployKeyBody::of(&key, &place, &origin))
}

/// Gives a key another label; the key itself stays.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/deploy-keys/{id}",
    request_body = DeployKeyInput, responses((status = 200, body = DeployKeyBody)))]
pub async fn update_deploy_key(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(id): Id,
    JsonBody(input): JsonBody<DeployKeyInput>,
) -> Result<Json<DeployKeyBody>, Problem> {
    let label = input.label.unwrap_or_default();
    let key = doors.app.rename_access_key(&who, &place, AccessKeyId(id), &label).await?;
    Ok(Json(DeployKeyBody::of(&key, &place, &origin)))
}

/// Removes a key.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/deploy-keys/{id}",
    responses((status = 204)))]
pub async fn remove_deploy_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    doors.app.remove_access_key(&who, &place, AccessKeyId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
