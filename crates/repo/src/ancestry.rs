//! Does one commit contain another, and where did two lines of history part? Walks from both,
//! newest first, and stops as soon as the answer is certain; with a commit-graph, generations cut
//! the first kind of walk short.

use crate::commit_graph::{Commits, WalkCommit};
use crate::objects::Lookup;
use crate::painted::Painted;
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::path::Path;

pub(crate) const ONE: u8 = 1;
pub(crate) const OTHER: u8 = 2;
/// Below something that both sides have: nothing new is found there.
pub(crate) const STALE: u8 = 4;

impl Repository {
    /// Is `old` the same commit as `new` or one of its ancestors?
    pub fn is_ancestor(&self, old: &ObjectId, new: &ObjectId) -> Result<bool> {
        is_ancestor(self.git_dir(), &self.objects(), old, new)
    }

    /// The best common ancestors of one commit and of what a merge of the others would be: those
    /// that no other common ancestor contains, newest first. None when the histories have nothing
    /// in common or a commit is not there, several when lines were merged crosswise.
    pub fn merge_bases(&self, one: &ObjectId, others: &[ObjectId]) -> Result<Vec<ObjectId>> {
        merge_bases(&Commits::new(self.git_dir(), &self.objects()), one, others)
    }

    /// The best common ancestor of two commits, the newest where there are several; `None` where
    /// there is none. An error where a commit is not there.
    pub fn merge_base(&self, one: &ObjectId, other: &ObjectId) -> Result<Option<ObjectId>> {
        for id in [one, other] {
            if self.commit_id(id)?.is_none() {
                return Err(Error::Object { id: *id, why: "there is no such commit".into() });
            }
        }
        Ok(self.merge_bases(one, &[*other])?.into_iter().next())
    }
}

pub(crate) fn is_ancestor(
    git_dir: &Path,
    objects: &dyn Lookup,
    old: &ObjectId,
    new: &ObjectId,
) -> Result<bool> {
    contains(&Commits::new(git_dir, objects), new, old)
}

fn contains(commits: &Commits<'_>, new: &ObjectId, old: &ObjectId) -> Result<bool> {
    if old == new {
        return Ok(true);
    }
    let mut walk = Painted::new(commits, STALE);
    if !walk.begin(old, ONE)? || !walk.begin(new, OTHER)? {
        return Ok(false);
    }
    while let Some((_, commit, flags)) = walk.next()? {
        if is_too_old(commits, old, &commit) {
            continue;
        }
        let flags = below(flags);
        for parent in &commit.parents {
            if parent == old && flags & OTHER != 0 {
                return Ok(true);
            }
            walk.paint(parent, flags)?;
        }
    }
    Ok(false)
}

/// Can this commit no longer lead to `old`, which is of a higher generation?
fn is_too_old(commits: &Commits<'_>, old: &ObjectId, commit: &WalkCommit) -> bool {
    let Some(generation) = commit.generation else { return false };
    commits.generation(old).is_some_and(|it| generation < it)
}

/// See [`Repository::merge_bases`].
pub(crate) fn merge_bases(
    commits: &Commits<'_>,
    one: &ObjectId,
    others: &[ObjectId],
) -> Result<Vec<ObjectId>> {
    let mut walk = Painted::new(commits, STALE);
    let others = others.iter().map(|it| (it, OTHER));
    for (id, flag) in others.chain([(one, ONE)]) {
        if !walk.begin(id, flag)? {
            return Ok(Vec::new());
        }
    }
    let mut common = Common::default();
    while let Some((id, commit, flags)) = walk.next()? {
        common.note(id, flags);
        for parent in &commit.parents {
            walk.paint(parent, below(flags))?;
        }
    }
    common.best(&walk, commits)
}

/// What a walk found on both sides, newest first.
#[derive(Default)]
pub(crate) struct Common(Vec<ObjectId>);

impl Common {
    /// The walk has come to a commit with these flags.
    pub fn note(&mut self, id: ObjectId, flags: u8) {
        if flags & (ONE | OTHER | STALE) == ONE | OTHER && !self.0.contains(&id) {
            self.0.push(id);
        }
    }

    /// At the end of the walk: those that no other contains.
    pub fn best(mut self, walk: &Painted<'_>, commits: &Commits<'_>) -> Result<Vec<ObjectId>> {
        self.0.retain(|it| walk.flags(it) & STALE == 0);
        without_contained(commits, self.0)
    }
}

/// Dates that lie may bring an ancestor up before what contains it.
fn without_contained(commits: &Commits<'_>, found: Vec<ObjectId>) -> Result<Vec<ObjectId>> {
    let mut best = Vec::with_capacity(found.len());
    for id in &found {
        let mut is_best = true;
        for other in found.iter().filter(|it| *it != id) {
            is_best &= !contains(commits, other, id)?;
        }
        if is_best {
            best.push(*id);
        }
    }
    Ok(best)
}

/// What the parents of a commit with these flags are painted with.
pub(crate) const fn below(flags: u8) -> u8 {
    if flags & (ONE | OTHER) == ONE | OTHER { flags | STALE } else { flags }
}
