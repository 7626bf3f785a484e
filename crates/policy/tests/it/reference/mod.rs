//! A second opinion: the decision, written again from the documents, as simply as it can be said.
//!
//! This module is made from `decision-model.md` and the fact sheet, and never from the engine: it
//! looks at the engine's words (facts, acts, codes) and at none of its reasoning. It has no
//! shortcuts, no order of rules and no trace; it is slow, and easy to believe. Where it and the
//! engine differ on any world, one of them does not do what the documents say.

mod agreement;
mod combining;
mod content;
mod dice;
mod failure;
mod layers;
mod needs;
mod people;
mod random;
mod refs;
mod universe;

use model::{Restriction, RestrictionId};
use policy::{Act, Asker, Code, Decision, Facts, Question, Refusal, Rulebook, Verdict, decide};
use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::thread;

/// A policy, somebody, and what they are about to do.
#[derive(Clone, Debug)]
pub struct World {
    /// Everything but the rules.
    pub facts: Facts,
    pub rules: Vec<Restriction>,
    pub who: Asker,
    pub act: Act,
}

/// The codes of one layer, each with the rules that give it; no rules in the layers without.
pub type Reasons = BTreeSet<(Code, BTreeSet<RestrictionId>)>;

/// What is compared: not the words, but everything that they are made from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Neither of the two is allowed.
    pub refused: bool,
    pub undecided: bool,
    /// Why not, of the act and all its updates together.
    pub reasons: Reasons,
    /// The answer to each update.
    pub updates: Vec<OfUpdate>,
}

/// The answer to one update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfUpdate {
    pub refused: bool,
    pub undecided: bool,
    /// Those of the act are among them.
    pub reasons: Reasons,
    /// What rules that are only being tried out would say.
    pub notices: Reasons,
}

impl World {
    /// What the engine answers.
    pub fn engine(&self) -> Answer {
        let restrictions = Rulebook::new(self.rules.clone());
        self.engine_with(&Facts { restrictions, ..self.facts.clone() })
    }

    /// The same, where the facts with their rules are at hand.
    pub fn engine_with(&self, facts: &Facts) -> Answer {
        read(&decide(&Question { who: &self.who, act: &self.act, facts }))
    }

    /// What the documents answer.
    pub fn documents(&self) -> Answer {
        layers::answer(self)
    }
}

fn read(decision: &Decision) -> Answer {
    let of = |at: usize| OfUpdate {
        refused: decision.updates[at].verdict == Verdict::Refused,
        undecided: decision.updates[at].verdict == Verdict::Undecided,
        reasons: decision.refusals_of(at).map(reason).collect(),
        notices: decision.notices.iter().filter(|it| it.update == Some(at)).map(reason).collect(),
    };
    Answer {
        refused: decision.verdict == Verdict::Refused,
        undecided: decision.verdict == Verdict::Undecided,
        reasons: decision.refusals.iter().map(reason).collect(),
        updates: (0..decision.updates.len()).map(of).collect(),
    }
}

fn reason(refusal: &Refusal) -> (Code, BTreeSet<RestrictionId>) {
    (refusal.code(), refusal.rules().collect())
}

/// Runs as many parts as there are cores. A part is told which it is and how many there are.
pub fn on_every_core<T: Send>(part: impl Fn(usize, usize) -> T + Sync) -> Vec<T> {
    let cores = thread::available_parallelism().unwrap().get();
    thread::scope(|scope| {
        let part = &part;
        let parts: Vec<_> = (0..cores).map(|at| scope.spawn(move || part(at, cores))).collect();
        parts.into_iter().map(|it| it.join().unwrap_or_else(|it| resume_unwind(it))).collect()
    })
}
