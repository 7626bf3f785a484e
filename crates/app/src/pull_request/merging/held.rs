//! Which pull requests are being merged right now, so that nobody merges one twice, and nobody else
//! notes what the one who merges is about to note.

use crate::App;
use crate::error::{Error, Result};
use model::PullRequestId;
use parking_lot::Mutex;
use std::collections::HashSet;
use store::PullRequest;

impl App {
    /// Keeps a request from being merged until the answer is dropped: to merge it oneself, or to
    /// end it or turn it elsewhere.
    ///
    /// # Errors
    /// [`Error::State`] while somebody else merges it.
    pub(crate) fn hold_request(&self, request: &PullRequest) -> Result<HeldMerge<'_>> {
        self.merges.hold(request.id).ok_or_else(|| {
            let message = format!("pull request #{} is being merged", request.number);
            Error::State { field: "state", message }
        })
    }
}

/// The pull requests that are being merged by this process.
#[derive(Default)]
pub(crate) struct MergesUnderWay(Mutex<HashSet<PullRequestId>>);

impl MergesUnderWay {
    /// Begins to merge one; `None` when it is being merged already.
    pub fn hold(&self, id: PullRequestId) -> Option<HeldMerge<'_>> {
        let began = self.0.lock().insert(id);
        // Made only then: what is dropped gives the request free.
        began.then(|| HeldMerge { all: self, id })
    }

    /// Is it being merged?
    pub fn contains(&self, id: PullRequestId) -> bool {
        self.0.lock().contains(&id)
    }
}

/// One that is being merged, until this is dropped.
pub(crate) struct HeldMerge<'a> {
    all: &'a MergesUnderWay,
    id: PullRequestId,
}

impl Drop for HeldMerge<'_> {
    fn drop(&mut self) {
        self.all.0.lock().remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_merged_once_at_a_time() {
        let all = MergesUnderWay::default();
        let (one, two) = (PullRequestId(1), PullRequestId(2));
        let held = all.hold(one);
        assert!(held.is_some() && all.hold(one).is_none() && all.hold(two).is_some());
        assert!(all.contains(one) && !all.contains(two));
        drop(held);
        assert!(all.hold(one).is_some());
    }
}
