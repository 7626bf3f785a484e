//! Merge checks: what a pull request must have before it may be merged into a ref.
//!
//! Each check is weighed by itself, so that of several the strictest counts. What is known of the
//! pull request comes with the facts; nothing here looks for it.

use crate::Rulebook;
use model::{BranchingModel, MergeCheck, Mode, RefName, RestrictionKind, ReviewBehaviour};
use std::collections::BTreeSet;

/// A pull request, as far as merging it is concerned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MergeFacts {
    /// By anybody but its author.
    pub approvals: u32,
    /// Of these, those by default reviewers.
    pub default_reviewer_approvals: u32,
    /// Review groups with enough approvals of their members.
    pub review_group_approvals: u32,
    /// Reviewers who have asked for changes, and have not taken that back.
    pub changes_requested: u32,
    pub open_tasks: u32,
    pub unresolved_comments: u32,
    /// Of the source's last commit; each key counts once.
    pub passed_builds: u32,
    /// The same: failed or stopped.
    pub failed_builds: u32,
    /// Commits of the destination that the source does not have.
    pub commits_behind: u32,
    /// Pull requests it depends on that are not merged.
    pub open_dependencies: u32,
}

/// Where a check is not met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lack {
    /// At least so many are needed.
    TooFew { needed: u32, found: u32 },
    /// At most so many are allowed.
    TooMany { allowed: u32, found: u32 },
    /// Builds have failed, so that it does not matter how many have passed.
    FailedBuilds { failed: u32 },
}

impl MergeFacts {
    /// What is missing for a check with this number; `None` when it is met. A number that cannot
    /// be is read as the nearest that can; none at all as 1 of what is counted up, and 0 of what is
    /// counted down.
    pub fn lack(&self, check: MergeCheck, value: Option<i64>) -> Option<Lack> {
        let number =
            |least: u32| value.map_or(least, |it| u32::try_from(it.max(0)).unwrap_or(u32::MAX));
        let at_least = |found: u32| {
            let needed = number(1);
            (found < needed).then_some(Lack::TooFew { needed, found })
        };
        let at_most = |allowed: u32, found: u32| {
            (found > allowed).then_some(Lack::TooMany { allowed, found })
        };
        match check {
            MergeCheck::Approvals => at_least(self.approvals),
            MergeCheck::DefaultReviewerApprovals => at_least(self.default_reviewer_approvals),
            MergeCheck::ReviewGroupApprovals => at_least(self.review_group_approvals),
            MergeCheck::NoChangesRequested => at_most(0, self.changes_requested),
            MergeCheck::TasksCompleted => at_most(0, self.open_tasks),
            MergeCheck::CommentsResolved => at_most(0, self.unresolved_comments),
            MergeCheck::PassingBuilds if self.failed_builds > 0 => {
                Some(Lack::FailedBuilds { failed: self.failed_builds })
            }
            MergeCheck::PassingBuilds => at_least(self.passed_builds),
            MergeCheck::CommitsBehind => at_most(number(0), self.commits_behind),
            MergeCheck::DependenciesMerged => at_most(0, self.open_dependencies),
        }
    }

    /// The same pull request once a check is met, whatever its number.
    pub(crate) fn meet(&mut self, check: MergeCheck) {
        match check {
            MergeCheck::Approvals => self.approvals = u32::MAX,
            MergeCheck::DefaultReviewerApprovals => self.default_reviewer_approvals = u32::MAX,
            MergeCheck::ReviewGroupApprovals => self.review_group_approvals = u32::MAX,
            MergeCheck::NoChangesRequested => self.changes_requested = 0,
            MergeCheck::TasksCompleted => self.open_tasks = 0,
            MergeCheck::CommentsResolved => self.unresolved_comments = 0,
            MergeCheck::PassingBuilds => (self.failed_builds, self.passed_builds) = (0, u32::MAX),
            MergeCheck::CommitsBehind => self.commits_behind = 0,
            MergeCheck::DependenciesMerged => self.open_dependencies = 0,
        }
    }
}

impl Rulebook {
    /// What a pull request into this ref does by itself.
    pub fn behaviours(
        &self,
        name: &RefName,
        branching_model: &BranchingModel,
    ) -> BTreeSet<ReviewBehaviour> {
        let rules = self.matching(name, branching_model);
        let behaviour = |kind| match kind {
            RestrictionKind::Behaviour(it) => Some(it),
            RestrictionKind::Push
            | RestrictionKind::RestrictMerges
            | RestrictionKind::Force
            | RestrictionKind::Delete
            | RestrictionKind::NoCreates
            | RestrictionKind::ReadOnly
            | RestrictionKind::RequireSignedCommits
            | RestrictionKind::MaxFileSize
            | RestrictionKind::MaxPushSize
            | RestrictionKind::AuthorEmail
            | RestrictionKind::CommitterEmail
            | RestrictionKind::CommitterIsPusher
            | RestrictionKind::CommitMessage
            | RestrictionKind::RestrictedPaths
            | RestrictionKind::CustomCheck
            | RestrictionKind::PullRequestOnly
            | RestrictionKind::Require(_)
            | RestrictionKind::EnforceMergeChecks => None,
        };
        let enforced = rules.into_iter().filter(|it| it.mode == Mode::Enforce);
        enforced.filter_map(|it| behaviour(it.kind)).collect()
    }
}
