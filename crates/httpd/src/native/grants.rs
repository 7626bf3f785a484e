//! `…/grants` on a repository, a project or a workspace: who was given which permission there.

use super::subject::{SubjectBody, SubjectShown};
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::Place;
use crate::problem::Problem;
use crate::who::Who;
use app::{Fields, NamedGrant, SubjectInput};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What somebody is to have.
#[derive(Deserialize, ToSchema)]
#[schema(as = GrantInput)]
pub struct GrantInput {
    subject: SubjectBody,
    /// `read`, `write`, `create-repository`, `admin`; `none` takes the grant away.
    permission: String,
}

/// What somebody has.
#[derive(Serialize, ToSchema)]
#[schema(as = Grant)]
pub struct GrantBody {
    subject: SubjectShown,
    /// `none` when the grant was taken away.
    permission: &'static str,
    /// Where it was given: it holds for everything below, too.
    level: &'static str,
}

impl GrantInput {
    /// Whom and what, as `app` takes it.
    pub fn parse(self) -> Result<(SubjectInput, String), Problem> {
        let mut fields = Fields::default();
        let subject = self.subject.parse("subject", &mut fields);
        fields.check()?;
        Ok((subject, self.permission))
    }
}

impl From<NamedGrant> for GrantBody {
    fn from(grant: NamedGrant) -> Self {
        Self {
            subject: grant.subject.into(),
            permission: grant.permission.map_or("none", |it| it.as_str()),
            level: grant.level.as_str(),
        }
    }
}

/// Lists what was granted at a place.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/grants",
    responses((status = 200, body = Paged<GrantBody>)))]
pub async fn list_grants(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    list: ListRequest,
) -> Result<Json<Paged<GrantBody>>, Problem> {
    let grants = doors.app.list_grants(&who, &place).await?;
    Ok(Json(list.answer(list.page().of(grants.into_iter().map(GrantBody::from)))))
}

/// Grants a permission at a place, instead of what the subject had there.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/grants",
    request_body = GrantInput, responses((status = 200, body = GrantBody)))]
pub async fn set_grant(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    KnownBody(input): KnownBody<GrantInput>,
) -> Result<Json<GrantBody>, Problem> {
    let (subject, permission) = input.parse()?;
    let grant = doors.app.set_grant(&who, &place, &subject, &permission).await?;
    Ok(Json(grant.into()))
}
