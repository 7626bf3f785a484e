//! Making the commits that a strategy makes.

use super::content::{self, NewCommitText};
use super::join::{self, Joined};
use super::rebase::{self, Rebased};
use super::workshop::Workshop;
use super::{MadeMerge, MergeAnswer, MergePlan, NotMergeable, too_much};
use crate::Result;
use crate::objects::ObjectKind;
use crate::repository::Repository;
use model::{MergeStrategy, ObjectId};

impl Repository {
    /// Makes the commits that a strategy makes.
    pub fn make_merge(&self, plan: &MergePlan<'_>) -> Result<MergeAnswer> {
        let not = |why| MergeAnswer::Not(NotMergeable::TooMuch(why));
        self.try_merge(plan).or_else(|error| too_much(error).map(not))
    }

    fn try_merge(&self, plan: &MergePlan<'_>) -> Result<MergeAnswer> {
        let divergence = self.divergence(&plan.target, &plan.source)?;
        if divergence.ahead == 0 {
            return Ok(MergeAnswer::Not(NotMergeable::Nothing));
        }
        if divergence.bases.is_empty() {
            return Ok(MergeAnswer::Not(NotMergeable::Unrelated));
        }
        let committer = plan.committer.to_line().into_bytes();
        let workshop = Workshop::new(self)?;
        let mut making =
            Making { plan, bases: divergence.bases, committer, workshop, commits: Vec::new() };
        let is_behind = divergence.behind > 0;
        let made = match plan.strategy {
            MergeStrategy::FastForward | MergeStrategy::SquashFastForward if is_behind => {
                Err(NotMergeable::NotFastForward { behind: divergence.behind })
            }
            MergeStrategy::FastForward => Ok(plan.source),
            MergeStrategy::MergeCommit => making.merge_commit(is_behind)?,
            MergeStrategy::Squash | MergeStrategy::SquashFastForward => making.squash(is_behind)?,
            MergeStrategy::RebaseFastForward => making.rebase()?,
            MergeStrategy::RebaseMerge => making.rebase_merge()?,
        };
        Ok(match made {
            Ok(tip) => MergeAnswer::Made(MadeMerge { tip, pack: making.pack()? }),
            Err(why) => MergeAnswer::Not(why),
        })
    }
}

/// A merge being made. What it gives back is the new tip, or why there is none.
struct Making<'a> {
    plan: &'a MergePlan<'a>,
    bases: Vec<ObjectId>,
    committer: Vec<u8>,
    workshop: Workshop<'a>,
    /// Those that were made, oldest first.
    commits: Vec<ObjectId>,
}

type Made = Result<std::result::Result<ObjectId, NotMergeable>>;

impl Making<'_> {
    fn merge_commit(&mut self, is_behind: bool) -> Made {
        let tree = match self.join(is_behind)? {
            Ok(tree) => tree,
            Err(why) => return Ok(Err(why)),
        };
        self.commit(tree, &[self.plan.target, self.plan.source]).map(Ok)
    }

    fn squash(&mut self, is_behind: bool) -> Made {
        let tree = match self.join(is_behind)? {
            Ok(tree) => tree,
            Err(why) => return Ok(Err(why)),
        };
        if tree == join::tree_of(&self.workshop, &self.plan.target)? {
            return Ok(Err(NotMergeable::Nothing));
        }
        self.commit(tree, &[self.plan.target]).map(Ok)
    }

    fn rebase(&mut self) -> Made {
        let (target, source) = (&self.plan.target, &self.plan.source);
        let line = match rebase::rebase(&mut self.workshop, target, source, &self.committer)? {
            Rebased::Line(line) => line,
            Rebased::Conflicting(commit, conflicts) => {
                return Ok(Err(NotMergeable::RebaseConflicting { commit, conflicts }));
            }
        };
        self.commits = line;
        Ok(self.commits.last().copied().ok_or(NotMergeable::Nothing))
    }

    fn rebase_merge(&mut self) -> Made {
        let tip = match self.rebase()? {
            Ok(tip) => tip,
            Err(why) => return Ok(Err(why)),
        };
        let tree = join::tree_of(&self.workshop, &tip)?;
        self.commit(tree, &[self.plan.target, tip]).map(Ok)
    }

    /// The tree that has both sides.
    fn join(&mut self, is_behind: bool) -> Made {
        let (target, source) = (&self.plan.target, &self.plan.source);
        if !is_behind {
            return join::tree_of(&self.workshop, source).map(Ok);
        }
        Ok(match join::merge(&mut self.workshop, target, source, &self.bases)? {
            Joined::Clean(tree) => Ok(tree),
            Joined::Conflicting(conflicts) => Err(NotMergeable::Conflicting(conflicts)),
        })
    }

    fn commit(&mut self, tree: ObjectId, parents: &[ObjectId]) -> Result<ObjectId> {
        let author = self.plan.author.to_line();
        let commit = NewCommitText {
            tree,
            parents,
            author: author.as_bytes(),
            committer: &self.committer,
            encoding: None,
            message: &content::message(self.plan.message),
        };
        let id = self.workshop.add(ObjectKind::Commit, commit.write())?;
        self.commits.push(id);
        Ok(id)
    }

    fn pack(&self) -> Result<Option<Vec<u8>>> {
        self.workshop.pack(&self.commits)
    }
}
