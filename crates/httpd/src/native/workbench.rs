//! The pattern workbench: `…/matches` says which refs of a repository a pattern means and which it
//! nearly means; `…/restrictions/check` lists the rules of a place that decide nothing.

use super::restrictions::{MatcherBody, RuleBody};
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::list::ListRequest;
use crate::place::Place;
use crate::problem::Problem;
use crate::who::Who;
use app::{Idle, IdleRestriction, Miss, RefMatches, RestrictionInput};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A pattern to be tried.
#[derive(Deserialize, ToSchema)]
#[schema(as = MatchInput)]
pub struct MatchInput {
    matcher: MatcherBody,
    /// `branches`, `tags` or `both`; what the matcher is usually about, if it is left out.
    on: Option<String>,
}

/// What a pattern means in a repository.
#[derive(Serialize, ToSchema)]
#[schema(as = Matches)]
pub struct MatchesBody {
    #[serde(rename = "type")]
    kind: &'static str,
    matcher: MatcherBody,
    on: &'static str,
    /// The refs it means; the first 1000.
    matches: Vec<String>,
    /// How many there are in all.
    size: usize,
    /// Refs it nearly means; the first 1000.
    near_misses: Vec<NearMissBody>,
    near_misses_size: usize,
    /// How many refs there are.
    looked_at: usize,
}

/// A ref that is missed by a hair.
#[derive(Serialize, ToSchema)]
#[schema(as = NearMiss)]
struct NearMissBody {
    #[serde(rename = "ref")]
    reference: String,
    /// `excepted`, `other refs`, `case` or `pattern`.
    because: &'static str,
    /// The same in words.
    words: String,
    /// The matcher that would catch it.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_match: Option<MatcherBody>,
}

/// The rules that decide nothing.
#[derive(Serialize, ToSchema)]
#[schema(as = RestrictionCheck)]
pub struct CheckBody {
    #[serde(rename = "type")]
    kind: &'static str,
    idle: Vec<IdleBody>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = IdleRestriction)]
struct IdleBody {
    restriction: RuleBody,
    /// `no ref possible`, `server's ref`, `lets everyone through`, `list ended`, `list powerless`,
    /// `shadowed` or `no ref yet`.
    why: &'static str,
    /// The same in words.
    words: String,
    /// The rule that leaves nothing for it to decide.
    by: Option<i64>,
}

impl From<RefMatches> for MatchesBody {
    fn from(it: RefMatches) -> Self {
        Self {
            kind: "matches",
            matcher: it.matcher.into(),
            on: it.on.as_str(),
            matches: it.matched,
            size: it.matched_size,
            near_misses: it.missed.into_iter().map(NearMissBody::from).collect(),
            near_misses_size: it.missed_size,
            looked_at: it.looked_at,
        }
    }
}

impl From<(String, Miss)> for NearMissBody {
    fn from((reference, miss): (String, Miss)) -> Self {
        let words = miss.to_string();
        let (because, would_match) = match miss {
            Miss::Excepted(_) => ("excepted", None),
            Miss::OtherRefs(_) => ("other refs", None),
            Miss::Case => ("case", None),
            Miss::Other { kind, pattern } => {
                let except = Vec::new();
                ("pattern", Some(model::Matcher { kind, pattern, except }.into()))
            }
        };
        Self { reference, because, words, would_match }
    }
}

impl From<IdleRestriction> for IdleBody {
    fn from(it: IdleRestriction) -> Self {
        let (why, by) = match it.why {
            Idle::NoRefPossible => ("no ref possible", None),
            Idle::ServersRef => ("server's ref", None),
            Idle::LetsEveryoneThrough => ("lets everyone through", None),
            Idle::ListEnded => ("list ended", None),
            Idle::ListPowerless => ("list powerless", None),
            Idle::Shadowed(by) => ("shadowed", Some(by.0)),
            Idle::NoRefYet => ("no ref yet", None),
        };
        let words = it.why.to_string();
        Self { restriction: it.restriction.into(), why, words, by }
    }
}

/// Tries a pattern that is sent in the query: `type`, `pattern`, `except` (may be repeated), `on`.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/matches",
    params(
        ("type" = String, Query, description = "glob, ant, ref, branching_model or any"),
        ("pattern" = Option<String>, Query, description = "what it reads"),
        ("except" = Option<String>, Query, description = "what is left out; may be repeated"),
        ("on" = Option<String>, Query, description = "branches, tags or both"),
    ),
    responses((status = 200, body = MatchesBody)))]
pub async fn get_matches(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    query: ListRequest,
) -> Result<Json<MatchesBody>, Problem> {
    let text = |name: &str| query.parameter(name).map(str::to_owned);
    let input = RestrictionInput {
        matcher: text("type").unwrap_or_default(),
        pattern: text("pattern").unwrap_or_default(),
        except: query.parameters("except").map(str::to_owned).collect(),
        on: text("on"),
        ..RestrictionInput::default()
    };
    Ok(Json(doors.app.ref_matches(&who, &place, &input).await?.into()))
}

/// Tries a pattern, in the shape that a rule has it.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/matches",
    request_body = MatchInput, responses((status = 200, body = MatchesBody)))]
pub async fn post_matches(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    KnownBody(input): KnownBody<MatchInput>,
) -> Result<Json<MatchesBody>, Problem> {
    let input = input.matcher.into_input(input.on);
    Ok(Json(doors.app.ref_matches(&who, &place, &input).await?.into()))
}

/// Lists the rules of a place that can never decide anything, and why.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/restrictions/check",
    responses((status = 200, body = CheckBody)))]
pub async fn check_restrictions(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
) -> Result<Json<CheckBody>, Problem> {
    let idle = doors.app.check_restrictions(&who, &place).await?;
    Ok(Json(CheckBody {
        kind: "restriction_check",
        idle: idle.into_iter().map(IdleBody::from).collect(),
    }))
}
