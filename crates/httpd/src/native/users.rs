//! `/users`: people's accounts.

use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::Path;
use crate::problem::Problem;
use crate::time;
use crate::uuid::braced;
use crate::who::Who;
use app::{NewUser, Profile, User, UserChange};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::Secret;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A new account.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewUser)]
pub struct NewUserBody {
    username: String,
    display_name: String,
    email: String,
    /// Without one the account can only use tokens that an administrator makes for it.
    password: Option<String>,
    /// An administrator of the installation.
    #[serde(default)]
    is_admin: bool,
}

/// What to change; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = UserChange)]
pub struct UserChangeBody {
    display_name: Option<String>,
    email: Option<String>,
    password: Option<String>,
    is_admin: Option<bool>,
    /// May sign in.
    active: Option<bool>,
}

/// An account, as its owner and administrators see it.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    username: String,
    display_name: String,
    email: String,
    is_admin: bool,
    active: bool,
    has_password: bool,
    created_on: String,
}

/// An account, as everybody who is signed in sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Profile)]
pub struct ProfileBody {
    #[serde(rename = "type")]
    kind: &'static str,
    uuid: String,
    username: String,
    display_name: String,
    active: bool,
    created_on: String,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            kind: "user",
            uuid: braced(&user.uuid),
            username: user.username,
            display_name: user.display_name,
            email: user.email,
            is_admin: user.is_admin,
            active: user.active,
            has_password: user.has_password,
            created_on: time::show(user.created_at),
        }
    }
}

impl From<Profile> for ProfileBody {
    fn from(user: Profile) -> Self {
        Self {
            kind: "user",
            uuid: braced(&user.uuid),
            username: user.username,
            display_name: user.display_name,
            active: user.active,
            created_on: time::show(user.created_at),
        }
    }
}

/// Creates an account.
#[utoipa::path(post, path = "/users", request_body = NewUserBody,
    responses((status = 201, body = UserBody)))]
pub async fn create_user(
    State(doors): State<Doors>,
    Who(who): Who,
    KnownBody(body): KnownBody<NewUserBody>,
) -> Result<(StatusCode, Json<UserBody>), Problem> {
    let new = NewUser {
        username: body.username,
        display_name: body.display_name,
        email: body.email,
        password: body.password.map(Secret::new),
        is_admin: body.is_admin,
    };
    let user = doors.app.create_user(&who, new).await?;
    Ok((StatusCode::CREATED, Json(user.into())))
}

/// Lists all accounts, by user name.
#[utoipa::path(get, path = "/users", responses((status = 200, body = Paged<UserBody>)))]
pub async fn list_users(
    State(doors): State<Doors>,
    Who(who): Who,
    list: ListRequest,
) -> Result<Json<Paged<UserBody>>, Problem> {
    let page = doors.app.list_users(&who, list.page()).await?;
    Ok(Json(list.answer(page.map(UserBody::from))))
}

/// Shows somebody's public face.
#[utoipa::path(get, path = "/users/{user}", responses((status = 200, body = ProfileBody)))]
pub async fn get_user(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(user): Path<String>,
) -> Result<Json<ProfileBody>, Problem> {
    Ok(Json(doors.app.profile(&who, &user).await?.into()))
}

/// Changes an account.
#[utoipa::path(put, path = "/users/{user}", request_body = UserChangeBody,
    responses((status = 200, body = UserBody)))]
pub async fn update_user(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(user): Path<String>,
    KnownBody(body): KnownBody<UserChangeBody>,
) -> Result<Json<UserBody>, Problem> {
    let change = UserChange {
        display_name: body.display_name,
        email: body.email,
        is_admin: body.is_admin,
        active: body.active,
        password: body.password.map(Secret::new),
    };
    Ok(Json(doors.app.update_user(&who, &user, change).await?.into()))
}
