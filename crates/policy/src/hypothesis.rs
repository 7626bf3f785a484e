//! What-if: a question that can be varied, what could help it, and the same question after that.
//!
//! Nothing in here decides: every variation is answered by [`decide`].

use crate::ask::{CredentialState, Principal, PrincipalKind, home_permission};
use crate::content::{Content, Faults};
use crate::decision::{Finding, Step};
use crate::facts::{Facts, InstanceState, Place, RepositoryPlace};
use crate::layers::counts;
use crate::network::{AddressList, AddressRange};
use crate::refusal::{Reason, Refusal};
use crate::remedy::{Actor, Remedy, RemedyKind, TokenWish};
use crate::update::{Change, RefUpdate, Way};
use crate::{Act, Asker, Decision, Question, Verdict, decide};
use model::{
    Grant, Layer, Level, ListedSubject, ObjectId, RefName, Restriction, RestrictionId, Role,
    Scopes, Subject, Timestamp, UserId,
};
use std::net::IpAddr;

use std::collections::BTreeSet;

/// How long an exemption that is asked for shall hold: seven days, in milliseconds.
const EXEMPTION: i64 = 7 * 24 * 60 * 60 * 1000;

/// A question that is not borrowed, so that it can be varied.
#[derive(Clone)]
pub(crate) struct World {
    pub who: Asker,
    pub act: Act,
    pub facts: Facts,
}

impl World {
    fn decide(&self) -> Decision {
        decide(&Question { who: &self.who, act: &self.act, facts: &self.facts })
    }

    /// The same, with one update alone.
    pub fn with_update(&self, at: usize) -> Self {
        let updates = self.act.updates().get(at).cloned().into_iter().collect();
        Self { act: Act::UpdateRefs { updates, way: self.way() }, ..self.clone() }
    }

    fn way(&self) -> Way {
        if let Act::UpdateRefs { way, .. } = &self.act { *way } else { Way::Direct }
    }

    /// The remedies that were tried and help.
    pub fn remedies(&self, refusals: &[&Refusal]) -> Vec<Remedy> {
        let mut kinds: Vec<RemedyKind> = Vec::new();
        for kind in refusals.iter().flat_map(|it| self.ideas(it)).chain(self.joint(refusals)) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let helps = |kind: &RemedyKind| {
            let decision = self.after(kind).decide();
            // Whoever has not shown who they are cannot be promised more than getting past this.
            let unknown = !self.who.principal.is_signed_in();
            let layer = refusals.iter().map(|it| it.layer()).max();
            let past =
                layer.filter(|it| *it == Layer::Credential || *it == Layer::Instance && unknown);
            match past {
                Some(layer) => decision.layer().is_none_or(|it| it > layer),
                None => is_good(&decision),
            }
        };
        kinds
            .into_iter()
            .filter(helps)
            .map(|kind| Remedy { actor: self.actor(&kind), kind, updates: Vec::new() })
            .collect()
    }

    /// What could help against one refusal.
    fn ideas(&self, refusal: &Refusal) -> Vec<RemedyKind> {
        let principal = &self.who.principal;
        match &refusal.reason {
            Reason::Maintenance | Reason::ReadOnly => vec![RemedyKind::OpenInstance],
            Reason::SignInRequired | Reason::CredentialUnknown { .. } => vec![RemedyKind::SignIn],
            Reason::CredentialExpired { .. }
            | Reason::CredentialRevoked { .. }
            | Reason::CertificateUnusable { .. } => vec![RemedyKind::RenewCredential],
            Reason::CredentialWrongDoor { channel, .. } => {
                vec![RemedyKind::OtherCredential { channel: *channel }]
            }
            Reason::CredentialAmbiguous => {
                vec![RemedyKind::OtherCredential { channel: self.who.channel }]
            }
            Reason::CredentialSuspended => vec![RemedyKind::LiftSuspension],
            Reason::AddressNotAllowed { address, list } => {
                self.allow_address(*address, *list).into_iter().collect()
            }
            Reason::TwoFactorRequired => vec![RemedyKind::SetUpTwoFactor],
            Reason::TokenRef { .. } => self.branch_of_ones_own().into_iter().collect(),
            Reason::NotPermitted { needed, on, .. } => {
                let grant = |subject| RemedyKind::GrantPermission {
                    level: *on,
                    subject,
                    permission: *needed,
                };
                principal.subject().map(grant).into_iter().collect()
            }
            Reason::BuildKeyKept { pattern, .. } => {
                let keep = |subject| RemedyKind::KeepBuildKey { pattern: pattern.clone(), subject };
                principal.subject().map(keep).into_iter().collect()
            }
            Reason::MembersOnly => {
                let add = |subject| RemedyKind::AddMember { subject };
                principal.subject().map(add).into_iter().collect()
            }
            Reason::Archived => vec![RemedyKind::Unarchive],
            Reason::OverQuota => vec![RemedyKind::RaiseQuota],
            Reason::DefaultBranchDeletion { .. } => vec![RemedyKind::ChangeDefaultBranch],
            Reason::Restricted(it) => {
                let keep = (it.change == Change::Rewrite)
                    .then(|| RemedyKind::KeepHistory { name: it.name.clone() });
                keep.into_iter().chain(self.branch_of_ones_own()).collect()
            }
            // Lacks of a token and of a pull request are put right together, and so are commits; the
            // others have no remedy but another act.
            Reason::Unfit(_)
            | Reason::ScopeMissing(_)
            | Reason::TokenRepository { .. }
            | Reason::TokenWidens
            | Reason::TokenForRefs
            | Reason::UsersOnly
            | Reason::NotFound { .. }
            | Reason::MergeCheck(_)
            | Reason::ReservedRef { .. } => Vec::new(),
        }
    }

    /// All lists that keep the address out are lengthened together, by whoever may change the
    /// wider one: a workspace admin cannot let anybody into the instance.
    fn allow_address(&self, address: Option<IpAddr>, list: AddressList) -> Option<RemedyKind> {
        let address = address?;
        let rules = &self.facts.network;
        let outside =
            |of: &[AddressRange]| !of.is_empty() && !of.iter().any(|it| it.contains(address));
        match list {
            AddressList::Token => None,
            AddressList::Instance => Some(Level::Instance),
            AddressList::Workspace => (!outside(&rules.instance)).then_some(Level::Workspace),
        }
        .map(|level| RemedyKind::AllowAddress { address, level })
    }

    /// What could help against several refusals of one kind at once.
    fn joint(&self, refusals: &[&Refusal]) -> Vec<RemedyKind> {
        let mut wish = TokenWish::default();
        let mut rules = Vec::new();
        let checks = refusals.iter().filter_map(|it| it.failed_check());
        let checks: BTreeSet<_> = checks.map(|it| it.check).collect();
        for refusal in refusals {
            wish.scopes.extend(refusal.scopes().into_iter().flat_map(|it| &it.missing));
            wish.repository |= matches!(refusal.reason, Reason::TokenRepository { .. });
            wish.address |= is_about_the_tokens_addresses(&refusal.reason);
            if let Reason::TokenRef { name } = &refusal.reason {
                wish.name = Some(name.clone());
            }
            rules.extend(refusal.rule().map(|it| it.id));
        }
        let token = (wish != TokenWish::default()).then_some(RemedyKind::NewToken(wish));
        rules.sort_unstable();
        let until = Timestamp(self.facts.now.0.saturating_add(EXEMPTION));
        let list = self.who.principal.subject().filter(|_| !rules.is_empty());
        let list = list.map(|subject| RemedyKind::ListSubject { rules, subject, until });
        let meet = (!checks.is_empty()).then_some(RemedyKind::MeetChecks { checks });
        token.into_iter().chain(mend(refusals)).chain(meet).chain(list).collect()
    }

    /// The same commits, pushed to a branch that carries the asker's name and the commit's: it
    /// is hardly ever taken, and if it is, it is by this very commit.
    fn branch_of_ones_own(&self) -> Option<RemedyKind> {
        let update = self.act.updates().first()?;
        let short = update.name.branch_name()?;
        // A pull request goes into a branch that is there.
        let goes_nowhere = matches!(update.change, Change::Create | Change::Delete);
        if goes_nowhere || self.way() == Way::PullRequest || !self.can_be_merged(update) {
            return None;
        }
        let branch = own_branch(&self.who.principal, short, update.new)?;
        Some(RemedyKind::PushBranch { name: update.name.clone(), branch })
    }

    /// Could anybody at all merge a pull request into this branch, once it meets the merge checks?
    /// What restricts merges has to list somebody.
    fn can_be_merged(&self, update: &RefUpdate) -> bool {
        let update =
            RefUpdate { change: Change::FastForward, content: Content::Unseen, ..update.clone() };
        let name = update.name.clone();
        let act = Act::UpdateRefs { updates: vec![update], way: Way::PullRequest };
        let decision = Self { act, ..self.clone() }.decide();
        let facts = &self.facts;
        let all = facts.restrictions.matching(&name, &facts.branching_model);
        let lists_somebody =
            |it: &Restriction| it.subjects.iter().any(|listed| counts(listed, facts.now));
        let refusing = decision.refusals.iter().filter_map(|it| {
            if let Reason::Restricted(it) = &it.reason { Some(&it.rule) } else { None }
        });
        // Allow-lists of one kind are read together.
        refusing.into_iter().all(|rule| match rule.kind.is_allow_list() {
            true => all.iter().any(|it| it.kind == rule.kind && lists_somebody(it)),
            false => lists_somebody(rule),
        })
    }

    fn actor(&self, kind: &RemedyKind) -> Actor {
        match kind {
            RemedyKind::SignIn
            | RemedyKind::OtherCredential { .. }
            | RemedyKind::SetUpTwoFactor
            | RemedyKind::KeepHistory { .. }
            | RemedyKind::MeetChecks { .. }
            | RemedyKind::MendCommits { .. }
            | RemedyKind::PushBranch { .. } => Actor::You,
            // People make their own credentials; the others' are made by whoever owns them.
            RemedyKind::RenewCredential | RemedyKind::NewToken(_) => {
                match self.who.principal.kind {
                    PrincipalKind::User(_) | PrincipalKind::Anonymous | PrincipalKind::System => {
                        Actor::You
                    }
                    PrincipalKind::AccessToken(_)
                    | PrincipalKind::AccessKey(_)
                    | PrincipalKind::Workload(_) => Actor::RepositoryAdmin,
                }
            }
            RemedyKind::ListSubject { rules, .. } => {
                let levels = rules.iter().filter_map(|it| self.facts.restrictions.find(*it));
                Actor::admin_of(levels.map(|it| it.level).min().unwrap_or(Level::Repository))
            }
            RemedyKind::ChangeDefaultBranch
            | RemedyKind::Unarchive
            | RemedyKind::KeepBuildKey { .. } => Actor::RepositoryAdmin,
            RemedyKind::GrantPermission { level, .. } => Actor::admin_of(*level),
            RemedyKind::AddMember { .. } => Actor::WorkspaceAdmin,
            RemedyKind::AllowAddress { level, .. } => Actor::admin_of(*level),
            RemedyKind::LiftSuspension | RemedyKind::RaiseQuota | RemedyKind::OpenInstance => {
                Actor::InstanceAdmin
            }
        }
    }

    /// The world once the remedy was taken.
    fn after(&self, kind: &RemedyKind) -> Self {
        let mut world = self.clone();
        match kind {
            RemedyKind::SignIn => world.sign_in(),
            // Of an ambiguous key nobody knows whose it is: another one shows somebody.
            RemedyKind::OtherCredential { .. } if !self.who.principal.is_signed_in() => {
                world.sign_in();
            }
            RemedyKind::RenewCredential
            | RemedyKind::OtherCredential { .. }
            | RemedyKind::LiftSuspension => world.who.credential.state = CredentialState::Valid,
            RemedyKind::SetUpTwoFactor => world.who.network.two_factor = true,
            RemedyKind::NewToken(wish) => world.widen_token(wish),
            RemedyKind::KeepHistory { name } => world.change_update(name, Change::FastForward),
            RemedyKind::PushBranch { name, branch } => {
                world.change_update(name, Change::Create);
                world.rename_update(name, branch);
            }
            RemedyKind::MeetChecks { checks } => {
                for check in checks {
                    world.facts.merge.iter_mut().for_each(|it| it.meet(*check));
                }
            }
            RemedyKind::MendCommits { rules } => world.mend(rules),
            RemedyKind::ListSubject { rules, subject, until } => {
                let listed = ListedSubject { subject: *subject, until: Some(*until), reason: None };
                world.facts.restrictions = world.facts.restrictions.with_listed(rules, &listed);
            }
            RemedyKind::ChangeDefaultBranch => {
                world.change_repository(|it| it.default_branch = None)
            }
            RemedyKind::Unarchive => world.change_repository(|it| it.archived = false),
            RemedyKind::RaiseQuota => world.change_repository(|it| it.over_quota = false),
            RemedyKind::GrantPermission { level, subject, permission } => {
                let (level, subject, permission) = (*level, *subject, *permission);
                world.facts.grants.push(Grant { level, subject, permission });
            }
            RemedyKind::KeepBuildKey { .. } => world.act = Act::PostBuildStatus,
            RemedyKind::AddMember { .. } => world.facts.role = Some(Role::Member),
            RemedyKind::AllowAddress { address, level } => {
                let rules = &mut world.facts.network;
                let range = AddressRange { network: *address, prefix: 128 };
                if !rules.workspace.is_empty() {
                    rules.workspace.push(range);
                }
                if *level == Level::Instance {
                    rules.instance.push(range);
                }
            }
            RemedyKind::OpenInstance => world.facts.instance = InstanceState::Open,
        }
        world
    }

    fn sign_in(&mut self) {
        // Who it will be is not known, so this is somebody about whom no fact says anything.
        self.who.principal.kind = PrincipalKind::User(UserId(i64::MIN));
        self.who.credential.state = CredentialState::Valid;
    }

    fn widen_token(&mut self, wish: &TokenWish) {
        let credential = &mut self.who.credential;
        if let Scopes::Only(held) = &mut credential.scopes {
            held.extend(&wish.scopes);
        }
        // What an access token holds at home follows its scopes.
        let level = self.facts.place.level();
        if let (PrincipalKind::AccessToken(id), Some(level)) = (self.who.principal.kind, level)
            && let Some(permission) = home_permission(&credential.scopes, level)
        {
            let subject = Subject::AccessToken(id);
            self.facts.grants.push(Grant { level, subject, permission });
        }
        if wish.repository {
            credential.repositories = None;
        }
        if wish.name.is_some() {
            credential.refs = None;
        }
        if wish.address {
            credential.addresses = None;
        }
    }

    fn change_repository(&mut self, change: impl FnOnce(&mut RepositoryPlace)) {
        if let Place::Repository(it) = &mut self.facts.place {
            change(it);
        }
    }

    fn update_mut(&mut self, name: &RefName) -> Option<&mut RefUpdate> {
        let Act::UpdateRefs { updates, .. } = &mut self.act else { return None };
        updates.iter_mut().find(|it| it.name == *name)
    }

    /// As if these rules had found nothing.
    fn mend(&mut self, rules: &[RestrictionId]) {
        let Act::UpdateRefs { updates, .. } = &mut self.act else { return };
        for update in updates {
            if let Content::Seen(seen) = &mut update.content {
                let mended = seen.against.iter_mut().filter(|it| rules.contains(it.0));
                mended.for_each(|it| *it.1 = Faults::default());
            }
        }
    }

    fn change_update(&mut self, name: &RefName, change: Change) {
        if let Some(update) = self.update_mut(name) {
            update.change = change;
        }
    }

    fn rename_update(&mut self, name: &RefName, branch: &RefName) {
        if let Some(update) = self.update_mut(name) {
            update.name = branch.clone();
            update.old = ObjectId::ZERO;
        }
    }
}

fn is_about_the_tokens_addresses(reason: &Reason) -> bool {
    matches!(reason, Reason::AddressNotAllowed { list: AddressList::Token, .. })
}

/// Is it allowed, as far as anybody can know before the objects have been looked at? What content
/// rules ask is asked of the same commits again, wherever they go.
fn is_good(decision: &Decision) -> bool {
    let open = |it: &&Step| it.finding == Finding::Undecided;
    let steps = decision.updates.iter().flat_map(|it| &it.trace).chain(&decision.trace);
    let only_content = |it: &Step| it.layer == Layer::Content;
    match decision.verdict {
        Verdict::Allowed => true,
        Verdict::Undecided => steps.filter(open).all(only_content),
        Verdict::Refused => false,
    }
}

/// The commits made as the rules want them, where the pusher can do that alone.
fn mend(refusals: &[&Refusal]) -> Option<RemedyKind> {
    let unfit = refusals.iter().filter_map(|it| it.unfit());
    let mut rules: Vec<_> = unfit.filter(|it| it.is_mendable()).map(|it| it.rule.id).collect();
    rules.sort_unstable();
    (!rules.is_empty()).then_some(RemedyKind::MendCommits { rules })
}

/// A branch that carries somebody's name, and the commit's unless nobody has made it yet (zero).
/// `None` where that is no name for a branch.
pub fn own_branch(whose: &Principal, short: &str, commit: ObjectId) -> Option<RefName> {
    let owner = branch_part(whose);
    if commit.is_zero() {
        return RefName::branch(&format!("{owner}/{short}")).ok();
    }
    let commit: String = commit.to_string().chars().take(7).collect();
    RefName::branch(&format!("{owner}/{short}-{commit}")).ok()
}

/// A principal's name as it may stand in a branch name: tokens may be called anything.
fn branch_part(principal: &Principal) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    let name: String = principal.name.chars().map(keep).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { principal.kind.as_str().into() } else { name.to_ascii_lowercase() }
}
