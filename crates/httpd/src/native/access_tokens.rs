//! `…/access-tokens` below a repository, a project or a workspace: principals of their own.

use super::tokens::{CreatedTokenBody, NewTokenBody, RotationBody, TokenBody};
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::who::Who;
use app::AccessToken;
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::AccessTokenId;

fn body(token: &AccessToken) -> TokenBody {
    TokenBody::of(token.id.0, "access_token", &token.token)
}

/// Makes an access token, with the permission at its place that its scopes speak of.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/access-tokens",
    request_body = NewTokenBody, responses((status = 201, body = CreatedTokenBody)))]
pub async fn create_access_token(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    KnownBody(new): KnownBody<NewTokenBody>,
) -> Result<(StatusCode, Json<CreatedTokenBody>), Problem> {
    let created = doors.app.create_access_token(&who, &place, new.parse()?).await?;
    Ok((StatusCode::CREATED, Json(CreatedTokenBody::of(created, body))))
}

/// Lists the access tokens of a place, the oldest first, revoked and expired ones included.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/access-tokens",
    responses((status = 200, body = Paged<TokenBody>)))]
pub async fn list_access_tokens(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    list: ListRequest,
) -> Result<Json<Paged<TokenBody>>, Problem> {
    let tokens = doors.app.list_access_tokens(&who, &place).await?;
    Ok(Json(list.answer(list.page().of(tokens.iter().map(body)))))
}

/// Makes an access token good for nothing, at once.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/access-tokens/{id}",
    responses((status = 204)))]
pub async fn revoke_access_token(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    doors.app.revoke_access_token(&who, &place, AccessTokenId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces an access token by a new one with the same name, scopes, grants and places in rules.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/access-tokens/{id}/rotate",
    request_body = RotationBody, responses((status = 201, body = CreatedTokenBody)))]
pub async fn rotate_access_token(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(id): Id,
    KnownBody(rotation): KnownBody<RotationBody>,
) -> Result<(StatusCode, Json<CreatedTokenBody>), Problem> {
    let (id, overlap) = (AccessTokenId(id), rotation.overlap());
    let created = doors.app.rotate_access_token(&who, &place, id, overlap).await?;
    Ok((StatusCode::CREATED, Json(CreatedTokenBody::of(created, body))))
}
