//! What a change of the rules does to something that was tried: two decisions on the same act are
//! compared, update by update.
//!
//! Nothing in here decides: both decisions are [`decide`](crate::decide)'s. What was in the commits
//! is not known any more when this is asked, so what only depends on that is left aside.

use crate::decision::{Decision, Finding, UpdateDecision, Verdict};
use crate::refusal::Refusal;
use model::{Layer, RestrictionId};
use std::collections::BTreeSet;

/// What the change does to one update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It would pass without the change, and is refused with it.
    Refuses,
    /// It is refused without the change, and would pass with it.
    Admits,
    /// It passes either way; with the change, a rule in `evaluate` mode tells about it.
    Notes,
    /// It passes either way.
    Passes,
    /// It is refused either way.
    StaysRefused,
    /// Whether it keeps history was never seen, and that matters.
    DependsOnChange,
    /// The change asks what is in the commits, which was not kept.
    DependsOnContent,
}

impl Effect {
    /// What became different from `now` to `then` for the update at this place of the act.
    /// `None` when the act has no such update.
    pub fn of(now: &Decision, then: &Decision, update: usize) -> Option<Self> {
        let before = Standing::of(now.updates.get(update)?);
        let after = Standing::of(then.updates.get(update)?);
        Some(match (before, after) {
            (Standing::Refused, Standing::Refused) => Self::StaysRefused,
            (Standing::UnseenChange, _) | (_, Standing::UnseenChange) => Self::DependsOnChange,
            (Standing::Passes | Standing::UnseenContent, Standing::Refused) => Self::Refuses,
            (Standing::Refused, Standing::Passes) => Self::Admits,
            (Standing::Refused | Standing::Passes, Standing::UnseenContent) => {
                Self::DependsOnContent
            }
            (Standing::Passes | Standing::UnseenContent, Standing::Passes)
            | (Standing::UnseenContent, Standing::UnseenContent) => {
                let told = noticed(then, update);
                if told.is_subset(&noticed(now, update)) { Self::Passes } else { Self::Notes }
            }
        })
    }
}

/// How an update stands as far as it can be told without its objects.
#[derive(Clone, Copy)]
enum Standing {
    Refused,
    UnseenChange,
    UnseenContent,
    Passes,
}

impl Standing {
    fn of(update: &UpdateDecision) -> Self {
        let is_open = |layer: Layer| {
            let mut steps = update.trace.iter();
            steps.any(|it| it.finding == Finding::Undecided && it.layer == layer)
        };
        match update.verdict {
            Verdict::Refused => Self::Refused,
            Verdict::Allowed => Self::Passes,
            Verdict::Undecided if is_open(Layer::Restriction) => Self::UnseenChange,
            Verdict::Undecided => Self::UnseenContent,
        }
    }
}

/// The rules in `evaluate` mode that would refuse the update.
fn noticed(decision: &Decision, update: usize) -> BTreeSet<RestrictionId> {
    let of_it = decision.notices.iter().filter(|it| it.update == Some(update));
    of_it.filter_map(Refusal::restricted).map(|it| it.rule.id).collect()
}
