//! How the commits of a pull request get into its destination. Words only; `repo` carries them out.

use crate::permission::words;

/// What becomes of the source's commits when they are merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergeStrategy {
    /// They stay as they are, under a commit with two parents.
    #[default]
    MergeCommit,
    /// They become one commit.
    Squash,
    /// They stay as they are, and there is nothing besides: only where the destination has not
    /// moved on.
    FastForward,
    /// They become one commit: only where the destination has not moved on.
    SquashFastForward,
    /// They are made anew on top of the destination.
    RebaseFastForward,
    /// They are made anew on top of the destination, under a commit with two parents.
    RebaseMerge,
}

words!("merge strategy", MergeStrategy {
    MergeCommit = "merge_commit", Squash = "squash", FastForward = "fast_forward",
    SquashFastForward = "squash_fast_forward", RebaseFastForward = "rebase_fast_forward",
    RebaseMerge = "rebase_merge",
});
