//! `/2.0/users/{user}/gpg-keys`: OpenPGP keys of users, named by fingerprint.

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
use app::{GpgKeyInput, GpgSigner, UserGpgKey};
use axum::Json;
use axum::extract::{Path, State};
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] =
    &["name", "fingerprint", "key_id", "added_on", "created_on", "expires_on"];

/// A key, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = GpgKeyInput)]
pub struct GpgKeyInputBody {
    key: Option<String>,
    name: Option<String>,
}

/// A key of a user, or a subkey of one.
#[derive(Serialize, ToSchema)]
#[schema(as = GpgKey)]
pub struct GpgKeyBody {
    #[serde(rename = "type")]
    kind: &'static str,
    fingerprint: String,
    /// The short form of the fingerprint.
    key_id: String,
    /// Of a subkey, the key it belongs to.
    parent_fingerprint: Option<String>,
    name: String,
    /// When the key itself was made.
    created_on: String,
    /// When it was added here.
    added_on: String,
    expires_on: Option<String>,
    /// Not kept.
    last_used: Option<String>,
    owner: AccountBody,
    links: Links,
    /// The public key in its armour, where `fields` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    /// The subkeys that sign, where `fields` asks for them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(no_recursion)]
    subkeys: Option<Vec<GpgKeyBody>>,
}

impl GpgKeyBody {
    fn of(it: &UserGpgKey, origin: &Origin, list: Option<&ListRequest>) -> Self {
        let asked = |name| list.is_some_and(|it| is_asked_for(it, name));
        let UserGpgKey { key, owner } = it;
        let api = format!("/2.0/users/{}/gpg-keys/", braced(&owner.uuid));
        let subkeys = key.signers.iter().filter(|signer| signer.fingerprint != key.fingerprint);
        let subkeys = asked("subkeys").then(|| subkeys.map(|sub| Self::subkey(it, sub, origin)));
        Self {
            kind: "gpg_key",
            key_id: key_id(&key.fingerprint),
            parent_fingerprint: None,
            name: key.label.clone(),
            created_on: time::show(key.made_at),
            added_on: time::show(key.created_at),
            expires_on: key.expires_at.map(time::show),
            last_used: None,
            owner: AccountBody::of_profile(owner, origin),
            links: links([("self", origin.link_to(&api, &key.fingerprint))]),
            key: asked("key").then(|| key.key.clone()),
            subkeys: subkeys.map(Iterator::collect),
            fingerprint: key.fingerprint.clone(),
        }
    }

    fn subkey(it: &UserGpgKey, signer: &GpgSigner, origin: &Origin) -> Self {
        Self {
            fingerprint: signer.fingerprint.clone(),
            key_id: signer.key_id.clone(),
            parent_fingerprint: Some(it.key.fingerprint.clone()),
            created_on: time::show(signer.made_at),
            expires_on: signer.expires_at.map(time::show),
            ..Self::of(it, origin, None)
        }
    }
}

/// The end of a fingerprint of version 4, and the beginning of a later one.
fn key_id(fingerprint: &str) -> String {
    let id = if fingerprint.len() == 40 { fingerprint.get(24..) } else { fingerprint.get(..16) };
    id.unwrap_or_default().to_owned()
}

/// Does the `fields` parameter name it? Large members are left out otherwise.
fn is_asked_for(list: &ListRequest, name: &str) -> bool {
    let fields = list.parameter("fields").unwrap_or_default();
    let mut last = fields.split(',').filter_map(|it| it.trim().rsplit(['.', '+']).next());
    last.any(|it| it == name)
}

/// Lists a user's OpenPGP keys.
#[utoipa::path(get, path = "/users/{user}/gpg-keys",
    responses((status = 200, body = Paged<GpgKeyBody>)))]
pub async fn list_gpg_keys(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path(user): Path<String>,
) -> Result<Json<Value>, Problem> {
    let keys = doors.app.list_gpg_keys(&who, &user).await?;
    let bodies = keys.iter().map(|it| GpgKeyBody::of(it, &origin, Some(&list)));
    listing::answer(&list, bodies, QUERYABLE)
}

/// Adds an OpenPGP key.
#[utoipa::path(post, path = "/users/{user}/gpg-keys", request_body = GpgKeyInputBody,
    responses((status = 201, body = GpgKeyBody)))]
pub async fn add_gpg_key(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Path(user): Path<String>,
    JsonBody(input): JsonBody<GpgKeyInputBody>,
) -> Result<(StatusCode, Json<GpgKeyBody>), Problem> {
    let new = GpgKeyInput { label: input.name, key: input.key.unwrap_or_default() };
    let key = doors.app.add_gpg_key(&who, &user, new).await?;
    Ok((StatusCode::CREATED, Json(GpgKeyBody::of(&key, &origin, None))))
}

/// Shows an OpenPGP key.
#[utoipa::path(get, path = "/users/{user}/gpg-keys/{id}",
    responses((status = 200, body = GpgKeyBody)))]
pub async fn get_gpg_key(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((user, id)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let key = doors.app.gpg_key(&who, &user, &id).await?;
    listing::one(&list, GpgKeyBody::of(&key, &origin, Some(&list)))
}

/// Removes an OpenPGP key.
#[utoipa::path(delete, path = "/users/{user}/gpg-keys/{id}", responses((status = 204)))]
pub async fn remove_gpg_key(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((user, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    doors.app.remove_gpg_key(&who, &user, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
