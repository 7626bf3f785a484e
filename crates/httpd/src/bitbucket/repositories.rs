//! `/2.0/repositories`: repositories, listed, shown, created, changed and removed.

use super::projects::ProjectBody;
use super::shapes::{AccountBody, Link, Links, NamedRepositoryBody, WorkspaceBody, links};
use super::{input, listing};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::Path;
use crate::problem::Problem;
use crate::time;
use crate::uuid::braced;
use crate::who::Who;
use app::{NewFork, NewRepository, PlaceName, RepositoryChange, RepositoryView};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use hyper::header::{HeaderName, LOCATION};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

pub(super) const QUERYABLE: &[&str] = &[
    "name",
    "full_name",
    "slug",
    "uuid",
    "description",
    "is_private",
    "language",
    "fork_policy",
    "has_issues",
    "has_wiki",
    "size",
    "created_on",
    "updated_on",
    "project",
    "owner",
    "workspace",
    "mainbranch",
    "parent",
    "scm",
];

/// A repository, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = RepositoryInput)]
pub struct RepositoryInput {
    name: Option<String>,
    description: Option<String>,
    #[serde(default, deserialize_with = "input::flag")]
    is_private: Option<bool>,
    fork_policy: Option<String>,
    language: Option<String>,
    #[serde(default, deserialize_with = "input::flag")]
    has_issues: Option<bool>,
    #[serde(default, deserialize_with = "input::flag")]
    has_wiki: Option<bool>,
    /// By key or UUID; the workspace's first project if it is left out.
    project: Option<ProjectNamed>,
    mainbranch: Option<BranchNamed>,
}

/// A project, by either of its names.
#[derive(Deserialize, ToSchema)]
pub struct ProjectNamed {
    key: Option<String>,
    uuid: Option<String>,
}

/// A branch, by its name.
#[derive(Deserialize, ToSchema)]
pub struct BranchNamed {
    name: String,
}

/// A repository.
#[derive(Serialize, ToSchema)]
#[schema(as = Repository)]
pub struct RepositoryBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    slug: String,
    name: String,
    full_name: String,
    description: String,
    is_private: bool,
    fork_policy: &'static str,
    language: String,
    scm: &'static str,
    has_issues: bool,
    has_wiki: bool,
    /// In bytes; at most what a signed 32-bit number holds, which is what clients read it as.
    size: i64,
    created_on: String,
    updated_on: String,
    mainbranch: MainBranchBody,
    /// Of a fork, as far as it is there and the caller may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<NamedRepositoryBody>,
    owner: AccountBody,
    workspace: WorkspaceBody,
    project: ProjectBody,
    links: RepositoryLinks,
}

/// The branch that a clone checks out.
#[derive(Serialize, ToSchema)]
#[schema(as = MainBranch)]
struct MainBranchBody {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
}

/// Links, and the two or more addresses to clone from.
#[derive(Serialize, ToSchema)]
struct RepositoryLinks {
    clone: Vec<Link>,
    #[serde(flatten)]
    others: Links,
}

impl RepositoryInput {
    /// As a fork, in the workspace of this name.
    pub fn into_fork(self, workspace: Option<String>) -> NewFork {
        NewFork {
            workspace,
            slug: self.name.as_deref().map(input::slug_of),
            project: self.project.and_then(ProjectNamed::name),
            main_branch: self.mainbranch.map(|it| it.name),
            name: self.name,
            description: self.description,
            is_private: self.is_private,
            fork_policy: self.fork_policy,
            language: self.language,
        }
    }

    fn into_new(self, slug: String) -> NewRepository {
        NewRepository {
            slug,
            project: self.project.and_then(ProjectNamed::name),
            main_branch: self.mainbranch.map(|it| it.name),
            name: self.name,
            description: self.description.unwrap_or_default(),
            is_private: self.is_private,
            fork_policy: self.fork_policy,
            language: self.language.unwrap_or_default(),
            has_issues: self.has_issues.unwrap_or(false),
            has_wiki: self.has_wiki.unwrap_or(false),
        }
    }

    /// As a change of a repository that is called `before`.
    fn into_change(self, before: &str) -> RepositoryChange {
        let renamed = self.name.as_deref().filter(|it| *it != before);
        RepositoryChange {
            slug: renamed.map(input::slug_of),
            project: self.project.and_then(ProjectNamed::name),
            main_branch: self.mainbranch.map(|it| it.name),
            name: self.name,
            description: self.description,
            is_private: self.is_private,
            fork_policy: self.fork_policy,
            archived: None,
            language: self.language,
            has_issues: self.has_issues,
            has_wiki: self.has_wiki,
            size_limit: None,
        }
    }
}

impl ProjectNamed {
    /// Either of its names; empty ones are what some clients send for none.
    fn name(self) -> Option<String> {
        self.key.or(self.uuid).filter(|it| !it.is_empty())
    }
}

impl RepositoryBody {
    /// A repository, with the project and the workspace it is in.
    pub fn of(view: &RepositoryView, origin: &Origin) -> Self {
        let RepositoryView { repository, project, workspace, .. } = view;
        let full_name = format!("{}/{}", workspace.slug, repository.slug);
        let main = repository.main_branch.clone().unwrap_or_else(|| "main".into());
        Self {
            kind: "repository",
            uuid: braced(&repository.uuid),
            slug: repository.slug.to_string(),
            name: repository.name.to_string(),
            description: repository.description.clone(),
            is_private: repository.is_private,
            fork_policy: repository.fork_policy.as_str(),
            language: repository.language.clone(),
            scm: "git",
            has_issues: repository.has_issues,
            has_wiki: repository.has_wiki,
            size: repository.size.min(i64::from(i32::MAX)),
            created_on: time::show(repository.created_at),
            updated_on: time::show(repository.updated_at),
            mainbranch: MainBranchBody { kind: "branch", name: main },
            parent: None,
            owner: AccountBody::of_workspace(workspace, origin),
            workspace: WorkspaceBody::of(workspace, origin),
            project: ProjectBody::of(project, workspace, origin),
            links: repository_links(&full_name, origin),
            full_name,
        }
    }
}

impl RepositoryBody {
    /// The same with what it is a fork of.
    pub fn with_parent(self, parent: Option<&RepositoryView>, origin: &Origin) -> Self {
        Self { parent: parent.map(|it| NamedRepositoryBody::of_view(it, origin)), ..self }
    }
}

fn repository_links(full_name: &str, origin: &Origin) -> RepositoryLinks {
    let api = format!("/2.0/repositories/{full_name}");
    let below = |name: &str| origin.link(&format!("{api}/{name}"));
    let https = Link { href: origin.link(&format!("/{full_name}.git")), name: Some("https") };
    RepositoryLinks {
        clone: vec![https],
        others: links([
            ("self", origin.link(&api)),
            ("html", origin.link(&format!("/{full_name}"))),
            ("avatar", origin.link(&format!("/{full_name}/avatar"))),
            ("branches", below("refs/branches")),
            ("tags", below("refs/tags")),
            ("commits", below("commits")),
            ("pullrequests", below("pullrequests")),
            ("hooks", below("hooks")),
            ("source", below("src")),
            ("forks", below("forks")),
            ("watchers", below("watchers")),
            ("downloads", below("downloads")),
        ]),
    }
}

/// Lists the repositories of a workspace that the caller may see.
#[utoipa::path(get, path = "/repositories/{workspace}",
    responses((status = 200, body = Paged<RepositoryBody>)))]
pub async fn list_repositories(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path(workspace): Path<String>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let (app, body) = (&doors.app, |it: RepositoryView| RepositoryBody::of(&it, &origin));
    let fetch = |page| app.list_repositories(&who, &place, None, page);
    listing::paged(&list, QUERYABLE, fetch, body).await
}

/// Shows a repository, by slug or UUID.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}",
    responses((status = 200, body = RepositoryBody)))]
pub async fn get_repository(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path((workspace, repository)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let view = doors.app.repository(&who, &place).await?;
    let parent = doors.app.parent_of(&who, &view.repository).await?;
    listing::one(&list, RepositoryBody::of(&view, &origin).with_parent(parent.as_ref(), &origin))
}

/// Creates a repository. Answers 200, as Bitbucket does.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}",
    request_body = RepositoryInput, responses((status = 200, body = RepositoryBody)))]
pub async fn create_repository(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Path((workspace, repository)): Path<(String, String)>,
    JsonBody(input): JsonBody<RepositoryInput>,
) -> Result<Json<RepositoryBody>, Problem> {
    let new = input.into_new(repository);
    let view = doors.app.create_repository(&who, &workspace, new).await?;
    Ok(Json(RepositoryBody::of(&view, &origin)))
}

/// Changes a repository. Another name changes its slug, too, and is answered with its new address.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}",
    request_body = RepositoryInput, responses((status = 200, body = RepositoryBody)))]
pub async fn update_repository(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Path((workspace, repository)): Path<(String, String)>,
    JsonBody(input): JsonBody<RepositoryInput>,
) -> Result<([(HeaderName, String); 1], Json<RepositoryBody>), Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let before = doors.app.repository(&who, &place).await?.repository;
    let change = input.into_change(before.name.as_str());
    let view = doors.app.update_repository(&who, &place, change).await?;
    let body = RepositoryBody::of(&view, &origin);
    let address = origin.link(&format!("/2.0/repositories/{}", body.full_name));
    Ok(([(LOCATION, address)], Json(body)))
}

/// Removes a repository with everything in it.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}",
    responses((status = 204)))]
pub async fn remove_repository(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, repository)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    doors.app.remove_repository(&who, &place).await?;
    Ok(StatusCode::NO_CONTENT)
}
