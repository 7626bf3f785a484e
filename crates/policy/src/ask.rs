//! Who asks: the principal, what it presented, and where it came from.
//!
//! Everything here was found out by somebody else (a door, the store); nothing here looks
//! anything up.

use crate::network::AddressRange;
use model::{
    AccessKeyId, AccessTokenId, Channel, CredentialKind, GroupId, Level, Matcher, Permission,
    RepositoryId, Scope, Scopes, Subject, Timestamp, UserId, WorkloadId,
};
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Somebody at a door, as the server saw them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    pub principal: Principal,
    pub credential: Credential,
    /// The door. It is recorded and never changes a verdict.
    pub channel: Channel,
    pub network: Network,
}

impl Asker {
    /// Somebody who presented nothing.
    pub fn anonymous(channel: Channel) -> Self {
        Self {
            principal: Principal::anonymous(),
            credential: Credential::none(),
            channel,
            network: Network::default(),
        }
    }

    /// The server itself: recovery, mirrors, the demo.
    pub fn system() -> Self {
        let kind = PrincipalKind::System;
        Self {
            principal: Principal { kind, name: "portcullis".into(), groups: BTreeSet::new() },
            credential: Credential::none(),
            channel: Channel::Mirror,
            network: Network::default(),
        }
    }
}

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub kind: PrincipalKind,
    /// The name people know: a user name, a token's or key's name. Empty for anonymous.
    pub name: String,
    /// The groups a user is a member of, in any workspace.
    pub groups: BTreeSet<GroupId>,
}

/// The kinds of principal, each with the id of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    /// Nobody said who they are, or it was not believed.
    Anonymous,
    User(UserId),
    /// An access token acts in its own name.
    AccessToken(AccessTokenId),
    /// An access key acts in its own name.
    AccessKey(AccessKeyId),
    /// A CI identity.
    Workload(WorkloadId),
    /// The server itself. Holds admin everywhere and may touch reserved refs.
    System,
}

impl PrincipalKind {
    /// The word in JSON, the store and texts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::User(_) => "user",
            Self::AccessToken(_) => "access_token",
            Self::AccessKey(_) => "access_key",
            Self::Workload(_) => "workload",
            Self::System => "system",
        }
    }
}

impl Principal {
    /// Nobody in particular.
    pub const fn anonymous() -> Self {
        Self { kind: PrincipalKind::Anonymous, name: String::new(), groups: BTreeSet::new() }
    }

    /// Did they say who they are?
    pub fn is_signed_in(&self) -> bool {
        self.kind != PrincipalKind::Anonymous
    }

    /// Is a grant or a restriction that names this subject about this principal?
    pub fn is(&self, subject: Subject) -> bool {
        match subject {
            Subject::User(id) => self.kind == PrincipalKind::User(id),
            Subject::Group(id) => self.groups.contains(&id),
            Subject::AccessToken(id) => self.kind == PrincipalKind::AccessToken(id),
            Subject::AccessKey(id) => self.kind == PrincipalKind::AccessKey(id),
            Subject::Workload(id) => self.kind == PrincipalKind::Workload(id),
            Subject::Everyone => self.is_signed_in(),
            Subject::Anyone => true,
        }
    }

    /// How a rule would name exactly this principal; `None` for those no rule can name.
    pub const fn subject(&self) -> Option<Subject> {
        match self.kind {
            PrincipalKind::User(id) => Some(Subject::User(id)),
            PrincipalKind::AccessToken(id) => Some(Subject::AccessToken(id)),
            PrincipalKind::AccessKey(id) => Some(Subject::AccessKey(id)),
            PrincipalKind::Workload(id) => Some(Subject::Workload(id)),
            PrincipalKind::Anonymous | PrincipalKind::System => None,
        }
    }
}

/// What was presented. It narrows its principal and never widens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub kind: CredentialKind,
    /// The name its owner gave it; empty when it has none.
    pub label: String,
    /// What its owner recognises it by: the last four characters of a token, the fingerprint of
    /// a key. Empty when there is none.
    pub tail: String,
    pub state: CredentialState,
    pub scopes: Scopes,
    /// The only repositories it is good for; `None` when it is not limited to any.
    pub repositories: Option<BTreeSet<RepositoryId>>,
    /// The only refs it may change; `None` when it is not limited to any.
    pub refs: Option<Vec<Matcher>>,
    /// The only addresses it is taken from, for whatever it is used; `None` when it is not limited
    /// to any.
    pub addresses: Option<Vec<AddressRange>>,
    /// Good for nothing from then on; `None` is never.
    pub expires_at: Option<Timestamp>,
}

impl Credential {
    /// Nothing was presented.
    pub const fn none() -> Self {
        Self::unlimited(CredentialKind::None)
    }

    /// A valid credential that narrows nothing: a password session, an SSH key.
    pub const fn unlimited(kind: CredentialKind) -> Self {
        Self {
            kind,
            label: String::new(),
            tail: String::new(),
            state: CredentialState::Valid,
            scopes: Scopes::Unlimited,
            repositories: None,
            refs: None,
            addresses: None,
            expires_at: None,
        }
    }
}

/// What the lookup of a credential found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialState {
    /// Good, or nothing was presented.
    Valid,
    /// Nothing on record fits it: a wrong password, a mistyped token.
    Unknown,
    Expired {
        at: Timestamp,
    },
    Revoked {
        at: Timestamp,
    },
    /// Its kind is not taken at this door, or not with this user name.
    WrongChannel,
    /// The account it belongs to may not sign in.
    Suspended,
    /// An SSH key of several principals, of whom none comes first at this place.
    Ambiguous,
    /// An SSH certificate of a trusted authority that cannot be used.
    Certificate(CertificateFault),
}

/// What keeps a genuine SSH certificate from being used. One that has ended is
/// [`CredentialState::Expired`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertificateFault {
    NotYetValid {
        from: Timestamp,
    },
    /// Its `source-address` names other addresses.
    WrongAddress,
    /// It carries a critical option that this server does not know.
    UnknownOption,
}

/// What an access token holds on the place it belongs to: as much as its scopes speak of there.
/// The scopes then narrow it again, act by act.
pub fn home_permission(scopes: &Scopes, home: Level) -> Option<Permission> {
    let any = |of: &[Scope]| of.iter().any(|it| scopes.includes(*it));
    let admin: &[Scope] = match home {
        Level::Instance | Level::Workspace => &[Scope::AdminWorkspace, Scope::AdminProject],
        Level::Project => &[Scope::AdminProject],
        Level::Repository => &[],
    };
    if any(admin) || any(&[Scope::AdminRepository, Scope::DeleteRepository]) {
        Some(Permission::Admin)
    } else if any(&[Scope::WriteRepository, Scope::WritePullRequest]) {
        Some(Permission::Write)
    } else if any(&[Scope::ReadRepository, Scope::ReadPullRequest, Scope::ReadProject]) {
        Some(Permission::Read)
    } else {
        None
    }
}

/// Where the asker came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The client's address; `None` when the door cannot know it.
    pub address: Option<IpAddr>,
    /// Is the account behind this credential protected by a second factor?
    pub two_factor: bool,
}
