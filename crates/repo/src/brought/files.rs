//! The files that the commits of one push change, commit by commit. What was read of history for
//! one merge is kept for the next.

use super::changes::{FileChange, Walk};
use super::commit::{self, NewCommit};
use super::resolution::Resolution;
use crate::Result;
use crate::ancestry::merge_bases;
use crate::commit_graph::Commits;
use crate::failure::FailureCode;
use crate::quarantine::Quarantine;
use model::ObjectId;

/// How many commits may be walked over to find out where the lines of merges parted, over the
/// whole push, besides [`PER_OBJECT`]; one counts each time it is passed.
const COMMITS: u64 = 2_000_000;
/// Commits that may be walked over for each object of the push.
const PER_OBJECT: u64 = 100;
/// Lines that were merged crosswise more often are nobody's work.
const BASES: usize = 16;

/// When a file of a merge counts as changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergedFiles {
    /// When it is as in none of the parents.
    New,
    /// When it is not what comes of the merge by itself: what only one side changed is taken from
    /// there. That shows what a merge leaves out, and is the dearer question: history is walked to
    /// where the lines parted.
    NewOrLeftOut,
}

/// Finds out which files commits change.
pub struct FileChanges<'a> {
    objects: &'a Quarantine<'a>,
    merged: MergedFiles,
    history: Commits<'a>,
}

impl<'a> FileChanges<'a> {
    pub(super) fn new(objects: &'a Quarantine<'a>, merged: MergedFiles) -> Self {
        let git_dir = objects.repository().git_dir();
        let most = COMMITS + PER_OBJECT * objects.count();
        Self { objects, merged, history: Commits::new(git_dir, objects).at_most(most) }
    }

    /// Shows every file that a commit changes.
    pub fn of(
        &self,
        commit: &NewCommit,
        show: &mut dyn FnMut(FileChange<'_>) -> Result<()>,
    ) -> Result<()> {
        let parents = &commit.info.parents;
        let mut trees = vec![Some(commit.info.tree)];
        for parent in parents {
            trees.push(Some(self.tree(parent)?));
        }
        let resolution = match (parents.len(), self.merged) {
            (0, _) => {
                trees.push(None);
                Resolution::beginning()
            }
            (1, _) | (_, MergedFiles::New) => Resolution::any_of(parents.len()),
            (_, MergedFiles::NewOrLeftOut) => self.merge(parents, &mut trees)?,
        };
        Walk::new(self.objects, resolution).compare(trees.into_iter(), show)
    }

    /// Adds the trees of where the lines of a merge parted.
    fn merge(&self, parents: &[ObjectId], trees: &mut Vec<Option<ObjectId>>) -> Result<Resolution> {
        let mut counts = Vec::with_capacity(parents.len());
        for (at, other) in parents.iter().enumerate().skip(1) {
            let before = parents.get(..at).unwrap_or_default();
            let bases = merge_bases(&self.history, other, before)?;
            if bases.len() > BASES {
                return Err(FailureCode::TooMuch.because("its lines cross too often").into());
            }
            if bases.is_empty() {
                trees.push(None);
            }
            for base in &bases {
                trees.push(Some(self.tree(base)?));
            }
            counts.push(bases.len());
        }
        Ok(Resolution::merge(&counts))
    }

    fn tree(&self, commit: &ObjectId) -> Result<ObjectId> {
        Ok(commit::read(self.objects, commit)?.info.tree)
    }
}
