//! What keeps a pull request from being merged that is no rule, in words: for whoever merges, asks
//! that it be done later, or asks what is in the way.

use super::way_on::{WayOn, way_on};
use crate::error::{Error, Fields};
use crate::render::visible;
use model::{MergeStrategy, ObjectId, PullRequestState};
use repo::{Conflicts, NotMergeable};
use std::fmt;
use store::PullRequest;

/// A conflict is told with so many paths.
const TOLD: usize = 10;

/// What keeps a pull request from being merged. Displays as a sentence without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// It was merged, declined or superseded.
    Ended { number: i64, state: PullRequestState },
    /// A draft is not merged, and does not wait for it.
    Draft { number: i64 },
    /// The source branch is not where the request has it.
    SourceMoved,
    /// There is no destination any more.
    DestinationGone { into: String },
    /// There is nothing to merge.
    Nothing { source: String, into: String },
    /// Source and destination have no common ancestor.
    Unrelated { source: String, into: String },
    /// The strategy wants a destination that has not moved on by so many commits.
    Behind { strategy: MergeStrategy, source: String, into: String, commits: u32 },
    /// The two do not fit together at these paths, told as text.
    Conflicting { source: String, into: String, paths: String },
    /// One of the commits to be made anew does not fit where it would come.
    RebaseConflicting { commit: ObjectId, into: String, paths: String },
    /// It would take more than anybody is given. Why, as a clause: `it …`.
    TooMuch { source: String, into: String, why: String },
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { number, state } => {
                let word = state.as_str().to_lowercase();
                write!(f, "pull request #{number} is {word}: only an open one changes")
            }
            Self::Draft { number } => {
                write!(f, "pull request #{number} is a draft: say first that it is ready")
            }
            Self::SourceMoved => {
                f.write_str("the source branch has moved: look at what it brings now and try again")
            }
            Self::DestinationGone { into } => write!(f, "there is no branch `{into}` any more"),
            Self::Nothing { source, into } => {
                write!(f, "`{into}` has every change of `{source}` already")
            }
            Self::Unrelated { source, into } => {
                write!(f, "`{source}` and `{into}` have no common history")
            }
            Self::Behind { strategy, source, into, commits } => {
                let word = if *commits == 1 { "commit is" } else { "commits are" };
                write!(
                    f,
                    "`{strategy}` needs `{source}` to have all of `{into}`, and {commits} {word} \
                     missing: merge or rebase, or choose another strategy"
                )
            }
            Self::Conflicting { source, into, paths } => {
                write!(f, "`{source}` and `{into}` do not fit together: {paths}")
            }
            Self::RebaseConflicting { commit, into, paths } => {
                write!(f, "commit {commit} does not fit on top of `{into}`: {paths}")
            }
            Self::TooMuch { source, into, why } => write!(
                f,
                "`{source}` is not merged into `{into}` here, because {why}: merge in a clone and \
                 push"
            ),
        }
    }
}

impl From<Obstacle> for Error {
    fn from(obstacle: Obstacle) -> Self {
        let message = obstacle.to_string();
        let field = match obstacle {
            // What is said to every change of it.
            Obstacle::Ended { .. } => return Fields::one("state", message),
            Obstacle::Draft { .. } => "draft",
            Obstacle::DestinationGone { .. } => "destination",
            Obstacle::Behind { .. } => "merge_strategy",
            Obstacle::SourceMoved
            | Obstacle::Nothing { .. }
            | Obstacle::Unrelated { .. }
            | Obstacle::TooMuch { .. } => "source",
            Obstacle::Conflicting { .. } | Obstacle::RebaseConflicting { .. } => {
                return Self::Conflicting { message, commands: Vec::new() };
            }
        };
        Self::State { field, message }
    }
}

impl Obstacle {
    /// The error, with what brings branches together that do not fit, for whoever can do it now.
    /// `home`: where git fetches the destination from.
    pub(crate) fn with_way_on(self, request: &PullRequest, home: &str) -> Error {
        let way = match &self {
            Self::Conflicting { .. } => WayOn::Merge,
            Self::RebaseConflicting { .. } => WayOn::Rebase,
            Self::Ended { .. }
            | Self::Draft { .. }
            | Self::SourceMoved
            | Self::DestinationGone { .. }
            | Self::Nothing { .. }
            | Self::Unrelated { .. }
            | Self::Behind { .. }
            | Self::TooMuch { .. } => return self.into(),
        };
        let commands = way_on(way, request, home);
        Error::Conflicting { message: self.to_string(), commands }
    }

    /// What the request itself says.
    pub(crate) fn of_request(request: &PullRequest) -> impl Iterator<Item = Self> {
        let (number, state) = (request.number, request.state);
        let ended = (state != PullRequestState::Open).then_some(Self::Ended { number, state });
        let draft = request.draft.then_some(Self::Draft { number });
        ended.into_iter().chain(draft)
    }

    /// There is nothing to merge.
    pub(crate) fn nothing(request: &PullRequest) -> Self {
        let (source, into) = names(request);
        Self::Nothing { source, into }
    }

    /// The two sides have nothing in common.
    pub(crate) fn unrelated(request: &PullRequest) -> Self {
        let (source, into) = names(request);
        Self::Unrelated { source, into }
    }

    /// It would take too much, because of `why`.
    pub(crate) fn too_much(request: &PullRequest, why: String) -> Self {
        let (source, into) = names(request);
        Self::TooMuch { source, into, why }
    }

    /// Why a strategy would not do, where the source lacks so many commits of the destination.
    pub(crate) fn of_strategy(
        strategy: MergeStrategy,
        commits: u32,
        request: &PullRequest,
    ) -> Option<Self> {
        let wants_all = match strategy {
            MergeStrategy::FastForward | MergeStrategy::SquashFastForward => true,
            MergeStrategy::MergeCommit
            | MergeStrategy::Squash
            | MergeStrategy::RebaseFastForward
            | MergeStrategy::RebaseMerge => false,
        };
        let (source, into) = names(request);
        (wants_all && commits > 0).then_some(Self::Behind { strategy, source, into, commits })
    }

    /// Why a merge could not be made.
    pub(crate) fn of_merge(
        why: &NotMergeable,
        strategy: MergeStrategy,
        request: &PullRequest,
    ) -> Self {
        let (source, into) = names(request);
        match why {
            NotMergeable::Nothing => Self::Nothing { source, into },
            NotMergeable::NotFastForward { behind } => {
                Self::Behind { strategy, source, into, commits: *behind }
            }
            NotMergeable::Unrelated => Self::Unrelated { source, into },
            NotMergeable::Conflicting(conflicts) => {
                Self::Conflicting { source, into, paths: told(conflicts) }
            }
            NotMergeable::RebaseConflicting { commit, conflicts } => {
                Self::RebaseConflicting { commit: *commit, into, paths: told(conflicts) }
            }
            NotMergeable::TooMuch(why) => Self::TooMuch { source, into, why: why.clone() },
        }
    }
}

fn names(request: &PullRequest) -> (String, String) {
    (request.source.branch.short().to_owned(), request.destination.short().to_owned())
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
