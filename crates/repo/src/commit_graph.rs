//! Commits as walks need them: parents, tree, time. From the commit-graph where there is one,
//! else from a commit's own bytes. The graph only repeats what the commits say, so a graph that is
//! damaged or missing makes walks slower and nothing else.

use crate::objects::{from_gix, to_gix};
use model::ObjectId;
use std::cell::OnceCell;
use std::path::PathBuf;

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
