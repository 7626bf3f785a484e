//! `…/tasks` of a pull request: what has to be done before it is merged.

use super::super::input::flag;
use super::super::listing;
use super::super::rendered::RenderedBody;
use super::super::shapes::{AccountBody, Links, links};
use super::comments::{CommentName, ContentInput, Numbered};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged, gather};
use crate::origin::Origin;
use crate::place::{Id, Place, Within};
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{TaskInput, TaskView};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use hyper::header::{HeaderName, LOCATION};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &[
    "id",
    "state",
    "content",
    "creator",
    "pending",
    "comment",
    "created_on",
    "updated_on",
    "resolved_on",
    "resolved_by",
];

/// A task, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = TaskInput)]
pub struct TaskBodyInput {
    content: Option<ContentInput>,
    comment: Option<Numbered>,
    /// `RESOLVED` or `UNRESOLVED`.
    state: Option<String>,
    #[serde(default, deserialize_with = "flag")]
    pending: Option<bool>,
}

impl TaskBodyInput {
    fn into_app(self) -> TaskInput {
        TaskInput {
            raw: self.content.and_then(|it| it.raw),
            comment: self.comment.map(|it| it.id),
            state: self.state,
            pending: self.pending,
        }
    }
}

/// A task.
#[derive(Serialize, ToSchema)]
#[schema(as = Task)]
pub struct TaskBody {
    id: i64,
    /// `RESOLVED` or `UNRESOLVED`.
    state: &'static str,
    content: RenderedBody,
    creator: AccountBody,
    created_on: String,
    updated_on: String,
    /// A draft, which only its author sees.
    pending: bool,
    resolved_on: Option<String>,
    resolved_by: Option<AccountBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<CommentName>,
    links: Links,
}

impl TaskBody {
    fn of(view: &TaskView, origin: &Origin) -> Self {
        let (task, number) = (&view.task, view.number);
        let full_name = view.repository.to_string();
        let html = format!("/{full_name}/pull-requests/{number}#task-{}", task.id);
        Self {
            id: task.id.0,
            state: if task.resolved.is_some() { "RESOLVED" } else { "UNRESOLVED" },
            content: RenderedBody::of(&task.raw),
            creator: AccountBody::of_person(&view.by, origin),
            created_on: time::show(task.created_at),
            updated_on: time::show(task.updated_at),
            pending: task.pending,
            resolved_on: task.resolved.as_ref().map(|it| time::show(it.at)),
            resolved_by: view.resolved_by.as_ref().map(|it| AccountBody::of_person(it, origin)),
            comment: task.comment.map(|it| CommentName::of(it.0, (&full_name, number), origin)),
            links: links([("self", origin.link(&path(view))), ("html", origin.link(&html))]),
        }
    }
}

fn path(view: &TaskView) -> String {
    let (repository, number, id) = (&view.repository, view.number, view.task.id);
    format!("/2.0/repositories/{repository}/pullrequests/{number}/tasks/{id}")
}

/// Lists the tasks of a pull request, the oldest first.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/tasks",
    responses((status = 200, body = Paged<TaskBody>)))]
pub async fn list_tasks(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<Value>, Problem> {
    let body = |it: TaskView| TaskBody::of(&it, &origin);
    let fetch = |page| doors.app.list_tasks(&who, &place, number, page);
    if list.is_plain() {
        return listing::page(&list, fetch(list.page()).await?.map(body));
    }
    let all = gather(fetch).await?;
    listing::answer(&list, all.into_iter().map(body), QUERYABLE)
}

/// Asks for something to be done.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/tasks",
    request_body = TaskBodyInput, responses((status = 201, body = TaskBody)))]
pub async fn create_task(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
    JsonBody(input): JsonBody<TaskBodyInput>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<TaskBody>), Problem> {
    let view = doors.app.create_task(&who, &place, number, input.into_app()).await?;
    let headers = [(LOCATION, origin.link(&path(&view)))];
    Ok((StatusCode::CREATED, headers, Json(TaskBody::of(&view, &origin))))
}

/// Shows a task.
#[utoipa::path(get,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/tasks/{task}",
    responses((status = 200, body = TaskBody)))]
pub async fn get_task(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Within(numbers): Within,
) -> Result<Json<Value>, Problem> {
    let view = doors.app.task(&who, &place, numbers).await?;
    listing::one(&list, TaskBody::of(&view, &origin))
}

/// Changes a task, or says that it is done.
#[utoipa::path(put,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/tasks/{task}",
    request_body = TaskBodyInput, responses((status = 200, body = TaskBody)))]
pub async fn update_task(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Within(numbers): Within,
    JsonBody(input): JsonBody<TaskBodyInput>,
) -> Result<Json<TaskBody>, Problem> {
    let view = doors.app.update_task(&who, &place, numbers, input.into_app()).await?;
    Ok(Json(TaskBody::of(&view, &origin)))
}

/// Removes a task.
#[utoipa::path(delete,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/tasks/{task}",
    responses((status = 204)))]
pub async fn remove_task(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Within(numbers): Within,
) -> Result<StatusCode, Problem> {
    doors.app.remove_task(&who, &place, numbers).await?;
    Ok(StatusCode::NO_CONTENT)
}
