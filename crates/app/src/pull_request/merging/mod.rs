//! Merging a pull request: what it would take, and doing it. The policy decides as it decides a
//! push, the commits are made by `repo`, and the branch moves on the very path of a push, so that
//! every rule and every record holds.

mod close_branch;
mod facts;
mod held;
mod merge;
mod mergeable;
mod message;
mod obstacle;
mod refs;
mod strategies;
mod tasks;
mod way_on;

pub(crate) use facts::BuildsOf;
pub(crate) use held::MergesUnderWay;
pub(crate) use merge::{MergeOrder, must_be_mergeable};
pub(crate) use message::{checked as checked_message, usual as usual_message};
pub use obstacle::Obstacle;
pub(crate) use refs::{QUEUE, request_ref};
pub(crate) use tasks::MergeTasks;

pub use close_branch::SourceBranchFate;
pub use merge::{Merge, MergedView};
pub use mergeable::{ConflictView, Mergeability, StrategyView};
pub(crate) use strategies::StrategyRules;
pub use strategies::{MergeStrategiesChange, MergeStrategiesView, StrategiesIn};
pub use tasks::MergeTask;
