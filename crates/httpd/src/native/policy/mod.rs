//! `…/policy`: what hangs on a repository, a project or a workspace as one text that people keep,
//! compare and put back. The text is in [`read`] and [`write`](mod@write); what may stand in it is `app`'s.

mod lines;
mod read;
mod write;

use crate::doors::Doors;
use crate::json::TextBody;
use crate::list::ListRequest;
use crate::native::entity_tag::{entity_tag, expected};
use crate::place::Place;
use crate::problem::Problem;
use crate::who::Who;
use app::{Fields, PolicyOutcome, PolicyStep, PolicyTerms};
use axum::Json;
use axum::extract::State;
use hyper::HeaderMap;
use hyper::header::{CONTENT_TYPE, ETAG};
use serde::Serialize;
use utoipa::ToSchema;

/// What came of a policy that was sent.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyOutcome)]
pub struct OutcomeBody {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Was nothing changed, because only that was asked?
    dry_run: bool,
    /// Empty when the policy is as it was sent already.
    changes: Vec<StepBody>,
    /// Of the policy as it is now; `If-Match` takes it.
    digest: String,
    /// Is the caller no longer an admin of the place with it? Then it takes `confirm=lose-admin`.
    takes_own_admin: bool,
}

/// One difference.
#[derive(Serialize, ToSchema)]
#[schema(as = PolicyStep)]
struct StepBody {
    /// `grant` or `restriction`.
    what: &'static str,
    /// `gives`, `takes`, `adds`, `removes` or `changes`.
    action: &'static str,
    /// Of a restriction that is there.
    id: Option<i64>,
    /// `takes write from group devs`
    words: String,
}

impl OutcomeBody {
    fn of(it: PolicyOutcome, dry_run: bool) -> Self {
        let step = |it: PolicyStep| StepBody {
            what: it.what,
            action: it.action,
            id: it.id.map(|it| it.0),
            words: it.words,
        };
        Self {
            kind: "policy_outcome",
            dry_run,
            changes: it.steps.into_iter().map(step).collect(),
            digest: it.digest,
            takes_own_admin: it.takes_own_admin,
        }
    }
}

/// Writes down what hangs on a place, as TOML. `ETag` is its digest.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/policy",
    responses((status = 200, body = String, content_type = "application/toml")))]
pub async fn get_policy(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
) -> Result<([(hyper::header::HeaderName, String); 2], String), Problem> {
    let policy = doors.app.policy(&who, &place).await?;
    let kind = "application/toml; charset=utf-8".to_owned();
    let tag = entity_tag(&policy.digest);
    let text = write::text(policy)?;
    Ok(([(CONTENT_TYPE, kind), (ETAG, tag)], text))
}

/// Makes what hangs on a place what the text says: all of it, or nothing.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/policy",
    params(
        ("dry_run" = Option<bool>, Query, description = "only say what would change"),
        ("elsewhere" = Option<bool>, Query,
            description = "the text may name another place; without it, that is an error"),
        ("If-Match" = Option<String>, Header,
            description = "the digest of what it is thought to be; another one is a 409"),
    ),
    request_body(content = String, content_type = "application/toml"),
    responses((status = 200, body = OutcomeBody)))]
pub async fn put_policy(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    query: ListRequest,
    headers: HeaderMap,
    TextBody(text): TextBody,
) -> Result<Json<OutcomeBody>, Problem> {
    let mut fields = Fields::default();
    query.refuse_others(&["dry_run", "elsewhere"], &mut fields);
    let dry_run = query.flag("dry_run", &mut fields).unwrap_or(false);
    let elsewhere = query.flag("elsewhere", &mut fields).unwrap_or(false);
    fields.check()?;
    let terms = PolicyTerms { dry_run, expected: expected(&headers)? };
    let mut read = match read::policy(&text) {
        Ok(read) => read,
        Err(wrong) => {
            // Whoever is not let in hears that, whatever they sent.
            doors.app.policy(&who, &place).await?;
            return Err(wrong);
        }
    };
    if elsewhere {
        read.input.place = None;
    }
    let outcome = doors.app.import_policy(&who, &place, &read.input, &terms).await;
    let outcome = outcome.map_err(|it| read.lines.name(it))?;
    Ok(Json(OutcomeBody::of(outcome, dry_run)))
}
