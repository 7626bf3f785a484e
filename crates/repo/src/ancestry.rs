//! Does one commit contain another? Walks from both, newest first, and stops as soon as the answer
//! is certain; with a commit-graph, generations cut the walk short.

use crate::commit_graph::{CommitGraph, WalkCommit};
use crate::objects::{Object, ObjectKind};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::{BinaryHeap, HashMap};
use std::path::Path;

/// Commits that are read before the commit-graph is opened: most pushes need two.
const BEFORE_GRAPH: usize = 16;

/// Finds an object, wherever it may be.
pub(crate) type Find<'a> = &'a dyn Fn(&ObjectId) -> Result<Option<Object>>;

const FROM_OLD: u8 = 1;
const FROM_NEW: u8 = 2;
const STALE: u8 = 4;

impl Repository {
    /// Is `old` the same commit as `new` or one of its ancestors?
    pub fn is_ancestor(&self, old: &ObjectId, new: &ObjectId) -> Result<bool> {
        let objects = self.objects();
        is_ancestor(self.git_dir(), &|id| objects.find(id), old, new)
    }
}

pub(crate) fn is_ancestor(
    git_dir: &Path,
    find: Find<'_>,
    old: &ObjectId,
    new: &ObjectId,
) -> Result<bool> {
    let graph = CommitGraph::new(git_dir);
    Walk { find, graph, read: 0, seen: HashMap::new(), interesting: 0 }.run(old, new)
}

struct Known {
    flags: u8,
    queued: bool,
}

struct Walk<'a> {
    find: Find<'a>,
    /// Asked when the walk gets long.
    graph: CommitGraph,
    read: usize,
    seen: HashMap<ObjectId, Known>,
    /// Commits in the queue that are not stale: when there is none, nothing new can be found.
    interesting: usize,
}

impl Walk<'_> {
    fn run(mut self, old: &ObjectId, new: &ObjectId) -> Result<bool> {
        if old == new {
            return Ok(true);
        }
        let mut queue = BinaryHeap::new();
        let mut parsed = HashMap::new();
        for (id, flag) in [(old, FROM_OLD), (new, FROM_NEW)] {
            let Some(commit) = self.parse(id)? else { return Ok(false) };
            self.paint(id, flag);
            queue.push((commit.time, *id));
            parsed.insert(*id, commit);
        }
        while self.interesting > 0 {
            let Some((_, id)) = queue.pop() else { break };
            let flags = self.unqueue(&id);
            let Some(commit) = parsed.remove(&id) else { continue };
            if self.is_too_old(old, &commit)? {
                continue;
            }
            let both = flags & (FROM_OLD | FROM_NEW) == FROM_OLD | FROM_NEW;
            let flags = if both { flags | STALE } else { flags };
            for parent in &commit.parents {
                if parent == old && flags & FROM_NEW != 0 {
                    return Ok(true);
                }
                if self.paint(parent, flags) {
                    let commit = self.parse(parent)?.ok_or_else(|| Error::Object {
                        id: *parent,
                        why: "it is a parent and is not there".into(),
                    })?;
                    queue.push((commit.time, *parent));
                    parsed.insert(*parent, commit);
                }
            }
        }
        Ok(false)
    }

    /// Can this commit no longer lead to `old`, which is of a higher generation?
    fn is_too_old(&mut self, old: &ObjectId, commit: &WalkCommit) -> Result<bool> {
        let Some(generation) = commit.generation else { return Ok(false) };
        Ok(self.graph.find(old).and_then(|it| it.generation).is_some_and(|it| generation < it))
    }

    /// Adds flags; `true` when the commit must be (or stay) in the queue because of it.
    fn paint(&mut self, id: &ObjectId, flags: u8) -> bool {
        let known = self.seen.entry(*id).or_insert(Known { flags: 0, queued: false });
        if known.flags & flags == flags {
            return false;
        }
        let was_interesting = known.queued && known.flags & STALE == 0;
        known.flags |= flags;
        let is_interesting = known.flags & STALE == 0;
        let push = !known.queued;
        known.queued = true;
        match (was_interesting, is_interesting) {
            (false, true) => self.interesting += 1,
            (true, false) => self.interesting -= 1,
            (true, true) | (false, false) => {}
        }
        push
    }

    fn unqueue(&mut self, id: &ObjectId) -> u8 {
        let Some(known) = self.seen.get_mut(id) else { return 0 };
        known.queued = false;
        if known.flags & STALE == 0 {
            self.interesting -= 1;
        }
        known.flags
    }

    fn parse(&mut self, id: &ObjectId) -> Result<Option<WalkCommit>> {
        self.read += 1;
        if self.read > BEFORE_GRAPH
            && let Some(commit) = self.graph.find(id)
        {
            return Ok(Some(commit));
        }
        let object = (self.find)(id)?.filter(|it| it.kind == ObjectKind::Commit);
        Ok(object.and_then(|it| WalkCommit::parse(&it.data)))
    }
}
