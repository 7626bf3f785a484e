//! The names in a path, and the place it is about. What hangs on a workspace, a project and a repository alike is
//! routed at three paths with one handler; the names in the path say which is meant.

use crate::doors::Doors;
use crate::problem::Problem;
use app::{Fields, PlaceName};
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path as AnyPath};
use hyper::http::request::Parts;
use serde::de::DeserializeOwned;
use std::collections::HashMap;

/// The names in a path, as they come. axum's own would refuse what is not UTF-8 in its own words.
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

/// Names the part of the path, where axum does.
fn unreadable(rejection: &PathRejection) -> Problem {
    let part = if let PathRejection::FailedToDeserializePathParams(it) = rejection
        && let ErrorKind::InvalidUtf8InPathParam { key } = it.kind()
    {
        key
    } else {
        "path"
    };
    Problem(Fields::one(part, "it is not percent-encoded UTF-8"))
}

/// From `{workspace}`, `{project}` and `{repository}`, as far as the path has them.
pub struct Place(pub PlaceName);

impl FromRequestParts<Doors> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let Path(names) = Path::<HashMap<String, String>>::from_request_parts(parts, doors).await?;
        let name = |it: &str| names.get(it).map(String::as_str);
        Ok(Self(match (name("workspace"), name("project"), name("repository")) {
            (Some(workspace), _, Some(repository)) => PlaceName::repository(workspace, repository),
            (Some(workspace), Some(project), None) => PlaceName::project(workspace, project),
            (Some(workspace), None, None) => PlaceName::workspace(workspace),
            (None, _, _) => PlaceName::instance(),
        }))
    }
}

/// The number `{id}` of a path. A number that cannot be one is kept as one that nothing has.
pub struct Id(pub i64);

impl FromRequestParts<Doors> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let Path(names) = Path::<HashMap<String, String>>::from_request_parts(parts, doors).await?;
        Ok(Self(names.get("id").and_then(|it| it.parse().ok()).unwrap_or(-1)))
    }
}

/// The numbers of something within something: `{id}` of a path and what stands below it.
pub struct Within(pub (i64, i64));

impl FromRequestParts<Doors> for Within {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let Path(names) = Path::<HashMap<String, String>>::from_request_parts(parts, doors).await?;
        let number = |it: &str| names.get(it).and_then(|it| it.parse().ok());
        let inner = ["comment", "task", "dependency"].into_iter().find_map(number);
        Ok(Self((number("id").unwrap_or(-1), inner.unwrap_or(-1))))
    }
}
