//! The place a path is about. What hangs on a workspace, a project and a repository alike is
//! routed at three paths with one handler; the names in the path say which is meant.

use crate::doors::Doors;
use crate::problem::Problem;
use app::{Fields, PlaceName};
use axum::extract::{FromRequestParts, Path};
use hyper::http::request::Parts;
use std::collections::HashMap;

/// From `{workspace}`, `{project}` and `{repository}`, as far as the path has them.
pub struct Place(pub PlaceName);

impl FromRequestParts<Doors> for Place {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let names = Path::<HashMap<String, String>>::from_request_parts(parts, doors)
            .await
            .map_err(|_| Fields::one("path", "it is not percent-encoded UTF-8"))?
            .0;
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
        let names = Path::<HashMap<String, String>>::from_request_parts(parts, doors)
            .await
            .map_err(|_| Fields::one("path", "it is not percent-encoded UTF-8"))?
            .0;
        Ok(Self(names.get("id").and_then(|it| it.parse().ok()).unwrap_or(-1)))
    }
}
