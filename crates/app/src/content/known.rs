//! What has been found out about one push so far, and what is still asked. Kept by the rule as it
//! was when it was asked: of a rule that changed meanwhile, nothing is known.

use model::{Layer, Restriction, RestrictionId, RestrictionKind};
use policy::{Content, Decision, Faults, Outcome, Rulebook, Seen, Verdict, Weighed};
use std::collections::HashMap;
use std::sync::Arc;

/// What is known about the content of a push.
pub(crate) struct Known {
    new_objects: bool,
    /// By rule: the rule as it was asked, and what was found in each update, by its place.
    found: HashMap<RestrictionId, (Arc<Restriction>, HashMap<usize, Faults>)>,
}

/// What is asked next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Nothing: the decision stands.
    Nothing,
    /// To look into the objects, for these rules: updates by their places, with what they want.
    Look(Vec<(usize, Vec<Arc<Restriction>>)>),
    /// To run this check over these updates.
    Check(Arc<Restriction>, Vec<usize>),
}

impl Known {
    /// Of a push that brings objects, or none.
    pub(crate) fn new(new_objects: bool) -> Self {
        Self { new_objects, found: HashMap::new() }
    }

    /// What is known about one update under these rules.
    pub(crate) fn content(&self, update: usize, rules: &Rulebook) -> Content {
        let against = self.found.iter().filter_map(|(id, (rule, found))| {
            let same = rules.find(*id).is_some_and(|it| it == rule);
            Some((*id, found.get(&update).filter(|_| same)?.clone()))
        });
        Content::Seen(Seen { new_objects: self.new_objects, against: against.collect() })
    }

    /// Takes down what a rule found in an update.
    pub(crate) fn learn(&mut self, update: usize, rule: &Arc<Restriction>, faults: Faults) {
        let entry = self.found.entry(rule.id).or_insert_with(|| (Arc::clone(rule), HashMap::new()));
        if entry.0 != *rule {
            *entry = (Arc::clone(rule), HashMap::new());
        }
        entry.1.insert(update, faults);
    }

    /// What the policy still wants to know. Checks come last and one by one, and only for what
    /// passes everything else: they cost the most.
    pub(crate) fn next(&self, decision: &Decision, rules: &Rulebook, atomic: bool) -> Next {
        let mut look = Vec::new();
        let mut checks: Vec<(Arc<Restriction>, Vec<usize>)> = Vec::new();
        for (at, update) in decision.updates.iter().enumerate() {
            let step = update.trace.iter().find(|it| it.layer == Layer::Content);
            let wanted =
                step.into_iter().flat_map(|it| it.weighed.iter()).filter_map(|it| match it {
                    Weighed::Rule(rule) if rule.outcome == Outcome::CannotTellYet => Some(rule.id),
                    _ => None,
                });
            let wanted: Vec<_> = wanted.filter_map(|it| rules.find(it)).cloned().collect();
            let is_check = |it: &Arc<Restriction>| it.kind == RestrictionKind::CustomCheck;
            let (ask, plain): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_check);
            if !plain.is_empty() {
                look.push((at, plain));
            }
            let refused = if atomic { decision.verdict } else { update.verdict };
            for rule in ask.into_iter().filter(|_| refused != Verdict::Refused) {
                match checks.iter_mut().find(|it| it.0.id == rule.id) {
                    Some(known) => known.1.push(at),
                    None => checks.push((rule, vec![at])),
                }
            }
        }
        if !look.is_empty() {
            return Next::Look(look);
        }
        // A check that is only tried out comes after those that can refuse.
        checks.sort_by_key(|it| (it.0.mode, it.0.id));
        checks.into_iter().next().map_or(Next::Nothing, |(rule, at)| Next::Check(rule, at))
    }
}
