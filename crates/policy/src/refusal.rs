//! One reason why not. A value until the last moment; every channel renders this same one and
//! adds none of its own.
//!
//! A refusal carries only what its principal may know: it is made from facts that were hidden
//! beforehand where the principal may not see the place.

use crate::ask::CertificateFault;
use crate::code::Code;
use crate::content::{FaultKind, Faults};
use crate::merge::Lack;
use crate::network::AddressList;
use crate::update::Change;
use model::{
    Channel, CredentialKind, Layer, Level, MergeCheck, Permission, RefName, Restriction,
    RestrictionId, RestrictionKind, Scope, Scopes, Subject, Timestamp,
};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    /// Which of the act's updates it is about, by its place in the list; `None` when it is
    /// about the act as a whole.
    pub update: Option<usize>,
}

/// Why not, with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    Maintenance,
    ReadOnly,
    SignInRequired,
    CredentialUnknown {
        kind: CredentialKind,
    },
    CredentialExpired {
        at: Timestamp,
    },
    CredentialRevoked {
        at: Timestamp,
    },
    CredentialWrongDoor {
        kind: CredentialKind,
        channel: Channel,
    },
    CredentialSuspended,
    CredentialAmbiguous,
    CertificateUnusable {
        fault: CertificateFault,
    },
    AddressNotAllowed {
        /// The client's; `None` when the door cannot know it.
        address: Option<IpAddr>,
        list: AddressList,
    },
    TwoFactorRequired,
    ScopeMissing(ScopeGap),
    /// The token is limited to certain repositories, and this is another one, or no repository.
    TokenRepository {
        on: Level,
    },
    TokenRef {
        name: RefName,
    },
    TokenWidens,
    /// The token is limited to certain refs, and this would reach all of them.
    TokenForRefs,
    /// Nothing is there that this principal may know of. Says what was looked for, never what
    /// was found.
    NotFound {
        what: Level,
    },
    NotPermitted {
        needed: Permission,
        held: Option<Permission>,
        on: Level,
    },
    /// The key of a build is kept for others, by a pattern.
    BuildKeyKept {
        key: String,
        pattern: String,
    },
    MembersOnly,
    UsersOnly,
    Archived,
    OverQuota,
    ReservedRef {
        name: RefName,
    },
    DefaultBranchDeletion {
        name: RefName,
    },
    Restricted(Restricted),
    MergeCheck(FailedCheck),
    Unfit(Unfit),
}

/// The scopes of an operation and of a credential, where they do not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScopeGap {
    pub required: BTreeSet<Scope>,
    pub held: Scopes,
    /// Never empty.
    pub missing: BTreeSet<Scope>,
}

/// A ref that a restriction closes to this change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restricted {
    pub name: RefName,
    pub change: Change,
    /// The rule. Of several allow-lists that refuse together: the nearest one.
    pub rule: Arc<Restriction>,
    /// The other allow-lists that refuse together with it; being listed in one of them all is
    /// enough.
    pub also: Vec<RestrictionId>,
    /// Whom the allow-lists let in, as far as the principal may know; empty for other kinds.
    pub who_may: Vec<Subject>,
}

/// A merge check that a pull request does not meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCheck {
    /// What it would be merged into.
    pub name: RefName,
    pub check: MergeCheck,
    /// What the strictest rule misses.
    pub lack: Lack,
    /// The strictest rule; of equals, the nearest.
    pub rule: Arc<Restriction>,
    /// The other rules of this check that are not met.
    pub also: Vec<RestrictionId>,
}

/// What an update brings, where a content rule does not let it through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfit {
    pub name: RefName,
    pub change: Change,
    pub rule: Arc<Restriction>,
    /// Never none.
    pub faults: Faults,
}

impl Unfit {
    /// Can whoever pushes put it right by other commits? What a check wants is its own affair.
    pub fn is_mendable(&self) -> bool {
        self.rule.kind != RestrictionKind::CustomCheck
    }

    /// Did a check fail to answer?
    pub(crate) fn check_failed(&self) -> bool {
        self.faults.first().iter().any(|it| matches!(it.kind, FaultKind::CheckFailed { .. }))
    }
}

impl Refusal {
    /// What programs branch on.
    pub fn code(&self) -> Code {
        match &self.reason {
            Reason::Maintenance => Code::Maintenance,
            Reason::ReadOnly => Code::ReadOnly,
            Reason::SignInRequired => Code::SignInRequired,
            Reason::CredentialUnknown { .. } => Code::CredentialUnknown,
            Reason::CredentialExpired { .. } => Code::CredentialExpired,
            Reason::CredentialRevoked { .. } => Code::CredentialRevoked,
            Reason::CredentialWrongDoor { .. } => Code::CredentialWrongDoor,
            Reason::CredentialSuspended => Code::CredentialSuspended,
            Reason::CredentialAmbiguous => Code::CredentialAmbiguous,
            Reason::CertificateUnusable { .. } => Code::CertificateUnusable,
            Reason::AddressNotAllowed { list: AddressList::Token, .. } => Code::TokenAddress,
            Reason::AddressNotAllowed {
                list: AddressList::Workspace | AddressList::Instance,
                ..
            } => Code::AddressNotAllowed,
            Reason::TwoFactorRequired => Code::TwoFactorRequired,
            Reason::ScopeMissing(_) => Code::ScopeMissing,
            Reason::TokenRepository { .. } => Code::TokenRepository,
            Reason::TokenRef { .. } | Reason::TokenForRefs => Code::TokenRef,
            Reason::TokenWidens => Code::TokenWidens,
            Reason::NotFound { what } => not_found(*what),
            Reason::NotPermitted { needed, .. } => not_permitted(*needed),
            Reason::BuildKeyKept { .. } => Code::BuildKeyKept,
            Reason::MembersOnly => Code::MembersOnly,
            Reason::UsersOnly => Code::UsersOnly,
            Reason::Archived => Code::Archived,
            Reason::OverQuota => Code::OverQuota,
            Reason::ReservedRef { .. } => Code::ReservedRef,
            Reason::DefaultBranchDeletion { .. } => Code::DefaultBranchDeletion,
            Reason::Restricted(it) => ruled(it.rule.kind),
            Reason::Unfit(it) if it.check_failed() => Code::CheckFailed,
            Reason::Unfit(it) => ruled(it.rule.kind),
            Reason::MergeCheck(it) => failed(it.check),
        }
    }

    /// The layer that refuses.
    pub fn layer(&self) -> Layer {
        self.code().layer()
    }

    /// The rule that refuses, where it is one.
    pub fn rule(&self) -> Option<&Restriction> {
        let restricted = self.restricted().map(|it| &*it.rule);
        let checked = restricted.or_else(|| self.failed_check().map(|it| &*it.rule));
        checked.or_else(|| self.unfit().map(|it| &*it.rule))
    }

    /// All rules that refuse together: [`Self::rule`] first.
    pub fn rules(&self) -> impl Iterator<Item = RestrictionId> + '_ {
        let also = self.restricted().map(|it| &it.also);
        let also = also.or_else(|| self.failed_check().map(|it| &it.also));
        self.rule().map(|it| it.id).into_iter().chain(also.into_iter().flatten().copied())
    }

    /// The merge check that is not met, where that is the reason.
    pub const fn failed_check(&self) -> Option<&FailedCheck> {
        if let Reason::MergeCheck(it) = &self.reason { Some(it) } else { None }
    }

    /// Where the rule hangs that refuses, or where the missing permission would be given.
    pub fn level(&self) -> Option<Level> {
        if let Reason::NotPermitted { on, .. } = self.reason {
            return Some(on);
        }
        self.rule().map(|it| it.level)
    }

    /// Required, held and missing scopes, where those are the reason.
    pub const fn scopes(&self) -> Option<&ScopeGap> {
        if let Reason::ScopeMissing(gap) = &self.reason { Some(gap) } else { None }
    }

    /// The closed ref and its rule, where that is the reason.
    pub const fn restricted(&self) -> Option<&Restricted> {
        if let Reason::Restricted(it) = &self.reason { Some(it) } else { None }
    }

    /// What the update brings and the rule against it, where that is the reason.
    pub const fn unfit(&self) -> Option<&Unfit> {
        if let Reason::Unfit(it) = &self.reason { Some(it) } else { None }
    }
}

/// Of the instance, nothing is ever hidden; the arm answers as a workspace would.
const fn not_found(what: Level) -> Code {
    match what {
        Level::Instance | Level::Workspace => Code::WorkspaceNotFound,
        Level::Project => Code::ProjectNotFound,
        Level::Repository => Code::RepositoryNotFound,
    }
}

const fn not_permitted(needed: Permission) -> Code {
    match needed {
        Permission::Read => Code::PermissionRead,
        Permission::Write => Code::PermissionWrite,
        Permission::CreateRepository => Code::PermissionCreate,
        Permission::Admin => Code::PermissionAdmin,
    }
}

const fn ruled(kind: RestrictionKind) -> Code {
    match kind {
        RestrictionKind::Push => Code::PushRestricted,
        RestrictionKind::RestrictMerges => Code::MergesRestricted,
        RestrictionKind::Force => Code::ForceRestricted,
        RestrictionKind::Delete => Code::DeleteRestricted,
        RestrictionKind::NoCreates => Code::CreationRestricted,
        RestrictionKind::ReadOnly => Code::ReadOnlyRef,
        RestrictionKind::PullRequestOnly => Code::PullRequestOnly,
        RestrictionKind::RequireSignedCommits => Code::Signature,
        RestrictionKind::MaxFileSize => Code::FileSize,
        RestrictionKind::MaxPushSize => Code::PushSize,
        RestrictionKind::AuthorEmail => Code::Author,
        RestrictionKind::CommitterEmail | RestrictionKind::CommitterIsPusher => Code::Committer,
        RestrictionKind::CommitMessage => Code::Message,
        RestrictionKind::RestrictedPaths => Code::Path,
        RestrictionKind::CustomCheck => Code::Check,
        RestrictionKind::Require(check) => failed(check),
        // Neither refuses by itself; the arm answers as the nearest kind would.
        RestrictionKind::EnforceMergeChecks | RestrictionKind::Behaviour(_) => {
            Code::MergesRestricted
        }
    }
}

const fn failed(check: MergeCheck) -> Code {
    match check {
        MergeCheck::Approvals => Code::ApprovalsLacking,
        MergeCheck::DefaultReviewerApprovals => Code::DefaultReviewersLacking,
        MergeCheck::ReviewGroupApprovals => Code::ReviewGroupsLacking,
        MergeCheck::NoChangesRequested => Code::ChangesRequested,
        MergeCheck::TasksCompleted => Code::TasksOpen,
        MergeCheck::CommentsResolved => Code::CommentsUnresolved,
        MergeCheck::PassingBuilds => Code::BuildsLacking,
        MergeCheck::CommitsBehind => Code::TooFarBehind,
        MergeCheck::DependenciesMerged => Code::DependenciesOpen,
    }
}
