//! The history a fetch walks: commits and their parents, cut where the client's history ends.

use crate::commit_graph::{CommitGraph, WalkCommit as Commit};
use crate::objects::{ObjectKind, Objects};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::cell::RefCell;
use std::collections::{BinaryHeap, HashMap, HashSet};

/// The history of one repository, for one request.
pub(crate) struct History<'a> {
    repository: &'a Repository,
    pub(crate) objects: Objects,
    graph: CommitGraph,
    /// Commits whose parents the client does not have and is not going to get.
    cut: RefCell<HashSet<ObjectId>>,
}

impl<'a> History<'a> {
    pub(crate) fn new(repository: &'a Repository) -> Self {
        Self {
            repository,
            objects: repository.objects(),
            graph: CommitGraph::new(repository.git_dir()),
            cut: RefCell::default(),
        }
    }

    /// From now on these commits have no parents.
    pub(super) fn cut_at(&self, commits: &[ObjectId]) {
        self.cut.borrow_mut().extend(commits);
    }

    /// The commit, or what the annotated tag leads to; `None` for any other object, and for what
    /// is not there.
    pub(crate) fn peel_to_commit(&self, id: &ObjectId) -> Result<Option<ObjectId>> {
        if self.graph.contains(id) {
            return Ok(Some(*id));
        }
        let peeled = match self.objects.find_header(id)? {
            Some((ObjectKind::Tag, _)) => self.repository.peel(id)?,
            Some((ObjectKind::Commit, _)) => return Ok(Some(*id)),
            Some((ObjectKind::Tree | ObjectKind::Blob, _)) | None => None,
        };
        let Some(peeled) = peeled else { return Ok(None) };
        let kind = self.objects.find_header(&peeled)?.map(|it| it.0);
        Ok(Some(peeled).filter(|_| kind == Some(ObjectKind::Commit)))
    }

    /// A commit; an error if it is not there or no commit, for whoever asks has found it in a ref,
    /// in another commit or has asked [`peel_to_commit`](Self::peel_to_commit).
    pub(super) fn commit(&self, id: &ObjectId) -> Result<Commit> {
        let mut commit = match self.graph.find(id) {
            Some(commit) => commit,
            None => self.read(id)?,
        };
        if self.cut.borrow().contains(id) {
            commit.parents = Vec::new();
        }
        Ok(commit)
    }

    fn read(&self, id: &ObjectId) -> Result<Commit> {
        let damaged = |why: &str| Error::Object { id: *id, why: why.into() };
        let object = self.objects.find(id)?.ok_or_else(|| damaged("it is missing"))?;
        if object.kind != ObjectKind::Commit {
            return Err(damaged("it is no commit"));
        }
        Commit::parse(&object.data).ok_or_else(|| damaged("it does not read as a commit"))
    }
}

/// Commits waiting to be visited, newest first; each enters once.
#[derive(Default)]
pub(super) struct Frontier {
    waiting: BinaryHeap<(i64, ObjectId)>,
    commits: HashMap<ObjectId, Commit>,
    seen: HashSet<ObjectId>,
}

impl Frontier {
    /// Adds a commit unless it was added before.
    pub(super) fn push(&mut self, history: &History<'_>, id: ObjectId) -> Result<()> {
        if self.seen.insert(id) {
            let commit = history.commit(&id)?;
            self.waiting.push((commit.time, id));
            self.commits.insert(id, commit);
        }
        Ok(())
    }

    /// The newest one waiting.
    pub(super) fn pop(&mut self) -> Option<(ObjectId, Commit)> {
        let (_, id) = self.waiting.pop()?;
        self.commits.remove(&id).map(|commit| (id, commit))
    }

    /// Every commit that was ever added.
    pub(super) fn into_seen(self) -> HashSet<ObjectId> {
        self.seen
    }
}
