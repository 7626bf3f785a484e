//! `/2.0/repositories/{workspace}/{repository}/commit/{commit}/statuses`: what builds say of a commit.

use super::commits::commit_links;
use super::listing;
use super::shapes::{Links, NamedRepositoryBody, links};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::{Commit, Path, Place};
use crate::problem::Problem;
use crate::time;
use crate::uuid::braced;
use crate::who::Who;
use app::{BuildInput, BuildStatus, PostingBuild, Reading};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// What lists of statuses may be asked about.
pub const QUERYABLE: &[&str] = &[
    "key",
    "state",
    "name",
    "description",
    "refname",
    "url",
    "uuid",
    "type",
    "created_on",
    "updated_on",
];

/// How a build went, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = CommitStatusInput)]
pub struct StatusInput {
    /// Names the build; the commit has one status of it.
    key: Option<String>,
    /// `SUCCESSFUL`, `FAILED`, `INPROGRESS` or `STOPPED`.
    state: Option<String>,
    url: Option<String>,
    name: Option<String>,
    description: Option<String>,
    /// The branch it was built for.
    refname: Option<String>,
}

/// How a build of a commit went.
#[derive(Serialize, ToSchema)]
#[schema(as = CommitStatus)]
pub struct StatusBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    key: String,
    state: &'static str,
    url: String,
    name: String,
    description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refname: Option<String>,
    created_on: String,
    updated_on: String,
    commit: StatusCommit,
    repository: NamedRepositoryBody,
    links: Links,
}

/// The commit that a status is about.
#[derive(Serialize, ToSchema)]
struct StatusCommit {
    #[serde(rename = "type")]
    kind: &'static str,
    hash: String,
    links: Links,
}

impl StatusInput {
    fn parse(self) -> BuildInput {
        let Self { key, state, url, name, description, refname } = self;
        BuildInput { key, state, url, name, description, refname }
    }
}

impl StatusBody {
    /// What a build says of a commit of this repository.
    pub fn of(status: BuildStatus, repository: NamedRepositoryBody, origin: &Origin) -> Self {
        let api = format!("/2.0/repositories/{}/commit/{}", repository.full_name(), status.commit);
        Self {
            kind: "build",
            uuid: braced(&status.uuid),
            state: status.state.as_str(),
            url: status.url,
            name: status.name,
            description: status.description,
            refname: status.refname,
            created_on: time::show(status.created_at),
            updated_on: time::show(status.updated_at),
            commit: StatusCommit {
                kind: "commit",
                hash: status.commit.to_string(),
                links: commit_links(&status.commit, repository.full_name(), origin),
            },
            links: links([
                ("self", origin.link_to(&format!("{api}/statuses/build/"), &status.key)),
                ("commit", origin.link(&api)),
            ]),
            key: status.key,
            repository,
        }
    }
}

/// `{commit}` and `{key}` of a path.
#[derive(Deserialize)]
pub struct Build {
    commit: String,
    key: String,
}

/// Lists what builds say of a commit; with `refname`, without those that were for other branches.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/commit/{commit}/statuses",
    params(("refname" = Option<String>, Query)),
    responses((status = 200, body = Paged<StatusBody>)))]
pub async fn list_statuses(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(Commit { commit }): Path<Commit>,
) -> Result<Json<Value>, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let refname = list.parameter("refname").filter(|it| !it.is_empty());
    let all = open.build_statuses(&commit, refname).await?;
    let body = |it| StatusBody::of(it, NamedRepositoryBody::of(&open, &origin), &origin);
    listing::answer(&list, all.into_iter().map(body), QUERYABLE)
}

/// Shows what one build says of a commit.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/commit/{commit}/statuses/build/{key}",
    responses((status = 200, body = StatusBody)))]
pub async fn get_status(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(Build { commit, key }): Path<Build>,
) -> Result<Json<Value>, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let status = open.build_status(&commit, &key).await?;
    listing::one(&list, StatusBody::of(status, NamedRepositoryBody::of(&open, &origin), &origin))
}

/// Notes what a build says of a commit, in the place of what it said before.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/commit/{commit}/statuses/build",
    request_body = StatusInput, responses((status = 201, body = StatusBody)))]
pub async fn post_status(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Path(Commit { commit }): Path<Commit>,
    JsonBody(input): JsonBody<StatusInput>,
) -> Result<(StatusCode, Json<StatusBody>), Problem> {
    let open = doors.app.open_repository::<PostingBuild>(&who, &place).await?;
    let status = open.post_build_status(&commit, input.parse()).await?;
    let repository = NamedRepositoryBody::of(&open, &origin);
    Ok((StatusCode::CREATED, Json(StatusBody::of(status, repository, &origin))))
}

/// Changes what a build said of a commit; what is left out stays as it is.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/commit/{commit}/statuses/build/{key}",
    request_body = StatusInput, responses((status = 200, body = StatusBody)))]
pub async fn update_status(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Path(Build { commit, key }): Path<Build>,
    JsonBody(input): JsonBody<StatusInput>,
) -> Result<Json<StatusBody>, Problem> {
    let open = doors.app.open_repository::<PostingBuild>(&who, &place).await?;
    let status = open.update_build_status(&commit, &key, input.parse()).await?;
    Ok(Json(StatusBody::of(status, NamedRepositoryBody::of(&open, &origin), &origin)))
}
