//! `/users/{user}/tokens`: API tokens, the credentials of users. Also the shapes that they share
//! with access tokens. A token's text is in the answer that made it and nowhere else.

use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::{Id, Path};
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{ApiToken, Created, Fields, LastRefused, NewToken, Token};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::{ApiTokenId, ScopeFamily, Scopes};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// A new token.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewToken)]
pub struct NewTokenBody {
    /// How people tell it from their others.
    name: String,
    /// What it may be used for: `read:repository:bitbucket`, …
    scopes: Vec<String>,
    /// Good for nothing from then on.
    expires_at: Option<String>,
    /// The only repositories it is good for: `acme/site`.
    repositories: Option<Vec<String>>,
    /// The only refs it may change: full names, or globs over short names.
    refs: Option<Vec<String>>,
    /// The only addresses it is good from: `10.0.0.0/8`.
    addresses: Option<Vec<String>>,
}

impl NewTokenBody {
    /// The token as `app` takes it.
    pub fn parse(self) -> Result<NewToken, Problem> {
        let mut fields = Fields::default();
        let expires_at = time::parse_field(&mut fields, "expires_at", self.expires_at.as_deref());
        fields.check()?;
        let Self { name, scopes, repositories, refs, addresses, .. } = self;
        Ok(NewToken { name, scopes, expires_at, repositories, refs, addresses })
    }
}

/// How a token is replaced.
#[derive(Default, Deserialize, ToSchema)]
#[schema(as = Rotation)]
pub struct RotationBody {
    /// For how many seconds the old token stays good beside the new one.
    #[serde(default)]
    overlap: u64,
}

impl RotationBody {
    /// How long both tokens are good.
    pub fn overlap(&self) -> Duration {
        Duration::from_secs(self.overlap)
    }
}

/// A token, without its text.
#[derive(Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenBody {
    id: i64,
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    /// The last four characters of its text.
    last4: String,
    scopes: Vec<&'static str>,
    /// Which names its scopes have: `api` (`write:repository:bitbucket`: nothing includes anything),
    /// `legacy` (`repository:write`: includes `repository`), or both.
    #[schema(value_type = Option<String>)]
    scope_family: Option<&'static str>,
    refs: Option<Vec<String>>,
    addresses: Option<Vec<String>>,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    /// Kept to the minute.
    last_used_at: Option<String>,
    last_refused: Option<LastRefusedBody>,
    created_on: String,
    created_by: String,
}

impl TokenBody {
    /// The token of either kind, member by member.
    pub fn of(id: i64, kind: &'static str, token: &Token) -> Self {
        Self {
            id,
            kind,
            name: token.name.clone(),
            last4: token.last4.clone(),
            scopes: match &token.scopes {
                Scopes::Unlimited => vec![],
                Scopes::Only(scopes) => scopes.iter().map(|it| it.as_str()).collect(),
            },
            scope_family: family(&token.scopes),
            refs: token.limits.refs.clone(),
            addresses: token.limits.addresses.clone(),
            expires_at: token.expires_at.map(time::show),
            revoked_at: token.revoked_at.map(time::show),
            last_used_at: token.last_used_at.map(time::show),
            last_refused: token.last_refused.as_ref().map(LastRefusedBody::from),
            created_on: time::show(token.created_at),
            created_by: token.created_by.clone(),
        }
    }
}

/// The word for the family of a token's scopes; none when it has no scopes.
fn family(scopes: &Scopes) -> Option<&'static str> {
    match scopes {
        Scopes::Only(held) if !held.is_empty() => {
            Some(scopes.family().map_or("both", ScopeFamily::as_str))
        }
        Scopes::Only(_) | Scopes::Unlimited => None,
    }
}

/// What a credential was refused for the last time.
#[derive(Serialize, ToSchema)]
#[schema(as = LastRefused)]
pub struct LastRefusedBody {
    /// Kept to the minute.
    at: String,
    /// `PC-SCOPE-MISSING`
    code: String,
    /// A few words: `token lacks repository:write`.
    why: String,
}

impl From<&LastRefused> for LastRefusedBody {
    fn from(it: &LastRefused) -> Self {
        Self { at: time::show(it.at), code: it.code.clone(), why: it.why.clone() }
    }
}

/// A token that was just made.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedToken)]
pub struct CreatedTokenBody {
    #[serde(flatten)]
    about: TokenBody,
    /// Its text: shown now and never again.
    token: String,
}

impl CreatedTokenBody {
    /// The one place where a token's text leaves the server.
    pub fn of<T>(created: Created<T>, about: impl FnOnce(&T) -> TokenBody) -> Self {
        Self { about: about(&created.token), token: created.secret.expose().to_owned() }
    }
}

fn body(token: &ApiToken) -> TokenBody {
    TokenBody::of(token.id.0, "api_token", &token.token)
}

/// Makes an API token of a user; administrators may do it for others.
#[utoipa::path(post, path = "/users/{user}/tokens", request_body = NewTokenBody,
    responses((status = 201, body = CreatedTokenBody)))]
pub async fn create_api_token(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(user): Path<String>,
    KnownBody(new): KnownBody<NewTokenBody>,
) -> Result<(StatusCode, Json<CreatedTokenBody>), Problem> {
    let created = doors.app.create_api_token(&who, &user, new.parse()?).await?;
    Ok((StatusCode::CREATED, Json(CreatedTokenBody::of(created, body))))
}

/// Lists a user's API tokens, the oldest first, revoked and expired ones included.
#[utoipa::path(get, path = "/users/{user}/tokens",
    responses((status = 200, body = Paged<TokenBody>)))]
pub async fn list_api_tokens(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(user): Path<String>,
    list: ListRequest,
) -> Result<Json<Paged<TokenBody>>, Problem> {
    let tokens = doors.app.list_api_tokens(&who, &user).await?;
    Ok(Json(list.answer(list.page().of(tokens.iter().map(body)))))
}

/// Makes an API token good for nothing, at once.
#[utoipa::path(delete, path = "/users/{user}/tokens/{id}", responses((status = 204)))]
pub async fn revoke_api_token(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((user, _)): Path<(String, String)>,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    doors.app.revoke_api_token(&who, &user, ApiTokenId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces an API token by a new one with the same name, scopes and limits.
#[utoipa::path(post, path = "/users/{user}/tokens/{id}/rotate", request_body = RotationBody,
    responses((status = 201, body = CreatedTokenBody)))]
pub async fn rotate_api_token(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((user, _)): Path<(String, String)>,
    Id(id): Id,
    KnownBody(rotation): KnownBody<RotationBody>,
) -> Result<(StatusCode, Json<CreatedTokenBody>), Problem> {
    let overlap = rotation.overlap();
    let created = doors.app.rotate_api_token(&who, &user, ApiTokenId(id), overlap).await?;
    Ok((StatusCode::CREATED, Json(CreatedTokenBody::of(created, body))))
}
