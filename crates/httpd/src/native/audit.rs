//! `/audit`: who changed what, when, by which credential and channel.

use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{AuditFilter, AuditLine, Fields};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// One change.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditLine)]
pub struct AuditBody {
    id: i64,
    at: String,
    principal: AuditPrincipal,
    /// The credential as people may see it: `API token "laptop" (…k3Qz)`.
    credential: String,
    channel: &'static str,
    request_id: String,
    /// What was done, as a sentence without a subject.
    what: String,
    subject: AuditSubject,
    before: Option<String>,
    after: Option<String>,
}

/// Who changed it.
#[derive(Serialize, ToSchema)]
struct AuditPrincipal {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
}

/// What was changed.
#[derive(Serialize, ToSchema)]
struct AuditSubject {
    #[serde(rename = "type")]
    kind: String,
    id: i64,
}

impl From<AuditLine> for AuditBody {
    fn from(line: AuditLine) -> Self {
        Self {
            id: line.id,
            at: time::show(line.at),
            principal: AuditPrincipal {
                kind: line.principal.kind.as_str(),
                name: line.principal.name,
            },
            credential: line.credential,
            channel: line.channel.as_str(),
            request_id: line.request_id,
            what: line.what,
            subject: AuditSubject { kind: line.subject_kind, id: line.subject_id },
            before: line.before,
            after: line.after,
        }
    }
}

/// Lists the audit log, newest first.
#[utoipa::path(get, path = "/audit",
    params(("since" = Option<String>, Query, description = "only what happened from then on")),
    responses((status = 200, body = Paged<AuditBody>)))]
pub async fn list_audit(
    State(doors): State<Doors>,
    Who(who): Who,
    list: ListRequest,
) -> Result<Json<Paged<AuditBody>>, Problem> {
    let mut fields = Fields::default();
    let since = time::parse_field(&mut fields, "since", list.parameter("since"));
    fields.check()?;
    let filter = AuditFilter { since, ..AuditFilter::default() };
    let page = doors.app.audit(&who, &filter, list.page()).await?;
    Ok(Json(list.answer(page.map(AuditBody::from))))
}
