//! Pull requests: opening them, reading and changing them, ending them, and following the branches
//! they are about. Whoever may discuss one and who may merge it, the policy says; merging moves a
//! branch, and goes the way of a push.

mod activity;
mod anchor;
mod comment;
mod create;
mod decline;
mod dependencies;
mod follow;
mod follow_many;
mod found;
mod input;
mod landing;
mod merging;
mod missing_refs;
mod opening;
mod read;
mod review;
mod supersede;
mod task;
mod text;
mod tips;
mod update;
mod view;
mod wishes;

pub use activity::ActivityView;
pub use comment::{CommentInput, CommentView};
pub use create::NewPullRequest;
pub use dependencies::DependencyView;
pub use input::BranchAt;
pub(crate) use landing::Landings;
pub use landing::{AskedMerge, WaitingMergeView, WaitingState};
pub use merging::{
    ConflictView, Merge, MergeStrategiesChange, MergeStrategiesView, MergeTask, Mergeability,
    MergedView, Obstacle, SourceBranchFate, StrategiesIn, StrategyView,
};
pub(crate) use merging::{MergeOrder, MergeTasks, MergesUnderWay, StrategyRules};
pub(crate) use opening::Openings;
pub use read::PullRequestWanted;
pub use task::{TaskInput, TaskView};
pub use update::PullRequestChange;
pub use view::{EndView, ParticipantView, Person, PullRequestView};
