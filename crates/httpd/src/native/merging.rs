//! `/repositories/{workspace}/{repository}/pull-requests/{id}/mergeable` and `…/merge-strategies`:
//! what stands between a pull request and its merge, and which ways of merging are allowed.

use super::dependencies::DependencyBody;
use super::waiting::WaitingBody;
use crate::doors::Doors;
use crate::json::KnownBody;
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::refusal::RefusalBody;
use crate::who::Who;
use app::{MergeStrategiesChange, MergeStrategiesView, Mergeability, StrategiesIn};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What stands between a pull request and its merge.
#[derive(Serialize, ToSchema)]
#[schema(as = Mergeability)]
pub struct MergeabilityBody {
    /// Is nothing in the way, as far as can be known before the merge is made?
    mergeable: bool,
    /// What the rules say: `allowed`, `refused`, or `undecided` where they look at the merge itself.
    decision: &'static str,
    /// Everything that is missing. They have no ids: nothing happened.
    refusals: Vec<RefusalBody>,
    /// What is missing and not enforced.
    notices: Vec<RefusalBody>,
    /// What else is in the way, as sentences.
    obstacles: Vec<String>,
    /// What it depends on and is not merged; in the way only where a merge check says so.
    open_dependencies: Vec<DependencyBody>,
    /// Where both sides have changed the same, the first 1,000.
    conflicts: Vec<ConflictBody>,
    /// How many there are in all.
    conflicts_size: usize,
    /// Where there are any, what brings the two together, to paste in a clone: what git names is
    /// resolved and committed before the last one, the push.
    commands: Vec<String>,
    /// Commits of the destination that the source lacks.
    behind: Option<u32>,
    /// Commits that the merge would bring.
    ahead: Option<u32>,
    /// Those that are allowed, the usual one first.
    strategies: Vec<StrategyBody>,
    /// May it be asked to merge itself?
    auto_merge_allowed: bool,
    /// What it waits for, if somebody has asked for it to be merged later.
    waiting: Option<WaitingBody>,
}

/// A path that both sides have changed.
#[derive(Serialize, ToSchema)]
#[schema(as = MergeConflict)]
struct ConflictBody {
    path: String,
    /// In git's words: `contents`, `modify/delete`.
    reason: String,
}

/// A way of merging.
#[derive(Serialize, ToSchema)]
#[schema(as = MergeStrategyNow)]
struct StrategyBody {
    strategy: &'static str,
    /// Why it would not do now.
    obstacle: Option<String>,
}

impl From<Mergeability> for MergeabilityBody {
    fn from(it: Mergeability) -> Self {
        let conflict = |it: app::ConflictView| ConflictBody { path: it.path, reason: it.reason };
        let strategy = |it: app::StrategyView| StrategyBody {
            strategy: it.strategy.as_str(),
            obstacle: it.obstacle.map(|it| it.to_string()),
        };
        Self {
            mergeable: it.mergeable,
            decision: it.verdict,
            refusals: it.refusals.iter().map(RefusalBody::of).collect(),
            notices: it.notices.iter().map(RefusalBody::of).collect(),
            obstacles: it.obstacles.iter().map(ToString::to_string).collect(),
            open_dependencies: it.open_dependencies.into_iter().map(Into::into).collect(),
            conflicts: it.conflicts.into_iter().map(conflict).collect(),
            conflicts_size: it.conflicts_size,
            commands: it.commands,
            behind: it.behind,
            ahead: it.ahead,
            strategies: it.strategies.into_iter().map(strategy).collect(),
            auto_merge_allowed: it.auto_merge_allowed,
            waiting: it.waiting.map(WaitingBody::from),
        }
    }
}

/// Says whether a pull request could be merged now by the one who asks, and everything that is in
/// the way.
#[utoipa::path(get,
    path = "/repositories/{workspace}/{repository}/pull-requests/{id}/mergeable",
    responses((status = 200, body = MergeabilityBody)))]
pub async fn get_mergeability(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<MergeabilityBody>, Problem> {
    Ok(Json(doors.app.mergeable(&who, &place, number).await?.into()))
}

/// Which strategies are allowed into some branches.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = MergeStrategies)]
pub struct StrategiesBody {
    /// At least one.
    merge_strategies: Vec<String>,
    /// The first of them, if it is left out.
    default_merge_strategy: Option<String>,
}

impl From<&StrategiesIn> for StrategiesBody {
    fn from(it: &StrategiesIn) -> Self {
        Self {
            merge_strategies: it.allowed().iter().map(ToString::to_string).collect(),
            default_merge_strategy: Some(it.usual().to_string()),
        }
    }
}

/// By class of the branching model (`release`); `any` is for branches that no class is said of.
#[derive(Deserialize, Serialize, ToSchema)]
#[schema(as = MergeStrategiesByClass)]
pub struct ByClass(BTreeMap<String, StrategiesBody>);

impl From<&MergeStrategiesView> for ByClass {
    fn from(view: &MergeStrategiesView) -> Self {
        let classes = view.classes.iter().map(|(class, it)| (class.to_string(), it.into()));
        Self(classes.chain([("any".to_owned(), (&view.any).into())]).collect())
    }
}

/// Shows which merge strategies are allowed into which branches.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/merge-strategies",
    responses((status = 200, body = ByClass)))]
pub async fn get_merge_strategies(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
) -> Result<Json<ByClass>, Problem> {
    Ok(Json((&doors.app.merge_strategies(&who, &place).await?).into()))
}

/// Says anew which merge strategies are allowed: what is left out is allowed as for any branch.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/merge-strategies",
    request_body = ByClass, responses((status = 200, body = ByClass)))]
pub async fn set_merge_strategies(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    KnownBody(ByClass(classes)): KnownBody<ByClass>,
) -> Result<Json<ByClass>, Problem> {
    let line = |(class, it): (String, StrategiesBody)| {
        (class, it.merge_strategies, it.default_merge_strategy)
    };
    let change = MergeStrategiesChange(classes.into_iter().map(line).collect());
    Ok(Json((&doors.app.set_merge_strategies(&who, &place, change).await?).into()))
}
