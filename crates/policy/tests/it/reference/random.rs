//! Worlds at random: few names, few patterns, few subjects, so that rules, grants and limits meet.
//! Most faults are rare, so that most worlds get as far as the rules.

use super::World;
use super::dice::Dice;
use super::needs::needs;
use model::{
    AccessKeyId, AccessTokenId, BranchClass, Branches, BranchingModel, Channel, CredentialKind,
    Grant, GroupId, Level, ListedSubject, Matcher, MatcherKind, Mode, ObjectId, Permission,
    ProjectId, RefKinds, RefName, RepositoryId, RepositoryPath, Restriction, RestrictionId,
    RestrictionKind, Role, Scope, Scopes, Subject, Timestamp, UserId, WorkloadId, WorkspaceId,
};
use policy::{
    Act, AddressRange, Asker, CertificateFault, Change, Content, Credential, CredentialState,
    Facts, Fault, FaultKind, Faults, InstanceState, MergeFacts, Network, NetworkRules, Place,
    Principal, PrincipalKind, ProjectPlace, RefUpdate, RepositoryPlace, Seen, Way,
};
use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

/// The world of a seed.
pub fn world(seed: u64) -> World {
    let dice = &mut Dice::new(seed);
    let act = act(dice);
    let mut facts = facts(dice, &act);
    let who = who(dice);
    // Only people are members of a workspace.
    facts.role = facts.role.filter(|_| matches!(who.principal.kind, PrincipalKind::User(_)));
    let most = if act.updates().is_empty() { 1 } else { 5 };
    let mut rules = dice.some(most, rule);
    if matches!(act, Act::UpdateRefs { way: Way::PullRequest, .. }) && dice.percent(40) {
        rules.iter_mut().for_each(|it| check_merges(dice, it));
    }
    let everything = Matcher { kind: MatcherKind::Any, pattern: String::new(), except: Vec::new() };
    let all_meet = dice.percent(25);
    for (rule, number) in rules.iter_mut().zip(1..) {
        rule.id = RestrictionId(number);
        if all_meet {
            (rule.matcher, rule.on) = (everything.clone(), RefKinds::Both);
        }
    }
    World { facts, rules, who, act }
}

const REFS: [&str; 11] = [
    "refs/heads/main",
    "refs/heads/main",
    "refs/heads/ma",
    "refs/heads/release/1",
    "refs/heads/release/1/fix",
    "refs/heads/x/release/1",
    "refs/heads/v1",
    "refs/tags/v1",
    "refs/tags/main",
    "refs/notes/main",
    "refs/pull-requests/1/from",
];

const GLOBS: [&str; 12] = [
    "main",
    "ma*",
    "*",
    "*a*",
    "release/*",
    "*/1",
    "*1",
    "r**1",
    "m?in",
    "release/",
    "v1",
    "refs/*",
];

const ANT_PATTERNS: [&str; 12] = [
    "main",
    "*",
    "**",
    "release/*",
    "release/",
    "heads/**/1",
    "refs/heads/release/**",
    "tags/",
    "?1",
    "m*n",
    "**/release/**/fix",
    "x/*/1",
];

const CLASSES: [&str; 4] = ["production", "development", "release", "hotfix"];

const SCOPES: [Scope; 14] = [
    Scope::ReadRepository,
    Scope::WriteRepository,
    Scope::AdminRepository,
    Scope::DeleteRepository,
    Scope::ReadPullRequest,
    Scope::WritePullRequest,
    Scope::WritePermission,
    Scope::WriteUser,
    Scope::Repository,
    Scope::RepositoryWrite,
    Scope::RepositoryAdmin,
    Scope::PullRequestWrite,
    Scope::Project,
    Scope::Account,
];

/// When tokens end.
const ENDS: [Timestamp; 3] = [Timestamp(20), Timestamp(30), Timestamp(40)];

static NAMES: LazyLock<Vec<RefName>> =
    LazyLock::new(|| REFS.iter().map(|it| RefName::parse(it.as_bytes()).unwrap()).collect());

static PATH: LazyLock<RepositoryPath> =
    LazyLock::new(|| RepositoryPath::parse("acme/site").unwrap());

fn act(dice: &mut Dice) -> Act {
    let scopes = |dice: &mut Dice| dice.some(2, |dice| *dice.pick(&SCOPES)).into_iter().collect();
    let until = |dice: &mut Dice| dice.percent(60).then(|| *dice.pick(&ENDS));
    match dice.below(40) {
        0 => Act::Fetch,
        1 => Act::ReadRepository,
        2 => Act::Push,
        3 => Act::ReadOwnRefusals,
        4 => Act::ReadRestrictions(Level::Repository),
        5 => Act::ChangeRestrictions(Level::Repository),
        6 => {
            let (scopes, until) = (scopes(dice), until(dice));
            Act::CreateAccessToken { on: Level::Repository, scopes, until }
        }
        7 => Act::ChangeGrants(Level::Repository),
        8 => Act::RemoveRepository,
        9 => Act::CreateRepository,
        10 => Act::ReadProject,
        11 => Act::ReadWorkspace,
        12 => Act::ReadMembers,
        13 => Act::CreateOwnToken { scopes: scopes(dice), until: until(dice) },
        14 => Act::ChangeNetwork,
        15 => Act::PostKeptBuildStatus { key: "ci/unit".into(), pattern: "ci/*".into() },
        _ => {
            let way = if dice.percent(75) { Way::Direct } else { Way::PullRequest };
            let mut updates = vec![update(dice)];
            updates.extend(dice.some(2, update));
            Act::UpdateRefs { updates, way }
        }
    }
}

/// One update. The ids say nothing that the change does not say.
pub fn update(dice: &mut Dice) -> RefUpdate {
    let changes =
        [Change::Unseen, Change::Create, Change::FastForward, Change::Rewrite, Change::Delete];
    let (name, change) = (dice.pick(&NAMES).clone(), *dice.pick(&changes));
    RefUpdate { name, old: ObjectId::ZERO, new: ObjectId::ZERO, change, content: content(dice) }
}

/// What is known of what it brings: nothing, or something about some of the rules.
fn content(dice: &mut Dice) -> Content {
    if dice.percent(25) {
        return Content::Unseen;
    }
    let mut seen = Seen { new_objects: dice.percent(60), ..Seen::default() };
    for rule in 1..=5 {
        let faults = match dice.below(8) {
            0 | 4 => continue,
            3 => {
                let kind = FaultKind::CheckFailed { why: "slept".into() };
                Faults::one(Fault { commit: None, path: None, kind })
            }
            1 => Faults::one(Fault { commit: None, path: None, kind: FaultKind::Unsigned }),
            2 => {
                let kind = FaultKind::Check { reason: "no".into() };
                Faults::one(Fault { commit: None, path: None, kind })
            }
            _ => Faults::default(),
        };
        seen.against.insert(RestrictionId(rule), faults);
    }
    Content::Seen(seen)
}

fn facts(dice: &mut Dice, act: &Act) -> Facts {
    let instance = match dice.below(80) {
        0 => InstanceState::Maintenance,
        1 => InstanceState::ReadOnly,
        _ => InstanceState::Open,
    };
    let place = match place(dice, act) {
        Place::Instance => Place::Instance,
        _ if dice.percent(3) => Place::Nowhere,
        place => place,
    };
    let mut facts = Facts::at(place, Timestamp(10), instance);
    facts.grants = dice.some(2, grant);
    if dice.percent(80) {
        let subject = *dice.pick(&[Subject::User(UserId(1)), Subject::Everyone]);
        facts.grants.push(Grant { subject, ..grant(dice) });
    }
    facts.role = match dice.below(12) {
        0 => Some(Role::Owner),
        1 | 2 => Some(Role::Member),
        _ => None,
    };
    facts.branching_model = Arc::new(branching_model(dice));
    facts.merge = dice.percent(80).then(|| merge(dice));
    facts.reaches_below = dice.percent(20);
    facts.network = NetworkRules {
        instance: if dice.percent(6) { dice.some(2, range) } else { Vec::new() },
        workspace: if dice.percent(6) { dice.some(2, range) } else { Vec::new() },
        two_factor: dice.percent(5),
    };
    facts
}

fn merge(dice: &mut Dice) -> MergeFacts {
    let mut few = || *dice.pick(&[0, 0, 1, 2, 3]);
    MergeFacts {
        approvals: few(),
        default_reviewer_approvals: few(),
        review_group_approvals: few(),
        changes_requested: few(),
        open_tasks: few(),
        unresolved_comments: few(),
        passed_builds: few(),
        failed_builds: few(),
        commits_behind: few(),
        open_dependencies: few(),
    }
}

/// No hotfixes; and a branch may be two things.
fn branching_model(dice: &mut Dice) -> BranchingModel {
    let mut model = BranchingModel::default();
    for class in [BranchClass::Production, BranchClass::Development] {
        if dice.percent(50) {
            model = model.with(class, Branches::One(dice.pick(&NAMES).clone()));
        }
    }
    let prefix = *dice.pick(&["release/", "rel", "ma"]);
    model.with(BranchClass::Release, Branches::StartingWith(prefix.into()))
}

/// The kind of place that the act is done to.
fn place(dice: &mut Dice, act: &Act) -> Place {
    match needs(act).unwrap().on {
        Level::Instance => Place::Instance,
        Level::Workspace => Place::Workspace(WorkspaceId(1)),
        Level::Project => {
            Place::Project(ProjectPlace { id: ProjectId(1), private: dice.percent(60) })
        }
        Level::Repository => Place::Repository(RepositoryPlace {
            id: RepositoryId(1),
            path: PATH.clone(),
            private: dice.percent(70),
            archived: dice.percent(4),
            over_quota: dice.percent(8),
            default_branch: dice.percent(40).then(|| dice.pick(&NAMES).clone()),
        }),
    }
}

fn range(dice: &mut Dice) -> AddressRange {
    let ranges = ["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"];
    AddressRange::parse(dice.pick::<&str>(&ranges)).unwrap()
}

fn grant(dice: &mut Dice) -> Grant {
    let subject = if dice.percent(6) { Subject::Anyone } else { subject(dice) };
    let level = *dice.pick(Level::ALL);
    let permission = if dice.percent(60) { Permission::Write } else { *dice.pick(Permission::ALL) };
    Grant { level, subject, permission }
}

/// A subject as a rule or a grant may name it.
fn subject(dice: &mut Dice) -> Subject {
    match dice.below(12) {
        0..4 => Subject::User(UserId(number(dice))),
        4..7 => Subject::Group(GroupId(number(dice))),
        7 => Subject::AccessToken(AccessTokenId(number(dice))),
        8 => Subject::AccessKey(AccessKeyId(number(dice))),
        9 => Subject::Workload(WorkloadId(number(dice))),
        _ => Subject::Everyone,
    }
}

fn number(dice: &mut Dice) -> i64 {
    *dice.pick(&[1, 1, 1, 2])
}

fn rule(dice: &mut Dice) -> Restriction {
    let checks = dice.percent(30);
    let kinds = RestrictionKind::ALL.iter().copied().filter(|it| it.is_about_refs() != checks);
    let kinds: Vec<_> = kinds.collect();
    let enforces = checks && dice.percent(30);
    Restriction {
        id: RestrictionId(0),
        level: *dice.pick(&[Level::Workspace, Level::Project, Level::Repository]),
        kind: if enforces { RestrictionKind::EnforceMergeChecks } else { *dice.pick(&kinds) },
        matcher: matcher(dice),
        on: *dice.pick(&[RefKinds::Branches, RefKinds::Branches, RefKinds::Tags, RefKinds::Both]),
        subjects: if dice.percent(40) { Vec::new() } else { dice.some(3, listed) },
        mode: if dice.percent(80) { Mode::Enforce } else { Mode::Evaluate },
        value: dice.percent(80).then(|| *dice.pick(&[0, 1, 2, 3])),
        argument: None,
        note: None,
        changed_at: Timestamp(0),
        changed_by: None,
    }
}

/// Makes of a rule one that a merge into anything hardly gets around.
fn check_merges(dice: &mut Dice, rule: &mut Restriction) {
    let checks = RestrictionKind::ALL.iter().copied().filter(|it| !it.is_about_refs());
    let checks: Vec<_> = checks.collect();
    let enforces = dice.percent(35);
    rule.kind = if enforces { RestrictionKind::EnforceMergeChecks } else { *dice.pick(&checks) };
    rule.matcher = Matcher { kind: MatcherKind::Any, pattern: String::new(), except: Vec::new() };
}

fn listed(dice: &mut Dice) -> ListedSubject {
    let until = dice.percent(20).then(|| Timestamp(*dice.pick(&[9, 10, 11])));
    ListedSubject { until, ..ListedSubject::new(subject(dice)) }
}

fn matcher(dice: &mut Dice) -> Matcher {
    let kind = *dice.pick(MatcherKind::ALL);
    let patterns: &[&str] = match kind {
        MatcherKind::Glob => &GLOBS,
        MatcherKind::Ant => &ANT_PATTERNS,
        MatcherKind::Ref => &REFS,
        MatcherKind::BranchingModel => &CLASSES,
        MatcherKind::Any => &[""],
    };
    let pattern = (*dice.pick(patterns)).to_owned();
    let exceptions: Vec<&str> = match kind {
        MatcherKind::BranchingModel | MatcherKind::Any => [&GLOBS[..], &REFS].concat(),
        MatcherKind::Glob | MatcherKind::Ant | MatcherKind::Ref => patterns.to_vec(),
    };
    let most = if dice.percent(25) { 2 } else { 0 };
    let except = dice.some(most, |dice| (*dice.pick(&exceptions)).to_owned());
    Matcher { kind, pattern, except }
}

fn who(dice: &mut Dice) -> Asker {
    let number = number(dice);
    let kind = match dice.below(16) {
        0 => PrincipalKind::Anonymous,
        1 => PrincipalKind::AccessToken(AccessTokenId(number)),
        2 => PrincipalKind::AccessKey(AccessKeyId(number)),
        3 => PrincipalKind::Workload(WorkloadId(number)),
        4 => PrincipalKind::System,
        _ => PrincipalKind::User(UserId(number)),
    };
    let groups: BTreeSet<_> = match kind {
        PrincipalKind::User(_) => dice.some(2, |dice| GroupId(self::number(dice))),
        _ => Vec::new(),
    }
    .into_iter()
    .collect();
    let addresses = ["10.1.2.3", "10.2.0.1", "::ffff:10.1.0.1", "192.0.2.1", "2001:db8::1"];
    let address = dice.percent(70).then(|| dice.pick(&addresses).parse().unwrap());
    Asker {
        principal: Principal { kind, name: "ann".into(), groups },
        credential: credential(dice),
        channel: *dice.pick(Channel::ALL),
        network: Network { address, two_factor: dice.percent(50) },
    }
}

fn credential(dice: &mut Dice) -> Credential {
    let at = Timestamp(5);
    let state = match dice.below(200) {
        0 => CredentialState::Unknown,
        1 => CredentialState::Expired { at },
        2 => CredentialState::Revoked { at },
        3 => CredentialState::WrongChannel,
        4 => CredentialState::Suspended,
        5 => CredentialState::Ambiguous,
        6 => CredentialState::Certificate(CertificateFault::WrongAddress),
        _ => CredentialState::Valid,
    };
    let scopes = match dice.percent(80) {
        true => Scopes::Unlimited,
        false => Scopes::Only(dice.some(4, |dice| *dice.pick(&SCOPES)).into_iter().collect()),
    };
    let only = |dice: &mut Dice| RepositoryId(number(dice));
    Credential {
        state,
        scopes,
        repositories: dice.percent(4).then(|| dice.some(2, only).into_iter().collect()),
        refs: dice.percent(10).then(|| dice.some(2, matcher)),
        addresses: dice.percent(4).then(|| dice.some(2, range)),
        expires_at: dice.percent(20).then(|| *dice.pick(&ENDS)),
        ..Credential::unlimited(CredentialKind::ApiToken)
    }
}
