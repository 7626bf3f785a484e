//! The counts of a preview, and what it has to say about its own limits. Only counts and orders;
//! what happened to an update was found by the policy.

use crate::preview::{Preview, PreviewEvent};
use crate::refusal::PrincipalNote;
use model::Timestamp;
use policy::Effect;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many updates a change of the rules does what to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Would be refused, and pass now.
    pub refused: usize,
    /// Would pass, and are refused now.
    pub admitted: usize,
    /// Would pass with a notice.
    pub noted: usize,
    /// Pass either way.
    pub passing: usize,
    /// Are refused either way.
    pub still_refused: usize,
    /// It is not known.
    pub unknown: usize,
}

impl Tally {
    fn count(&mut self, effect: Option<Effect>) {
        let counter = match effect {
            Some(Effect::Refuses) => &mut self.refused,
            Some(Effect::Admits) => &mut self.admitted,
            Some(Effect::Notes) => &mut self.noted,
            Some(Effect::Passes) => &mut self.passing,
            Some(Effect::StaysRefused) => &mut self.still_refused,
            Some(Effect::DependsOnChange | Effect::DependsOnContent) | None => &mut self.unknown,
        };
        *counter += 1;
    }

    /// Does anything change, or is anything not known?
    const fn is_worth_telling(&self) -> bool {
        self.refused + self.admitted + self.noted + self.unknown > 0
    }
}

/// What is counted while the updates are gone through.
#[derive(Default)]
pub(crate) struct Sums {
    total: Tally,
    by_principal: BTreeMap<(String, String), Tally>,
    by_ref: BTreeMap<(String, String), Tally>,
    events: Vec<PreviewEvent>,
    left_out: usize,
    elsewhere: usize,
    unreadable: usize,
    gone: usize,
    unseen: usize,
    content: usize,
    nameless: usize,
}

impl Sums {
    pub fn new(elsewhere: usize, unreadable: usize) -> Self {
        Self { elsewhere, unreadable, ..Self::default() }
    }

    /// Counts an update, and keeps it if it is worth telling and there is room for it.
    pub fn add(&mut self, event: PreviewEvent, most: usize) {
        self.total.count(event.effect);
        let who = (event.principal.kind.clone(), event.principal.name.clone());
        self.by_principal.entry(who).or_default().count(event.effect);
        let name = (event.repository.clone(), event.reference.clone());
        self.by_ref.entry(name).or_default().count(event.effect);
        match event.effect {
            None => self.gone += 1,
            Some(Effect::DependsOnChange) => self.unseen += 1,
            Some(Effect::DependsOnContent) => self.content += 1,
            Some(Effect::Passes | Effect::StaysRefused) => return,
            Some(Effect::Refuses | Effect::Admits | Effect::Notes) => {}
        }
        self.nameless += usize::from(event.credential.is_none());
        if self.events.len() < most {
            self.events.push(event);
        } else {
            self.left_out += 1;
        }
    }

    pub fn into_preview(
        self,
        looked_at: usize,
        span: Option<(Timestamp, Timestamp)>,
        more: bool,
    ) -> Preview {
        let limits = self.limits(more);
        let principal = |((kind, name), tally)| (PrincipalNote { kind, name }, tally);
        Preview {
            looked_at,
            span,
            more,
            total: self.total,
            by_principal: ranked(self.by_principal).into_iter().map(principal).collect(),
            by_ref: ranked(self.by_ref),
            events: self.events,
            left_out: self.left_out,
            limits,
        }
    }

    fn limits(&self, more: bool) -> Vec<String> {
        let mut limits = vec![
            "everybody is judged by what they hold and by the groups they are in today, with a \
             credential that narrows nothing"
                .to_owned(),
            "what was in the commits is not kept: rules about content are not weighed".to_owned(),
        ];
        let told = [
            (self.gone, "by principals who are gone: removed, suspended or revoked"),
            (
                self.unseen,
                "refused before their objects came, so whether they kept history is not known",
            ),
            (self.content, "would be asked for what is in their commits"),
            (self.nameless, "recorded before the kind of credential was kept"),
            (self.unreadable, "in records that this version cannot read"),
            (self.elsewhere, "refused for other reasons than a rule: no rule changes that"),
        ];
        let told = told.into_iter().filter(|(count, _)| *count > 0);
        limits.extend(told.map(|(count, why)| format!("{count} {why}")));
        if more {
            limits.push("older pushes and refusals were not looked at".to_owned());
        }
        limits
    }
}

/// Those worth telling, the most refused first.
fn ranked<K: Ord>(tallies: BTreeMap<K, Tally>) -> Vec<(K, Tally)> {
    let mut told: Vec<_> = tallies.into_iter().filter(|(_, it)| it.is_worth_telling()).collect();
    told.sort_by_key(|(_, it)| Reverse((it.refused, it.admitted, it.noted, it.unknown)));
    told
}
