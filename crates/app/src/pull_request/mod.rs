//! Pull requests: opening them, reading and changing them, ending them, and following the branches
//! they are about. Whoever may discuss one and who may merge it, the policy says; merging moves a
//! branch, and goes the way of a push.

mod create;
mod decline;
mod follow;
mod input;
mod read;
mod update;
mod view;

pub use create::NewPullRequest;
pub use input::BranchAt;
pub use read::PullRequestWanted;
pub use update::PullRequestChange;
pub use view::{EndView, ParticipantView, Person, PullRequestView};
