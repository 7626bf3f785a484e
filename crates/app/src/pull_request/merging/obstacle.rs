//! Why a merge cannot be made, in words: for whoever merges, or asks that it be done later.

use crate::error::Error;
use crate::names::shell_word;
use crate::render::visible;
use model::MergeStrategy;
use repo::{Conflicts, NotMergeable};
use store::PullRequest;

/// A conflict is told with so many paths.
const TOLD: usize = 10;

/// The error of a merge that cannot be made. `home`: where git fetches the destination from; `None`
/// where nobody is there to bring the branches together.
pub(crate) fn not_mergeable(
    why: &NotMergeable,
    strategy: MergeStrategy,
    request: &PullRequest,
    home: Option<&str>,
) -> Error {
    let (source, into) = (request.source.branch.short(), request.destination.short());
    let commands = |way| home.map(|home| way_on(way, request, home)).unwrap_or_default();
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
            let told = told(conflicts);
            let message = format!("`{source}` and `{into}` do not fit together: {told}");
            return Error::Conflicting { message, commands: commands(WayOn::Merge) };
        }
        NotMergeable::RebaseConflicting { commit, conflicts } => {
            let told = told(conflicts);
            let message = format!("commit {commit} does not fit on top of `{into}`: {told}");
            return Error::Conflicting { message, commands: commands(WayOn::Rebase) };
        }
    };
    Error::State { field, message }
}

/// How two branches that do not fit together are brought together by hand.
#[derive(Clone, Copy)]
pub(super) enum WayOn {
    /// The destination is merged into the source.
    Merge,
    /// The source is put on top of the destination.
    Rebase,
}

/// The commands for it, in a clone of the repository that the source is in. The last one is the
/// push; what git names before is resolved and committed by whoever pastes them.
pub(super) fn way_on(way: WayOn, request: &PullRequest, home: &str) -> Vec<String> {
    let is_here = request.source.repository == Some(request.repository);
    let source = shell_word(request.source.branch.short());
    let into = request.destination.short();
    let (fetch, onto) = match is_here {
        true => ("git fetch origin".to_owned(), format!("origin/{into}")),
        false => {
            (format!("git fetch {} {}", shell_word(home), shell_word(into)), "FETCH_HEAD".into())
        }
    };
    let onto = shell_word(&onto);
    let (join, push) = match way {
        WayOn::Merge => (format!("git merge {onto}"), format!("git push origin {source}")),
        WayOn::Rebase => {
            (format!("git rebase {onto}"), format!("git push --force-with-lease origin {source}"))
        }
    };
    vec![fetch, format!("git switch {source}"), join, push]
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
