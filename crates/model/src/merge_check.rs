//! What restrictions say about pull requests: checks before a merge, and what a pull request does
//! by itself. Words only; `policy` weighs the checks.

/// Something a pull request must have before it is merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeCheck {
    /// So many approvals; the author's own does not count.
    Approvals,
    /// So many approvals by default reviewers.
    DefaultReviewerApprovals,
    /// So many review groups whose members have approved.
    ReviewGroupApprovals,
    /// Nobody asks for changes.
    NoChangesRequested,
    TasksCompleted,
    CommentsResolved,
    /// So many builds of the source's last commit have passed, and none has failed.
    PassingBuilds,
    /// The source lacks at most so many commits of its destination.
    CommitsBehind,
    /// Every pull request it depends on is merged.
    DependenciesMerged,
}

impl MergeCheck {
    /// The numbers it may be given, both ends included; `None` when it takes none.
    pub const fn numbers(self) -> Option<(i64, i64)> {
        match self {
            // No approval at all would be no check.
            Self::Approvals
            | Self::DefaultReviewerApprovals
            | Self::ReviewGroupApprovals
            | Self::PassingBuilds => Some((1, 1000)),
            Self::CommitsBehind => Some((0, 1_000_000)),
            Self::NoChangesRequested
            | Self::TasksCompleted
            | Self::CommentsResolved
            | Self::DependenciesMerged => None,
        }
    }
}

/// What a pull request does by itself where a restriction says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReviewBehaviour {
    /// Approvals are dropped when the source changes.
    ResetApprovals,
    /// The same, unless the difference stays what it was.
    SmartResetApprovals,
    /// Requests for changes are dropped when the source changes.
    ResetChangesRequested,
    /// It may merge itself as soon as it may be merged.
    AutoMerge,
}
