//! `/workspaces`: the outermost owners of projects and people.

use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::Path;
use crate::problem::Problem;
use crate::time;
use crate::uuid::braced;
use crate::who::Who;
use app::{NewWorkspace, PlaceName, Workspace, WorkspaceChange};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new workspace.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewWorkspace)]
pub struct NewWorkspaceBody {
    /// Its name in URLs.
    slug: String,
    /// Its name for people; the slug if it is left out.
    name: Option<String>,
}

/// What to change; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = WorkspaceChange)]
pub struct WorkspaceChangeBody {
    name: Option<String>,
}

/// A workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Workspace)]
pub struct WorkspaceBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    slug: String,
    name: String,
    /// Is it somebody's own? Then it is theirs whatever its members say.
    is_personal: bool,
    created_on: String,
}

impl From<Workspace> for WorkspaceBody {
    fn from(workspace: Workspace) -> Self {
        Self {
            kind: "workspace",
            uuid: braced(&workspace.uuid),
            slug: workspace.slug.to_string(),
            name: workspace.name.to_string(),
            is_personal: workspace.person.is_some(),
            created_on: time::show(workspace.created_at),
        }
    }
}

/// Creates a workspace; whoever creates it becomes its first owner.
#[utoipa::path(post, path = "/workspaces", request_body = NewWorkspaceBody,
    responses((status = 201, body = WorkspaceBody)))]
pub async fn create_workspace(
    State(doors): State<Doors>,
    Who(who): Who,
    KnownBody(body): KnownBody<NewWorkspaceBody>,
) -> Result<(StatusCode, Json<WorkspaceBody>), Problem> {
    let name = body.name.unwrap_or_else(|| body.slug.clone());
    let new = NewWorkspace { slug: body.slug, name };
    let workspace = doors.app.create_workspace(&who, new).await?;
    Ok((StatusCode::CREATED, Json(workspace.into())))
}

/// Creates the personal workspace of a user: `~` and their user name. Administrators may do it for
/// others.
#[utoipa::path(post, path = "/users/{user}/workspace",
    responses((status = 201, body = WorkspaceBody)))]
pub async fn create_personal_workspace(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(user): Path<String>,
) -> Result<(StatusCode, Json<WorkspaceBody>), Problem> {
    let workspace = doors.app.create_personal_workspace(&who, &user).await?;
    Ok((StatusCode::CREATED, Json(workspace.into())))
}

/// Lists the workspaces the caller may see, by slug.
#[utoipa::path(get, path = "/workspaces", responses((status = 200, body = Paged<WorkspaceBody>)))]
pub async fn list_workspaces(
    State(doors): State<Doors>,
    Who(who): Who,
    list: ListRequest,
) -> Result<Json<Paged<WorkspaceBody>>, Problem> {
    let page = doors.app.list_workspaces(&who, list.page()).await?;
    Ok(Json(list.answer(page.map(WorkspaceBody::from))))
}

/// Shows a workspace.
#[utoipa::path(get, path = "/workspaces/{workspace}",
    responses((status = 200, body = WorkspaceBody)))]
pub async fn get_workspace(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(workspace): Path<String>,
) -> Result<Json<WorkspaceBody>, Problem> {
    let place = PlaceName::workspace(&workspace);
    Ok(Json(doors.app.workspace(&who, &place).await?.into()))
}

/// Changes a workspace.
#[utoipa::path(put, path = "/workspaces/{workspace}", request_body = WorkspaceChangeBody,
    responses((status = 200, body = WorkspaceBody)))]
pub async fn update_workspace(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(workspace): Path<String>,
    KnownBody(body): KnownBody<WorkspaceChangeBody>,
) -> Result<Json<WorkspaceBody>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let change = WorkspaceChange { name: body.name };
    Ok(Json(doors.app.update_workspace(&who, &place, change).await?.into()))
}
