//! The words of builds. They are Bitbucket's, in JSON as in the store.

use crate::permission::words;

/// How a build of a commit went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BuildState {
    Successful,
    Failed,
    InProgress,
    /// Somebody has ended it.
    Stopped,
}

words!("state", BuildState {
    Successful = "SUCCESSFUL", Failed = "FAILED", InProgress = "INPROGRESS", Stopped = "STOPPED",
});
