//! All the SQL there is: people, places, rules, credentials and records, on SQLite or PostgreSQL
//! from one text.
//!
//! A [`Store`] answers and changes; it never decides, knows no HTTP and no git, and never shows a
//! secret (it holds hashes only). Whoever changes something says who they are ([`Actor`]), and the
//! audit line is written in the same transaction. What decisions are made from is read as one
//! snapshot ([`RepositoryFacts`]) with its version.

mod access_key;
mod access_token;
mod api_token;
mod audit;
mod branching;
mod build_status;
mod change;
mod database;
mod default_reviewer;
mod error;
mod event;
mod facts;
mod gpg_key;
mod grant;
mod group;
mod key;
mod member;
mod merge_strategies;
mod migrate;
mod names;
mod openness;
mod owner;
mod page;
mod policy;
mod principal;
mod project;
mod pull_request;
mod push;
mod refusal;
mod refused;
mod repository;
mod restriction;
mod review_group;
mod setting;
mod sql;
mod ssh_key;
mod store;
mod token;
mod unknown_key;
mod user;
mod workspace;

pub use access_key::AccessKey;
pub use access_token::AccessToken;
pub use api_token::ApiToken;
pub use audit::{AuditFilter, AuditLine};
pub use branching::{BranchingFacts, StoredBranching};
pub use build_status::{BuildCounts, BuildKey, BuildStatus, NewBuildStatus};
pub use change::Actor;
pub use database::Options;
pub use default_reviewer::DefaultReviewer;
pub use error::{Error, Result};
pub use facts::{PrincipalFacts, ProjectFacts, RepositoryFacts, WorkspaceFacts};
pub use gpg_key::{GpgKey, GpgSigner, NewGpgKey};
pub use grant::OwnedGrant;
pub use group::{Group, GroupUpdate};
pub use key::{Key, NewKey};
pub use member::{Member, Membership};
pub use merge_strategies::StrategiesOf;
pub use names::{Names, SubjectName};
pub use owner::Owner;
pub use page::{Page, PageRequest};
pub use policy::PolicyChanges;
pub use principal::{PrincipalKind, PrincipalName};
pub use project::{NewProject, Project, ProjectUpdate};
pub use pull_request::{
    Activity, Anchor, Closed, Closing, Comment, Depending, NewComment, NewPullRequest, NewTask,
    OpenEnds, Participant, PullRequest, PullRequestFilter, PullRequestUpdate, QueuedCommit,
    Resolved, ReviewCounts, ReviewReset, SourceBranch, Superseding, Task, TaskUpdate, Waiters,
    WaitingMerge, WaitingTerms,
};
pub use push::{LetThrough, PushRecord, RefUpdateRecord};
pub use refusal::RefusalRecord;
pub use refused::LastRefused;
pub use repository::{ForkPolicy, NewRepository, Repository, RepositoryUpdate};
pub use restriction::NewRestriction;
pub use review_group::ReviewGroup;
pub use ssh_key::SshKey;
pub use store::Store;
pub use token::{NewToken, Token, TokenHash, TokenLimits};
pub use unknown_key::UnknownKey;
pub use user::{NewUser, User, UserUpdate};
pub use workspace::{NewWorkspace, Workspace, WorkspaceNetwork, WorkspaceUpdate};
