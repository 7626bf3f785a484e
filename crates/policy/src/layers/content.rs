//! Content rules: what they say about what an update brings. Each must let it through by itself;
//! its subjects are exempt from it. What nobody has looked into yet is undecided, never passed.

use super::Opinion;
use super::restriction::{exempt, refuses};
use crate::Question;
use crate::ask::PrincipalKind;
use crate::decision::{Outcome, Weighed};
use crate::refusal::{Reason, Unfit};
use crate::update::{Change, RefUpdate};
use model::{Mode, Restriction, RestrictionKind};
use std::sync::Arc;

pub(super) fn content(question: &Question<'_>, update: &RefUpdate) -> Opinion {
    let facts = question.facts;
    let mut opinion = Opinion::default();
    // What the server itself makes, such as the merge of a pull request, is made by the rules.
    let by_system = question.who.principal.kind == PrincipalKind::System;
    if !facts.restrictions.has_content_rules() || by_system {
        return opinion;
    }
    let rules = facts.restrictions.matching(&update.name, &facts.branching_model);
    for rule in rules.into_iter().filter(|it| it.kind.is_about_content()) {
        let outcome = outcome(rule, question, update);
        opinion.undecided |= outcome == Outcome::CannotTellYet && rule.mode == Mode::Enforce;
        match outcome {
            Outcome::Refuses => opinion.reasons.push(reason(rule, update)),
            Outcome::WouldRefuse => opinion.notices.push(reason(rule, update)),
            Outcome::OtherChange
            | Outcome::OtherWay
            | Outcome::Lists(_)
            | Outcome::Outranked
            | Outcome::Met
            | Outcome::NoRefusal
            | Outcome::Warns
            | Outcome::NothingFound
            | Outcome::CannotTellYet => (),
        }
        opinion.weighed.push(Weighed::Rule(rule.weighed(outcome)));
    }
    opinion
}

fn outcome(rule: &Restriction, question: &Question<'_>, update: &RefUpdate) -> Outcome {
    // A deletion brings nothing; a check may still want to have a say.
    if update.change == Change::Delete && rule.kind != RestrictionKind::CustomCheck {
        return Outcome::OtherChange;
    }
    if let Some(listed) = exempt(rule, &question.who.principal, question.facts.now) {
        return listed;
    }
    match update.content.against(rule.id) {
        None => Outcome::CannotTellYet,
        Some(faults) if faults.is_empty() => Outcome::NothingFound,
        Some(_) => refuses(rule.mode),
    }
}

fn reason(rule: &Arc<Restriction>, update: &RefUpdate) -> Reason {
    Reason::Unfit(Unfit {
        name: update.name.clone(),
        change: update.change,
        rule: Arc::clone(rule),
        faults: update.content.against(rule.id).cloned().unwrap_or_default(),
    })
}
