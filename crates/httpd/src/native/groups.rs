//! `/workspaces/{workspace}/groups`: groups of a workspace's members.

use super::users::ProfileBody;
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::Path;
use crate::problem::Problem;
use crate::who::Who;
use app::{Group, GroupChange, NewGroup, PlaceName};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::Permission;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new group.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewGroup)]
pub struct NewGroupBody {
    /// Its name in URLs and rules.
    slug: String,
    /// Its name for people; the slug if it is left out.
    name: Option<String>,
    /// What it is granted on each new repository of the workspace: `read`, `write`, `admin` or
    /// `none`.
    default_permission: Option<String>,
}

/// What to change; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = GroupChange)]
pub struct GroupChangeBody {
    name: Option<String>,
    /// `read`, `write`, `admin` or `none`. What it was granted so far stays.
    default_permission: Option<String>,
}

/// A group.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupBody {
    #[serde(rename = "type")]
    kind: &'static str,
    slug: String,
    name: String,
    /// What it is granted on each new repository of the workspace.
    default_permission: &'static str,
}

impl From<Group> for GroupBody {
    fn from(group: Group) -> Self {
        Self {
            kind: "group",
            slug: group.slug.to_string(),
            name: group.name.to_string(),
            default_permission: group.default_permission.map_or("none", Permission::as_str),
        }
    }
}

/// Creates an empty group.
#[utoipa::path(post, path = "/workspaces/{workspace}/groups", request_body = NewGroupBody,
    responses((status = 201, body = GroupBody)))]
pub async fn create_group(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(workspace): Path<String>,
    KnownBody(body): KnownBody<NewGroupBody>,
) -> Result<(StatusCode, Json<GroupBody>), Problem> {
    let place = PlaceName::workspace(&workspace);
    let NewGroupBody { slug, name, default_permission } = body;
    let new = NewGroup { slug, name, default_permission };
    let group = doors.app.create_group(&who, &place, new).await?;
    Ok((StatusCode::CREATED, Json(group.into())))
}

/// Changes a group.
#[utoipa::path(put, path = "/workspaces/{workspace}/groups/{group}",
    request_body = GroupChangeBody, responses((status = 200, body = GroupBody)))]
pub async fn update_group(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, group)): Path<(String, String)>,
    KnownBody(body): KnownBody<GroupChangeBody>,
) -> Result<Json<GroupBody>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let GroupChangeBody { name, default_permission } = body;
    let change = GroupChange { name, default_permission };
    Ok(Json(doors.app.update_group(&who, &place, &group, change).await?.into()))
}

/// Lists the groups of a workspace, by slug.
#[utoipa::path(get, path = "/workspaces/{workspace}/groups",
    responses((status = 200, body = Paged<GroupBody>)))]
pub async fn list_groups(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(workspace): Path<String>,
    list: ListRequest,
) -> Result<Json<Paged<GroupBody>>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let page = doors.app.list_groups(&who, &place, list.page()).await?;
    Ok(Json(list.answer(page.map(GroupBody::from))))
}

/// Removes a group with its grants and its places in restrictions.
#[utoipa::path(delete, path = "/workspaces/{workspace}/groups/{group}", responses((status = 204)))]
pub async fn remove_group(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, group)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    doors.app.remove_group(&who, &PlaceName::workspace(&workspace), &group).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Lists who is in a group, by user name.
#[utoipa::path(get, path = "/workspaces/{workspace}/groups/{group}/members",
    responses((status = 200, body = Paged<ProfileBody>)))]
pub async fn list_group_members(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, group)): Path<(String, String)>,
    list: ListRequest,
) -> Result<Json<Paged<ProfileBody>>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let page = doors.app.list_group_members(&who, &place, &group, list.page()).await?;
    Ok(Json(list.answer(page.map(ProfileBody::from))))
}

/// Puts a member of the workspace into a group.
#[utoipa::path(put, path = "/workspaces/{workspace}/groups/{group}/members/{user}",
    responses((status = 204)))]
pub async fn add_group_member(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, group, user)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    doors.app.add_group_member(&who, &PlaceName::workspace(&workspace), &group, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes somebody out of a group.
#[utoipa::path(delete, path = "/workspaces/{workspace}/groups/{group}/members/{user}",
    responses((status = 204)))]
pub async fn remove_group_member(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, group, user)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let place = PlaceName::workspace(&workspace);
    doors.app.remove_group_member(&who, &place, &group, &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
