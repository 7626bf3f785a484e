//! The names in a path, and the place it is about. What hangs on a workspace, a project and a
//! repository alike is routed at three paths with one handler; the names in the path say which is
//! meant. A name that a handler wants and its route does not have is a fault of ours, never "".

use crate::doors::Doors;
use crate::problem::Problem;
use app::{Error, Fields, PlaceName};
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path as AnyPath};
use hyper::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The names in a path, as they come: one, several in their order, or those that a struct like
/// [`Commit`] names. axum's own would refuse what is not UTF-8 in its own words.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Doors> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        match AnyPath::from_request_parts(parts, doors).await {
            Ok(AnyPath(names)) => Ok(Self(names)),
            Err(rejection) => Err(unreadable(&rejection)),
        }
    }
}

/// Names the part of the path that is no text. Everything else is between a handler and its route.
fn unreadable(rejection: &PathRejection) -> Problem {
    if let PathRejection::FailedToDeserializePathParams(it) = rejection
        && let ErrorKind::InvalidUtf8InPathParam { key } = it.kind()
    {
        return Problem(Fields::one(key, "it is not percent-encoded UTF-8"));
    }
    let why = rejection.body_text();
    Problem(Error::internal("the address is not read as it is routed", why))
}

/// `{commit}` of a path: a commit, by any of its names.
#[derive(Deserialize)]
pub struct Commit {
    pub commit: String,
}

/// `{commit}` and `{path}` of a path: a file or folder at a commit. Without a path, it is the root.
#[derive(Deserialize)]
pub struct File {
    pub commit: String,
    #[serde(default)]
    pub path: String,
}

/// `{spec}` of a path: commits, written `A` or `A..B`.
#[derive(Deserialize)]
pub struct Spec {
    pub spec: String,
}

/// `{user}` of a path: a user, by any of their names.
#[derive(Deserialize)]
pub struct User {
    pub user: String,
}

#[derive(Deserialize)]
struct Places {
    workspace: Option<String>,
    project: Option<String>,
    repository: Option<String>,
}

/// From `{workspace}`, `{project}` and `{repository}`, as far as the path has them.
pub struct Place(pub PlaceName);

impl FromRequestParts<Doors> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let Path(Places { workspace, project, repository }) =
            Path::from_request_parts(parts, doors).await?;
        Ok(Self(match (workspace.as_deref(), project.as_deref(), repository.as_deref()) {
            (Some(workspace), _, Some(repository)) => PlaceName::repository(workspace, repository),
            (Some(workspace), Some(project), None) => PlaceName::project(workspace, project),
            (Some(workspace), None, None) => PlaceName::workspace(workspace),
            (None, _, _) => PlaceName::instance(),
        }))
    }
}

/// A number in a path. One that cannot be one is kept as one that nothing has.
fn number(text: &str) -> i64 {
    text.parse().unwrap_or(-1)
}

#[derive(Deserialize)]
struct Numbered {
    id: String,
}

/// The number `{id}` of a path.
pub struct Id(pub i64);

impl FromRequestParts<Doors> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let Path(Numbered { id }) = Path::from_request_parts(parts, doors).await?;
        Ok(Self(number(&id)))
    }
}

#[derive(Deserialize)]
struct NumberedWithin {
    id: String,
    #[serde(alias = "comment", alias = "task", alias = "dependency")]
    inner: String,
}

/// The numbers of something within something: `{id}` of a path and what stands below it.
pub struct Within(pub (i64, i64));

impl FromRequestParts<Doors> for Within {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let Path(NumberedWithin { id, inner }) = Path::from_request_parts(parts, doors).await?;
        Ok(Self((number(&id), number(&inner))))
    }
}
