//! Commits and their parents: from the commit-graph where there is one, else from the objects.

use crate::objects::{ObjectKind, Objects, from_gix, to_gix};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::cell::{OnceCell, RefCell};
use std::collections::{BinaryHeap, HashMap, HashSet};

/// What a walk needs to know of a commit.
#[derive(Clone, Debug)]
pub(super) struct Commit {
    pub(super) parents: Vec<ObjectId>,
    pub(super) tree: ObjectId,
    /// When it was committed, in seconds since 1970.
    pub(super) time: i64,
    /// One more than the largest of its parents'; `None` outside the commit-graph.
    pub(super) generation: Option<u32>,
}

/// The history of one repository, for one request.
pub(super) struct History<'a> {
    repository: &'a Repository,
    pub(super) objects: Objects,
    graph: OnceCell<Option<gix_commitgraph::Graph>>,
    /// Commits whose parents the client does not have and is not going to get.
    cut: RefCell<HashSet<ObjectId>>,
}

impl<'a> History<'a> {
    pub(super) fn new(repository: &'a Repository) -> Self {
        Self {
            repository,
            objects: repository.objects(),
            graph: OnceCell::new(),
            cut: RefCell::default(),
        }
    }

    /// From now on these commits have no parents.
    pub(super) fn cut_at(&self, commits: &[ObjectId]) {
        self.cut.borrow_mut().extend(commits);
    }

    /// The commit, or what the annotated tag leads to; `None` for any other object, and for what
    /// is not there.
    pub(super) fn peel_to_commit(&self, id: &ObjectId) -> Result<Option<ObjectId>> {
        if self.graph().is_some_and(|graph| graph.lookup(to_gix(id)).is_some()) {
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
        let mut commit = match self.find_in_graph(id) {
            Some(commit) => commit,
            None => self.read(id)?,
        };
        if self.cut.borrow().contains(id) {
            commit.parents = Vec::new();
        }
        Ok(commit)
    }

    fn graph(&self) -> Option<&gix_commitgraph::Graph> {
        let open = || {
            let info = self.repository.git_dir().join("objects/info");
            let there = ["commit-graph", "commit-graphs/commit-graph-chain"];
            if !there.iter().any(|it| info.join(it).exists()) {
                return None;
            }
            gix_commitgraph::at(&info, gix_hash::Kind::Sha1, None)
                // The graph only repeats what the objects say: without it things are slower.
                .inspect_err(|error| tracing::warn!(%error, "the commit-graph cannot be used"))
                .ok()
        };
        self.graph.get_or_init(open).as_ref()
    }

    /// `None` when it is not in the graph, or the graph is damaged there.
    fn find_in_graph(&self, id: &ObjectId) -> Option<Commit> {
        let graph = self.graph()?;
        let commit = graph.commit_by_id(to_gix(id))?;
        let parents = commit.iter_parents().map(|it| Some(from_gix(graph.id_at(it.ok()?))));
        Some(Commit {
            parents: parents.collect::<Option<_>>()?,
            tree: from_gix(commit.root_tree_id()),
            time: i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX),
            generation: Some(commit.generation()).filter(|it| *it > 0),
        })
    }

    fn read(&self, id: &ObjectId) -> Result<Commit> {
        let damaged = |why: &str| Error::Object { id: *id, why: why.into() };
        let object = self.objects.find(id)?.ok_or_else(|| damaged("it is missing"))?;
        if object.kind != ObjectKind::Commit {
            return Err(damaged("it is no commit"));
        }
        parse(&object.data).ok_or_else(|| damaged("it does not read as a commit"))
    }
}

/// Reads the header lines of a commit.
fn parse(data: &[u8]) -> Option<Commit> {
    let mut lines = data.split(|&it| it == b'\n').take_while(|it| !it.is_empty());
    let tree = ObjectId::parse(lines.next()?.strip_prefix(b"tree ")?).ok()?;
    let mut commit = Commit { parents: Vec::new(), tree, time: 0, generation: None };
    for line in lines {
        if let Some(parent) = line.strip_prefix(b"parent ") {
            commit.parents.push(ObjectId::parse(parent).ok()?);
        } else if let Some(committer) = line.strip_prefix(b"committer ") {
            // `NAME <EMAIL> SECONDS ZONE`; git takes an unreadable time as 0, too.
            let end = committer.rsplit(|&it| it == b'>').next().unwrap_or_default();
            let text = std::str::from_utf8(end).unwrap_or_default();
            let seconds = text.split_ascii_whitespace().next();
            commit.time = seconds.and_then(|it| it.parse().ok()).unwrap_or(0);
            break;
        }
    }
    Some(commit)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_read_as_git_writes_them_and_otherwise_not_at_all() {
        let id = "1".repeat(40);
        let text = format!(
            "tree {id}\nparent {id}\nparent {id}\nauthor A <a@x> 5 +0000\n\
             committer C > D <c@x> 1700000000 +0100\ngpgsig x\n\nparent {id}\n"
        );
        let commit = parse(text.as_bytes()).unwrap();
        assert_eq!((commit.parents.len(), commit.time), (2, 1_700_000_000));
        for text in ["", "tree 1\n", "parent x", &format!("tree {id}\nparent 12\n")] {
            assert!(parse(text.as_bytes()).is_none(), "{text:?}");
        }
        let odd = parse(format!("tree {id}\ncommitter x\n").as_bytes()).unwrap();
        assert_eq!(odd.time, 0);
    }
}
