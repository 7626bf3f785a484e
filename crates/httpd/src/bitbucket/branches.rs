//! `/2.0/repositories/{workspace}/{repository}/refs`: branches, made and removed through the same
//! engine as a push.

use super::commits::CommitBody;
use super::listing;
use super::shapes::{Links, links};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::Path;
use crate::problem::Problem;
use crate::who::Who;
use app::{Branch, NewBranch, PlaceName};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &["name", "target", "type"];

/// A branch, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = BranchInput)]
pub struct BranchInput {
    #[serde(default)]
    name: String,
    target: Option<TargetInput>,
}

/// Where a branch is to begin.
#[derive(Deserialize, ToSchema)]
pub struct TargetInput {
    /// A commit's id, whole or abbreviated, or the name of a branch or tag.
    hash: String,
}

/// A branch.
#[derive(Serialize, ToSchema)]
#[schema(as = Branch)]
pub struct BranchBody {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    target: CommitBody,
    merge_strategies: Vec<&'static str>,
    default_merge_strategy: &'static str,
    links: Links,
}

impl BranchBody {
    /// A branch of the repository by that path.
    pub fn of(branch: &Branch, repository: &str, origin: &Origin) -> Self {
        let api = format!("/2.0/repositories/{repository}");
        let strategies = &branch.strategies;
        Self {
            kind: "branch",
            name: branch.name.clone(),
            merge_strategies: strategies.allowed().iter().map(|it| it.as_str()).collect(),
            default_merge_strategy: strategies.usual().as_str(),
            links: links([
                ("self", origin.link_to(&format!("{api}/refs/branches/"), &branch.name)),
                ("commits", origin.link_to(&format!("{api}/commits/"), &branch.name)),
                ("html", origin.link_to(&format!("/{repository}/branch/"), &branch.name)),
            ]),
            target: CommitBody::brief(&branch.target, branch.commit.as_ref(), repository, origin),
        }
    }
}

/// Lists the branches of a repository, by name.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/refs/branches",
    responses((status = 200, body = Paged<BranchBody>)))]
pub async fn list_branches(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((workspace, repository)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let full_name = place.to_string();
    let app = &doors.app;
    let body = |it: Branch| BranchBody::of(&it, &full_name, &origin);
    listing::paged(&list, QUERYABLE, |page| app.list_branches(&who, &place, None, page), body).await
}

/// Shows a branch.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/refs/branches/{name}",
    responses((status = 200, body = BranchBody)))]
pub async fn get_branch(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((workspace, repository, name)): Path<(String, String, String)>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let branch = doors.app.branch(&who, &place, &name).await?;
    listing::one(&list, BranchBody::of(&branch, &place.to_string(), &origin))
}

/// Makes a branch where something is already.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/refs/branches",
    request_body = BranchInput, responses((status = 201, body = BranchBody)))]
pub async fn create_branch(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Path((workspace, repository)): Path<(String, String)>,
    JsonBody(input): JsonBody<BranchInput>,
) -> Result<(StatusCode, Json<BranchBody>), Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let target = input.target.map(|it| it.hash).unwrap_or_default();
    let new = NewBranch { name: input.name, target };
    let branch = doors.app.create_branch(&who, &place, new).await?;
    Ok((StatusCode::CREATED, Json(BranchBody::of(&branch, &place.to_string(), &origin))))
}

/// Removes a branch.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/refs/branches/{name}",
    responses((status = 204)))]
pub async fn remove_branch(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, repository, name)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    doors.app.delete_branch(&who, &place, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
