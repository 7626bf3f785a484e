//! `/workspaces/{workspace}/members`: which people belong to a workspace, and as what.

use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::Path;
use crate::problem::Problem;
use crate::uuid::braced;
use crate::who::Who;
use app::{Member, PlaceName};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody is to be.
#[derive(Deserialize, ToSchema)]
#[schema(as = MemberRole)]
pub struct RoleBody {
    /// `owner` or `member`.
    role: String,
}

/// A member of a workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    username: String,
    display_name: String,
    role: &'static str,
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        Self {
            kind: "workspace_member",
            uuid: braced(&member.uuid),
            username: member.username.to_string(),
            display_name: member.display_name.to_string(),
            role: member.role.as_str(),
        }
    }
}

/// Lists the members of a workspace, by user name.
#[utoipa::path(get, path = "/workspaces/{workspace}/members",
    responses((status = 200, body = Paged<MemberBody>)))]
pub async fn list_members(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(workspace): Path<String>,
    list: ListRequest,
) -> Result<Json<Paged<MemberBody>>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let page = doors.app.list_members(&who, &place, list.page()).await?;
    Ok(Json(list.answer(page.map(MemberBody::from))))
}

/// Makes somebody a member or an owner, or changes which of them they are.
#[utoipa::path(put, path = "/workspaces/{workspace}/members/{user}", request_body = RoleBody,
    responses((status = 200, body = MemberBody)))]
pub async fn set_member(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, user)): Path<(String, String)>,
    KnownBody(body): KnownBody<RoleBody>,
) -> Result<Json<MemberBody>, Problem> {
    let place = PlaceName::workspace(&workspace);
    Ok(Json(doors.app.set_member(&who, &place, &user, &body.role).await?.into()))
}

/// Takes somebody out of a workspace.
#[utoipa::path(delete, path = "/workspaces/{workspace}/members/{user}",
    responses((status = 204)))]
pub async fn remove_member(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, user)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    doors.app.remove_member(&who, &PlaceName::workspace(&workspace), &user).await?;
    Ok(StatusCode::NO_CONTENT)
}
