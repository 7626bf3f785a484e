//! The sentences of refusals and of the trace, in English, for people.
//!
//! They hold no markup and no escape sequences, and fit a terminal line where the names in them
//! are of ordinary length.

use crate::ask::CertificateFault;
use crate::decision::{Outcome, Weighed, WeighedRule};
use crate::facts::{Held, Source};
use crate::merge::Lack;
use crate::network::AddressList;
use crate::refusal::{FailedCheck, Reason, Refusal, Restricted, ScopeGap};
use crate::remedy::{Actor, Remedy, RemedyKind, TokenWish};
use crate::update::Change;
use model::{
    Channel, CredentialKind, Level, MergeCheck, Permission, RestrictionKind, Scope, Scopes,
};
use std::fmt;
use std::net::IpAddr;

impl Refusal {
    /// One sentence: `main is closed to direct pushes.`
    pub fn message(&self) -> String {
        match &self.reason {
            Reason::Maintenance => "The server is down for maintenance.".into(),
            Reason::ReadOnly => "The server is read-only at the moment.".into(),
            Reason::SignInRequired => "You need to sign in for this.".into(),
            Reason::CredentialUnknown { kind } => unknown(*kind).into(),
            Reason::CredentialExpired { .. } => "This credential has expired.".into(),
            Reason::CredentialRevoked { .. } => "This credential was revoked.".into(),
            Reason::CredentialWrongDoor { kind, channel } => wrong_door(*kind, *channel),
            Reason::CredentialSuspended => "This account is suspended.".into(),
            Reason::CredentialAmbiguous => {
                "This SSH key stands for several access keys here, and none comes first.".into()
            }
            Reason::CertificateUnusable { fault } => certificate(*fault).into(),
            Reason::AddressNotAllowed { address, list } => address_not_allowed(*address, *list),
            Reason::TwoFactorRequired => "The workspace requires a second factor.".into(),
            Reason::ScopeMissing(gap) => gap.message(),
            Reason::TokenRepository { on } => format!("This token is not good for this {on}."),
            Reason::TokenRef { name } => {
                format!("This token may not change {}.", name.short())
            }
            Reason::TokenForRefs => {
                "This token is for changing certain refs, and administers nothing.".into()
            }
            Reason::TokenWidens => {
                "A limited credential cannot make one without its limits.".into()
            }
            // All that may be said: what to check is the asker's own.
            Reason::NotFound { what } => format!(
                "There is no such {what}, or you may not see it: check the name, which account \
                 you signed in with, and its scopes."
            ),
            Reason::NotPermitted { needed, held, on } => not_permitted(*needed, *held, *on),
            Reason::BuildKeyKept { key, pattern } => {
                format!("The build key `{key}` is kept for others, by the pattern `{pattern}`.")
            }
            Reason::MembersOnly => "Only members of the workspace may see this.".into(),
            Reason::UsersOnly => "Only users have an account.".into(),
            Reason::Archived => "The repository is archived; its refs do not change.".into(),
            Reason::OverQuota => {
                "The repository is over its size limit; only what adds nothing is taken.".into()
            }
            Reason::ReservedRef { name } => {
                format!("{name} is reserved for the server.")
            }
            Reason::DefaultBranchDeletion { name } => {
                format!("{} is the default branch and cannot be deleted.", name.short())
            }
            Reason::Restricted(it) => it.message(),
            Reason::MergeCheck(it) => it.message(),
            Reason::Unfit(it) => it.message(),
        }
    }

    /// A few words that stand alone in git's parentheses: `pull request required`.
    pub fn short(&self) -> String {
        let fixed = match &self.reason {
            Reason::Maintenance => "server in maintenance",
            Reason::ReadOnly => "server is read-only",
            Reason::SignInRequired => "sign in first",
            Reason::CredentialUnknown { .. } => "unknown credential",
            Reason::CredentialExpired { .. } => "credential expired",
            Reason::CredentialRevoked { .. } => "credential revoked",
            Reason::CredentialWrongDoor { .. } => "credential not taken here",
            Reason::CredentialSuspended => "account suspended",
            Reason::CredentialAmbiguous => "ambiguous SSH key",
            Reason::CertificateUnusable { .. } => "SSH certificate cannot be used",
            Reason::AddressNotAllowed { list: AddressList::Token, .. } => {
                "token not good from this address"
            }
            Reason::AddressNotAllowed { .. } => "address not allowed",
            Reason::TwoFactorRequired => "second factor required",
            Reason::ScopeMissing(gap) => return format!("token lacks {}", list(&gap.missing)),
            Reason::TokenRepository { on } => return format!("token not good for this {on}"),
            Reason::TokenRef { .. } => "token not good for this ref",
            Reason::TokenForRefs => "token only for certain refs",
            Reason::TokenWidens => "limited credential cannot make a wider one",
            Reason::NotFound { what } => return format!("no such {what}"),
            Reason::NotPermitted { needed, .. } => return format!("needs {needed} permission"),
            Reason::BuildKeyKept { .. } => "build key kept for others",
            Reason::MembersOnly => "members only",
            Reason::UsersOnly => "users only",
            Reason::Archived => "repository is archived",
            Reason::OverQuota => "repository is over its size limit",
            Reason::ReservedRef { .. } => "reserved ref",
            Reason::DefaultBranchDeletion { .. } => "default branch cannot be deleted",
            Reason::Restricted(it) => it.short(),
            Reason::MergeCheck(it) => it.short(),
            Reason::Unfit(it) => return it.short(),
        };
        fixed.into()
    }
}

impl Restricted {
    fn message(&self) -> String {
        let name = self.name.short();
        match self.rule.kind {
            RestrictionKind::Push => format!("{name} is closed to direct pushes."),
            RestrictionKind::RestrictMerges => format!("{name} is closed to merges."),
            RestrictionKind::Force => format!("The history of {name} may not be rewritten."),
            RestrictionKind::Delete => format!("{name} may not be deleted."),
            RestrictionKind::NoCreates => format!("{name} may not be created."),
            RestrictionKind::ReadOnly => format!("{name} is read-only."),
            RestrictionKind::PullRequestOnly => format!("{name} changes by pull request only."),
            // Never a restricted ref; the arm says what is true of every rule.
            RestrictionKind::Require(_)
            | RestrictionKind::EnforceMergeChecks
            | RestrictionKind::Behaviour(_) => format!("A rule closes {name} to this."),
            // These say it with what was found: `unfit.rs`.
            RestrictionKind::RequireSignedCommits
            | RestrictionKind::MaxFileSize
            | RestrictionKind::MaxPushSize
            | RestrictionKind::AuthorEmail
            | RestrictionKind::CommitterEmail
            | RestrictionKind::CommitterIsPusher
            | RestrictionKind::CommitMessage
            | RestrictionKind::RestrictedPaths
            | RestrictionKind::CustomCheck => format!("{name} does not take this."),
        }
    }

    fn short(&self) -> &'static str {
        match self.rule.kind {
            // Where somebody may push directly, a pull request is the way for the others, too.
            RestrictionKind::Push => match self.name.branch_name() {
                Some(_) => "pull request required",
                None => "closed to direct pushes",
            },
            RestrictionKind::RestrictMerges => "closed to merges",
            RestrictionKind::Force => "rewriting history not allowed",
            RestrictionKind::Delete => "deletion not allowed",
            RestrictionKind::NoCreates => "creation not allowed",
            RestrictionKind::ReadOnly => "ref is read-only",
            RestrictionKind::PullRequestOnly => "pull request required",
            RestrictionKind::Require(_)
            | RestrictionKind::EnforceMergeChecks
            | RestrictionKind::Behaviour(_) => "closed by a rule",
            // These say it with what was found: `unfit.rs`.
            RestrictionKind::RequireSignedCommits
            | RestrictionKind::MaxFileSize
            | RestrictionKind::MaxPushSize
            | RestrictionKind::AuthorEmail
            | RestrictionKind::CommitterEmail
            | RestrictionKind::CommitterIsPusher
            | RestrictionKind::CommitMessage
            | RestrictionKind::RestrictedPaths
            | RestrictionKind::CustomCheck => "content not allowed",
        }
    }
}

fn address_not_allowed(address: Option<IpAddr>, list: AddressList) -> String {
    match (list, address) {
        (AddressList::Token, Some(address)) => format!("This token is not good from {address}."),
        (AddressList::Token, None) => {
            "This token is good from certain addresses only, and yours is not known.".into()
        }
        (AddressList::Workspace, Some(address)) => {
            format!("{address} is not among the addresses that the workspace lets in.")
        }
        (AddressList::Workspace, None) => {
            "The workspace lets certain addresses in only, and yours is not known.".into()
        }
        (AddressList::Instance, Some(address)) => {
            format!("{address} is not among the addresses that are let in.")
        }
        (AddressList::Instance, None) => {
            "Only certain addresses are let in, and yours is not known.".into()
        }
    }
}

impl FailedCheck {
    fn message(&self) -> String {
        let name = self.name.short();
        match self.lack {
            Lack::TooFew { needed, found } => {
                format!(
                    "Merging into {name} needs {}; there are {found}.",
                    counted(self.check, needed)
                )
            }
            Lack::TooMany { allowed: 0, found } => {
                format!("Merging into {name} has to wait: {} left.", counted(self.check, found))
            }
            Lack::TooMany { allowed, found } => format!(
                "Merging into {name} has to wait: {}, and {allowed} are allowed.",
                counted(self.check, found)
            ),
            Lack::FailedBuilds { failed } => {
                let word = if failed == 1 { "build has" } else { "builds have" };
                format!("Merging into {name} has to wait: {failed} {word} failed.")
            }
        }
    }

    fn short(&self) -> &'static str {
        match self.check {
            MergeCheck::Approvals => "more approvals required",
            MergeCheck::DefaultReviewerApprovals => "more approvals of default reviewers required",
            MergeCheck::ReviewGroupApprovals => "more approvals of review groups required",
            MergeCheck::NoChangesRequested => "changes requested",
            MergeCheck::TasksCompleted => "open tasks",
            MergeCheck::CommentsResolved => "unresolved comments",
            MergeCheck::PassingBuilds => "passing builds required",
            MergeCheck::CommitsBehind => "source is too far behind",
            MergeCheck::DependenciesMerged => "pull requests it depends on are open",
        }
    }
}

/// `2 approvals`, `1 open task`: what a check counts.
fn counted(check: MergeCheck, number: u32) -> String {
    let (one, many) = match check {
        MergeCheck::Approvals => ("approval", "approvals"),
        MergeCheck::DefaultReviewerApprovals => {
            ("approval of a default reviewer", "approvals of default reviewers")
        }
        MergeCheck::ReviewGroupApprovals => {
            ("approval of a review group", "approvals of review groups")
        }
        MergeCheck::NoChangesRequested => ("request for changes", "requests for changes"),
        MergeCheck::TasksCompleted => ("open task", "open tasks"),
        MergeCheck::CommentsResolved => ("unresolved comment", "unresolved comments"),
        MergeCheck::PassingBuilds => ("passed build", "passed builds"),
        MergeCheck::CommitsBehind => ("commit behind", "commits behind"),
        MergeCheck::DependenciesMerged => ("open dependency", "open dependencies"),
    };
    format!("{number} {}", if number == 1 { one } else { many })
}

impl ScopeGap {
    fn message(&self) -> String {
        let held = match &self.held {
            Scopes::Unlimited => String::new(),
            Scopes::Only(held) if held.is_empty() => "; it has none".into(),
            Scopes::Only(held) => format!("; it has {}", list(held)),
        };
        format!("This credential lacks {}{held}.", list(&self.missing))
    }
}

fn list<'a>(scopes: impl IntoIterator<Item = &'a Scope>) -> String {
    scopes.into_iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", ")
}

fn wrong_door(kind: CredentialKind, channel: Channel) -> String {
    let kind = match kind {
        CredentialKind::None => "This kind of credential",
        CredentialKind::Password => "A password",
        CredentialKind::ApiToken => "An API token",
        CredentialKind::AccessToken => "An access token",
        CredentialKind::SshKey => "An SSH key",
        CredentialKind::SshCertificate => "An SSH certificate",
        CredentialKind::OidcToken => "An OIDC token",
    };
    let door = match channel {
        Channel::GitHttp => "git over HTTP",
        Channel::GitSsh => "git over SSH",
        Channel::Rest => "the REST API",
        Channel::Web => "the web pages",
        Channel::Merge => "merging",
        Channel::Mirror => "mirroring",
        Channel::Workload => "workloads",
    };
    format!("{kind} is not taken for {door} in this form.")
}

const fn unknown(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::SshKey => "This SSH key is not known here any more.",
        CredentialKind::SshCertificate => {
            "The account that this SSH certificate names is not here any more."
        }
        CredentialKind::None
        | CredentialKind::Password
        | CredentialKind::ApiToken
        | CredentialKind::AccessToken
        | CredentialKind::OidcToken => "This user name and secret fit nothing on record.",
    }
}

const fn certificate(fault: CertificateFault) -> &'static str {
    match fault {
        CertificateFault::NotYetValid { .. } => "This SSH certificate is not valid yet.",
        CertificateFault::WrongAddress => {
            "This SSH certificate is for other addresses than the one you come from."
        }
        CertificateFault::UnknownOption => {
            "This SSH certificate has a critical option that this server does not know."
        }
    }
}

fn not_permitted(needed: Permission, held: Option<Permission>, on: Level) -> String {
    match held {
        Some(held) => format!("This needs {needed} on the {on}; you hold {held}."),
        None => format!("This needs {needed} on the {on}; you hold no permission on it."),
    }
}

impl fmt::Display for Weighed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance(state) => write!(f, "the server is {}", state.as_str()),
            Self::Fact { what, holds: true } => write!(f, "{what}: yes"),
            Self::Fact { what, holds: false } => write!(f, "{what}: no"),
            Self::Scopes { required: [], .. } => f.write_str("no scope is required"),
            Self::Scopes { required, held: true } => {
                write!(f, "required: {}; held", list(*required))
            }
            Self::Scopes { required, held: false } => {
                write!(f, "required: {}; not held", list(*required))
            }
            Self::Permission { needed, held: Some(held) } => {
                write!(f, "needed: {needed}; held: {held}")
            }
            Self::Permission { needed, held: None } => write!(f, "needed: {needed}; held: none"),
            Self::Rule(rule) => rule.fmt(f),
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { permission, source } = self;
        match source {
            Source::Grant(it) => write!(
                f,
                "{permission}, granted to {} on the {}",
                it.subject.kind().replace('_', " "),
                it.level
            ),
            Source::Owner => write!(f, "{permission}, as an owner of the workspace"),
            Source::Public => write!(f, "{permission}, because the repository is public"),
            Source::System => write!(f, "{permission}, as the server itself"),
        }
    }
}

impl fmt::Display for WeighedRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, level, kind, outcome } = self;
        write!(f, "{kind} on the {level}, rule {id}: {outcome}")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherChange => f.write_str("not about this change"),
            Self::OtherWay => f.write_str("not about changes that come in this way"),
            Self::Lists(it) => write!(f, "lists the {}", it.kind().replace('_', " ")),
            Self::Outranked => f.write_str("another rule decides"),
            Self::NothingFound => f.write_str("has nothing against it"),
            Self::CannotTellYet => f.write_str("depends on what is not known yet"),
            Self::Met => f.write_str("is met"),
            Self::NoRefusal => f.write_str("refuses nothing by itself"),
            Self::Warns => f.write_str("is not met; merge checks are not enforced here"),
            Self::Refuses => f.write_str("refuses"),
            Self::WouldRefuse => f.write_str("would refuse, but is only evaluated"),
        }
    }
}

impl Remedy {
    /// What to do, without a full stop: `ask a repository admin to list you in rule 12 for seven
    /// days`. Whoever renders it adds the commands and the links.
    pub fn summary(&self) -> String {
        let article = match self.actor {
            Actor::You => return self.kind.to_string(),
            Actor::InstanceAdmin => "an",
            Actor::RepositoryAdmin | Actor::ProjectAdmin | Actor::WorkspaceAdmin => "a",
        };
        format!("ask {article} {} to {}", self.actor.as_str(), self.kind)
    }
}

/// What its actor does.
impl fmt::Display for RemedyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn => f.write_str("sign in"),
            Self::RenewCredential => f.write_str("make a new credential to replace this one"),
            Self::OtherCredential { .. } => {
                f.write_str("use an API token with your user name, or another access token")
            }
            Self::SetUpTwoFactor => f.write_str("set up a second factor for your account"),
            Self::NewToken(wish) => wish.fmt(f),
            Self::KeepHistory { name } => {
                write!(f, "put your work on top of what is on {}, then push again", name.short())
            }
            Self::MendCommits { .. } => f.write_str("make the commits anew as the rules want them"),
            Self::PushBranch { branch, .. } => {
                write!(f, "push to {} and open a pull request", branch.short())
            }
            Self::MeetChecks { checks } => {
                let steps: Vec<_> = checks.iter().map(|it| meeting(*it)).collect();
                f.write_str(&steps.join(", and "))
            }
            Self::ListSubject { rules, .. } => {
                let rules: Vec<_> = rules.iter().map(|it| it.to_string()).collect();
                let word = if rules.len() == 1 { "rule" } else { "rules" };
                write!(f, "list you in {word} {} for seven days", rules.join(", "))
            }
            Self::ChangeDefaultBranch => f.write_str("make another branch the default"),
            Self::Unarchive => f.write_str("take the repository out of the archive"),
            Self::GrantPermission { level, permission, .. } => {
                write!(f, "grant you {permission} on the {level}")
            }
            Self::KeepBuildKey { pattern, .. } => {
                write!(f, "keep the build keys `{pattern}` for you, too")
            }
            Self::AddMember { .. } => f.write_str("make you a member of the workspace"),
            Self::AllowAddress { address, .. } => write!(f, "allow the address {address}"),
            Self::LiftSuspension => f.write_str("lift the suspension of your account"),
            Self::RaiseQuota => f.write_str("raise the size limit of the repository"),
            Self::OpenInstance => f.write_str("open the server again"),
        }
    }
}

const fn meeting(check: MergeCheck) -> &'static str {
    match check {
        MergeCheck::Approvals => "have it approved by more people",
        MergeCheck::DefaultReviewerApprovals => "have it approved by more default reviewers",
        MergeCheck::ReviewGroupApprovals => "have it approved by more review groups",
        MergeCheck::NoChangesRequested => "settle the requests for changes",
        MergeCheck::TasksCompleted => "complete the open tasks",
        MergeCheck::CommentsResolved => "resolve the comments",
        MergeCheck::PassingBuilds => "get enough builds of its last commit to pass",
        MergeCheck::CommitsBehind => "bring its source up to date with the destination",
        MergeCheck::DependenciesMerged => "merge the pull requests it depends on",
    }
}

impl fmt::Display for TokenWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("make a token")?;
        if !self.scopes.is_empty() {
            write!(f, " with {}", list(&self.scopes))?;
        }
        if self.repository {
            f.write_str(" that is good here")?;
        }
        if self.address {
            f.write_str(" that is good from where you are")?;
        }
        match &self.name {
            Some(name) => write!(f, " that may change {}", name.short()),
            None => Ok(()),
        }
    }
}

/// The word for a change in a sentence about what was tried.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
