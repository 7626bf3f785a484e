//! Which commits both sides have.

use super::history::{Frontier, History};
use crate::Result;
use model::ObjectId;
use std::collections::HashSet;

/// What a `have` turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Have {
    /// We have it too.
    Common,
    /// We have not.
    Unknown,
}

/// What is known to be common so far, beside what the client wants.
pub(super) struct Negotiation<'a> {
    history: &'a History<'a>,
    /// What is wanted, as long as nobody has asked whether it is enough.
    wants: Vec<ObjectId>,
    /// Wanted commits that are not known to lead to common ones yet.
    open: Vec<ObjectId>,
    /// Common objects, in the order in which the client named them.
    common: Vec<ObjectId>,
    /// The same, to look up.
    named: HashSet<ObjectId>,
    /// The common ones and the parents of the common commits.
    they_have: HashSet<ObjectId>,
    /// The time of the oldest common commit: nothing older is looked at for another one.
    oldest: i64,
    /// Nothing has become common since it was last found that it is not enough.
    not_enough: bool,
}

impl<'a> Negotiation<'a> {
    pub(super) fn new(history: &'a History<'a>, wants: &[ObjectId]) -> Self {
        Self {
            history,
            wants: wants.to_vec(),
            open: Vec::new(),
            common: Vec::new(),
            named: HashSet::new(),
            they_have: HashSet::new(),
            oldest: i64::MAX,
            not_enough: false,
        }
    }

    /// Takes a `have` from the client.
    pub(super) fn offer(&mut self, id: ObjectId) -> Result<Have> {
        if self.named.contains(&id) {
            return Ok(Have::Common);
        }
        if !self.history.objects.contains(&id) {
            return Ok(Have::Unknown);
        }
        if let Some(commit) = self.history.peel_to_commit(&id)? {
            let at = self.history.commit(&commit)?;
            self.oldest = self.oldest.min(at.time);
            self.they_have.insert(commit);
            self.they_have.extend(at.parents);
        }
        self.they_have.insert(id);
        self.named.insert(id);
        self.common.push(id);
        self.not_enough = false;
        Ok(Have::Common)
    }

    /// What is common, in the order in which the client named it.
    pub(super) fn common(&self) -> &[ObjectId] {
        &self.common
    }

    /// Does every wanted commit lead to a common one? Then more haves would hardly make the pack
    /// smaller.
    pub(super) fn is_enough(&mut self) -> Result<bool> {
        if self.common.is_empty() || self.not_enough {
            return Ok(false);
        }
        for want in std::mem::take(&mut self.wants) {
            // Ancestry says nothing about trees and blobs: they never stand in the way.
            self.open.extend(self.history.peel_to_commit(&want)?);
        }
        while let Some(want) = self.open.last() {
            if !self.leads_to_common(*want)? {
                self.not_enough = true;
                return Ok(false);
            }
            self.open.pop();
        }
        Ok(true)
    }

    fn leads_to_common(&self, want: ObjectId) -> Result<bool> {
        let mut frontier = Frontier::default();
        frontier.push(self.history, want)?;
        while let Some((id, commit)) = frontier.pop() {
            if self.they_have.contains(&id) {
                return Ok(true);
            }
            if commit.time >= self.oldest {
                for parent in commit.parents {
                    if self.they_have.contains(&parent) {
                        return Ok(true);
                    }
                    frontier.push(self.history, parent)?;
                }
            }
        }
        Ok(false)
    }
}
