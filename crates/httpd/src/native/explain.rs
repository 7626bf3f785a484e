//! `/explain`: why something is or is not allowed, without doing it.

use crate::doors::Doors;
use crate::list::ListRequest;
use crate::problem::Problem;
use crate::refusal::RefusalBody;
use crate::who::Who;
use app::{ExplainedStep, Explanation, Hypothetical, PlaceName};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The decision with its trace.
#[derive(Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct ExplanationBody {
    #[serde(rename = "type")]
    kind: &'static str,
    /// `allowed`, `refused` or `undecided`.
    decision: &'static str,
    operation: &'static str,
    repository: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
    principal: ExplainedPrincipal,
    /// Why not, with remedies. They have no ids: nothing happened.
    refusals: Vec<RefusalBody>,
    /// What rules in `evaluate` mode would have refused.
    notices: Vec<RefusalBody>,
    /// Every layer, in order.
    trace: Vec<StepBody>,
}

/// For whom it was decided.
#[derive(Serialize, ToSchema)]
struct ExplainedPrincipal {
    #[serde(rename = "type")]
    kind: String,
    name: String,
}

/// One layer.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedLayer)]
pub struct StepBody {
    layer: &'static str,
    /// `passed`, `refused`, `undecided` or `not asked`.
    outcome: &'static str,
    /// What was looked at.
    detail: String,
    rules: Vec<WeighedRule>,
}

/// One rule that is about the ref, and what it said.
#[derive(Serialize, ToSchema)]
#[schema(as = ExplainedRule)]
struct WeighedRule {
    id: i64,
    level: &'static str,
    kind: &'static str,
    outcome: String,
}

impl From<Explanation> for ExplanationBody {
    fn from(it: Explanation) -> Self {
        Self {
            kind: "explanation",
            decision: it.verdict,
            operation: it.operation.as_str(),
            repository: it.repository,
            reference: it.reference,
            principal: ExplainedPrincipal { kind: it.principal.kind, name: it.principal.name },
            refusals: it.refusals.iter().map(RefusalBody::of).collect(),
            notices: it.notices.iter().map(RefusalBody::of).collect(),
            trace: it.trace.into_iter().map(StepBody::from).collect(),
        }
    }
}

impl From<ExplainedStep> for StepBody {
    fn from(step: ExplainedStep) -> Self {
        let rule = |it: app::ExplainedRule| WeighedRule {
            id: it.id.0,
            level: it.level.as_str(),
            kind: it.kind.as_str(),
            outcome: it.outcome,
        };
        Self {
            layer: step.layer.as_str(),
            outcome: step.finding,
            detail: step.weighed.join("; "),
            rules: step.rules.into_iter().map(rule).collect(),
        }
    }
}

/// Decides an operation without doing it, and says how. `as` is for administrators.
#[utoipa::path(get, path = "/explain",
    params(
        ("repository" = String, Query, description = "`acme/site`"),
        ("ref" = Option<String>, Query, description = "a branch or a full ref name"),
        ("operation" = String, Query,
            description = "read, create, fast-forward, rewrite, delete or merge"),
        ("as" = Option<String>, Query,
            description = "a user name, access_token:NAME or anonymous"),
    ),
    responses((status = 200, body = ExplanationBody)))]
pub async fn explain(
    State(doors): State<Doors>,
    Who(who): Who,
    query: ListRequest,
) -> Result<Json<ExplanationBody>, Problem> {
    let text = |name: &str| query.parameter(name).map(str::to_owned);
    let place = PlaceName::repository_path(query.parameter("repository").unwrap_or_default());
    let what = Hypothetical {
        reference: text("ref"),
        operation: text("operation").unwrap_or_default(),
        principal: text("as"),
    };
    Ok(Json(doors.app.explain(&who, &place, &what).await?.into()))
}
