//! What a person can do: one function per use case, one file per noun.
//!
//! Each use case asks the policy for a handle, acts on what the handle opens, and records who did
//! it. The only caller of `policy`; knows the store and the repositories, and neither status codes
//! nor HTML nor SSH. Facts are kept for as long as they are true; a decision is never kept.
//!
//! Git work runs on blocking threads; everything else is async.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        reason = "a failing test may panic"
    )
)]

mod access_keys;
mod access_tokens;
mod addresses;
mod api_tokens;
mod app;
mod asker;
mod attempts;
mod audit;
mod background;
mod branch_restrictions;
mod branches;
mod branching_input;
mod branching_model;
mod build_input;
mod builds;
mod cache;
mod certificate;
mod clock;
mod code_owners;
mod commits;
mod content;
mod default_reviewers;
mod diffs;
mod error;
mod explain;
mod fetch;
mod file_history;
mod files;
mod forks;
mod gpg_keys;
mod grants;
mod ground;
mod grounds;
mod groups;
mod in_hand;
mod judge;
mod key_choice;
mod key_holders;
mod key_input;
mod key_sign_in;
mod maintenance;
mod matcher_input;
mod members;
mod mend;
mod names;
mod nearest;
mod networks;
mod offered_key;
mod open;
mod openpgp;
mod own_way;
mod page;
mod password;
mod personal;
mod place_name;
mod policy_plan;
mod policy_text;
mod preview;
mod preview_tally;
mod projects;
mod public_key;
mod pull_request;
mod push;
mod push_meta;
mod readers;
mod reconcile;
mod record_text;
mod recorded;
mod refusal;
mod refusals;
mod refuse;
mod remedy;
mod render;
mod repositories;
mod restriction_input;
mod restrictions;
mod review_groups;
mod revisions;
mod settings;
mod sign_in;
mod ssh_keys;
mod subjects;
mod tags;
mod text_input;
mod token_input;
mod token_text;
mod turns;
mod unfinished;
mod users;
mod workbench;
mod workspaces;

pub use app::{App, AppOptions};
pub use asker::{Asker, Door};
pub use branch_restrictions::{BranchRestriction, BranchRestrictionInput};
pub use branches::{Branch, NewBranch};
pub use branching_input::{BranchInput, BranchingInput, TypeInput};
pub use branching_model::{BranchingView, ModelBranch, SettingsView};
pub use build_input::BuildInput;
pub use builds::BuildKeyView;
pub use code_owners::{CodeOwnersView, Fault as CodeOwnersFault};
pub use commits::{Commit, CommitsQuery};
pub use content::{Check, CheckAnswer, CheckQuestion};
pub use default_reviewers::DefaultReviewerView;
pub use diffs::{DiffOptions, DiffStat};
pub use error::{Answer, Error, Failure, Fields, Refused, Result};
pub use explain::{ExplainedRule, ExplainedStep, Explanation, Hypothetical};
pub use files::{Entry, Source};
pub use forks::NewFork;
pub use gpg_keys::{GpgKeyInput, UserGpgKey};
pub use grants::NamedGrant;
pub use groups::{GroupChange, NewGroup};
pub use in_hand::InHand;
pub use key_input::NewKey;
pub use key_sign_in::{KeyHolder, ProvenKey};
pub use nearest::nearest;
pub use networks::{NetworkChange, NetworkView};
pub use offered_key::OfferedKey;
pub use open::{
    Archiving, ChangingBuildKeys, ChangingOwnComment, Commenting, CreatingPullRequest,
    DecliningOthersPullRequest, DecliningOwnPullRequest, Explaining, ExplainingForOthers, Fetching,
    Forking, Maintaining, OpenRepository, PostingBuild, Pushing, Reading, ReadingAllRefusals,
    ReadingBuildKeys, ReadingOwnRefusals, ReadingPullRequests, Removing, RemovingOthersComment,
    RepositoryAct, Reviewing, SeesContent, Updating, UpdatingOthersPullRequest,
    UpdatingOwnPullRequest, WithdrawingReview,
};
pub use own_way::Consequence;
pub use page::{Page, PageRequest};
pub use place_name::PlaceName;
pub use policy::{AddressRange, Effect, Idle, Miss};
pub use policy_plan::PolicyStep;
pub use policy_text::{PolicyInput, PolicyOutcome, PolicyTerms, PolicyView};
pub use preview::{Preview, PreviewEvent, PreviewInput};
pub use preview_tally::Tally;
pub use projects::{NewProject, ProjectChange, ProjectView};
pub use public_key::{Authority, read_authorities};
pub use pull_request::{
    ActivityView, AskedMerge, BranchAt, CommentInput, CommentView, ConflictView, DependencyView,
    EndView, Merge, MergeStrategiesChange, MergeStrategiesView, MergeTask, Mergeability,
    MergedView, NewPullRequest, Obstacle, ParticipantView, Person, PullRequestChange,
    PullRequestView, PullRequestWanted, SourceBranchFate, StrategiesIn, StrategyView, TaskInput,
    TaskView, WaitingMergeView, WaitingState,
};
pub use refusal::{
    CredentialNote, PrincipalNote, RefusalId, RefusalRecord, RemedyNote, RequestNote, RuleNote,
    ScopesNote,
};
pub use render::{door_text, git_text, record_page, short, visible};
pub use repo::{
    CommitInfo, FileSide, FileStat, FileStatus, FileVersion, Limits as PushLimits, Signature,
    TagInfo, TreeEntry, escaped_path,
};
pub use repositories::{NewRepository, RepositoryChange, RepositoryView};
pub use restrictions::{RestrictionInput, RestrictionView};
pub use revisions::Range;
pub use sign_in::Presented;
pub use ssh_keys::UserKey;
pub use store::{
    AccessKey, AccessToken, Anchor, ApiToken, AuditFilter, AuditLine, BuildCounts, BuildStatus,
    ForkPolicy, GpgKey, GpgSigner, Group, Key, LastRefused, Member, Owner, PrincipalKind, Project,
    PullRequest, Repository, ReviewGroup, SshKey, Token, TokenLimits, UnknownKey, Workspace,
    WorkspaceNetwork,
};
pub use subjects::{SubjectInput, SubjectView};
pub use tags::{NewTag, Tag};
pub use token_input::{Created, NewToken};
pub use users::{NewUser, Profile, User, UserChange};
pub use wire::Version;
pub use workbench::{IdleRestriction, RefMatches};
pub use workspaces::{NewWorkspace, WorkspaceAccess, WorkspaceChange};
