//! What is judged by the place: may it be seen, what is held on it, what state is it in.

use super::Opinion;
use crate::Question;
use crate::act::{Act, Right, Touches};
use crate::ask::PrincipalKind;
use crate::content::Content;
use crate::decision::Weighed;
use crate::refusal::Reason;
use crate::update::{Change, RefUpdate};
use model::Permission;

/// By now a place that may not be seen is nowhere, and so is one of another kind than the act
/// is about.
pub(super) fn visibility(question: &Question<'_>) -> Opinion {
    let what = question.act.needs().on;
    let holds = question.facts.place.level() == Some(what);
    let reason = (!holds).then_some(Reason::NotFound { what });
    Opinion::of(Weighed::Fact { what: "there is such a place", holds }, reason)
}

pub(super) fn permission(question: &Question<'_>) -> Opinion {
    let needs = question.act.needs();
    let held = question.facts.held_by(&question.who.principal);
    match needs.right {
        Right::See => Opinion::default(),
        Right::SignedIn => {
            let holds = question.who.principal.is_signed_in();
            let reason = (!holds).then_some(Reason::SignInRequired);
            Opinion::of(Weighed::Fact { what: "somebody is signed in", holds }, reason)
        }
        Right::User => {
            let holds = matches!(question.who.principal.kind, PrincipalKind::User(_));
            let reason = (!holds).then_some(Reason::UsersOnly);
            Opinion::of(Weighed::Fact { what: "a user asks", holds }, reason)
        }
        Right::Member => {
            let holds = question.facts.role.is_some() || held.is_some_and(|it| it.is_admin());
            let reason = (!holds).then_some(Reason::MembersOnly);
            Opinion::of(Weighed::Fact { what: "a member of the workspace asks", holds }, reason)
        }
        Right::Hold(needed) => {
            let has = held.as_ref().map(|it| it.permission);
            let reason = (has < Some(needed)).then(|| {
                // It takes no more than write, but for being the one whom the key is kept for.
                if let Act::PostKeptBuildStatus { key, pattern } = question.act
                    && has >= Some(Permission::Write)
                {
                    return Reason::BuildKeyKept { key: key.clone(), pattern: pattern.clone() };
                }
                Reason::NotPermitted { needed, held: has, on: needs.on }
            });
            Opinion::of(Weighed::Permission { needed, held }, reason)
        }
    }
}

/// An archived repository takes no push at all. It says in the same breath whether there is no room
/// either, so that nobody has it opened only to meet that.
pub(super) fn repository_state(question: &Question<'_>) -> Opinion {
    let mut opinion = Opinion::default();
    let content = match question.act.needs().touches {
        Touches::Content => true,
        Touches::Nothing | Touches::Settings => false,
    };
    let Some(here) = question.facts.place.repository().filter(|_| content) else {
        return opinion;
    };
    opinion
        .weighed
        .push(Weighed::Fact { what: "the repository is archived", holds: here.archived });
    if here.archived {
        opinion.reasons.push(Reason::Archived);
        if here.over_quota && question.act.updates().iter().any(|it| grows(it) == Grows::Yes) {
            opinion.reasons.push(Reason::OverQuota);
        }
    }
    opinion
}

/// Over the size limit, what brings no objects is still taken, deletions and going back to an
/// older commit above all, beside whatever is not: they are the way back under it.
pub(super) fn room(question: &Question<'_>, update: &RefUpdate) -> Opinion {
    let Some(here) = question.facts.place.repository().filter(|it| it.over_quota) else {
        return Opinion::default();
    };
    let grows = grows(update);
    let what = "the repository is over its size limit";
    let reason = (here.over_quota && grows == Grows::Yes).then_some(Reason::OverQuota);
    let mut opinion = Opinion::of(Weighed::Fact { what, holds: here.over_quota }, reason);
    opinion.undecided = here.over_quota && grows == Grows::Perhaps;
    opinion
}

/// Does the repository grow by it?
#[derive(PartialEq, Eq)]
enum Grows {
    No,
    /// It depends on whether there are objects that are not here yet.
    Perhaps,
    Yes,
}

fn grows(update: &RefUpdate) -> Grows {
    match (update.change, &update.content) {
        (Change::Delete, _) => Grows::No,
        (Change::Unseen | Change::Create | Change::FastForward | Change::Rewrite, seen) => {
            match seen {
                Content::Unseen => Grows::Perhaps,
                Content::Seen(it) if it.new_objects => Grows::Yes,
                Content::Seen(_) => Grows::No,
            }
        }
    }
}
