//! `…/restrictions/preview`: what a change of the rules would have done to what was pushed lately.

use super::restrictions::RuleInput;
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::place::Place;
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{Effect, Preview, PreviewEvent, PreviewInput, PrincipalNote, Tally};
use axum::Json;
use axum::extract::State;
use model::RestrictionId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A change of the rules of a place.
#[derive(Deserialize, ToSchema)]
#[schema(as = PreviewInput)]
pub struct ChangeInput {
    /// The rule as it would be. Left out: the place without `instead_of`.
    rule: Option<RuleInput>,
    /// The number of the rule that it would replace. Left out: one more rule.
    instead_of: Option<i64>,
    /// How many pushes and refusals to look at, the newest first: 1 to 1000, 200 if left out.
    last: Option<u32>,
}

/// What would have come out differently.
#[derive(Serialize, ToSchema)]
#[schema(as = Preview)]
pub struct PreviewBody {
    #[serde(rename = "type")]
    kind: &'static str,
    looked_at: LookedAt,
    total: TallyBody,
    /// The most refused first; those for whom nothing changes are left out.
    by_principal: Vec<PrincipalTally>,
    /// The same.
    by_ref: Vec<RefTally>,
    /// What changes and what is not known, one by one, the newest first; at most 500.
    events: Vec<EventBody>,
    /// How many events are not shown. The counts hold them.
    events_left_out: usize,
    /// What this answer cannot know.
    limits: Vec<String>,
}

/// The pushes and refusals that were put to the policy again.
#[derive(Serialize, ToSchema)]
struct LookedAt {
    count: usize,
    oldest: Option<String>,
    newest: Option<String>,
    /// Are there older ones?
    more: bool,
}

/// Updates of refs, by what the change does to them.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewTally)]
struct TallyBody {
    refused: usize,
    admitted: usize,
    noted: usize,
    passing: usize,
    still_refused: usize,
    unknown: usize,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PreviewTallyOfPrincipal)]
struct PrincipalTally {
    principal: PrincipalBody,
    #[serde(flatten)]
    tally: TallyBody,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PreviewTallyOfRef)]
struct RefTally {
    repository: String,
    #[serde(rename = "ref")]
    reference: String,
    #[serde(flatten)]
    tally: TallyBody,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PreviewPrincipal)]
struct PrincipalBody {
    #[serde(rename = "type")]
    kind: String,
    name: String,
}

/// One update of a ref that somebody tried.
#[derive(Serialize, ToSchema)]
#[schema(as = PreviewEvent)]
struct EventBody {
    at: String,
    repository: String,
    #[serde(rename = "ref")]
    reference: String,
    /// `create`, `fast-forward`, `rewrite`, `delete`; `update` when it was never seen which.
    change: &'static str,
    principal: PrincipalBody,
    /// The kind of credential; `unknown` in older records.
    credential: &'static str,
    /// `landed` or `refused`.
    was: &'static str,
    /// The codes it was refused with.
    codes: Vec<String>,
    /// `refused`, `admitted`, `noted` or `unknown`.
    would_be: &'static str,
    /// Why it is not known.
    unknown_because: Option<&'static str>,
    /// The code it would be refused or noted with.
    code: Option<String>,
    message: Option<String>,
}

impl From<Preview> for PreviewBody {
    fn from(it: Preview) -> Self {
        let of_ref = |((repository, reference), tally): ((String, String), Tally)| RefTally {
            repository,
            reference,
            tally: tally.into(),
        };
        Self {
            kind: "preview",
            looked_at: LookedAt {
                count: it.looked_at,
                oldest: it.span.map(|it| time::show(it.0)),
                newest: it.span.map(|it| time::show(it.1)),
                more: it.more,
            },
            total: it.total.into(),
            by_principal: it
                .by_principal
                .into_iter()
                .map(|(who, tally)| PrincipalTally { principal: who.into(), tally: tally.into() })
                .collect(),
            by_ref: it.by_ref.into_iter().map(of_ref).collect(),
            events: it.events.into_iter().map(EventBody::from).collect(),
            events_left_out: it.left_out,
            limits: it.limits,
        }
    }
}

impl From<Tally> for TallyBody {
    fn from(it: Tally) -> Self {
        Self {
            refused: it.refused,
            admitted: it.admitted,
            noted: it.noted,
            passing: it.passing,
            still_refused: it.still_refused,
            unknown: it.unknown,
        }
    }
}

impl From<PrincipalNote> for PrincipalBody {
    fn from(it: PrincipalNote) -> Self {
        Self { kind: it.kind, name: it.name }
    }
}

impl From<PreviewEvent> for EventBody {
    fn from(it: PreviewEvent) -> Self {
        let (would_be, unknown_because) = match it.effect {
            Some(Effect::Refuses) => ("refused", None),
            Some(Effect::Admits) => ("admitted", None),
            Some(Effect::Notes) => ("noted", None),
            Some(Effect::Passes) => ("passing", None),
            Some(Effect::StaysRefused) => ("still refused", None),
            Some(Effect::DependsOnChange) => {
                ("unknown", Some("it was refused before its objects came"))
            }
            Some(Effect::DependsOnContent) => {
                ("unknown", Some("what was in the commits is not kept"))
            }
            None => ("unknown", Some("whoever tried it is gone")),
        };
        let (code, message) = it.would.unzip();
        Self {
            at: time::show(it.at),
            repository: it.repository,
            reference: it.reference,
            change: it.change,
            principal: it.principal.into(),
            credential: it.credential.map_or("unknown", |it| it.as_str()),
            was: if it.codes.is_empty() { "landed" } else { "refused" },
            codes: it.codes,
            would_be,
            unknown_because,
            code,
            message,
        }
    }
}

/// Says which of the last pushes and refusals would come out differently under a changed rule.
/// Changes nothing.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/restrictions/preview",
    request_body = ChangeInput, responses((status = 200, body = PreviewBody)))]
pub async fn preview_restriction(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    KnownBody(input): KnownBody<ChangeInput>,
) -> Result<Json<PreviewBody>, Problem> {
    let rule = input.rule.map(RuleInput::parse).transpose();
    let input = PreviewInput {
        rule: rule.map_err(|it| it.below("rule"))?,
        instead_of: input.instead_of.map(RestrictionId),
        last: input.last,
    };
    Ok(Json(doors.app.preview_restriction(&who, &place, &input).await?.into()))
}
