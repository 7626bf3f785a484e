//! Does one commit contain another? Walks from both, newest first, and stops as soon as the answer
//! is certain; with a commit-graph, generations cut the walk short.

use crate::commit;
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
    Walk { git_dir, find, graph: None, read: 0, seen: HashMap::new(), interesting: 0 }.run(old, new)
}

struct Known {
    flags: u8,
    queued: bool,
}

struct Parsed {
    parents: Vec<ObjectId>,
    date: i64,
    /// From the commit-graph: larger than that of every ancestor.
    generation: Option<u32>,
}

struct Walk<'a> {
    git_dir: &'a Path,
    find: Find<'a>,
    /// Opened when the walk gets long; the inner `None`: there is none.
    graph: Option<Option<gix_commitgraph::Graph>>,
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
            queue.push((commit.date, *id));
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
                    queue.push((commit.date, *parent));
                    parsed.insert(*parent, commit);
                }
            }
        }
        Ok(false)
    }

    /// Can this commit no longer lead to `old`, which is of a higher generation?
    fn is_too_old(&mut self, old: &ObjectId, commit: &Parsed) -> Result<bool> {
        let Some(generation) = commit.generation else { return Ok(false) };
        Ok(self.generation(old).is_some_and(|it| generation < it))
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

    fn parse(&mut self, id: &ObjectId) -> Result<Option<Parsed>> {
        self.read += 1;
        if self.read > BEFORE_GRAPH
            && let Some(parsed) = self.parse_from_graph(id)?
        {
            return Ok(Some(parsed));
        }
        let Some(object) = (self.find)(id)? else { return Ok(None) };
        Ok((object.kind == ObjectKind::Commit).then(|| Parsed {
            parents: commit::parents(&object.data).collect(),
            date: commit::date(&object.data),
            generation: None,
        }))
    }

    fn graph(&mut self) -> Option<&gix_commitgraph::Graph> {
        let folder = self.git_dir.join("objects/info");
        self.graph
            .get_or_insert_with(|| {
                match gix_commitgraph::Graph::from_info_dir(&folder, gix_hash::Kind::Sha1) {
                    Ok(graph) => Some(graph),
                    Err(error) => {
                        // It only saves time; usually there is none yet.
                        tracing::debug!(%error, "no commit-graph");
                        None
                    }
                }
            })
            .as_ref()
    }

    fn generation(&mut self, id: &ObjectId) -> Option<u32> {
        let id = crate::objects::to_gix(id);
        Some(self.graph()?.commit_by_id(id)?.generation())
    }

    fn parse_from_graph(&mut self, id: &ObjectId) -> Result<Option<Parsed>> {
        let gix_id = crate::objects::to_gix(id);
        let Some(graph) = self.graph() else { return Ok(None) };
        let Some(commit) = graph.commit_by_id(gix_id) else { return Ok(None) };
        let bad = |why: String| Error::Object { id: *id, why };
        let mut parents = Vec::new();
        for position in commit.iter_parents() {
            let position = position.map_err(|error| bad(error.to_string()))?;
            parents.push(crate::objects::from_gix(graph.commit_at(position).id()));
        }
        let date = i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX);
        Ok(Some(Parsed { parents, date, generation: Some(commit.generation()) }))
    }
}
