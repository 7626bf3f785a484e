//! What somebody is about to do, and what each act needs.
//!
//! An act is a literal translation of what the code is about to do. If none fits, a new one is
//! added here; never is another act borrowed because the same people happen to pass it.

use crate::update::{RefUpdate, Way};
use model::{Level, Permission, Scope, Timestamp};
use std::collections::BTreeSet;

/// One thing the server can do for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    // The installation.
    CreateUser,
    ReadUsers,
    UpdateUser,
    CreateWorkspace,
    /// A personal one, for oneself.
    CreateOwnWorkspace,
    CreateOthersWorkspace,
    ReadAudit,
    /// How large a repository may become.
    SetSizeLimit,

    // Accounts.
    /// Be told who the server takes one for.
    ReadOwnName,
    ReadOwnAccount,
    /// Another account's public face: its name and user name.
    ReadProfile,
    ReadOwnTokens,
    /// The scopes are those of the token to be made, and so is its end; `None` is never.
    CreateOwnToken {
        scopes: BTreeSet<Scope>,
        until: Option<Timestamp>,
    },
    RevokeOwnToken,
    ReadOthersTokens,
    CreateOthersToken {
        scopes: BTreeSet<Scope>,
        until: Option<Timestamp>,
    },
    RevokeOthersToken,
    ReadOwnKeys,
    AddOwnKey,
    /// Its label is all that can be changed.
    RenameOwnKey,
    RemoveOwnKey,
    ReadOthersKeys,
    AddOthersKey,
    RenameOthersKey,
    RemoveOthersKey,
    ReadOwnGpgKeys,
    AddOwnGpgKey,
    RemoveOwnGpgKey,
    ReadOthersGpgKeys,
    AddOthersGpgKey,
    RemoveOthersGpgKey,
    /// Keys that were offered and belong to nobody.
    ReadUnknownKeys,

    // Workspaces.
    ReadWorkspace,
    /// Which of them is seen is asked of each.
    ListProjects,
    /// The same.
    ListRepositories,
    /// Of one user, over all repositories. The same.
    ListPullRequests,
    UpdateWorkspace,
    /// From where and how its private things may be used.
    ReadNetwork,
    ChangeNetwork,
    ReadMembers,
    SetMember,
    ReadGroups,
    CreateGroup,
    /// Its name and its members.
    ChangeGroup,
    CreateProject,

    // Projects.
    ReadProject,
    UpdateProject,
    RemoveProject,
    CreateRepository,

    // What hangs on a workspace, a project or a repository alike.
    ReadGrants(Level),
    ChangeGrants(Level),
    ReadRestrictions(Level),
    ChangeRestrictions(Level),
    /// Ask what a change of the rules would have done to everybody's pushes.
    PreviewRestrictions(Level),
    /// What was set, not what is in force: that is a part of the place.
    ReadBranchingModel(Level),
    ChangeBranchingModel(Level),
    ReadAccessTokens(Level),
    CreateAccessToken {
        on: Level,
        scopes: BTreeSet<Scope>,
        until: Option<Timestamp>,
    },
    RevokeAccessToken(Level),
    ReadAccessKeys(Level),
    AddAccessKey(Level),
    RenameAccessKey(Level),
    RemoveAccessKey(Level),

    // Repositories.
    /// Its description, branches, files: everything a page shows.
    ReadRepository,
    Fetch,
    /// At the door: may you push here at all?
    Push,
    UpdateRefs {
        updates: Vec<RefUpdate>,
        way: Way,
    },
    UpdateRepository,
    /// Archive it, or take it out of the archive.
    ArchiveRepository,
    RemoveRepository,
    /// Ask why something is or is not allowed to oneself.
    Explain,
    ExplainForOthers,
    ReadOwnRefusals,
    ReadAllRefusals,
    MaintainRepository,
    /// Copy it; where the copy may be made is asked by itself.
    ForkRepository,
    /// Say how a build of a commit went.
    PostBuildStatus,
    /// The same under a key that is kept for somebody else, by a pattern.
    PostKeptBuildStatus {
        key: String,
        pattern: String,
    },
    /// Whom the keys of builds are kept for.
    ReadBuildKeys,
    ChangeBuildKeys,

    // Pull requests. Merging one is `UpdateRefs`.
    ReadPullRequests,
    CreatePullRequest,
    /// Its title, text, reviewers, destination.
    UpdateOwnPullRequest,
    UpdateOthersPullRequest,
    DeclineOwnPullRequest,
    DeclineOthersPullRequest,
    /// Approve it, or ask for changes.
    ReviewPullRequest,
    /// Take back what one thought of it.
    WithdrawReview,
    /// A comment or a task; resolving either.
    CommentOnPullRequest,
    ChangeOwnComment,
    RemoveOthersComment,
    ReadDefaultReviewers(Level),
    ChangeDefaultReviewers(Level),
}

/// What an act needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// The kind of place it happens at.
    pub on: Level,
    pub right: Right,
    /// All of them, each directly or by implication.
    pub scopes: &'static [Scope],
    pub touches: Touches,
}

/// What a principal must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    /// See the place.
    See,
    /// See the place and be somebody.
    SignedIn,
    /// Be a user: tokens, keys and workloads have no account.
    User,
    /// Be a member of the workspace, or its admin.
    Member,
    Hold(Permission),
}

/// What an act changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touches {
    Nothing,
    /// Refs and objects of a repository.
    Content,
    /// Everything else.
    Settings,
}

const ADMIN: Right = Right::Hold(Permission::Admin);

const fn reads(on: Level, right: Right, scopes: &'static [Scope]) -> Needs {
    Needs { on, right, scopes, touches: Touches::Nothing }
}

const fn sets(on: Level, right: Right, scopes: &'static [Scope]) -> Needs {
    Needs { on, right, scopes, touches: Touches::Settings }
}

const fn writes(scopes: &'static [Scope]) -> Needs {
    Needs {
        on: Level::Repository,
        right: Right::Hold(Permission::Write),
        scopes,
        touches: Touches::Content,
    }
}

/// What anybody can do who may read a repository and has said who they are.
const fn discusses(scopes: &'static [Scope]) -> Needs {
    Needs { on: Level::Repository, right: Right::SignedIn, scopes, touches: Touches::Content }
}

/// What a user can do who may read a repository: an approval is a person's.
const fn reviews(scopes: &'static [Scope]) -> Needs {
    Needs { on: Level::Repository, right: Right::User, scopes, touches: Touches::Content }
}

impl Act {
    /// The table: what each act needs. Scopes are those of Bitbucket's matching call; where
    /// Bitbucket has none, those of the nearest one.
    pub const fn needs(&self) -> Needs {
        use Level::{Instance, Project, Repository, Workspace};
        use Right::{Hold, Member, See, SignedIn, User};
        use Scope as S;
        match self {
            Self::CreateUser => sets(Instance, ADMIN, &[S::WriteUser]),
            Self::ReadUsers => reads(Instance, ADMIN, &[S::ReadUser]),
            Self::UpdateUser => sets(Instance, ADMIN, &[S::WriteUser]),
            Self::CreateWorkspace => sets(Instance, ADMIN, &[S::AdminWorkspace]),
            Self::CreateOwnWorkspace => sets(Instance, User, &[S::AdminWorkspace]),
            Self::CreateOthersWorkspace => sets(Instance, ADMIN, &[S::AdminWorkspace]),
            Self::ReadAudit => reads(Instance, ADMIN, &[S::AdminWorkspace]),
            Self::SetSizeLimit => sets(Instance, ADMIN, &[S::AdminRepository]),

            Self::ReadOwnName => reads(Instance, SignedIn, &[]),
            Self::ReadOwnAccount => reads(Instance, User, &[S::ReadUser]),
            Self::ReadProfile => reads(Instance, SignedIn, &[S::ReadUser]),
            Self::ReadOwnTokens => reads(Instance, User, &[S::ReadUser]),
            Self::CreateOwnToken { .. } => sets(Instance, User, &[S::WriteUser]),
            Self::RevokeOwnToken => sets(Instance, User, &[S::WriteUser]),
            Self::ReadOthersTokens => reads(Instance, ADMIN, &[S::ReadUser]),
            Self::CreateOthersToken { .. } => sets(Instance, ADMIN, &[S::WriteUser]),
            Self::RevokeOthersToken => sets(Instance, ADMIN, &[S::WriteUser]),
            Self::ReadOwnKeys => reads(Instance, User, &[S::ReadSshKey]),
            Self::AddOwnKey | Self::RenameOwnKey => {
                sets(Instance, User, &[S::ReadSshKey, S::WriteSshKey])
            }
            Self::RemoveOwnKey => sets(Instance, User, &[S::DeleteSshKey]),
            Self::ReadOthersKeys => reads(Instance, ADMIN, &[S::ReadSshKey]),
            Self::AddOthersKey | Self::RenameOthersKey => {
                sets(Instance, ADMIN, &[S::ReadSshKey, S::WriteSshKey])
            }
            Self::RemoveOthersKey => sets(Instance, ADMIN, &[S::DeleteSshKey]),
            Self::ReadOwnGpgKeys => reads(Instance, User, &[S::ReadGpgKey]),
            Self::AddOwnGpgKey => sets(Instance, User, &[S::ReadGpgKey, S::WriteGpgKey]),
            Self::RemoveOwnGpgKey => sets(Instance, User, &[S::DeleteGpgKey]),
            Self::ReadOthersGpgKeys => reads(Instance, ADMIN, &[S::ReadGpgKey]),
            Self::AddOthersGpgKey => sets(Instance, ADMIN, &[S::ReadGpgKey, S::WriteGpgKey]),
            Self::RemoveOthersGpgKey => sets(Instance, ADMIN, &[S::DeleteGpgKey]),
            Self::ReadUnknownKeys => reads(Instance, ADMIN, &[S::ReadSshKey]),

            Self::ReadWorkspace => reads(Workspace, See, &[S::ReadWorkspace]),
            Self::ListProjects => reads(Workspace, See, &[S::ReadProject]),
            Self::ListRepositories => reads(Workspace, See, &[S::ReadRepository]),
            Self::ListPullRequests => reads(Workspace, See, &[S::ReadPullRequest]),
            Self::UpdateWorkspace => sets(Workspace, ADMIN, &[S::AdminWorkspace]),
            Self::ReadNetwork => reads(Workspace, ADMIN, &[S::AdminWorkspace]),
            Self::ChangeNetwork => sets(Workspace, ADMIN, &[S::AdminWorkspace]),
            Self::ReadMembers => reads(Workspace, Member, &[S::ReadWorkspace]),
            // Roles and groups carry permissions: whoever changes them gives some.
            Self::SetMember | Self::CreateGroup | Self::ChangeGroup => {
                sets(Workspace, ADMIN, grant_scopes(Workspace))
            }
            Self::ReadGroups => reads(Workspace, Member, &[S::ReadWorkspace]),
            Self::CreateProject => sets(Workspace, ADMIN, &[S::AdminProject]),

            Self::ReadProject => reads(Project, See, &[S::ReadProject]),
            Self::UpdateProject => sets(Project, ADMIN, &[S::AdminProject]),
            Self::RemoveProject => sets(Project, ADMIN, &[S::AdminProject]),
            Self::CreateRepository => {
                sets(Project, Hold(Permission::CreateRepository), &[S::AdminRepository])
            }

            Self::ReadGrants(on) => reads(*on, ADMIN, read_scope(*on)),
            Self::ChangeGrants(on) => sets(*on, ADMIN, grant_scopes(*on)),
            Self::ReadRestrictions(on)
            | Self::ReadBranchingModel(on)
            | Self::PreviewRestrictions(on)
            | Self::ReadAccessTokens(on)
            | Self::ReadAccessKeys(on) => reads(*on, ADMIN, admin_scope(*on)),
            Self::AddAccessKey(on) | Self::RenameAccessKey(on) => {
                sets(*on, ADMIN, add_key_scopes(*on))
            }
            Self::RemoveAccessKey(on) => sets(*on, ADMIN, remove_key_scopes(*on)),
            Self::ChangeRestrictions(on)
            | Self::ChangeBranchingModel(on)
            | Self::CreateAccessToken { on, .. }
            | Self::RevokeAccessToken(on) => sets(*on, ADMIN, admin_scope(*on)),

            Self::ReadRepository => reads(Repository, Hold(Permission::Read), &[S::ReadRepository]),
            Self::Fetch => reads(Repository, Hold(Permission::Read), &[S::ReadRepository]),
            Self::Push => writes(&[S::WriteRepository]),
            Self::UpdateRefs { way: Way::Direct, .. } => writes(&[S::WriteRepository]),
            Self::UpdateRefs { way: Way::PullRequest, .. } => {
                writes(&[S::ReadPullRequest, S::WritePullRequest])
            }
            Self::UpdateRepository => sets(Repository, ADMIN, &[S::AdminRepository]),
            Self::ArchiveRepository => sets(Repository, ADMIN, &[S::AdminRepository]),
            Self::RemoveRepository => sets(Repository, ADMIN, &[S::DeleteRepository]),
            Self::Explain => reads(Repository, Hold(Permission::Read), &[S::ReadRepository]),
            Self::ExplainForOthers => reads(Repository, ADMIN, &[S::AdminRepository]),
            Self::ReadOwnRefusals => reads(Repository, SignedIn, &[S::ReadRepository]),
            Self::ReadAllRefusals => reads(Repository, ADMIN, &[S::AdminRepository]),
            Self::MaintainRepository => sets(Repository, ADMIN, &[S::AdminRepository]),
            Self::ForkRepository => {
                reads(Repository, Hold(Permission::Read), &[S::ReadRepository, S::WriteRepository])
            }
            Self::PostBuildStatus => {
                sets(Repository, Hold(Permission::Write), &[S::ReadRepository])
            }
            Self::PostKeptBuildStatus { .. } => sets(Repository, ADMIN, &[S::ReadRepository]),
            Self::ReadBuildKeys => reads(Repository, ADMIN, &[S::AdminRepository]),
            Self::ChangeBuildKeys => sets(Repository, ADMIN, &[S::AdminRepository]),

            Self::ReadPullRequests => {
                reads(Repository, Hold(Permission::Read), &[S::ReadPullRequest])
            }
            Self::CreatePullRequest | Self::UpdateOwnPullRequest | Self::DeclineOwnPullRequest => {
                discusses(&[S::ReadPullRequest, S::WritePullRequest])
            }
            Self::ReviewPullRequest => reviews(&[S::ReadPullRequest, S::WritePullRequest]),
            Self::UpdateOthersPullRequest | Self::DeclineOthersPullRequest => {
                writes(&[S::ReadPullRequest, S::WritePullRequest])
            }
            Self::WithdrawReview => reviews(&[S::WritePullRequest]),
            Self::CommentOnPullRequest | Self::ChangeOwnComment => discusses(&[S::ReadPullRequest]),
            Self::RemoveOthersComment => Needs {
                on: Repository,
                right: ADMIN,
                scopes: &[S::ReadPullRequest],
                touches: Touches::Content,
            },
            Self::ReadDefaultReviewers(on) => reads(*on, See, &[S::ReadPullRequest]),
            Self::ChangeDefaultReviewers(on) => sets(*on, ADMIN, admin_scope(*on)),
        }
    }

    /// The scopes a credential made by this act would have. Nobody can make a credential that
    /// may do more than the one it was made with.
    pub const fn handed_on(&self) -> Option<&BTreeSet<Scope>> {
        match self {
            Self::CreateOwnToken { scopes, .. }
            | Self::CreateOthersToken { scopes, .. }
            | Self::CreateAccessToken { scopes, .. } => Some(scopes),
            Self::CreateUser
            | Self::ReadUsers
            | Self::UpdateUser
            | Self::CreateWorkspace
            | Self::CreateOwnWorkspace
            | Self::CreateOthersWorkspace
            | Self::ReadAudit
            | Self::ReadOwnName
            | Self::SetSizeLimit
            | Self::ReadOwnAccount
            | Self::ReadProfile
            | Self::ReadOwnTokens
            | Self::RevokeOwnToken
            | Self::ReadOthersTokens
            | Self::RevokeOthersToken
            | Self::ReadOwnKeys
            | Self::AddOwnKey
            | Self::RenameOwnKey
            | Self::RemoveOwnKey
            | Self::ReadOthersKeys
            | Self::AddOthersKey
            | Self::RenameOthersKey
            | Self::RemoveOthersKey
            | Self::ReadOwnGpgKeys
            | Self::AddOwnGpgKey
            | Self::RemoveOwnGpgKey
            | Self::ReadOthersGpgKeys
            | Self::AddOthersGpgKey
            | Self::RemoveOthersGpgKey
            | Self::ReadUnknownKeys
            | Self::ReadAccessKeys(_)
            | Self::AddAccessKey(_)
            | Self::RenameAccessKey(_)
            | Self::RemoveAccessKey(_)
            | Self::ReadWorkspace
            | Self::ListProjects
            | Self::ListRepositories
            | Self::ListPullRequests
            | Self::UpdateWorkspace
            | Self::ReadNetwork
            | Self::ChangeNetwork
            | Self::ReadMembers
            | Self::SetMember
            | Self::ReadGroups
            | Self::CreateGroup
            | Self::ChangeGroup
            | Self::CreateProject
            | Self::ReadProject
            | Self::UpdateProject
            | Self::RemoveProject
            | Self::CreateRepository
            | Self::ReadGrants(_)
            | Self::ChangeGrants(_)
            | Self::ReadRestrictions(_)
            | Self::ChangeRestrictions(_)
            | Self::ReadBranchingModel(_)
            | Self::ChangeBranchingModel(_)
            | Self::PreviewRestrictions(_)
            | Self::ReadAccessTokens(_)
            | Self::RevokeAccessToken(_)
            | Self::ReadRepository
            | Self::Fetch
            | Self::Push
            | Self::UpdateRefs { .. }
            | Self::UpdateRepository
            | Self::ArchiveRepository
            | Self::RemoveRepository
            | Self::Explain
            | Self::ExplainForOthers
            | Self::ReadOwnRefusals
            | Self::ReadAllRefusals
            | Self::MaintainRepository
            | Self::ForkRepository
            | Self::PostBuildStatus
            | Self::PostKeptBuildStatus { .. }
            | Self::ReadBuildKeys
            | Self::ChangeBuildKeys
            | Self::ReadPullRequests
            | Self::CreatePullRequest
            | Self::UpdateOwnPullRequest
            | Self::UpdateOthersPullRequest
            | Self::DeclineOwnPullRequest
            | Self::DeclineOthersPullRequest
            | Self::ReviewPullRequest
            | Self::WithdrawReview
            | Self::CommentOnPullRequest
            | Self::ChangeOwnComment
            | Self::RemoveOthersComment
            | Self::ReadDefaultReviewers(_)
            | Self::ChangeDefaultReviewers(_) => None,
        }
    }

    /// Does it make a credential? An SSH key has no scopes: the scope for adding keys is the power
    /// to hand on everything its principal may do, as in Bitbucket. The limits of a token to
    /// certain refs are ours, and those cannot be got rid of by adding a key.
    pub const fn makes_credential(&self) -> bool {
        let adds_key = matches!(self, Self::AddOwnKey | Self::AddOthersKey | Self::AddAccessKey(_));
        adds_key || self.handed_on().is_some()
    }

    /// Does it make a credential that is still good after this moment? A key always is.
    pub fn makes_good_after(&self, end: Timestamp) -> bool {
        if let Self::CreateOwnToken { until, .. }
        | Self::CreateOthersToken { until, .. }
        | Self::CreateAccessToken { until, .. } = self
        {
            return until.is_none_or(|it| it > end);
        }
        self.makes_credential()
    }

    /// Does it change what is set rather than what is in a repository, as an administrator? That
    /// reaches every ref: rules and grants, who belongs to what, whether the repository is there
    /// at all.
    pub fn administers(&self) -> bool {
        let needs = self.needs();
        needs.touches == Touches::Settings && needs.right == ADMIN
    }

    /// The changes to refs it brings; none for every act but [`Act::UpdateRefs`].
    pub fn updates(&self) -> &[RefUpdate] {
        if let Self::UpdateRefs { updates, .. } = self { updates } else { &[] }
    }
}

const fn read_scope(on: Level) -> &'static [Scope] {
    match on {
        Level::Instance | Level::Workspace => &[Scope::ReadWorkspace],
        Level::Project => &[Scope::ReadProject],
        Level::Repository => &[Scope::ReadRepository],
    }
}

const fn admin_scope(on: Level) -> &'static [Scope] {
    match on {
        Level::Instance | Level::Workspace => &[Scope::AdminWorkspace],
        Level::Project => &[Scope::AdminProject],
        Level::Repository => &[Scope::AdminRepository],
    }
}

const fn grant_scopes(on: Level) -> &'static [Scope] {
    match on {
        Level::Instance | Level::Workspace => &[Scope::AdminWorkspace, Scope::WritePermission],
        Level::Project => &[Scope::AdminProject, Scope::WritePermission],
        Level::Repository => &[Scope::AdminRepository, Scope::WritePermission],
    }
}

const fn add_key_scopes(on: Level) -> &'static [Scope] {
    match on {
        Level::Instance | Level::Workspace => &[Scope::AdminWorkspace, Scope::WriteSshKey],
        Level::Project => &[Scope::AdminProject, Scope::WriteSshKey],
        Level::Repository => &[Scope::AdminRepository, Scope::WriteSshKey],
    }
}

const fn remove_key_scopes(on: Level) -> &'static [Scope] {
    match on {
        Level::Instance | Level::Workspace => &[Scope::AdminWorkspace, Scope::DeleteSshKey],
        Level::Project => &[Scope::AdminProject, Scope::DeleteSshKey],
        Level::Repository => &[Scope::AdminRepository, Scope::DeleteSshKey],
    }
}
