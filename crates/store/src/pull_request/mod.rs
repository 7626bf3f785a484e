//! Pull requests: the requests themselves, who takes part in them, what was said and what happened.
//!
//! Each change writes its line of history and its event in the same transaction. No decision is
//! made from what is here without reading it anew, so nothing here moves the version of the facts.

mod comment;
mod counts;
mod dependency;
mod history;
mod list;
mod of_author;
mod participant;
mod request;
mod supersede;
mod task;
mod waiting;
mod write;

pub use comment::{Anchor, Comment, NewComment, Resolved};
pub use counts::ReviewCounts;
pub use dependency::Depending;
pub use history::Activity;
pub use list::{OpenEnds, PullRequestFilter};
pub use participant::{Participant, ReviewReset};
pub use request::{Closed, PullRequest, SourceBranch};
pub use supersede::{Superseding, Waiters};
pub use task::{NewTask, Task, TaskUpdate};
pub use waiting::{QueuedCommit, WaitingMerge, WaitingTerms};
pub use write::{Closing, NewPullRequest, PullRequestUpdate};

pub(crate) use write::forget_pull_requests;
