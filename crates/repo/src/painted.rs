//! A walk over history from several sides at once: commits carry flags that say from where they
//! were reached, and come newest first. It ends when everything left is stale.

use crate::commit_graph::{Commits, WalkCommit};
use crate::{Error, Result};
use model::ObjectId;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::rc::Rc;

/// Commits with their flags.
pub(crate) struct Painted<'a> {
    commits: &'a Commits<'a>,
    /// The flag of commits below which nothing new is found.
    stale: u8,
    seen: HashMap<ObjectId, Known>,
    queue: BinaryHeap<(i64, ObjectId)>,
    /// Commits in the queue that are not stale: when there is none, nothing new can be found.
    interesting: usize,
}

struct Known {
    flags: u8,
    queued: bool,
}

impl<'a> Painted<'a> {
    pub(crate) fn new(commits: &'a Commits<'a>, stale: u8) -> Self {
        let (seen, queue) = (HashMap::new(), BinaryHeap::new());
        Self { commits, stale, seen, queue, interesting: 0 }
    }

    /// Begins here, too; `false` when there is no such commit.
    pub(crate) fn begin(&mut self, id: &ObjectId, flag: u8) -> Result<bool> {
        let Some(commit) = self.commits.find(id)? else { return Ok(false) };
        self.add(id, flag, &commit);
        Ok(true)
    }

    /// Adds flags to the parent of a commit; it comes (again) if it did not have them all.
    pub(crate) fn paint(&mut self, id: &ObjectId, flags: u8) -> Result<()> {
        if self.flags(id) & flags != flags {
            let why = || "it is a parent and is not there".into();
            let commit = self.commits.find(id)?;
            let commit = commit.ok_or_else(|| Error::Object { id: *id, why: why() })?;
            self.add(id, flags, &commit);
        }
        Ok(())
    }

    fn add(&mut self, id: &ObjectId, flags: u8, commit: &WalkCommit) {
        let known = self.seen.entry(*id).or_insert(Known { flags: 0, queued: false });
        let was_interesting = known.queued && known.flags & self.stale == 0;
        known.flags |= flags;
        let is_interesting = known.flags & self.stale == 0;
        if !std::mem::replace(&mut known.queued, true) {
            self.queue.push((commit.time, *id));
        }
        match (was_interesting, is_interesting) {
            (false, true) => self.interesting += 1,
            (true, false) => self.interesting -= 1,
            (true, true) | (false, false) => {}
        }
    }

    /// The newest commit waiting, with its flags; `None` when all that wait are stale.
    pub(crate) fn next(&mut self) -> Result<Option<(ObjectId, Rc<WalkCommit>, u8)>> {
        self.next_since(None)
    }

    /// The same, and stale ones as long as they are no older than this.
    pub(crate) fn next_since(
        &mut self,
        time: Option<i64>,
    ) -> Result<Option<(ObjectId, Rc<WalkCommit>, u8)>> {
        let is_due = self.queue.peek().is_some_and(|it| time.is_some_and(|time| it.0 >= time));
        if self.interesting == 0 && !is_due {
            return Ok(None);
        }
        let Some((_, id)) = self.queue.pop() else { return Ok(None) };
        let mut flags = 0;
        if let Some(known) = self.seen.get_mut(&id) {
            (known.queued, flags) = (false, known.flags);
            if flags & self.stale == 0 {
                self.interesting -= 1;
            }
        }
        Ok(self.commits.find(&id)?.map(|it| (id, it, flags)))
    }

    /// What a commit has been painted with by now.
    pub(crate) fn flags(&self, id: &ObjectId) -> u8 {
        self.seen.get(id).map_or(0, |it| it.flags)
    }

    /// How many commits have, of these flags, exactly `wanted`.
    pub(crate) fn count(&self, of: u8, wanted: u8) -> usize {
        self.seen.values().filter(|it| it.flags & of == wanted).count()
    }

    /// Those commits.
    pub(crate) fn painted(&self, of: u8, wanted: u8) -> HashSet<ObjectId> {
        let wanted = self.seen.iter().filter(|(_, it)| it.flags & of == wanted);
        wanted.map(|(id, _)| *id).collect()
    }
}
