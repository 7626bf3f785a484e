//! `/users/{user}/gpg-keys`: OpenPGP keys of users, by which their signed commits are known.

use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{GpgKeyInput, UserGpgKey};
use axum::Json;
use axum::extract::{Path, State};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new key.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewGpgKey)]
pub struct NewGpgKeyBody {
    /// How people tell it from their others; the first name on the key when there is none.
    label: Option<String>,
    /// The public key, as `gpg --armor --export` prints it. The user's e-mail address is on it.
    key: String,
}

/// A key of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = GpgKey)]
pub struct GpgKeyBody {
    id: i64,
    /// `gpg_key`.
    #[serde(rename = "type")]
    kind: &'static str,
    label: String,
    /// The public key in its armour.
    key: String,
    /// In hexadecimal digits.
    fingerprint: String,
    /// Those of its keys that sign: the main key, subkeys.
    signers: Vec<GpgSignerBody>,
    /// When the key itself was made.
    made_on: String,
    expires_on: Option<String>,
    created_on: String,
    created_by: String,
}

/// A key that signs.
#[derive(Serialize, ToSchema)]
#[schema(as = GpgSigner)]
pub struct GpgSignerBody {
    fingerprint: String,
    expires_on: Option<String>,
}

impl From<&UserGpgKey> for GpgKeyBody {
    fn from(it: &UserGpgKey) -> Self {
        let it = &it.key;
        let signers = it.signers.iter().map(|it| GpgSignerBody {
            fingerprint: it.fingerprint.clone(),
            expires_on: it.expires_at.map(time::show),
        });
        Self {
            id: it.id.0,
            kind: "gpg_key",
            label: it.label.clone(),
            key: it.key.clone(),
            fingerprint: it.fingerprint.clone(),
            signers: signers.collect(),
            made_on: time::show(it.made_at),
            expires_on: it.expires_at.map(time::show),
            created_on: time::show(it.created_at),
            created_by: it.created_by.clone(),
        }
    }
}

/// Adds an OpenPGP key to a user's; administrators may do it for others.
#[utoipa::path(post, path = "/users/{user}/gpg-keys", request_body = NewGpgKeyBody,
    responses((status = 201, body = GpgKeyBody)))]
pub async fn add_gpg_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(user): Path<String>,
    KnownBody(new): KnownBody<NewGpgKeyBody>,
) -> Result<(StatusCode, Json<GpgKeyBody>), Problem> {
    let new = GpgKeyInput { label: new.label, key: new.key };
    let key = doors.app.add_gpg_key(&who, &user, new).await?;
    Ok((StatusCode::CREATED, Json((&key).into())))
}

/// Lists a user's OpenPGP keys, the oldest first.
#[utoipa::path(get, path = "/users/{user}/gpg-keys",
    responses((status = 200, body = Paged<GpgKeyBody>)))]
pub async fn list_gpg_keys(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(user): Path<String>,
    list: ListRequest,
) -> Result<Json<Paged<GpgKeyBody>>, Problem> {
    let keys = doors.app.list_gpg_keys(&who, &user).await?;
    Ok(Json(list.answer(list.page().of(keys.iter().map(GpgKeyBody::from)))))
}

/// Shows an OpenPGP key of a user, by number or fingerprint.
#[utoipa::path(get, path = "/users/{user}/gpg-keys/{id}",
    responses((status = 200, body = GpgKeyBody)))]
pub async fn get_gpg_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((user, id)): Path<(String, String)>,
) -> Result<Json<GpgKeyBody>, Problem> {
    let key = doors.app.gpg_key(&who, &user, &id).await?;
    Ok(Json((&key).into()))
}

/// Removes an OpenPGP key: what it signed counts no longer where signatures are asked for.
#[utoipa::path(delete, path = "/users/{user}/gpg-keys/{id}", responses((status = 204)))]
pub async fn remove_gpg_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((user, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    doors.app.remove_gpg_key(&who, &user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
