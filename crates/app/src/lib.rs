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

mod access_tokens;
mod api_tokens;
mod app;
mod asker;
mod audit;
mod background;
mod branch_restrictions;
mod branches;
mod cache;
mod clock;
mod error;
mod explain;
mod fetch;
mod grants;
mod ground;
mod grounds;
mod groups;
mod judge;
mod maintenance;
mod members;
mod names;
mod open;
mod page;
mod password;
mod place_name;
mod projects;
mod push;
mod push_meta;
mod reconcile;
mod record_text;
mod refusal;
mod refusals;
mod refuse;
mod remedy;
mod render;
mod repositories;
mod restrictions;
mod settings;
mod sign_in;
mod subjects;
mod token_input;
mod token_text;
mod users;
mod workspaces;

pub use app::{App, AppOptions};
pub use asker::{Asker, Door};
pub use branch_restrictions::{BranchRestriction, BranchRestrictionInput};
pub use branches::{Branch, NewBranch};
pub use error::{Answer, Error, Failure, Fields, Refused, Result};
pub use explain::{ExplainedRule, ExplainedStep, Explanation, Hypothetical};
pub use grants::NamedGrant;
pub use open::{
    Archiving, Explaining, ExplainingForOthers, Fetching, Maintaining, OpenRepository, Pushing,
    Reading, ReadingAllRefusals, ReadingOwnRefusals, Removing, RepositoryAct, Updating,
};
pub use page::{Page, PageRequest};
pub use place_name::PlaceName;
pub use policy::AddressRange;
pub use projects::{NewProject, ProjectChange, ProjectView};
pub use refusal::{
    CredentialNote, PrincipalNote, RefusalId, RefusalRecord, RemedyNote, RequestNote, RuleNote,
    ScopesNote,
};
pub use render::{door_text, git_text, record_page, short};
pub use repo::{CommitInfo, Limits as PushLimits, Signature};
pub use repositories::{NewRepository, RepositoryChange, RepositoryView};
pub use restrictions::{RestrictionInput, RestrictionView};
pub use sign_in::Presented;
pub use store::{
    AccessToken, ApiToken, AuditFilter, AuditLine, ForkPolicy, Group, Member, Owner, Project,
    Repository, Token, TokenLimits, Workspace,
};
pub use subjects::{SubjectInput, SubjectView};
pub use token_input::{Created, NewToken};
pub use users::{NewUser, Profile, User, UserChange};
pub use wire::Version;
pub use workspaces::{NewWorkspace, WorkspaceAccess, WorkspaceChange};
