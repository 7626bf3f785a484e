//! `/2.0/workspaces`: workspaces, their members and what those are in them.

use super::listing;
use super::shapes::{MembershipBody, WorkspaceBody};
use crate::doors::Doors;
use crate::list::{ListRequest, Paged, gather};
use crate::origin::Origin;
use crate::place::Path;
use crate::problem::Problem;
use crate::who::Who;
use app::PlaceName;
use axum::Json;
use axum::extract::State;
use serde_json::Value;

const QUERYABLE: &[&str] = &["slug", "name", "uuid", "created_on"];
const MEMBERS_QUERYABLE: &[&str] = &["user", "permission"];

/// Lists the workspaces the caller may see.
#[utoipa::path(get, path = "/workspaces", responses((status = 200, body = Paged<WorkspaceBody>)))]
pub async fn list_workspaces(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
) -> Result<Json<Value>, Problem> {
    let all = gather(|page| doors.app.list_workspaces(&who, page)).await?;
    listing::answer(&list, all.iter().map(|it| WorkspaceBody::of(it, &origin)), QUERYABLE)
}

/// Shows a workspace.
#[utoipa::path(get, path = "/workspaces/{workspace}",
    responses((status = 200, body = WorkspaceBody)))]
pub async fn get_workspace(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path(workspace): Path<String>,
) -> Result<Json<Value>, Problem> {
    let workspace = doors.app.workspace(&who, &PlaceName::workspace(&workspace)).await?;
    listing::one(&list, WorkspaceBody::of(&workspace, &origin))
}

/// Lists the members of a workspace; `permissions` is the same list under its older name.
#[utoipa::path(get, path = "/workspaces/{workspace}/members",
    responses((status = 200, body = Paged<MembershipBody>)))]
pub async fn list_members(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path(workspace): Path<String>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let workspace = doors.app.workspace(&who, &place).await?;
    let members = gather(|page| doors.app.list_members(&who, &place, page)).await?;
    let bodies = members.iter().map(|it| MembershipBody::of(it, &workspace, &origin));
    listing::answer(&list, bodies, MEMBERS_QUERYABLE)
}

/// Shows one member of a workspace, by user name or UUID.
#[utoipa::path(get, path = "/workspaces/{workspace}/members/{member}",
    responses((status = 200, body = MembershipBody)))]
pub async fn get_member(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((workspace, member)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let workspace = doors.app.workspace(&who, &place).await?;
    let member = doors.app.member(&who, &place, &member).await?;
    listing::one(&list, MembershipBody::of(&member, &workspace, &origin))
}
