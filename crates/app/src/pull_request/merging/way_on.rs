//! How two branches that do not fit together are brought together by hand.

use crate::names::shell_word;
use store::PullRequest;

/// Which side stays as it is.
#[derive(Clone, Copy)]
pub(super) enum WayOn {
    /// The destination is merged into the source.
    Merge,
    /// The source is put on top of the destination.
    Rebase,
}

/// The commands for it, in a clone of the repository that the source is in. `home`: where git
/// fetches the destination from. The last one is the push; what git names before is resolved and
/// committed by whoever pastes them.
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
