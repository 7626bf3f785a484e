//! `…/access-keys` below a repository, a project or a workspace: SSH keys that are principals of
//! their own.

use super::ssh_keys::{KeyBody, KeyChangeBody};
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::who::Who;
use app::{AccessKey, NewKey};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::AccessKeyId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new access key.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewAccessKey)]
pub struct NewAccessKeyBody {
    /// How people tell it from others; the key's comment when there is none.
    label: Option<String>,
    /// The public key: one line of a `.pub` file.
    key: String,
    /// What it may do at its place: `read` or `write`.
    permission: String,
}

/// A key of a place.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessKey)]
pub struct AccessKeyBody {
    #[serde(flatten)]
    about: KeyBody,
    /// What it holds at its place; `none` when the grant was taken away.
    permission: &'static str,
}

impl From<&AccessKey> for AccessKeyBody {
    fn from(it: &AccessKey) -> Self {
        let permission = it.permission.map_or("none", |it| it.as_str());
        Self { about: KeyBody::of(it.id.0, "access_key", &it.key), permission }
    }
}

/// Adds an access key, with a permission at its place.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/access-keys",
    request_body = NewAccessKeyBody, responses((status = 201, body = AccessKeyBody)))]
pub async fn add_access_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    KnownBody(new): KnownBody<NewAccessKeyBody>,
) -> Result<(StatusCode, Json<AccessKeyBody>), Problem> {
    let NewAccessKeyBody { label, key, permission } = new;
    let new = NewKey { label, key };
    let key = doors.app.add_access_key(&who, &place, new, &permission).await?;
    Ok((StatusCode::CREATED, Json((&key).into())))
}

/// Lists the access keys of a place, the oldest first.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/access-keys",
    responses((status = 200, body = Paged<AccessKeyBody>)))]
pub async fn list_access_keys(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    list: ListRequest,
) -> Result<Json<Paged<AccessKeyBody>>, Problem> {
    let keys = doors.app.list_access_keys(&who, &place).await?;
    Ok(Json(list.answer(list.page().of(keys.iter().map(AccessKeyBody::from)))))
}

/// Shows an access key of a place.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/access-keys/{id}",
    responses((status = 200, body = AccessKeyBody)))]
pub async fn get_access_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(id): Id,
) -> Result<Json<AccessKeyBody>, Problem> {
    let key = doors.app.access_key(&who, &place, AccessKeyId(id)).await?;
    Ok(Json((&key).into()))
}

/// Gives an access key another label.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/access-keys/{id}",
    request_body = KeyChangeBody, responses((status = 200, body = AccessKeyBody)))]
pub async fn rename_access_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(id): Id,
    KnownBody(change): KnownBody<KeyChangeBody>,
) -> Result<Json<AccessKeyBody>, Problem> {
    let id = AccessKeyId(id);
    let key = doors.app.rename_access_key(&who, &place, id, &change.label).await?;
    Ok(Json((&key).into()))
}

/// Removes an access key with its grants and exemptions.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/access-keys/{id}",
    responses((status = 204)))]
pub async fn remove_access_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    doors.app.remove_access_key(&who, &place, AccessKeyId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
