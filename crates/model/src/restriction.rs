//! Restrictions: what takes operations on refs away. Data only; `policy` weighs them.

use crate::permission::words;
use crate::words::Level;
use crate::{ListedSubject, MergeCheck, RestrictionId, ReviewBehaviour, Timestamp, UnknownWord};

/// What a restriction takes away. Adding a kind stops the build wherever one must be thought of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RestrictionKind {
    /// Direct creation and update, except by the subjects listed. An allow-list: an empty one
    /// means nobody, admins included.
    Push,
    /// Merging a pull request, except by the subjects listed. An allow-list, as [`Self::Push`].
    RestrictMerges,
    /// Rewrites: updates that are not fast-forwards.
    Force,
    /// Deletion.
    Delete,
    /// Creation, whichever way it comes.
    NoCreates,
    /// Every change, whichever way it comes.
    ReadOnly,
    /// Every direct change; a merged pull request is the only way in.
    PullRequestOnly,
    /// Merging a pull request that does not have this. Refuses only where
    /// [`Self::EnforceMergeChecks`] means the ref as well, and is a notice elsewhere.
    Require(MergeCheck),
    /// Nothing by itself: where it means the ref, merge checks refuse.
    EnforceMergeChecks,
    /// Nothing: says what a pull request does by itself.
    Behaviour(ReviewBehaviour),
    /// New commits without a signature by a key of their committer.
    RequireSignedCommits,
    /// New files larger than the value, in bytes.
    MaxFileSize,
    /// Pushes whose pack is larger than the value, in bytes.
    MaxPushSize,
    /// New commits whose author's e-mail address does not fit the argument, a glob.
    AuthorEmail,
    /// New commits whose committer's e-mail address does not fit the argument, a glob.
    CommitterEmail,
    /// New commits whose committer is not the user who pushes.
    CommitterIsPusher,
    /// New commits whose message does not fit the argument, a regular expression.
    CommitMessage,
    /// Changes to files whose paths fit the argument, Ant patterns with commas between them,
    /// except by the subjects listed.
    RestrictedPaths,
    /// What the check named by the argument refuses.
    CustomCheck,
}

words!("restriction kind", RestrictionKind {
    Push = "push", RestrictMerges = "restrict_merges", Force = "force", Delete = "delete",
    NoCreates = "no-creates", ReadOnly = "read-only", PullRequestOnly = "pull-request-only",
    Require(MergeCheck::Approvals) = "require_approvals_to_merge",
    Require(MergeCheck::DefaultReviewerApprovals) = "require_default_reviewer_approvals_to_merge",
    Require(MergeCheck::ReviewGroupApprovals) = "require_review_group_approvals_to_merge",
    Require(MergeCheck::NoChangesRequested) = "require_no_changes_requested",
    Require(MergeCheck::TasksCompleted) = "require_tasks_to_be_completed",
    Require(MergeCheck::CommentsResolved) = "require_all_comments_resolved",
    Require(MergeCheck::PassingBuilds) = "require_passing_builds_to_merge",
    Require(MergeCheck::CommitsBehind) = "require_commits_behind",
    Require(MergeCheck::DependenciesMerged) = "require_all_dependencies_merged",
    EnforceMergeChecks = "enforce_merge_checks",
    Behaviour(ReviewBehaviour::ResetApprovals) = "reset_pullrequest_approvals_on_change",
    Behaviour(ReviewBehaviour::SmartResetApprovals) = "smart_reset_pullrequest_approvals",
    Behaviour(ReviewBehaviour::ResetChangesRequested) =
        "reset_pullrequest_changes_requested_on_change",
    Behaviour(ReviewBehaviour::AutoMerge) = "allow_auto_merge_when_builds_pass",
    RequireSignedCommits = "require-signed-commits", MaxFileSize = "max-file-size",
    MaxPushSize = "max-push-size", AuthorEmail = "author-email",
    CommitterEmail = "committer-email", CommitterIsPusher = "committer-is-pusher",
    CommitMessage = "commit-message", RestrictedPaths = "restricted-paths",
    CustomCheck = "custom-check",
});

/// Bitbucket Data Center's words for kinds that Cloud has, too. Read, never written.
const OTHER_WORDS: [(&str, RestrictionKind); 2] =
    [("fast-forward-only", RestrictionKind::Force), ("no-deletes", RestrictionKind::Delete)];

impl RestrictionKind {
    /// Reads what somebody wrote: its word, or what Bitbucket Data Center calls it.
    pub fn named(word: &str) -> Result<Self, UnknownWord> {
        let other = OTHER_WORDS.iter().find(|it| it.0 == word);
        other.map_or_else(|| Self::parse(word), |it| Ok(it.1))
    }

    /// Do its subjects alone have what it takes from everybody else? Those of the other kinds are
    /// exempt from their own rule only.
    pub const fn is_allow_list(self) -> bool {
        match self {
            Self::Push | Self::RestrictMerges => true,
            Self::Force
            | Self::Delete
            | Self::NoCreates
            | Self::ReadOnly
            | Self::PullRequestOnly
            | Self::Require(_)
            | Self::EnforceMergeChecks
            | Self::Behaviour(_)
            | Self::RequireSignedCommits
            | Self::MaxFileSize
            | Self::MaxPushSize
            | Self::AuthorEmail
            | Self::CommitterEmail
            | Self::CommitterIsPusher
            | Self::CommitMessage
            | Self::RestrictedPaths
            | Self::CustomCheck => false,
        }
    }

    /// The refs that a restriction of this kind is about when it does not say so itself: as its
    /// matcher has it, but `any` of a rule about content is every ref. What came in by a tag would
    /// be on a branch with the next push.
    pub fn usual_refs(self, matcher: &Matcher) -> RefKinds {
        match matcher.kind {
            MatcherKind::Any if self.is_about_content() => RefKinds::Both,
            _ => matcher.usual_refs(),
        }
    }

    /// Is it about what a change brings, rather than about the change? Then it can only be judged
    /// once the objects are here.
    pub const fn is_about_content(self) -> bool {
        match self {
            Self::Push
            | Self::RestrictMerges
            | Self::Force
            | Self::Delete
            | Self::NoCreates
            | Self::ReadOnly
            | Self::PullRequestOnly
            | Self::Require(_)
            | Self::EnforceMergeChecks
            | Self::Behaviour(_) => false,
            Self::RequireSignedCommits
            | Self::MaxFileSize
            | Self::MaxPushSize
            | Self::AuthorEmail
            | Self::CommitterEmail
            | Self::CommitterIsPusher
            | Self::CommitMessage
            | Self::RestrictedPaths
            | Self::CustomCheck => true,
        }
    }

    /// Is it about changes to refs, and not about pull requests? Those have subjects; nobody is
    /// exempt from a merge check.
    pub const fn is_about_refs(self) -> bool {
        match self {
            Self::Push
            | Self::RestrictMerges
            | Self::Force
            | Self::Delete
            | Self::NoCreates
            | Self::ReadOnly
            | Self::PullRequestOnly
            | Self::RequireSignedCommits
            | Self::MaxFileSize
            | Self::MaxPushSize
            | Self::AuthorEmail
            | Self::CommitterEmail
            | Self::CommitterIsPusher
            | Self::CommitMessage
            | Self::RestrictedPaths
            | Self::CustomCheck => true,
            Self::Require(_) | Self::EnforceMergeChecks | Self::Behaviour(_) => false,
        }
    }

    /// The numbers it may be given, both ends included, and one of which it must be given; `None`
    /// when it takes none.
    pub const fn numbers(self) -> Option<(i64, i64)> {
        match self {
            Self::Require(check) => check.numbers(),
            Self::MaxFileSize | Self::MaxPushSize => Some((1, 1 << 50)),
            _ => None,
        }
    }

    /// Does Bitbucket Cloud know it, by this word?
    pub const fn is_in_cloud(self) -> bool {
        !matches!(self, Self::NoCreates | Self::ReadOnly | Self::PullRequestOnly)
            && !self.is_about_content()
    }
}

/// Are refusals of a restriction carried out, or only recorded and shown?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    Enforce,
    Evaluate,
}

words!("mode", Mode { Enforce = "enforce", Evaluate = "evaluate" });

/// Is a restriction about branches, tags, or both?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RefKinds {
    Branches,
    Tags,
    Both,
}

words!("ref kind", RefKinds { Branches = "branches", Tags = "tags", Both = "both" });

/// How a matcher reads its pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatcherKind {
    /// Bitbucket Cloud's: `*` crosses `/`, anchored, everything else literal; compared with the
    /// short name.
    Glob,
    /// Bitbucket Data Center's: `?` and `*` stay within a segment, `**` crosses them; compared
    /// with the end of the full name, from a segment's start.
    Ant,
    /// Exactly one ref, by its full name.
    Ref,
    /// What the branching model in force calls so: the pattern is a [`BranchClass`](crate::BranchClass).
    BranchingModel,
    /// Every ref.
    Any,
}

words!("matcher type", MatcherKind {
    Glob = "glob", Ant = "ant", Ref = "ref", BranchingModel = "branching_model", Any = "any",
});

/// Which refs a restriction is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matcher {
    pub kind: MatcherKind,
    /// Empty for [`MatcherKind::Any`]; a full ref name for [`MatcherKind::Ref`].
    pub pattern: String,
    /// What is left out ("all of `release/*` except `release/next`"): patterns of the same kind;
    /// for any ref and for the branching model, globs and full ref names.
    pub except: Vec<String>,
}

impl Matcher {
    /// The refs that a restriction with this matcher is about when it does not say so itself: all
    /// those that the pattern could mean, and of globs over short names the branches.
    pub fn usual_refs(&self) -> RefKinds {
        match self.kind {
            MatcherKind::Glob | MatcherKind::BranchingModel | MatcherKind::Any => {
                RefKinds::Branches
            }
            MatcherKind::Ref if self.pattern.starts_with("refs/heads/") => RefKinds::Branches,
            MatcherKind::Ref if self.pattern.starts_with("refs/tags/") => RefKinds::Tags,
            MatcherKind::Ant | MatcherKind::Ref => RefKinds::Both,
        }
    }
}

/// One restriction, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restriction {
    pub id: RestrictionId,
    /// What it hangs on: a workspace, project or repository.
    pub level: Level,
    pub kind: RestrictionKind,
    pub matcher: Matcher,
    pub on: RefKinds,
    pub subjects: Vec<ListedSubject>,
    pub mode: Mode,
    /// The number of a kind that takes one: see [`RestrictionKind::numbers`].
    pub value: Option<i64>,
    /// What the kind needs besides: a pattern, an expression, paths, a name.
    pub argument: Option<String>,
    /// Why it is there, in the words of whoever wrote it.
    pub note: Option<String>,
    pub changed_at: Timestamp,
    /// The user name of whoever changed it last; `None` when it was the system.
    pub changed_by: Option<String>,
}
