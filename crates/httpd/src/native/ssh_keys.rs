//! `/users/{user}/ssh-keys`: personal SSH keys. Also the shapes that they share with access keys,
//! and the keys that were offered and belong to nobody.

use super::tokens::LastRefusedBody;
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::problem::Problem;
use crate::time;
use crate::uuid::braced;
use crate::who::Who;
use app::{Key, NewKey, UnknownKey, UserKey};
use axum::Json;
use axum::extract::{Path, State};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new key.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewKey)]
pub struct NewKeyBody {
    /// How people tell it from their others; the key's comment when there is none.
    label: Option<String>,
    /// The public key: one line of a `.pub` file.
    key: String,
}

impl From<NewKeyBody> for NewKey {
    fn from(body: NewKeyBody) -> Self {
        Self { label: body.label, key: body.key }
    }
}

/// What can be changed about a key.
#[derive(Deserialize, ToSchema)]
#[schema(as = KeyChange)]
pub struct KeyChangeBody {
    pub label: String,
}

/// A key, of either kind.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyBody {
    id: i64,
    /// `ssh_key` or `access_key`.
    #[serde(rename = "type")]
    kind: &'static str,
    label: String,
    /// The public key, without its comment.
    key: String,
    comment: String,
    /// As `ssh-keygen -l` shows it: `SHA256:…`.
    fingerprint: String,
    /// Kept to the minute.
    last_used_at: Option<String>,
    last_refused: Option<LastRefusedBody>,
    created_on: String,
    created_by: String,
}

impl KeyBody {
    /// The key of either kind, member by member.
    pub fn of(id: i64, kind: &'static str, key: &Key) -> Self {
        Self {
            id,
            kind,
            label: key.label.clone(),
            key: key.key.clone(),
            comment: key.comment.clone(),
            fingerprint: key.fingerprint.to_string(),
            last_used_at: key.last_used_at.map(time::show),
            last_refused: key.last_refused.as_ref().map(LastRefusedBody::from),
            created_on: time::show(key.created_at),
            created_by: key.created_by.clone(),
        }
    }
}

/// A user's key.
#[derive(Serialize, ToSchema)]
#[schema(as = SshKey)]
pub struct SshKeyBody {
    #[serde(flatten)]
    about: KeyBody,
    uuid: String,
}

impl From<&UserKey> for SshKeyBody {
    fn from(it: &UserKey) -> Self {
        let it = &it.key;
        Self { about: KeyBody::of(it.id.0, "ssh_key", &it.key), uuid: braced(&it.uuid) }
    }
}

/// A key that was offered and belongs to nobody.
#[derive(Serialize, ToSchema)]
#[schema(as = UnknownKey)]
pub struct UnknownKeyBody {
    fingerprint: String,
    /// The client's address; empty when the server could not know it.
    address: String,
    /// What was wrong with it the last time.
    why: String,
    first_at: String,
    last_at: String,
    /// How often it was offered.
    times: i64,
}

impl From<UnknownKey> for UnknownKeyBody {
    fn from(it: UnknownKey) -> Self {
        Self {
            fingerprint: it.fingerprint.to_string(),
            address: it.address,
            why: it.why,
            first_at: time::show(it.first_at),
            last_at: time::show(it.last_at),
            times: it.times,
        }
    }
}

/// Adds an SSH key to a user's; administrators may do it for others.
#[utoipa::path(post, path = "/users/{user}/ssh-keys", request_body = NewKeyBody,
    responses((status = 201, body = SshKeyBody)))]
pub async fn add_ssh_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(user): Path<String>,
    KnownBody(new): KnownBody<NewKeyBody>,
) -> Result<(StatusCode, Json<SshKeyBody>), Problem> {
    let key = doors.app.add_ssh_key(&who, &user, new.into()).await?;
    Ok((StatusCode::CREATED, Json((&key).into())))
}

/// Lists a user's SSH keys, the oldest first.
#[utoipa::path(get, path = "/users/{user}/ssh-keys",
    responses((status = 200, body = Paged<SshKeyBody>)))]
pub async fn list_ssh_keys(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(user): Path<String>,
    list: ListRequest,
) -> Result<Json<Paged<SshKeyBody>>, Problem> {
    let keys = doors.app.list_ssh_keys(&who, &user).await?;
    Ok(Json(list.answer(list.page().of(keys.iter().map(SshKeyBody::from)))))
}

/// Shows an SSH key of a user.
#[utoipa::path(get, path = "/users/{user}/ssh-keys/{id}",
    responses((status = 200, body = SshKeyBody)))]
pub async fn get_ssh_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((user, id)): Path<(String, String)>,
) -> Result<Json<SshKeyBody>, Problem> {
    let key = doors.app.ssh_key(&who, &user, &id).await?;
    Ok(Json((&key).into()))
}

/// Gives an SSH key of a user another label.
#[utoipa::path(put, path = "/users/{user}/ssh-keys/{id}", request_body = KeyChangeBody,
    responses((status = 200, body = SshKeyBody)))]
pub async fn rename_ssh_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((user, id)): Path<(String, String)>,
    KnownBody(change): KnownBody<KeyChangeBody>,
) -> Result<Json<SshKeyBody>, Problem> {
    let key = doors.app.rename_ssh_key(&who, &user, &id, &change.label).await?;
    Ok(Json((&key).into()))
}

/// Removes an SSH key: it lets nobody in from then on.
#[utoipa::path(delete, path = "/users/{user}/ssh-keys/{id}", responses((status = 204)))]
pub async fn remove_ssh_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((user, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    doors.app.remove_ssh_key(&who, &user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists the SSH keys that were offered and belong to nobody, the newest first.
#[utoipa::path(get, path = "/unknown-keys",
    responses((status = 200, body = Paged<UnknownKeyBody>)))]
pub async fn list_unknown_keys(
    State(doors): State<Doors>,
    Who(who): Who,
    list: ListRequest,
) -> Result<Json<Paged<UnknownKeyBody>>, Problem> {
    let page = doors.app.list_unknown_keys(&who, list.page()).await?;
    Ok(Json(list.answer(page.map(UnknownKeyBody::from))))
}
