//! Which commits are new. A commit that the repository does not have is; one that it has is only
//! if no ref of those that count leads to it, which has to be looked for.

use crate::fetch::{History, View, Visible, find_unreachable};
use crate::push::RefUpdate;
use crate::quarantine::Quarantine;
use crate::{ObjectKind, Result, tag};
use model::ObjectId;
use std::collections::{HashMap, HashSet};

/// How many commits that no ref may lead to are looked for at once; four times as many each time.
const FIRST_SEARCH: usize = 16;

/// The new commits of a push, and how they hang together.
#[derive(Debug, Default)]
pub struct NewCommits {
    parents: HashMap<ObjectId, Vec<ObjectId>>,
    /// What each new value leads to.
    tips: HashMap<ObjectId, Tip>,
}

/// What a new value leads to, tags followed.
#[derive(Clone, Copy, Debug)]
enum Tip {
    Commit(ObjectId),
    /// A tree or a blob.
    Other(ObjectId),
}

impl NewCommits {
    /// How many there are, over all updates.
    pub fn len(&self) -> usize {
        self.parents.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.parents.is_empty()
    }

    /// Those that one update brings, children before their parents as far as one line of history
    /// goes.
    pub fn of(&self, new: &ObjectId) -> Vec<ObjectId> {
        let Some(Tip::Commit(tip)) = self.tips.get(new) else { return Vec::new() };
        let mut seen = HashSet::new();
        let mut waiting = std::collections::VecDeque::from([*tip]);
        let mut found = Vec::new();
        while let Some(id) = waiting.pop_front() {
            let Some(parents) = self.parents.get(&id).filter(|_| seen.insert(id)) else { continue };
            found.push(id);
            waiting.extend(parents);
        }
        found
    }

    /// The tree or blob that an update's new value is, where it is no commit.
    pub fn other_than_commit(&self, new: &ObjectId) -> Option<ObjectId> {
        match self.tips.get(new) {
            Some(Tip::Other(id)) => Some(*id),
            Some(Tip::Commit(_)) | None => None,
        }
    }
}

pub(super) fn find(
    objects: &Quarantine<'_>,
    updates: &[RefUpdate],
    counts: Visible<'_>,
) -> Result<NewCommits> {
    let mut search = Search {
        objects,
        counts,
        // The old values are refs' values: landing makes sure of that.
        reached: updates.iter().map(|it| it.old).collect(),
        found: NewCommits::default(),
    };
    let mut waiting = Vec::new();
    for update in updates.iter().filter(|it| !it.new.is_zero()) {
        let id = tag::peel(&update.new, objects)?.unwrap_or(update.new);
        let is_commit = objects.find_header(&id)?.is_some_and(|it| it.0 == ObjectKind::Commit);
        let tip = if is_commit { Tip::Commit(id) } else { Tip::Other(id) };
        search.found.tips.insert(update.new, tip);
        if is_commit {
            waiting.push(id);
        }
    }
    let mut room = FIRST_SEARCH;
    while !waiting.is_empty() {
        let known = search.take_new(waiting)?;
        waiting = search.sort_out(known, room)?;
        room = room.saturating_mul(4);
    }
    Ok(search.found)
}

struct Search<'a> {
    objects: &'a Quarantine<'a>,
    /// The refs that count.
    counts: Visible<'a>,
    /// Commits that a ref leads to.
    reached: HashSet<ObjectId>,
    found: NewCommits,
}

impl Search<'_> {
    /// Follows everything that the repository does not have, and returns what it has and where
    /// nobody has looked yet.
    fn take_new(&mut self, mut waiting: Vec<ObjectId>) -> Result<Vec<ObjectId>> {
        let mut known = Vec::new();
        while let Some(id) = waiting.pop() {
            if self.is_settled(&id) {
                continue;
            }
            if self.objects.is_old(&id) {
                known.push(id);
            } else {
                waiting.extend(self.take(id)?);
            }
        }
        Ok(known)
    }

    fn is_settled(&self, id: &ObjectId) -> bool {
        self.reached.contains(id) || self.found.parents.contains_key(id)
    }

    fn take(&mut self, id: ObjectId) -> Result<Vec<ObjectId>> {
        let parents = self.parents(&id)?;
        self.found.parents.insert(id, parents.clone());
        Ok(parents)
    }

    fn parents(&self, id: &ObjectId) -> Result<Vec<ObjectId>> {
        Ok(super::commit::read(self.objects, id)?.info.parents)
    }

    /// Of commits that the repository has, tells those that a ref leads to from those that none
    /// does, and goes on below the latter. Returns where to look next.
    fn sort_out(&mut self, known: Vec<ObjectId>, room: usize) -> Result<Vec<ObjectId>> {
        let unreached = self.find_unreached(known)?;
        if unreached.is_empty() {
            return Ok(Vec::new());
        }
        // Such lines can be long and a search goes through history: look for many at once.
        let mut line = Vec::new();
        let mut seen: HashSet<ObjectId> = unreached.iter().copied().collect();
        let mut waiting = unreached.clone();
        while let Some(id) = waiting.pop().filter(|_| line.len() < room) {
            for parent in self.parents(&id)? {
                if !self.is_settled(&parent) && seen.insert(parent) {
                    line.push(parent);
                    waiting.push(parent);
                }
            }
        }
        let more = self.find_unreached(line)?;
        let mut next = Vec::new();
        for id in unreached.into_iter().chain(more) {
            next.extend(self.take(id)?);
        }
        Ok(next)
    }

    fn find_unreached(&mut self, ids: Vec<ObjectId>) -> Result<Vec<ObjectId>> {
        let repository = self.objects.repository();
        let refs = repository.refs()?;
        let view = View::new(&refs, self.counts);
        let mut unproven = ids.clone();
        view.remove_tips(&mut unproven);
        let unreached = if unproven.is_empty() {
            Vec::new()
        } else {
            find_unreachable(&History::new(repository), &view, &unproven)?
        };
        self.reached.extend(ids.into_iter().filter(|it| !unreached.contains(it)));
        Ok(unreached)
    }
}
