//! Merging without a work tree: what would come of it, and the commits that come of it by each
//! strategy. Made beside the repository, in a folder that goes away; what was made comes back as a
//! pack, to be pushed from inside like any other push. No ref moves here, and nobody is asked.

mod attributes;
mod conflict;
mod content;
mod join;
mod make;
mod rebase;
mod trees;
mod workshop;

pub use conflict::{Conflict, Conflicts};

use crate::commit::Signature;
use crate::repository::Repository;
use crate::{Error, Result};
use join::Joined;
use model::{MergeStrategy, ObjectId};
use workshop::Workshop;

/// What a merge of two commits would meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergePreview {
    /// The target has everything of the source already.
    UpToDate,
    /// The source has everything of the target: there is nothing to join.
    FastForward,
    /// They fit together; this tree has both.
    Clean {
        /// The id of the tree, which is not kept.
        tree: ObjectId,
    },
    /// Somebody has to look.
    Conflicting(Conflicts),
    /// They have no common ancestor.
    Unrelated,
    /// Nobody knows: finding out would take more than anybody is given. Why, as a clause: `it …`.
    TooMuch(String),
}

/// A merge to be made.
#[derive(Clone, Debug)]
pub struct MergePlan<'a> {
    /// How.
    pub strategy: MergeStrategy,
    /// Where the destination is.
    pub target: ObjectId,
    /// Where the source is.
    pub source: ObjectId,
    /// Of the commit that the strategy makes, if it makes one.
    pub message: &'a str,
    /// Of that commit. Commits that are made anew keep theirs.
    pub author: &'a Signature,
    /// Of every commit that is made.
    pub committer: &'a Signature,
}

/// A merge that was made and has landed nowhere yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeMerge {
    /// Where the destination would be.
    pub tip: ObjectId,
    /// What is new, as a pack for a push; `None` when the repository has it all.
    pub pack: Option<Vec<u8>>,
}

/// What came of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MergeAnswer {
    /// It was made.
    Made(MadeMerge),
    /// It cannot be.
    Not(NotMergeable),
}

/// Why a merge cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotMergeable {
    /// The target has everything of the source already.
    Nothing,
    /// The target has moved on, and the strategy wants it not to.
    NotFastForward {
        /// How many commits of the target the source has not.
        behind: u32,
    },
    /// They have no common ancestor.
    Unrelated,
    /// They do not fit together.
    Conflicting(Conflicts),
    /// One of the commits to be made anew does not fit where it would come.
    RebaseConflicting {
        /// As it is in the source.
        commit: ObjectId,
        /// Where.
        conflicts: Conflicts,
    },
    /// It would take more than anybody is given. Why, as a clause: `it …`.
    TooMuch(String),
}

impl Repository {
    /// What merging `source` into `target` would meet. Starts git only where both sides have
    /// changed the same files, or moved some.
    pub fn merge_preview(&self, target: &ObjectId, source: &ObjectId) -> Result<MergePreview> {
        let divergence = self.divergence(target, source)?;
        if divergence.ahead == 0 {
            return Ok(MergePreview::UpToDate);
        }
        if divergence.behind == 0 {
            return Ok(MergePreview::FastForward);
        }
        if divergence.bases.is_empty() {
            return Ok(MergePreview::Unrelated);
        }
        let mut workshop = Workshop::new(self)?;
        let joined = join::merge(&mut workshop, target, source, &divergence.bases);
        let preview = joined.map(|it| match it {
            Joined::Clean(tree) => MergePreview::Clean { tree },
            Joined::Conflicting(conflicts) => MergePreview::Conflicting(conflicts),
        });
        preview.or_else(|error| too_much(error).map(MergePreview::TooMuch))
    }

    /// Would merging either of two commits into `target` make the same of it, to the last byte and
    /// mode? Not where one of them does not fit: then nobody has seen what comes of it.
    pub fn is_same_merge(
        &self,
        target: &ObjectId,
        one: &ObjectId,
        other: &ObjectId,
    ) -> Result<bool> {
        let one = self.merged_tree(target, one)?;
        Ok(one.is_some() && one == self.merged_tree(target, other)?)
    }

    fn merged_tree(&self, target: &ObjectId, source: &ObjectId) -> Result<Option<ObjectId>> {
        match self.merge_preview(target, source)? {
            MergePreview::UpToDate => self.tree_of(target).map(Some),
            MergePreview::FastForward => self.tree_of(source).map(Some),
            MergePreview::Clean { tree } => Ok(Some(tree)),
            MergePreview::Conflicting(_) | MergePreview::Unrelated | MergePreview::TooMuch(_) => {
                Ok(None)
            }
        }
    }

    fn tree_of(&self, commit: &ObjectId) -> Result<ObjectId> {
        let missing = || Error::Object { id: *commit, why: "there is no such commit".into() };
        Ok(self.commit_info(commit)?.ok_or_else(missing)?.tree)
    }
}

/// That a merge would take too much is an answer: it does not get better by being asked again.
fn too_much(error: Error) -> Result<String> {
    match error {
        Error::TookTooLong { .. } => Ok(format!(
            "it takes longer than {} seconds, or more memory than git is given",
            workshop::TIME.as_secs()
        )),
        Error::MergeTooLarge { .. } => Ok(error.to_string()),
        error => Err(error),
    }
}
