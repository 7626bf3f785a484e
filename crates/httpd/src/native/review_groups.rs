//! `…/review-groups` of a repository and of a project: the groups whose approvals the merge check
//! `require_review_group_approvals_to_merge` counts.

use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::place::{Path, Place};
use crate::problem::Problem;
use crate::who::Who;
use app::ReviewGroup;
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A group of the workspace, and who has named it.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewGroup)]
pub struct ReviewGroupBody {
    #[serde(rename = "type")]
    kind: &'static str,
    slug: String,
    name: String,
    /// `repository` or `project`: whose list it is on.
    level: &'static str,
}

impl From<ReviewGroup> for ReviewGroupBody {
    fn from(it: ReviewGroup) -> Self {
        Self {
            kind: "review_group",
            slug: it.group.slug.to_string(),
            name: it.group.name.to_string(),
            level: it.level.as_str(),
        }
    }
}

/// `{group}` of a path.
#[derive(Deserialize)]
pub struct Named {
    group: String,
}

/// Lists the review groups by slug; those of a repository with those of its project.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/review-groups",
    responses((status = 200, body = Paged<ReviewGroupBody>)))]
pub async fn list_review_groups(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    list: ListRequest,
) -> Result<Json<Paged<ReviewGroupBody>>, Problem> {
    let groups = doors.app.list_review_groups(&who, &place).await?;
    Ok(Json(list.answer(list.page().of(groups).map(ReviewGroupBody::from))))
}

/// Makes a group of the workspace a review group. Nothing happens if it is one.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/review-groups/{group}",
    responses((status = 200, body = ReviewGroupBody)))]
pub async fn add_review_group(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Path(Named { group }): Path<Named>,
) -> Result<Json<ReviewGroupBody>, Problem> {
    Ok(Json(doors.app.add_review_group(&who, &place, &group).await?.into()))
}

/// Takes a group from the review groups.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/review-groups/{group}",
    responses((status = 204)))]
pub async fn remove_review_group(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Path(Named { group }): Path<Named>,
) -> Result<StatusCode, Problem> {
    doors.app.remove_review_group(&who, &place, &group).await?;
    Ok(StatusCode::NO_CONTENT)
}
