//! Why a merge cannot be made, in words: for whoever merges, or asks that it be done later.

use crate::error::Error;
use crate::render::visible;
use model::MergeStrategy;
use repo::{Conflicts, NotMergeable};
use store::PullRequest;

/// A conflict is told with so many paths.
const TOLD: usize = 10;

/// The error of a merge that cannot be made.
pub(crate) fn not_mergeable(
    why: &NotMergeable,
    strategy: MergeStrategy,
    request: &PullRequest,
) -> Error {
    let (source, into) = (request.source.branch.short(), request.destination.short());
    let (field, message) = match why {
        NotMergeable::Nothing => {
            ("source", format!("`{into}` has every change of `{source}` already"))
        }
        NotMergeable::NotFastForward { behind } => (
            "merge_strategy",
            format!(
                "`{strategy}` needs `{source}` to have all of `{into}`, and {behind} commits are \
                 missing: merge or rebase, or choose another strategy"
            ),
        ),
        NotMergeable::Unrelated => {
            ("source", format!("`{source}` and `{into}` have no common history"))
        }
        NotMergeable::Conflicting(conflicts) => {
            ("source", format!("`{source}` and `{into}` do not fit together: {}", told(conflicts)))
        }
        NotMergeable::RebaseConflicting { commit, conflicts } => (
            "source",
            format!("commit {commit} does not fit on top of `{into}`: {}", told(conflicts)),
        ),
    };
    Error::State { field, message }
}

fn told(conflicts: &Conflicts) -> String {
    let path = |it: &repo::Conflict| {
        let path = String::from_utf8_lossy(&it.path).into_owned();
        format!("`{}` ({})", visible(&path), it.reason)
    };
    let mut told: Vec<String> = conflicts.listed.iter().take(TOLD).map(path).collect();
    let more = conflicts.total.saturating_sub(told.len());
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join(", ")
}
