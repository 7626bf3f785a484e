//! The answer: a verdict, its reasons, and the trace of how it was reached.

use crate::facts::{Held, InstanceState};
use crate::refusal::Refusal;
use crate::update::Change;
use model::{Layer, Level, Permission, RefName, RestrictionId, RestrictionKind, Scope, Subject};
use std::ops::Deref;

/// The answer to one question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a decision nobody enforces is a hole"]
pub struct Decision {
    /// For the act as a whole: refused as soon as one of its updates is. This is what an
    /// `--atomic` push gets; every other push goes by the verdicts of its updates.
    pub verdict: Verdict,
    /// One for each update of the act, in its order.
    pub updates: Vec<UpdateDecision>,
    /// Why not. Reasons about the act as a whole have no `update`; reasons about updates come in
    /// the updates' order. Empty exactly when the verdict is not `Refused`.
    pub refusals: Vec<Refusal>,
    /// What rules in `evaluate` mode would have refused.
    pub notices: Vec<Refusal>,
    /// The layers that judge an act as a whole, in order.
    pub trace: Vec<Step>,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Refused,
    /// Nothing refuses it so far, but an unseen change matters to a rule.
    Undecided,
    Allowed,
}

impl Verdict {
    /// The word for texts and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Undecided => "undecided",
            Self::Allowed => "allowed",
        }
    }
}

/// The answer to one update of a push or merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpdateDecision {
    pub name: RefName,
    pub change: Change,
    pub verdict: Verdict,
    /// The layers that judge each update by itself, in order. Empty when the act as a whole was
    /// refused.
    pub trace: Vec<Step>,
}

impl Decision {
    /// May it be done, as far as is known?
    pub fn is_allowed(&self) -> bool {
        self.verdict == Verdict::Allowed
    }

    /// The verdict on one update, in a push with or without `--atomic`: with it, one refusal
    /// refuses all. `None` when the act has no such update.
    pub fn verdict_on(&self, update: usize, atomic: bool) -> Option<Verdict> {
        let own = self.updates.get(update)?.verdict;
        Some(if atomic { own.min(self.verdict) } else { own })
    }

    /// Why one update is refused: the reasons about the whole act, and its own.
    pub fn refusals_of(&self, update: usize) -> impl Iterator<Item = &Refusal> {
        let whole = self.refusals.partition_point(|it| it.update.is_none());
        let start = self.refusals.partition_point(|it| it.update < Some(update));
        let end = self.refusals.partition_point(|it| it.update <= Some(update));
        let whole = self.refusals.get(..whole).unwrap_or_default();
        whole.iter().chain(self.refusals.get(start..end).unwrap_or_default())
    }

    /// The layer that refused first, and so is the reason.
    pub fn layer(&self) -> Option<Layer> {
        self.refusals.iter().map(Refusal::layer).min()
    }
}

/// What one layer had to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub layer: Layer,
    pub finding: Finding,
    /// Everything that was looked at, in order.
    pub weighed: WeighedList,
}

/// What was looked at, as a slice. Most layers look at one thing, which is kept without an
/// allocation: a decision about one ref has a dozen layers.
#[derive(Clone, Debug)]
pub struct WeighedList(Kept);

#[derive(Clone, Debug)]
enum Kept {
    One(Weighed),
    Any(Vec<Weighed>),
}

impl WeighedList {
    /// Adds one.
    pub(crate) fn push(&mut self, weighed: Weighed) {
        match &mut self.0 {
            Kept::One(first) => self.0 = Kept::Any(vec![*first, weighed]),
            Kept::Any(none) if none.is_empty() => self.0 = Kept::One(weighed),
            Kept::Any(several) => several.push(weighed),
        }
    }
}

impl Default for WeighedList {
    fn default() -> Self {
        Self(Kept::Any(Vec::new()))
    }
}

impl Deref for WeighedList {
    type Target = [Weighed];

    fn deref(&self) -> &[Weighed] {
        match &self.0 {
            Kept::One(weighed) => std::slice::from_ref(weighed),
            Kept::Any(weighed) => weighed,
        }
    }
}

impl PartialEq for WeighedList {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for WeighedList {}

impl From<Weighed> for WeighedList {
    fn from(one: Weighed) -> Self {
        Self(Kept::One(one))
    }
}

impl From<Vec<Weighed>> for WeighedList {
    fn from(weighed: Vec<Weighed>) -> Self {
        Self(Kept::Any(weighed))
    }
}

/// What came out of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Finding {
    Passed,
    /// It depends on what an unseen change will turn out to be.
    Undecided,
    Refused,
    /// An earlier layer had refused.
    NotAsked,
}

impl Finding {
    /// The word for texts and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Undecided => "undecided",
            Self::Refused => "refused",
            Self::NotAsked => "not asked",
        }
    }
}

/// One thing a layer looked at. `Display` says it in a line. Owns nothing, because a decision
/// may weigh thousands of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weighed {
    Instance(InstanceState),
    /// Something that was asked and answered yes or no: `the credential is valid`.
    Fact {
        what: &'static str,
        holds: bool,
    },
    Scopes {
        required: &'static [Scope],
        /// Are all of them held?
        held: bool,
    },
    Permission {
        needed: Permission,
        held: Option<Held>,
    },
    Rule(WeighedRule),
}

/// One restriction that means the ref, and what it said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WeighedRule {
    pub id: RestrictionId,
    pub level: Level,
    pub kind: RestrictionKind,
    pub outcome: Outcome,
}

/// What one restriction said about one update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It is not about this kind of change.
    OtherChange,
    /// It is about direct changes, and this one comes by a pull request; or the other way round.
    OtherWay,
    /// It lists this subject, which the principal is.
    Lists(Subject),
    /// An allow-list that lets everyone or nobody in, where another one names subjects: those
    /// decide.
    Outranked,
    /// It is about content, and what was seen gives it no reason.
    NothingFound,
    /// It depends on what the change will turn out to be, on what it brings, or on a pull request
    /// that is not known.
    CannotTellYet,
    /// The pull request has what it asks for.
    Met,
    /// It refuses nothing by itself.
    NoRefusal,
    /// It is not met, and merge checks are not enforced here.
    Warns,
    Refuses,
    /// It would refuse, but its mode is `evaluate`.
    WouldRefuse,
}
