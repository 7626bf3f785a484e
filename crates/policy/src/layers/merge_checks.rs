//! Merge checks among the restrictions: what one says about a merge, and how those that are not
//! met are told.
//!
//! Every check is weighed by itself, so that of several the strictest counts. They refuse where a
//! rule enforces them, and are notices elsewhere.

use crate::decision::Outcome;
use crate::merge::MergeFacts;
use crate::refusal::{FailedCheck, Reason};
use crate::update::{RefUpdate, Way};
use model::{MergeCheck, Mode, Restriction, RestrictionKind};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What all merge checks of a question have in common.
#[derive(Clone, Copy)]
pub(super) struct Merge<'a> {
    pub way: Way,
    /// `None` while nobody has said which pull request it is.
    pub facts: Option<&'a MergeFacts>,
    /// Does a rule that means the ref enforce them?
    pub enforced: bool,
}

impl Merge<'_> {
    /// What one check says.
    pub fn weigh(self, check: MergeCheck, rule: &Restriction) -> Outcome {
        if self.way == Way::Direct {
            return Outcome::OtherWay;
        }
        let Some(facts) = self.facts else {
            let matters = self.enforced && rule.mode == Mode::Enforce;
            return if matters { Outcome::CannotTellYet } else { Outcome::NoRefusal };
        };
        match (facts.lack(check, rule.value), rule.mode) {
            (None, _) => Outcome::Met,
            (Some(_), Mode::Evaluate) => Outcome::WouldRefuse,
            (Some(_), Mode::Enforce) if self.enforced => Outcome::Refuses,
            (Some(_), Mode::Enforce) => Outcome::Warns,
        }
    }

    /// One reason for each check that these rules ask for in vain.
    pub fn reasons(self, update: &RefUpdate, rules: &[&Arc<Restriction>]) -> Vec<Reason> {
        let Some(facts) = self.facts else { return Vec::new() };
        let mut by_check: BTreeMap<MergeCheck, Vec<&Arc<Restriction>>> = BTreeMap::new();
        for rule in rules {
            if let RestrictionKind::Require(check) = rule.kind {
                by_check.entry(check).or_default().push(rule);
            }
        }
        let reason = |(check, mut rules): (MergeCheck, Vec<&Arc<Restriction>>)| {
            rules.sort_by_key(|it| (leniency(check, it.value), Reverse(it.level), it.id));
            let (strictest, others) = rules.split_first()?;
            Some(Reason::MergeCheck(FailedCheck {
                name: update.name.clone(),
                check,
                lack: facts.lack(check, strictest.value)?,
                rule: Arc::clone(strictest),
                also: others.iter().map(|it| it.id).collect(),
            }))
        };
        by_check.into_iter().filter_map(reason).collect()
    }
}

/// The strictest number comes first: the highest, and the lowest for how far the source may be
/// behind.
fn leniency(check: MergeCheck, value: Option<i64>) -> i64 {
    let value = value.unwrap_or_default();
    if check == MergeCheck::CommitsBehind { value } else { value.saturating_neg() }
}
