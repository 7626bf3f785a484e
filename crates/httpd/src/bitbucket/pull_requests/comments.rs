//! `…/comments` of a pull request: what is said about it, in threads.

use super::super::input::flag;
use super::super::listing;
use super::super::rendered::RenderedBody;
use super::super::shapes::{AccountBody, Links, links};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged, gather};
use crate::origin::Origin;
use crate::place::{Id, Place, Within};
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{Anchor, CommentInput, CommentView};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use hyper::header::{HeaderName, LOCATION};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &[
    "id",
    "content",
    "user",
    "deleted",
    "pending",
    "inline",
    "parent",
    "resolution",
    "created_on",
    "updated_on",
];

/// A comment, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = CommentInput)]
pub struct CommentBodyInput {
    content: Option<ContentInput>,
    inline: Option<InlineInput>,
    parent: Option<Numbered>,
    #[serde(default, deserialize_with = "flag")]
    pending: Option<bool>,
}

/// A text, as it was typed.
#[derive(Deserialize, ToSchema)]
pub(super) struct ContentInput {
    pub raw: Option<String>,
}

/// Something by its number.
#[derive(Deserialize, ToSchema)]
pub(super) struct Numbered {
    pub id: i64,
}

/// Lines of a file: `from` in the old version, `to` in the new one.
#[derive(Deserialize, ToSchema)]
struct InlineInput {
    #[serde(default)]
    path: String,
    from: Option<i64>,
    to: Option<i64>,
    start_from: Option<i64>,
    start_to: Option<i64>,
}

impl CommentBodyInput {
    fn into_app(self) -> CommentInput {
        let anchor = self.inline.map(|it| Anchor {
            path: it.path,
            from: it.from,
            to: it.to,
            start_from: it.start_from,
            start_to: it.start_to,
        });
        CommentInput {
            raw: self.content.and_then(|it| it.raw),
            anchor,
            parent: self.parent.map(|it| it.id),
            pending: self.pending,
        }
    }
}

/// A comment.
#[derive(Serialize, ToSchema)]
#[schema(as = PullRequestComment)]
pub struct CommentBody {
    #[serde(rename = "type")]
    kind: &'static str,
    id: i64,
    content: RenderedBody,
    user: AccountBody,
    created_on: String,
    updated_on: String,
    deleted: bool,
    /// A draft, which only its author sees.
    pending: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    inline: Option<InlineBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<CommentName>,
    resolution: Option<ResolutionBody>,
    pullrequest: RequestName,
    links: Links,
}

/// Lines of a file: `from` in the old version, `to` in the new one.
#[derive(Serialize, ToSchema)]
#[schema(as = Inline)]
struct InlineBody {
    path: String,
    from: Option<i64>,
    to: Option<i64>,
    start_from: Option<i64>,
    start_to: Option<i64>,
}

/// A comment, by its number.
#[derive(Serialize, ToSchema)]
pub(super) struct CommentName {
    id: i64,
    links: Links,
}

/// Who settled a thread.
#[derive(Serialize, ToSchema)]
#[schema(as = CommentResolution)]
pub struct ResolutionBody {
    #[serde(rename = "type")]
    kind: &'static str,
    user: AccountBody,
    created_on: String,
}

/// A pull request, by its number and title.
#[derive(Serialize, ToSchema)]
pub(super) struct RequestName {
    #[serde(rename = "type")]
    kind: &'static str,
    id: i64,
    title: String,
    draft: bool,
    links: Links,
}

impl RequestName {
    /// A request of the repository at `full_name`.
    pub fn of(request: &app::PullRequest, full_name: &str, origin: &Origin) -> Self {
        let number = request.number;
        let api = format!("/2.0/repositories/{full_name}/pullrequests/{number}");
        Self {
            kind: "pullrequest",
            id: number,
            title: request.title.clone(),
            draft: request.draft,
            links: links([
                ("self", origin.link(&api)),
                ("html", origin.link(&format!("/{full_name}/pull-requests/{number}"))),
            ]),
        }
    }
}

impl CommentName {
    /// A comment on the request of that number.
    pub fn of(id: i64, (full_name, number): (&str, i64), origin: &Origin) -> Self {
        Self { id, links: comment_links(id, (full_name, number), origin) }
    }
}

fn comment_links(id: i64, (full_name, number): (&str, i64), origin: &Origin) -> Links {
    let api = format!("/2.0/repositories/{full_name}/pullrequests/{number}/comments/{id}");
    let html = format!("/{full_name}/pull-requests/{number}#comment-{id}");
    links([("self", origin.link(&api)), ("html", origin.link(&html))])
}

impl CommentBody {
    /// A comment with its place in its thread.
    pub fn of(view: &CommentView, origin: &Origin) -> Self {
        let comment = &view.comment;
        let full_name = view.repository.to_string();
        let at = (full_name.as_str(), view.request.number);
        let inline = comment.anchor.clone().map(|it| InlineBody {
            path: it.path,
            from: it.from,
            to: it.to,
            start_from: it.start_from,
            start_to: it.start_to,
        });
        Self {
            kind: "pullrequest_comment",
            id: comment.id.0,
            content: RenderedBody::of(&comment.raw),
            user: AccountBody::of_person(&view.by, origin),
            created_on: time::show(comment.created_at),
            updated_on: time::show(comment.updated_at),
            deleted: comment.deleted,
            pending: comment.pending,
            inline,
            parent: comment.parent.map(|it| CommentName::of(it.0, at, origin)),
            resolution: ResolutionBody::of(view, origin),
            pullrequest: RequestName::of(&view.request, &full_name, origin),
            links: comment_links(comment.id.0, at, origin),
        }
    }
}

impl ResolutionBody {
    fn of(view: &CommentView, origin: &Origin) -> Option<Self> {
        let (resolved, by) = (view.comment.resolved.as_ref()?, view.resolved_by.as_ref()?);
        Some(Self {
            kind: "comment_resolution",
            user: AccountBody::of_person(by, origin),
            created_on: time::show(resolved.at),
        })
    }
}

/// Lists the comments on a pull request, the oldest first. Ones that were taken back are among them
/// while something hangs on them.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/comments",
    responses((status = 200, body = Paged<CommentBody>)))]
pub async fn list_comments(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<Value>, Problem> {
    let body = |it: CommentView| CommentBody::of(&it, &origin);
    let fetch = |page| doors.app.list_comments(&who, &place, number, page);
    if list.is_plain() {
        return listing::page(&list, fetch(list.page()).await?.map(body));
    }
    let all = gather(fetch).await?;
    listing::answer(&list, all.into_iter().map(body), QUERYABLE)
}

/// Says something about a pull request, some of its lines, or another comment.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/comments",
    request_body = CommentBodyInput, responses((status = 201, body = CommentBody)))]
pub async fn create_comment(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
    JsonBody(input): JsonBody<CommentBodyInput>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<CommentBody>), Problem> {
    let view = doors.app.create_comment(&who, &place, number, input.into_app()).await?;
    let id = view.comment.id;
    let path = format!("/2.0/repositories/{}/pullrequests/{number}/comments/{id}", view.repository);
    let headers = [(LOCATION, origin.link(&path))];
    Ok((StatusCode::CREATED, headers, Json(CommentBody::of(&view, &origin))))
}

/// Shows a comment.
#[utoipa::path(get,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/comments/{comment}",
    responses((status = 200, body = CommentBody)))]
pub async fn get_comment(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Within(numbers): Within,
) -> Result<Json<Value>, Problem> {
    let view = doors.app.comment(&who, &place, numbers).await?;
    listing::one(&list, CommentBody::of(&view, &origin))
}

/// Changes the text of one's own comment, or publishes a draft.
#[utoipa::path(put,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/comments/{comment}",
    request_body = CommentBodyInput, responses((status = 200, body = CommentBody)))]
pub async fn update_comment(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Within(numbers): Within,
    JsonBody(input): JsonBody<CommentBodyInput>,
) -> Result<Json<CommentBody>, Problem> {
    let view = doors.app.update_comment(&who, &place, numbers, input.into_app()).await?;
    Ok(Json(CommentBody::of(&view, &origin)))
}

/// Takes a comment back: its text is gone for good.
#[utoipa::path(delete,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/comments/{comment}",
    responses((status = 204)))]
pub async fn remove_comment(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Within(numbers): Within,
) -> Result<StatusCode, Problem> {
    doors.app.remove_comment(&who, &place, numbers).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Settles the thread that a comment began.
#[utoipa::path(post,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/comments/{comment}/resolve",
    responses((status = 200, body = ResolutionBody)))]
pub async fn resolve_comment(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Within(numbers): Within,
) -> Result<Json<Option<ResolutionBody>>, Problem> {
    let view = doors.app.resolve_comment(&who, &place, numbers, true).await?;
    Ok(Json(ResolutionBody::of(&view, &origin)))
}

/// Opens a settled thread again.
#[utoipa::path(delete,
    path = "/repositories/{workspace}/{repository}/pullrequests/{id}/comments/{comment}/resolve",
    responses((status = 204)))]
pub async fn reopen_comment(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Within(numbers): Within,
) -> Result<StatusCode, Problem> {
    doors.app.resolve_comment(&who, &place, numbers, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
