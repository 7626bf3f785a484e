//! Commits as walks need them: parents, tree, time. From the commit-graph where there is one,
//! else from a commit's own bytes. The graph only repeats what the commits say, so a graph that is
//! damaged or missing makes walks slower and nothing else.

use crate::Result;
use crate::failure::FailureCode;
use crate::objects::{Lookup, ObjectKind, from_gix, to_gix};
use model::ObjectId;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::path::PathBuf;
use std::rc::Rc;

/// Commits that are read before the commit-graph is opened: most pushes need two.
const BEFORE_GRAPH: u64 = 16;
/// Commits that are kept; beyond it, everything is forgotten.
const KEPT: usize = 100_000;

/// What a walk needs to know of a commit.
#[derive(Clone, Debug)]
pub(crate) struct WalkCommit {
    pub(crate) parents: Vec<ObjectId>,
    pub(crate) tree: ObjectId,
    /// When it was committed, in seconds since 1970.
    pub(crate) time: i64,
    /// Larger than that of every ancestor; `None` outside the commit-graph.
    pub(crate) generation: Option<u32>,
}

impl WalkCommit {
    /// Reads a commit's content; `None` when it is none.
    pub(crate) fn parse(content: &[u8]) -> Option<Self> {
        let tree = content.split(|&b| b == b'\n').next()?.strip_prefix(b"tree ")?;
        Some(Self {
            tree: ObjectId::parse(tree).ok()?,
            parents: crate::commit::parents(content).collect(),
            time: crate::commit::date(content),
            generation: None,
        })
    }
}

/// The commit-graph of one repository, opened when it is first asked.
pub(crate) struct CommitGraph {
    git_dir: PathBuf,
    graph: OnceCell<Option<gix_commitgraph::Graph>>,
}

impl CommitGraph {
    pub(crate) fn new(git_dir: impl Into<PathBuf>) -> Self {
        Self { git_dir: git_dir.into(), graph: OnceCell::new() }
    }

    /// The commit, if the graph has it.
    pub(crate) fn find(&self, id: &ObjectId) -> Option<WalkCommit> {
        let graph = self.graph()?;
        let commit = graph.commit_by_id(to_gix(id))?;
        let parents = commit.iter_parents().map(|it| Some(from_gix(graph.id_at(it.ok()?))));
        Some(WalkCommit {
            parents: parents.collect::<Option<_>>()?,
            tree: from_gix(commit.root_tree_id()),
            time: i64::try_from(commit.committer_timestamp()).unwrap_or(i64::MAX),
            generation: Some(commit.generation()).filter(|it| *it > 0),
        })
    }

    /// Is it a commit that the graph has?
    pub(crate) fn contains(&self, id: &ObjectId) -> bool {
        self.graph().is_some_and(|graph| graph.lookup(to_gix(id)).is_some())
    }

    fn graph(&self) -> Option<&gix_commitgraph::Graph> {
        let open = || {
            let info = self.git_dir.join("objects/info");
            let there = ["commit-graph", "commit-graphs/commit-graph-chain"];
            if !there.iter().any(|it| info.join(it).exists()) {
                return None;
            }
            gix_commitgraph::at(&info, gix_hash::Kind::Sha1, None)
                .inspect_err(|error| tracing::warn!(%error, "the commit-graph cannot be used"))
                .ok()
        };
        self.graph.get_or_init(open).as_ref()
    }
}

/// Commits of one place for one or more walks, wherever they are; the last ones are kept.
pub(crate) struct Commits<'a> {
    objects: &'a dyn Lookup,
    graph: CommitGraph,
    kept: RefCell<HashMap<ObjectId, Rc<WalkCommit>>>,
    asked: Cell<u64>,
    most: u64,
}

impl<'a> Commits<'a> {
    pub(crate) fn new(git_dir: impl Into<PathBuf>, objects: &'a dyn Lookup) -> Self {
        let (graph, kept) = (CommitGraph::new(git_dir), RefCell::default());
        Self { objects, graph, kept, asked: Cell::new(0), most: u64::MAX }
    }

    /// All walks together may ask so often; then it is too much.
    pub(crate) fn at_most(self, most: u64) -> Self {
        Self { most, ..self }
    }

    /// Reads a commit; `None` when it is not there or is none.
    pub(crate) fn find(&self, id: &ObjectId) -> Result<Option<Rc<WalkCommit>>> {
        self.asked.set(self.asked.get() + 1);
        if self.asked.get() > self.most {
            return Err(FailureCode::TooMuch.because("it brings many merges").into());
        }
        if let Some(commit) = self.kept.borrow().get(id) {
            return Ok(Some(Rc::clone(commit)));
        }
        let Some(commit) = self.read(id)?.map(Rc::new) else { return Ok(None) };
        let mut kept = self.kept.borrow_mut();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(*id, Rc::clone(&commit));
        Ok(Some(commit))
    }

    fn read(&self, id: &ObjectId) -> Result<Option<WalkCommit>> {
        if self.asked.get() > BEFORE_GRAPH
            && let Some(commit) = self.graph.find(id)
        {
            return Ok(Some(commit));
        }
        let object = self.objects.find(id)?.filter(|it| it.kind == ObjectKind::Commit);
        Ok(object.and_then(|it| WalkCommit::parse(&it.data)))
    }

    /// The generation of a commit that the graph has.
    pub(crate) fn generation(&self, id: &ObjectId) -> Option<u32> {
        self.graph.find(id)?.generation
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
             committer C <c@x> 1700000000 +0100\ngpgsig x\n\nparent {id}\n"
        );
        let commit = WalkCommit::parse(text.as_bytes()).unwrap();
        assert_eq!((commit.parents.len(), commit.time), (2, 1_700_000_000));
        for text in ["", "tree 1\n", "parent x", "object 1"] {
            assert!(WalkCommit::parse(text.as_bytes()).is_none(), "{text:?}");
        }
        let odd = WalkCommit::parse(format!("tree {id}\ncommitter x\n").as_bytes()).unwrap();
        assert_eq!(odd.time, 0);
    }
}
