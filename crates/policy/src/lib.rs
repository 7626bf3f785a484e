//! Decides whether somebody may do something, and says why.
//!
//! Everything here is a pure function of its arguments: no clock, no database, no git, no async,
//! and nothing that can fail. A question that needs a fact takes the fact as a field of
//! [`Facts`]; somebody outside fetched it.
//!
//! The whole policy is four sentences:
//!
//! 1. Nothing is allowed unless a grant, a role or being public allows it.
//! 2. A credential and a network narrow what their principal may do; nothing widens it.
//! 3. A restriction refuses what a grant allowed, unless it lists the principal.
//! 4. Whoever may not see a place is answered as if nothing were there.
//!
//! [`decide`] asks one layer after the other, in the order of [`model::Layer`]. The first that
//! refuses is the reason, with everything it has to say; the [`Decision`] holds what every layer
//! and every rule said, so explaining is reading it and cannot disagree with it.
#![deny(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm
)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test may fail"))]

mod act;
mod ask;
mod code;
mod content;
mod decision;
mod facts;
mod hypothesis;
mod idle;
mod layers;
mod matcher;
mod merge;
mod near_miss;
mod network;
mod pattern;
mod preview;
mod refusal;
mod remedy;
mod rulebook;
mod sentences;
mod unfit;
mod update;

pub use act::{Act, Needs, Right, Touches};
pub use ask::{
    Asker, CertificateFault, Credential, CredentialState, Network, Principal, PrincipalKind,
    home_permission,
};
pub use code::{Code, Entry, catalogue};
pub use content::{Content, Fault, FaultKind, Faults, NamedCommit, Seen};
pub use decision::{
    Decision, Finding, Outcome, Step, UpdateDecision, Verdict, Weighed, WeighedList, WeighedRule,
};
pub use facts::{Facts, Held, InstanceState, Place, ProjectPlace, RepositoryPlace, Source};
pub use hypothesis::own_branch;
pub use idle::{Idle, Rules};
pub use layers::{HIDDEN_REFS, PROPOSALS, PULL_REQUEST_REFS, is_hidden_ref};
pub use matcher::matches;
pub use merge::{Lack, MergeFacts};
pub use near_miss::{Miss, near_misses};
pub use network::{AddressList, AddressRange, NetworkRules};
pub use pattern::{path_fits, text_fits};
pub use preview::Effect;
pub use refusal::{FailedCheck, Reason, Refusal, Restricted, ScopeGap, Unfit};
pub use remedy::{Actor, Remedy, RemedyKind, TokenWish, remedies};
pub use rulebook::{Entry as RuleEntry, Rulebook};
pub use update::{Change, RefUpdate, Way};

use layers::Opinion;
use model::Layer;
use std::borrow::Cow;

/// May this asker do this, given these facts?
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Who asks.
    pub who: &'a Asker,
    /// What they are about to do.
    pub act: &'a Act,
    /// What is known about the place they want to do it to.
    pub facts: &'a Facts,
}

/// Answers one question.
///
/// The answer is the same for a place that the asker may not see and for one that is not there:
/// the facts about the place are put aside before anything is weighed.
pub fn decide(question: &Question<'_>) -> Decision {
    let facts = question.facts_as_seen();
    let question = Question { facts: &facts, ..*question };
    let mut decision = Decision {
        verdict: Verdict::Allowed,
        updates: Vec::new(),
        refusals: Vec::new(),
        notices: Vec::new(),
        trace: Vec::new(),
    };
    let layers = layers::OF_THE_ACT.iter().map(|(layer, weigh)| (*layer, || weigh(&question)));
    (decision.verdict, decision.trace) = decision.hear(None, layers);
    let whole = decision.verdict;
    for (at, update) in question.act.updates().iter().enumerate() {
        let (verdict, trace) = if whole == Verdict::Refused {
            (Verdict::Refused, Vec::new())
        } else {
            let layers = layers::OF_AN_UPDATE
                .iter()
                .map(|(layer, weigh)| (*layer, || weigh(&question, update)));
            decision.hear(Some(at), layers)
        };
        decision.verdict = decision.verdict.min(verdict);
        let (name, change) = (update.name.clone(), update.change);
        decision.updates.push(UpdateDecision { name, change, verdict, trace });
    }
    decision
}

impl<'a> Question<'a> {
    /// What the asker may be judged by. Whoever has not shown who they are sees what anybody
    /// sees; so does a credential that is no longer good, else it could still be used to find
    /// out what is there.
    fn facts_as_seen(&self) -> Cow<'a, Facts> {
        let seen = self.facts.place.level() == Some(self.act.needs().on)
            && self.who.credential.state == CredentialState::Valid
            && self.facts.seen_by(&self.who.principal);
        if seen {
            Cow::Borrowed(self.facts)
        } else {
            Cow::Owned(Facts::nowhere(self.facts.now, self.facts.instance))
        }
    }
}

impl Decision {
    /// Asks layers in order until one refuses, and keeps what they say.
    fn hear<F>(
        &mut self,
        update: Option<usize>,
        layers: impl ExactSizeIterator<Item = (Layer, F)>,
    ) -> (Verdict, Vec<Step>)
    where
        F: FnOnce() -> Opinion,
    {
        let mut verdict = Verdict::Allowed;
        let mut trace = Vec::with_capacity(layers.len());
        for (layer, weigh) in layers {
            if verdict == Verdict::Refused {
                trace.push(Step { layer, finding: Finding::NotAsked, weighed: <_>::default() });
                continue;
            }
            let opinion = weigh();
            let finding = opinion.finding();
            verdict = verdict.min(match finding {
                Finding::Refused => Verdict::Refused,
                Finding::Undecided => Verdict::Undecided,
                Finding::Passed | Finding::NotAsked => Verdict::Allowed,
            });
            let refusal = |reason| Refusal { reason, update };
            self.refusals.extend(opinion.reasons.into_iter().map(refusal));
            self.notices.extend(opinion.notices.into_iter().map(refusal));
            trace.push(Step { layer, finding, weighed: opinion.weighed });
        }
        (verdict, trace)
    }
}
