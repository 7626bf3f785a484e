//! Could a pull request be merged as things are? Everything that is in the way, before anybody
//! clicks. Asks the same function as the merge; changes and records nothing.

use super::Obstacle;
use super::facts::BuildsOf;
use super::merge::MergeOrder;
use super::way_on::{WayOn, way_on};
use crate::error::{Error, Result};
use crate::open::{Judged, ReadingPullRequests};
use crate::pull_request::DependencyView;
use crate::pull_request::landing::WaitingMergeView;
use crate::refusal::RefusalRecord;
use crate::{App, Asker, PlaceName};
use model::{Channel, MergeStrategy, ReviewBehaviour};
use policy::{Act, Change, Content, RefUpdate, Verdict, Way};
use repo::{Conflicts, MergePreview};
use std::sync::Arc;
use store::PullRequest;

/// What stands between a pull request and its merge.
#[derive(Clone, Debug)]
pub struct Mergeability {
    /// Is nothing in the way, as far as can be known before the merge is made?
    pub mergeable: bool,
    /// `allowed`, `refused`, or `undecided`: rules about content look at the merge itself.
    pub verdict: &'static str,
    /// Everything that is missing; they have no ids: nothing happened.
    pub refusals: Vec<RefusalRecord>,
    /// Checks that are not enforced here and not met, and rules in `evaluate` mode.
    pub notices: Vec<RefusalRecord>,
    /// What keeps the request itself from being merged: it is closed, a draft, or a branch has
    /// gone.
    pub obstacles: Vec<Obstacle>,
    /// What it depends on and is not merged. In the way only where a merge check says so.
    pub open_dependencies: Vec<DependencyView>,
    /// Where the two sides do not fit together.
    pub conflicts: Vec<ConflictView>,
    /// How many there are in all.
    pub conflicts_size: usize,
    /// Where there are any, what brings the two together, to paste in a clone.
    pub commands: Vec<String>,
    /// How many commits of the destination the source lacks; `None` where that cannot be told.
    pub behind: Option<u32>,
    pub ahead: Option<u32>,
    /// Every strategy that is allowed here, the usual one first.
    pub strategies: Vec<StrategyView>,
    /// May it be asked to merge itself?
    pub auto_merge_allowed: bool,
    /// What it waits for, if somebody has asked for it to be merged later.
    pub waiting: Option<WaitingMergeView>,
}

/// One path that both sides have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictView {
    /// As text; what is not UTF-8 is replaced.
    pub path: String,
    /// In git's words: `contents`, `modify/delete`.
    pub reason: String,
}

/// A strategy, and whether it would do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategyView {
    pub strategy: MergeStrategy,
    /// `None` when it would; else why not.
    pub obstacle: Option<Obstacle>,
}

impl App {
    /// Could this asker merge the pull request now?
    pub async fn mergeable(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
    ) -> Result<Mergeability> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let mut who = who.clone();
        who.who.channel = Channel::Merge;
        let mut obstacles: Vec<_> = Obstacle::of_request(&request).collect();
        let target = match self.find_target(&request).await? {
            Ok(target) => Some(target),
            Err(obstacle) => {
                obstacles.push(obstacle);
                self.tip(request.repository, &request.destination).await?
            }
        };
        let auto_merge_allowed =
            self.behaviours(&request).await?.contains(&ReviewBehaviour::AutoMerge);
        let waiting = self.find_waiting(&request).await?;
        let later = Later { auto_merge_allowed, waiting };
        let Some(target) = target else { return Ok(Mergeability::never(obstacles, later)) };
        let order = MergeOrder { request, target, builds: BuildsOf::Source };
        let judged = Box::pin(self.judge_merge(&who, place, &order)).await?;
        let act = act_of(&order);
        let request = order.request;
        let refusals = self.tell(&who, place, &act, &judged, &judged.decision.refusals);
        let notices = self.tell_notices(&who, place, &act, &judged);
        let source = request.source.commit;
        let (preview, compared) = open
            .on_disk(move |repository| {
                let compared = repository.divergence(&target, &source)?;
                Ok((repository.merge_preview(&target, &source)?, compared))
            })
            .await?;
        let strategies = self.strategy_rules(&open).await?.of_branch(request.destination.as_str());
        let strategies = strategies.views(compared.behind, &request);
        let (conflicts, conflicts_size) = conflicts_of(preview, &request, &mut obstacles);
        let verdict = judged.decision.verdict;
        let commands = match conflicts_size {
            0 => Vec::new(),
            _ => way_on(WayOn::Merge, &request, &open.clone_url()),
        };
        let fits = conflicts_size == 0 && strategies.iter().any(|it| it.obstacle.is_none());
        Ok(Mergeability {
            mergeable: verdict != Verdict::Refused && obstacles.is_empty() && fits,
            verdict: verdict.as_str(),
            refusals,
            notices,
            obstacles,
            open_dependencies: self.open_dependencies(&request).await?,
            conflicts,
            conflicts_size,
            commands,
            behind: Some(compared.behind),
            ahead: Some(compared.ahead),
            strategies,
            auto_merge_allowed: later.auto_merge_allowed,
            waiting: later.waiting,
        })
    }

    /// Asks the policy about merging a request, with what is known before the merge is made.
    pub(crate) async fn judge_merge(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        order: &MergeOrder,
    ) -> Result<Judged> {
        let facts = self.merge_facts(order).await?;
        self.judge_with(who, place, &act_of(order), Some(facts)).await
    }

    /// The refusal of a merge that the policy has refused, recorded.
    pub(crate) async fn refused_merge(
        &self,
        who: &Asker,
        place: &PlaceName,
        order: &MergeOrder,
        judged: &Judged,
    ) -> Option<Error> {
        if judged.decision.verdict != Verdict::Refused {
            return None;
        }
        Some(self.refuse(who, place, &act_of(order), judged).await)
    }
}

/// What a merge does to its destination, before it is made.
fn act_of(order: &MergeOrder) -> Act {
    let update = RefUpdate {
        name: order.request.destination.clone(),
        old: order.target,
        new: order.request.source.commit,
        change: Change::FastForward,
        content: Content::Unseen,
    };
    Act::UpdateRefs { updates: vec![update], way: Way::PullRequest }
}

/// Whether it could be merged later, and whether it waits for that.
struct Later {
    auto_merge_allowed: bool,
    waiting: Option<WaitingMergeView>,
}

impl Mergeability {
    fn never(obstacles: Vec<Obstacle>, later: Later) -> Self {
        Self {
            mergeable: false,
            verdict: Verdict::Undecided.as_str(),
            refusals: Vec::new(),
            notices: Vec::new(),
            obstacles,
            open_dependencies: Vec::new(),
            conflicts: Vec::new(),
            conflicts_size: 0,
            commands: Vec::new(),
            behind: None,
            ahead: None,
            strategies: Vec::new(),
            auto_merge_allowed: later.auto_merge_allowed,
            waiting: later.waiting,
        }
    }
}

/// Where the sides do not fit together, and at how many places; other obstacles are noted.
fn conflicts_of(
    preview: MergePreview,
    request: &PullRequest,
    obstacles: &mut Vec<Obstacle>,
) -> (Vec<ConflictView>, usize) {
    match preview {
        MergePreview::FastForward | MergePreview::Clean { .. } => (Vec::new(), 0),
        MergePreview::UpToDate => {
            obstacles.push(Obstacle::nothing(request));
            (Vec::new(), 0)
        }
        MergePreview::Unrelated => {
            obstacles.push(Obstacle::unrelated(request));
            (Vec::new(), 0)
        }
        MergePreview::TooMuch(why) => {
            obstacles.push(Obstacle::too_much(request, why));
            (Vec::new(), 0)
        }
        MergePreview::Conflicting(Conflicts { listed, total }) => {
            let view = |it: repo::Conflict| ConflictView {
                path: String::from_utf8_lossy(&it.path).into_owned(),
                reason: it.reason,
            };
            (listed.into_iter().map(view).collect(), total)
        }
    }
}
