//! `/2.0/repositories/{workspace}/{repository}/refs/tags`, and `refs`, which has branches and tags.

use super::branches::BranchBody;
use super::commits::{AuthorBody, CommitBody, moment};
use super::listing;
use super::shapes::{Links, links};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged, gather};
use crate::origin::Origin;
use crate::place::Path;
use crate::problem::Problem;
use crate::who::Who;
use app::{NewTag, PlaceName, Tag};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &["name", "target", "type", "message", "date", "tagger"];

/// A tag, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = TagInput)]
pub struct TagInput {
    #[serde(default)]
    name: String,
    target: Option<TagTargetInput>,
    #[serde(default)]
    message: Option<String>,
}

/// What a tag is to name.
#[derive(Deserialize, ToSchema)]
struct TagTargetInput {
    /// A commit's id, whole or abbreviated, or the name of a branch or tag.
    hash: String,
}

/// A tag; what it says if it is an annotated one.
#[derive(Serialize, ToSchema)]
#[schema(as = Tag)]
pub struct TagBody {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    target: CommitBody,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tagger: Option<AuthorBody>,
    links: Links,
}

impl TagBody {
    fn of(tag: &Tag, repository: &str, origin: &Origin) -> Self {
        let api = format!("/2.0/repositories/{repository}");
        let tagger = tag.info.as_ref().and_then(|it| it.tagger.as_ref());
        Self {
            kind: "tag",
            name: tag.name.clone(),
            target: CommitBody::brief(&tag.target, tag.commit.as_ref(), repository, origin),
            message: tag.info.as_ref().map(|it| it.message.clone()),
            date: tagger.map(moment),
            tagger: tagger.map(|it| AuthorBody::of("author", it, None, origin)),
            links: links([
                ("self", origin.link_to(&format!("{api}/refs/tags/"), &tag.name)),
                ("commits", origin.link_to(&format!("{api}/commits/"), &tag.name)),
                ("html", origin.link_to(&format!("/{repository}/commits/tag/"), &tag.name)),
            ]),
        }
    }
}

/// Lists the tags of a repository, by name.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/refs/tags",
    responses((status = 200, body = Paged<TagBody>)))]
pub async fn list_tags(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((workspace, repository)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let full_name = place.to_string();
    let app = &doors.app;
    let body = |it: Tag| TagBody::of(&it, &full_name, &origin);
    listing::paged(&list, QUERYABLE, |page| app.list_tags(&who, &place, page), body).await
}

/// Lists the branches of a repository, and then its tags.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/refs",
    responses((status = 200, body = Paged<BranchBody>)))]
pub async fn list_refs(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((workspace, repository)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let full_name = place.to_string();
    let app = &doors.app;
    let branches = gather(|page| app.list_branches(&who, &place, None, page)).await?;
    let tags = gather(|page| app.list_tags(&who, &place, page)).await?;
    let branch = |it| RefBody::Branch(Box::new(BranchBody::of(it, &full_name, &origin)));
    let branches = branches.iter().map(branch);
    let tag = |it| RefBody::Tag(Box::new(TagBody::of(it, &full_name, &origin)));
    let tags = tags.iter().map(tag);
    listing::answer(&list, branches.chain(tags), QUERYABLE)
}

/// Either, told apart by `type`.
#[derive(Serialize)]
#[serde(untagged)]
enum RefBody {
    Branch(Box<BranchBody>),
    Tag(Box<TagBody>),
}

/// Shows a tag.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/refs/tags/{name}",
    responses((status = 200, body = TagBody)))]
pub async fn get_tag(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((workspace, repository, name)): Path<(String, String, String)>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let tag = doors.app.tag(&who, &place, &name).await?;
    listing::one(&list, TagBody::of(&tag, &place.to_string(), &origin))
}

/// Makes an annotated tag.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/refs/tags",
    request_body = TagInput, responses((status = 201, body = TagBody)))]
pub async fn create_tag(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Path((workspace, repository)): Path<(String, String)>,
    JsonBody(input): JsonBody<TagInput>,
) -> Result<(StatusCode, Json<TagBody>), Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let new = NewTag {
        name: input.name,
        target: input.target.map(|it| it.hash).unwrap_or_default(),
        message: input.message.unwrap_or_default(),
    };
    let tag = doors.app.create_tag(&who, &place, new).await?;
    Ok((StatusCode::CREATED, Json(TagBody::of(&tag, &place.to_string(), &origin))))
}

/// Removes a tag.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/refs/tags/{name}",
    responses((status = 204)))]
pub async fn remove_tag(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, repository, name)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    doors.app.delete_tag(&who, &place, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
