//! Merges that happen later: of a request that merges itself once nothing is missing, and of those
//! that wait their turn in the queue of a branch. What waits is a row, so that nothing is lost when
//! the process ends; whoever asked is judged when the time comes, as if they merged then.
//!
//! All of it is background work. The branch moves on the path of every merge, and nowhere else.

mod ask;
mod auto;
mod leave;
mod previews;
mod proof;
mod queue;
mod queue_refs;
mod queued_commits;
mod view;
mod weigh;
mod worker;

pub use ask::AskedMerge;
pub use view::{WaitingMergeView, WaitingState};
pub(crate) use worker::Landings;
