//! `/2.0/user` and `/2.0/users/{user}`: oneself and others.

use super::listing;
use super::shapes::{AccessBody, AccountBody};
use crate::doors::Doors;
use crate::list::{ListRequest, Paged, gather};
use crate::origin::Origin;
use crate::place::Path;
use crate::problem::Problem;
use crate::who::Who;
use app::Error;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An e-mail address of the caller.
#[derive(Serialize, ToSchema)]
#[schema(as = Email)]
pub struct EmailBody {
    #[serde(rename = "type")]
    kind: &'static str,
    email: String,
    is_primary: bool,
    is_confirmed: bool,
}

/// Shows the caller's own account.
#[utoipa::path(get, path = "/user", responses((status = 200, body = AccountBody)))]
pub async fn get_user(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
) -> Result<Json<Value>, Problem> {
    let user = doors.app.own_account(&who).await?.ok_or(NO_ACCOUNT)?;
    listing::one(&list, AccountBody::of_user(&user, &origin))
}

/// Lists the caller's e-mail addresses.
#[utoipa::path(get, path = "/user/emails", responses((status = 200, body = Paged<EmailBody>)))]
pub async fn list_user_emails(
    State(doors): State<Doors>,
    Who(who): Who,
    list: ListRequest,
) -> Result<Json<Value>, Problem> {
    let user = doors.app.own_account(&who).await?.ok_or(NO_ACCOUNT)?;
    let email =
        EmailBody { kind: "email", email: user.email, is_primary: true, is_confirmed: true };
    listing::answer(&list, [email], &["email", "is_primary", "is_confirmed"])
}

/// Lists the workspaces the caller may see, with whether they administer them.
#[utoipa::path(get, path = "/user/workspaces",
    responses((status = 200, body = Paged<AccessBody>)))]
pub async fn list_user_workspaces(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
) -> Result<Json<Value>, Problem> {
    let workspaces = gather(|page| doors.app.list_workspace_access(&who, page)).await?;
    let wanted = list.parameter("administrator").map(|it| it == "true");
    let bodies = workspaces
        .iter()
        .filter(|it| wanted.is_none_or(|wanted| wanted == it.administrator))
        .map(|it| AccessBody::of(&it.workspace, it.administrator, &origin));
    listing::answer(&list, bodies, &["administrator", "workspace", "slug"])
}

/// Shows somebody's public face, by user name or UUID.
#[utoipa::path(get, path = "/users/{user}", responses((status = 200, body = AccountBody)))]
pub async fn get_account(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Path(user): Path<String>,
) -> Result<Json<Value>, Problem> {
    let profile = doors.app.profile(&who, &user).await?;
    listing::one(&list, AccountBody::of_profile(&profile, &origin))
}

/// An access token is nobody's account.
const NO_ACCOUNT: Error = Error::NotFound { what: "account: this credential belongs to no user" };
