//! What is judged by the name of a ref alone: refs a credential is good for, and refs that are
//! the server's own.

use super::Opinion;
use crate::Question;
use crate::ask::PrincipalKind;
use crate::decision::Weighed;
use crate::matcher::matches;
use crate::refusal::Reason;
use crate::update::{Change, RefUpdate};
use model::{RefKinds, RefName};

/// Where the server's own bookkeeping is: never advertised, never changed from outside.
pub const HIDDEN_REFS: &str = "refs/portcullis/";
/// Heads of pull requests: may be fetched, change with their pull request only.
pub const PULL_REQUEST_REFS: &str = "refs/pull-requests/";

/// Where a push stands for a pull request into the branch named after it. Never a ref of its own.
pub const PROPOSALS: &str = "refs/for/";

/// Is a ref left out of every advertisement and listing?
pub fn is_hidden_ref(name: &RefName) -> bool {
    name.as_str().starts_with(HIDDEN_REFS)
}

pub(super) fn scope(question: &Question<'_>, update: &RefUpdate) -> Opinion {
    let Some(only) = &question.who.credential.refs else {
        return Opinion::default();
    };
    let model = &question.facts.branching_model;
    let holds = only.iter().any(|it| matches(it, RefKinds::Both, &update.name, model));
    let reason = (!holds).then(|| Reason::TokenRef { name: update.name.clone() });
    Opinion::of(Weighed::Fact { what: "the token is good for the ref", holds }, reason)
}

pub(super) fn reserved(question: &Question<'_>, update: &RefUpdate) -> Opinion {
    let name = &update.name;
    let mut opinion = Opinion::default();
    if question.who.principal.kind == PrincipalKind::System {
        return opinion;
    }
    let kept = [PULL_REQUEST_REFS, PROPOSALS].iter().any(|it| name.as_str().starts_with(it));
    if kept || is_hidden_ref(name) {
        opinion.reasons.push(Reason::ReservedRef { name: name.clone() });
    }
    let default = question.facts.place.repository().and_then(|it| it.default_branch.as_ref());
    if update.change == Change::Delete && default == Some(name) {
        opinion.reasons.push(Reason::DefaultBranchDeletion { name: name.clone() });
    }
    opinion
}
