//! `…/branch-restrictions`: our rules in Bitbucket's words, as far as those can say them.

use super::listing;
use super::shapes::{AccountBody, Links, links};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::who::Who;
use app::{BranchRestriction, BranchRestrictionInput, PlaceName, SubjectView};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::RestrictionId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] =
    &["id", "kind", "pattern", "branch_match_kind", "branch_type", "value", "users", "groups"];

/// A rule, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = BranchRestrictionInput)]
pub struct RuleInput {
    /// Any of Bitbucket's.
    kind: Option<String>,
    /// `glob` or `branching_model`.
    branch_match_kind: Option<String>,
    pattern: Option<String>,
    branch_type: Option<String>,
    value: Option<i64>,
    users: Option<Vec<Named>>,
    groups: Option<Vec<Named>>,
}

/// A person or a group, by any of the names that clients use.
#[derive(Deserialize, ToSchema)]
pub struct Named {
    uuid: Option<String>,
    username: Option<String>,
    nickname: Option<String>,
    account_id: Option<String>,
    slug: Option<String>,
}

/// A rule.
#[derive(Serialize, ToSchema)]
#[schema(as = BranchRestriction)]
pub struct RuleBody {
    #[serde(rename = "type")]
    type_: &'static str,
    id: i64,
    kind: &'static str,
    branch_match_kind: &'static str,
    /// A class of the branching model; not there for `glob`.
    #[serde(skip_serializing_if = "Option::is_none")]
    branch_type: Option<String>,
    /// A glob over branch names; empty for `branching_model`.
    pattern: String,
    value: Option<i64>,
    users: Vec<AccountBody>,
    groups: Vec<GroupBody>,
    links: Links,
}

/// A group.
#[derive(Serialize, ToSchema)]
#[schema(as = Group)]
struct GroupBody {
    #[serde(rename = "type")]
    kind: &'static str,
    slug: String,
    name: String,
}

impl RuleInput {
    fn parse(self) -> BranchRestrictionInput {
        let names =
            |list: Option<Vec<Named>>| list.map(|it| it.into_iter().map(Named::name).collect());
        BranchRestrictionInput {
            kind: self.kind,
            branch_match_kind: self.branch_match_kind,
            pattern: self.pattern,
            branch_type: self.branch_type,
            value: self.value,
            users: names(self.users),
            groups: names(self.groups),
        }
    }
}

impl Named {
    /// The first name that was sent. An account id here is a UUID without its braces.
    fn name(self) -> String {
        let account = self.account_id.map(|it| format!("{{{it}}}"));
        let any = [self.uuid, self.slug, self.username, self.nickname, account];
        any.into_iter().flatten().find(|it| !it.is_empty()).unwrap_or_default()
    }
}

impl RuleBody {
    fn of(rule: BranchRestriction, place: &PlaceName, origin: &Origin) -> Self {
        let api = format!("/2.0/repositories/{place}/branch-restrictions/{}", rule.id);
        let text = |it: &Option<String>| it.clone().unwrap_or_default();
        let account = |it: &SubjectView| {
            AccountBody::new(
                "user",
                &text(&it.uuid),
                &text(&it.name),
                &text(&it.display_name),
                origin,
            )
        };
        let group = |it: &SubjectView| GroupBody {
            kind: "group",
            slug: text(&it.name),
            name: text(&it.display_name),
        };
        Self {
            type_: "branchrestriction",
            id: rule.id.0,
            kind: rule.kind,
            branch_match_kind: if rule.branch_type.is_some() { "branching_model" } else { "glob" },
            branch_type: rule.branch_type,
            pattern: rule.pattern,
            value: rule.value,
            users: rule.users.iter().map(account).collect(),
            groups: rule.groups.iter().map(group).collect(),
            links: links([("self", origin.link(&api))]),
        }
    }
}

/// Lists the rules of a repository that Bitbucket has words for.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/branch-restrictions",
    params(("kind" = Option<String>, Query), ("pattern" = Option<String>, Query)),
    responses((status = 200, body = Paged<RuleBody>)))]
pub async fn list_restrictions(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let (kind, pattern) = (list.parameter("kind"), list.parameter("pattern"));
    let rules = doors.app.list_branch_restrictions(&who, &place).await?;
    let bodies = rules
        .into_iter()
        .filter(|it| kind.is_none_or(|kind| kind == it.kind))
        .filter(|it| pattern.is_none_or(|pattern| pattern == it.pattern))
        .map(|it| RuleBody::of(it, &place, &origin));
    listing::answer(&list, bodies, QUERYABLE)
}

/// Makes a rule.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/branch-restrictions",
    request_body = RuleInput, responses((status = 201, body = RuleBody)))]
pub async fn create_restriction(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    JsonBody(input): JsonBody<RuleInput>,
) -> Result<(StatusCode, Json<RuleBody>), Problem> {
    let rule = doors.app.create_branch_restriction(&who, &place, input.parse()).await?;
    Ok((StatusCode::CREATED, Json(RuleBody::of(rule, &place, &origin))))
}

/// Shows a rule.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/branch-restrictions/{id}",
    responses((status = 200, body = RuleBody)))]
pub async fn get_restriction(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Id(id): Id,
) -> Result<Json<Value>, Problem> {
    let rule = doors.app.branch_restriction(&who, &place, RestrictionId(id)).await?;
    listing::one(&list, RuleBody::of(rule, &place, &origin))
}

/// Changes what is sent and leaves the rest.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/branch-restrictions/{id}",
    request_body = RuleInput, responses((status = 200, body = RuleBody)))]
pub async fn update_restriction(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(id): Id,
    JsonBody(input): JsonBody<RuleInput>,
) -> Result<Json<RuleBody>, Problem> {
    let id = RestrictionId(id);
    let rule = doors.app.update_branch_restriction(&who, &place, id, input.parse()).await?;
    Ok(Json(RuleBody::of(rule, &place, &origin)))
}

/// Removes a rule.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/branch-restrictions/{id}",
    responses((status = 204)))]
pub async fn remove_restriction(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(id): Id,
) -> Result<StatusCode, Problem> {
    doors.app.remove_restriction(&who, &place, RestrictionId(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
