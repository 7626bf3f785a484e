//! `/2.0/users/{user}/ssh-keys`: personal SSH keys, named by UUID.

use super::listing;
use super::shapes::{AccountBody, Links, links};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::problem::Problem;
use crate::time;
use crate::uuid::braced;
use crate::who::Who;
use app::{NewKey, UserKey};
use axum::Json;
use axum::extract::{Path, State};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &["uuid", "label", "comment", "key", "fingerprint", "created_on"];

/// A key, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = SshKeyInput)]
pub struct SshKeyInput {
    key: Option<String>,
    label: Option<String>,
}

/// A key of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = SshKey)]
pub struct SshKeyBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    /// The public key, without its comment.
    key: String,
    comment: String,
    label: String,
    /// SHA-256 in base64, without a prefix.
    fingerprint: String,
    owner: AccountBody,
    created_on: String,
    last_used: Option<String>,
    /// Keys do not expire.
    expires_on: Option<String>,
    links: Links,
}

impl SshKeyBody {
    fn of(it: &UserKey, origin: &Origin) -> Self {
        let UserKey { key: it, owner } = it;
        let api = format!("/2.0/users/{}/ssh-keys/", braced(&owner.uuid));
        let uuid = braced(&it.uuid);
        Self {
            kind: "ssh_key",
            key: it.key.key.clone(),
            comment: it.key.comment.clone(),
            label: it.key.label.clone(),
            fingerprint: it.key.fingerprint.as_str().trim_start_matches("SHA256:").to_owned(),
            owner: AccountBody::of_profile(owner, origin),
            created_on: time::show(it.key.created_at),
            last_used: it.key.last_used_at.map(time::show),
            expires_on: None,
            links: links([("self", origin.link_to(&api, &uuid))]),
            uuid,
        }
    }
}

/// Lists a user's SSH keys.
#[utoipa::path(get, path = "/users/{user}/ssh-keys",
    responses((status = 200, body = Paged<SshKeyBody>)))]
pub async fn list_ssh_keys(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path(user): Path<String>,
) -> Result<Json<Value>, Problem> {
    let keys = doors.app.list_ssh_keys(&who, &user).await?;
    let bodies = keys.iter().map(|it| SshKeyBody::of(it, &origin));
    listing::answer(&list, bodies, QUERYABLE)
}

/// Adds an SSH key.
#[utoipa::path(post, path = "/users/{user}/ssh-keys", request_body = SshKeyInput,
    responses((status = 201, body = SshKeyBody)))]
pub async fn add_ssh_key(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Path(user): Path<String>,
    JsonBody(input): JsonBody<SshKeyInput>,
) -> Result<(StatusCode, Json<SshKeyBody>), Problem> {
    let new = NewKey { label: input.label, key: input.key.unwrap_or_default() };
    let key = doors.app.add_ssh_key(&who, &user, new).await?;
    Ok((StatusCode::CREATED, Json(SshKeyBody::of(&key, &origin))))
}

/// Shows an SSH key.
#[utoipa::path(get, path = "/users/{user}/ssh-keys/{id}",
    responses((status = 200, body = SshKeyBody)))]
pub async fn get_ssh_key(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((user, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let key = doors.app.ssh_key(&who, &user, &id).await?;
    listing::one(&list, SshKeyBody::of(&key, &origin))
}

/// Gives an SSH key another label; nothing else about it can be changed.
#[utoipa::path(put, path = "/users/{user}/ssh-keys/{id}", request_body = SshKeyInput,
    responses((status = 200, body = SshKeyBody)))]
pub async fn update_ssh_key(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Path((user, id)): Path<(String, String)>,
    JsonBody(input): JsonBody<SshKeyInput>,
) -> Result<Json<SshKeyBody>, Problem> {
    let label = input.label.unwrap_or_default();
    let key = doors.app.rename_ssh_key(&who, &user, &id, &label).await?;
    Ok(Json(SshKeyBody::of(&key, &origin)))
}

/// Removes an SSH key.
#[utoipa::path(delete, path = "/users/{user}/ssh-keys/{id}", responses((status = 204)))]
pub async fn remove_ssh_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((user, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    doors.app.remove_ssh_key(&who, &user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
