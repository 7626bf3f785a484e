//! `…/restrictions` on a repository, a project or a workspace: rules that take operations away.

use super::entity_tag::{entity_tag, expected};
use super::subject::{SubjectBody, SubjectShown};
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::{ListRequest, Paged};
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{Fields, RestrictionInput, RestrictionView};
use axum::Json;
use axum::extract::State;
use hyper::header::{ETAG, HeaderName};
use hyper::{HeaderMap, StatusCode};
use model::{Matcher, RestrictionId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A rule, as it is sent: whole, also when it replaces another.
#[derive(Deserialize, ToSchema)]
#[schema(as = RestrictionInput)]
pub struct RuleInput {
    /// `push`, `restrict_merges`, `force`, `delete`, `no-creates`, `read-only`,
    /// `pull-request-only`; Bitbucket's merge checks and what else pull requests go by:
    /// `require_…`, `enforce_merge_checks`, `allow_auto_merge_when_builds_pass`, `reset_…`,
    /// `smart_reset_…`; about content: `require-signed-commits`, `max-file-size`, `max-push-size`,
    /// `author-email`, `committer-email`, `committer-is-pusher`, `commit-message`,
    /// `restricted-paths`, `custom-check`. Data Center's `fast-forward-only` is taken for `force` and its
    /// `no-deletes` for `delete`.
    kind: String,
    matcher: MatcherBody,
    /// `branches`, `tags` or `both`. If it is left out: what the matcher is usually about,
    /// which is `both` for `ant`, what the name says for `ref`, `both` for `any` of a rule about
    /// content, and branches for the others.
    on: Option<String>,
    /// Those a `push` or `restrict_merges` rule lets in; those any other kind does not apply to.
    #[serde(default)]
    subjects: Vec<SubjectBody>,
    /// `enforce`, or `evaluate` to tell only; enforce if it is left out.
    mode: Option<String>,
    /// The number of a merge check that takes one; bytes for `max-file-size` and `max-push-size`.
    value: Option<i64>,
    /// What a content rule needs: a glob over e-mail addresses, a regular expression over messages,
    /// patterns of paths with commas between them, the name of a check.
    argument: Option<String>,
    /// Why it is there.
    note: Option<String>,
}

/// Which refs a rule is about.
#[derive(Serialize, Deserialize, ToSchema)]
#[schema(as = Matcher)]
pub struct MatcherBody {
    /// `glob` over short names, `ant` over the ends of full names, `ref` for one full name,
    /// `branching_model` for a class of the model in force, `any`.
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    pattern: String,
    /// Patterns that are left out; for `branching_model` and `any`, globs and full names.
    #[serde(default)]
    except: Vec<String>,
}

/// A rule.
#[derive(Serialize, ToSchema)]
#[schema(as = Restriction)]
pub struct RuleBody {
    id: i64,
    #[serde(rename = "type")]
    type_: &'static str,
    level: &'static str,
    kind: &'static str,
    matcher: MatcherBody,
    on: &'static str,
    subjects: Vec<SubjectShown>,
    mode: &'static str,
    value: Option<i64>,
    argument: Option<String>,
    note: Option<String>,
    changed_at: String,
    changed_by: Option<String>,
    /// Why it can never decide anything, as things are; mostly empty.
    warnings: Vec<String>,
}

impl MatcherBody {
    /// A rule of which nothing is said but the refs.
    pub fn into_input(self, on: Option<String>) -> RestrictionInput {
        RestrictionInput {
            matcher: self.kind,
            pattern: self.pattern,
            except: self.except,
            on,
            ..RestrictionInput::default()
        }
    }
}

impl From<Matcher> for MatcherBody {
    fn from(it: Matcher) -> Self {
        Self { kind: it.kind.as_str().to_owned(), pattern: it.pattern, except: it.except }
    }
}

impl RuleInput {
    /// The rule as `app` takes it.
    pub fn parse(self) -> Result<RestrictionInput, Problem> {
        let mut fields = Fields::default();
        let mut subjects = Vec::with_capacity(self.subjects.len());
        for (at, subject) in self.subjects.into_iter().enumerate() {
            subjects.push(subject.parse(&format!("subjects[{at}]"), &mut fields));
        }
        fields.check()?;
        Ok(RestrictionInput {
            kind: self.kind,
            subjects,
            mode: self.mode,
            value: self.value,
            argument: self.argument,
            note: self.note,
            ..self.matcher.into_input(self.on)
        })
    }
}

impl From<RestrictionView> for RuleBody {
    fn from(rule: RestrictionView) -> Self {
        Self {
            id: rule.id.0,
            type_: "restriction",
            level: rule.level.as_str(),
            kind: rule.kind.as_str(),
            matcher: rule.matcher.into(),
            on: rule.on.as_str(),
            subjects: rule.subjects.into_iter().map(SubjectShown::from).collect(),
            mode: rule.mode.as_str(),
            value: rule.value,
            argument: rule.argument,
            note: rule.note,
            changed_at: time::show(rule.changed_at),
            changed_by: rule.changed_by,
            warnings: rule.warnings,
        }
    }
}

/// Lists the rules that hang on a place, by number.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/restrictions",
    responses((status = 200, body = Paged<RuleBody>)))]
pub async fn list_restrictions(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    list: ListRequest,
) -> Result<Json<Paged<RuleBody>>, Problem> {
    let rules = doors.app.list_restrictions(&who, &place).await?;
    Ok(Json(list.answer(list.page().of(rules.into_iter().map(RuleBody::from)))))
}

/// Hangs a rule on a place.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/restrictions",
    request_body = RuleInput, responses((status = 201, body = RuleBody)))]
pub async fn create_restriction(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    KnownBody(input): KnownBody<RuleInput>,
) -> Result<(StatusCode, Json<RuleBody>), Problem> {
    let rule = doors.app.create_restriction(&who, &place, &input.parse()?).await?;
    Ok((StatusCode::CREATED, Json(rule.into())))
}

/// A rule, with its digest as `ETag`.
type TaggedRule = ([(HeaderName, String); 1], Json<RuleBody>);

fn tagged(rule: RestrictionView) -> TaggedRule {
    ([(ETAG, entity_tag(&rule.digest))], Json(rule.into()))
}

/// Shows a rule. `ETag` is its digest.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/restrictions/{id}",
    responses((status = 200, body = RuleBody)))]
pub async fn get_restriction(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(id): Id,
) -> Result<TaggedRule, Problem> {
    Ok(tagged(doors.app.restriction(&who, &place, RestrictionId(id)).await?))
}

/// Replaces a rule; it keeps its number.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/restrictions/{id}",
    params(("If-Match" = Option<String>, Header,
        description = "the digest that the rule must still have; another one is a 409")),
    request_body = RuleInput, responses((status = 200, body = RuleBody)))]
pub async fn update_restriction(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(id): Id,
    headers: HeaderMap,
    KnownBody(input): KnownBody<RuleInput>,
) -> Result<TaggedRule, Problem> {
    let (id, expected) = (RestrictionId(id), expected(&headers)?);
    let input = input.parse()?;
    let rule = doors.app.update_restriction(&who, &place, id, &input, expected.as_deref()).await?;
    Ok(tagged(rule))
}

/// Removes a rule.
#[utoipa::path(delete, path = "/repositories/{workspace}/{repository}/restrictions/{id}",
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
