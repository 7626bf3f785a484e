//! `/2.0/workspaces/{workspace}/projects`: what repositories are gathered in.

use super::shapes::{AccountBody, Links, WorkspaceBody, links};
use super::{input, listing};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged, gather};
use crate::origin::Origin;
use crate::place::Path;
use crate::problem::Problem;
use crate::time;
use crate::uuid::braced;
use crate::who::Who;
use app::{NewProject, PlaceName, Project, ProjectChange, Workspace};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] =
    &["key", "name", "uuid", "description", "is_private", "created_on", "updated_on"];

/// A project, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = ProjectInput)]
pub struct ProjectInput {
    key: Option<String>,
    name: Option<String>,
    description: Option<String>,
    #[serde(default, deserialize_with = "input::flag")]
    is_private: Option<bool>,
}

/// A project.
#[derive(Serialize, ToSchema)]
#[schema(as = Project)]
pub struct ProjectBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    key: String,
    name: String,
    description: String,
    is_private: bool,
    owner: AccountBody,
    workspace: WorkspaceBody,
    created_on: String,
    updated_on: String,
    links: Links,
}

impl ProjectBody {
    /// A project of a workspace.
    pub fn of(project: &Project, workspace: &Workspace, origin: &Origin) -> Self {
        let (slug, key) = (&workspace.slug, &project.key);
        let html = format!("/{slug}/workspace/projects/{key}");
        let repositories = format!("/2.0/repositories/{slug}?q=project.key%3D%22{key}%22");
        Self {
            kind: "project",
            uuid: braced(&project.uuid),
            key: key.to_string(),
            name: project.name.to_string(),
            description: project.description.clone(),
            is_private: project.is_private,
            owner: AccountBody::of_workspace(workspace, origin),
            workspace: WorkspaceBody::of(workspace, origin),
            created_on: time::show(project.created_at),
            updated_on: time::show(project.updated_at),
            links: links([
                ("self", origin.link(&format!("/2.0/workspaces/{slug}/projects/{key}"))),
                ("html", origin.link(&html)),
                ("avatar", origin.link(&format!("{html}/avatar"))),
                ("repositories", origin.link(&repositories)),
            ]),
        }
    }
}

/// Lists the projects of a workspace that the caller may see.
#[utoipa::path(get, path = "/workspaces/{workspace}/projects",
    responses((status = 200, body = Paged<ProjectBody>)))]
pub async fn list_projects(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path(workspace): Path<String>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let all = gather(|page| doors.app.list_projects(&who, &place, page)).await?;
    let bodies = all.iter().map(|it| ProjectBody::of(&it.project, &it.workspace, &origin));
    listing::answer(&list, bodies, QUERYABLE)
}

/// Shows a project, by key or UUID.
#[utoipa::path(get, path = "/workspaces/{workspace}/projects/{project}",
    responses((status = 200, body = ProjectBody)))]
pub async fn get_project(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((workspace, project)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let found = doors.app.project(&who, &PlaceName::project(&workspace, &project)).await?;
    listing::one(&list, ProjectBody::of(&found.project, &found.workspace, &origin))
}

/// Creates a project.
#[utoipa::path(post, path = "/workspaces/{workspace}/projects", request_body = ProjectInput,
    responses((status = 201, body = ProjectBody)))]
pub async fn create_project(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Path(workspace): Path<String>,
    JsonBody(input): JsonBody<ProjectInput>,
) -> Result<(StatusCode, Json<ProjectBody>), Problem> {
    let new = NewProject {
        key: input.key.unwrap_or_default(),
        name: input.name.unwrap_or_default(),
        description: input.description.unwrap_or_default(),
        is_private: input.is_private,
    };
    let place = PlaceName::workspace(&workspace);
    let made = doors.app.create_project(&who, &place, new).await?;
    let body = ProjectBody::of(&made.project, &made.workspace, &origin);
    Ok((StatusCode::CREATED, Json(body)))
}

/// Changes a project.
#[utoipa::path(put, path = "/workspaces/{workspace}/projects/{project}",
    request_body = ProjectInput, responses((status = 200, body = ProjectBody)))]
pub async fn update_project(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Path((workspace, project)): Path<(String, String)>,
    JsonBody(input): JsonBody<ProjectInput>,
) -> Result<Json<ProjectBody>, Problem> {
    let ProjectInput { key, name, description, is_private } = input;
    let change = ProjectChange { key, name, description, is_private };
    let place = PlaceName::project(&workspace, &project);
    let made = doors.app.update_project(&who, &place, change).await?;
    Ok(Json(ProjectBody::of(&made.project, &made.workspace, &origin)))
}

/// Removes a project that has no repositories.
#[utoipa::path(delete, path = "/workspaces/{workspace}/projects/{project}",
    responses((status = 204)))]
pub async fn remove_project(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, project)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    doors.app.remove_project(&who, &PlaceName::project(&workspace, &project)).await?;
    Ok(StatusCode::NO_CONTENT)
}
