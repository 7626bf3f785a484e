//! The layers, in the order in which they are asked.
//!
//! Each is one function from a question to an [`Opinion`]; none knows what another said. A new
//! layer is a new row here.

mod content;
mod door;
mod merge_checks;
mod place;
mod refs;
mod restriction;

pub(crate) use restriction::{counts, is_everyone, takes};

pub use refs::{HIDDEN_REFS, PROPOSALS, PULL_REQUEST_REFS, is_hidden_ref};

use crate::Question;
use crate::decision::{Finding, Weighed, WeighedList};
use crate::refusal::Reason;
use crate::update::RefUpdate;
use model::Layer;

/// What one layer says.
#[derive(Debug, Default)]
pub(crate) struct Opinion {
    /// What was looked at.
    pub weighed: WeighedList,
    /// Every reason why not; none means that the layer lets it pass.
    pub reasons: Vec<Reason>,
    /// What a rule in `evaluate` mode would have refused.
    pub notices: Vec<Reason>,
    /// Does it depend on what an unseen change will turn out to be?
    pub undecided: bool,
}

impl Opinion {
    /// A layer that looked at one thing and refuses for at most one reason.
    fn of(weighed: Weighed, reason: Option<Reason>) -> Self {
        Self { weighed: weighed.into(), reasons: reason.into_iter().collect(), ..Self::default() }
    }

    /// What comes out of it.
    pub fn finding(&self) -> Finding {
        match (self.reasons.is_empty(), self.undecided) {
            (false, _) => Finding::Refused,
            (true, true) => Finding::Undecided,
            (true, false) => Finding::Passed,
        }
    }
}

type WeighAct = fn(&Question<'_>) -> Opinion;
type WeighUpdate = fn(&Question<'_>, &RefUpdate) -> Opinion;

/// The layers that judge an act as a whole.
pub(crate) const OF_THE_ACT: [(Layer, WeighAct); 7] = [
    (Layer::Instance, door::instance),
    (Layer::Credential, door::credential),
    (Layer::Network, door::network),
    (Layer::Scope, door::scope),
    (Layer::Visibility, place::visibility),
    (Layer::Permission, place::permission),
    (Layer::RepositoryState, place::repository_state),
];

/// The layers that judge each update of a push or merge by itself.
///
/// Which refs a credential may change is a matter of its scope, asked here because it differs
/// from ref to ref, as does what a repository over its size limit still takes.
pub(crate) const OF_AN_UPDATE: [(Layer, WeighUpdate); 5] = [
    (Layer::Scope, refs::scope),
    (Layer::RepositoryState, place::room),
    (Layer::ReservedRef, refs::reserved),
    (Layer::Restriction, restriction::restrictions),
    (Layer::Content, content::content),
];
