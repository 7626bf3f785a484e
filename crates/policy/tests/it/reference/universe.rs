//! A universe so small that all of it can be asked about, in three parts:
//!
//! - *one rule*: every kind, matcher, kind of ref, mode and list, alone in a repository; every
//!   permission with every state and limit of a credential: [`ONE_RULE`] pushes and merges, each of
//!   every change to a branch and to a tag;
//! - *two rules*: every two kinds, modes and lists, on two levels and about the same branch:
//!   [`TWO_RULES`] pushes and merges, each of every change;
//! - *somebody*: every kind of subject in the list of a rule of every kind, and every kind of
//!   principal: [`SOMEBODY`] of the same.

use super::{World, failure, on_every_core};
use model::{
    AccessKeyId, AccessTokenId, BranchClass, Branches, BranchingModel, Channel, CredentialKind,
    Grant, GroupId, Level, ListedSubject, Matcher, MatcherKind, Mode, ObjectId, Permission,
    RefKinds, RefName, RepositoryId, RepositoryPath, Restriction, RestrictionId, RestrictionKind,
    Scope, Scopes, Subject, Timestamp, UserId, WorkloadId,
};
use policy::{
    Act, Asker, Change, Content, Credential, CredentialState, Facts, InstanceState, Place,
    Principal, PrincipalKind, RefUpdate, RepositoryPlace, Rulebook, Way,
};
use std::sync::Arc;

/// Kinds, matchers, kinds of ref, modes, lists; permissions and credentials; ways.
const ONE_RULE: usize = (9 * 14 * 3 * 2 * 8) * (5 * 12) * 2;
/// Kinds, modes and lists, twice; ways.
const TWO_RULES: usize = (9 * 2 * 8) * (9 * 2 * 8) * 2;
/// Kinds and subjects; principals; ways.
const SOMEBODY: usize = (9 * 6) * 7 * 2;

/// Those about content differ in nothing but their code, and in whether they are about deletion.
const KINDS: [RestrictionKind; 9] = [
    RestrictionKind::Push,
    RestrictionKind::RestrictMerges,
    RestrictionKind::Force,
    RestrictionKind::Delete,
    RestrictionKind::NoCreates,
    RestrictionKind::ReadOnly,
    RestrictionKind::PullRequestOnly,
    RestrictionKind::RequireSignedCommits,
    RestrictionKind::CustomCheck,
];

const ME: Subject = Subject::User(UserId(1));
const MY_GROUP: Subject = Subject::Group(GroupId(1));
const ANOTHER: Subject = Subject::User(UserId(2));

/// Somebody, and what they were given.
type Given = (Asker, Option<Grant>);

#[test]
fn the_engine_and_the_documents_agree_on_every_world_with_one_rule() {
    let mut rules = Vec::new();
    for (kind, mode, subjects) in behaviours() {
        for matcher in matchers() {
            for on in RefKinds::ALL {
                let matcher = matcher.clone();
                rules.push(vec![Restriction { on: *on, matcher, ..rule(kind, mode, &subjects) }]);
            }
        }
    }
    let permissions = [None].into_iter().chain(Permission::ALL.iter().copied().map(Some));
    let askers = permissions.flat_map(|permission| {
        credentials().into_iter().map(move |credential| {
            let grant = permission.map(|permission| given(ME, permission));
            (Asker { credential, ..asker(PrincipalKind::User(UserId(1))) }, grant)
        })
    });
    let asked = ask(&rules, &askers.collect::<Vec<_>>(), &["refs/heads/main", "refs/tags/main"]);
    assert_eq!(asked, ONE_RULE);
}

#[test]
fn the_engine_and_the_documents_agree_on_every_world_with_two_rules() {
    let mut rules = Vec::new();
    for (kind, mode, subjects) in behaviours() {
        let project = Restriction { level: Level::Project, ..rule(kind, mode, &subjects) };
        for (kind, mode, subjects) in behaviours() {
            let second = RestrictionId(2);
            rules.push(vec![
                project.clone(),
                Restriction { id: second, ..rule(kind, mode, &subjects) },
            ]);
        }
    }
    let me = asker(PrincipalKind::User(UserId(1)));
    let asked = ask(&rules, &[(me, Some(given(ME, Permission::Write)))], &["refs/heads/main"]);
    assert_eq!(asked, TWO_RULES);
}

#[test]
fn the_engine_and_the_documents_agree_on_who_everybody_is() {
    let (token, key) = (AccessTokenId(1), AccessKeyId(1));
    let subjects = [
        ME,
        MY_GROUP,
        Subject::AccessToken(token),
        Subject::AccessKey(key),
        Subject::Workload(WorkloadId(1)),
        Subject::Everyone,
    ];
    let principals = [
        PrincipalKind::Anonymous,
        PrincipalKind::User(UserId(1)),
        PrincipalKind::User(UserId(2)),
        PrincipalKind::AccessToken(token),
        PrincipalKind::AccessKey(key),
        PrincipalKind::Workload(WorkloadId(1)),
        PrincipalKind::System,
    ];
    let kinds = KINDS.into_iter();
    let rules = kinds.flat_map(|kind| {
        subjects.map(move |it| vec![rule(kind, Mode::Enforce, &[ListedSubject::new(it)])])
    });
    let write = given(Subject::Anyone, Permission::Write);
    let askers = principals.map(|kind| (asker(kind), Some(write)));
    let asked = ask(&rules.collect::<Vec<_>>(), &askers, &["refs/heads/main"]);
    assert_eq!(asked, SOMEBODY);
}

/// Asks everything about every policy, and says how much that was.
fn ask(policies: &[Vec<Restriction>], askers: &[Given], names: &[&str]) -> usize {
    let acts = [Way::Direct, Way::PullRequest].map(|way| act(names, way));
    let parts = on_every_core(|first, step| {
        let mut asked = 0;
        for rules in policies.iter().skip(first).step_by(step) {
            let book = Rulebook::new(rules.clone());
            for (who, grant) in askers {
                for act in &acts {
                    let mut facts = facts();
                    facts.grants.extend(grant);
                    let (rules, who, act) = (rules.clone(), who.clone(), act.clone());
                    check(World { facts, rules, who, act }, &book);
                    asked += 1;
                }
            }
        }
        asked
    });
    parts.into_iter().sum()
}

fn check(mut world: World, book: &Rulebook) {
    world.facts.restrictions = book.clone();
    if world.engine_with(&world.facts) != world.documents() {
        failure::report("a world of the small universe", world, World::engine);
    }
}

fn facts() -> Facts {
    let place = Place::Repository(RepositoryPlace {
        id: RepositoryId(1),
        path: RepositoryPath::parse("acme/site").unwrap(),
        private: true,
        archived: false,
        over_quota: false,
        default_branch: None,
    });
    let releases = Branches::StartingWith("ma".into());
    let model = BranchingModel::default().with(BranchClass::Release, releases);
    Facts {
        branching_model: Arc::new(model),
        ..Facts::at(place, Timestamp(10), InstanceState::Open)
    }
}

fn given(subject: Subject, permission: Permission) -> Grant {
    Grant { level: Level::Repository, subject, permission }
}

fn asker(kind: PrincipalKind) -> Asker {
    let mut asker = Asker::anonymous(Channel::GitHttp);
    let mine = kind == PrincipalKind::User(UserId(1));
    let groups = mine.then_some(GroupId(1)).into_iter().collect();
    asker.principal = Principal { kind, name: "ann".into(), groups };
    asker
}

/// Every change to each of these refs.
fn act(names: &[&str], way: Way) -> Act {
    let changes =
        [Change::Unseen, Change::Create, Change::FastForward, Change::Rewrite, Change::Delete];
    let update = |name: &&str, change| {
        let name = RefName::parse(name.as_bytes()).unwrap();
        let content = Content::Unseen;
        RefUpdate { name, old: ObjectId::ZERO, new: ObjectId::ZERO, change, content }
    };
    let updates = names.iter().flat_map(|name| changes.map(|change| update(name, change)));
    Act::UpdateRefs { updates: updates.collect(), way }
}

fn rule(kind: RestrictionKind, mode: Mode, subjects: &[ListedSubject]) -> Restriction {
    Restriction {
        id: RestrictionId(1),
        level: Level::Repository,
        kind,
        matcher: matcher(MatcherKind::Glob, "main", ""),
        on: RefKinds::Both,
        subjects: subjects.to_vec(),
        mode,
        value: None,
        argument: None,
        note: None,
        changed_at: Timestamp(0),
        changed_by: None,
    }
}

/// Every kind, mode and list.
fn behaviours() -> Vec<(RestrictionKind, Mode, Vec<ListedSubject>)> {
    let mut all = Vec::new();
    for kind in KINDS {
        for mode in Mode::ALL {
            all.extend(lists().into_iter().map(|subjects| (kind, *mode, subjects)));
        }
    }
    all
}

/// Whom a list may name, as far as it matters to me.
fn lists() -> [Vec<ListedSubject>; 8] {
    let entry = ListedSubject::new;
    let ended = |it| ListedSubject { until: Some(Timestamp(10)), ..entry(it) };
    [
        vec![],
        vec![entry(ME)],
        vec![entry(MY_GROUP)],
        vec![entry(ANOTHER)],
        vec![entry(Subject::Everyone)],
        vec![ended(ME)],
        vec![ended(ANOTHER), entry(Subject::Everyone)],
        vec![entry(ANOTHER), ended(Subject::Everyone)],
    ]
}

fn matcher(kind: MatcherKind, pattern: &str, except: &str) -> Matcher {
    let except = if except.is_empty() { vec![] } else { vec![except.to_owned()] };
    Matcher { kind, pattern: pattern.to_owned(), except }
}

/// Of every kind of matcher some that mean the refs, some that do not, and some with exceptions.
fn matchers() -> Vec<Matcher> {
    let of = |kind: &MatcherKind| match kind {
        MatcherKind::Glob => [("main", ""), ("ma*", ""), ("other", ""), ("*", "main")].to_vec(),
        MatcherKind::Ant => [("main", ""), ("tags/", "ma?n")].to_vec(),
        MatcherKind::BranchingModel => [("release", ""), ("hotfix", "")].to_vec(),
        MatcherKind::Ref => {
            [("refs/heads/main", ""), ("refs/tags/main", ""), ("refs/heads/other", "")].to_vec()
        }
        MatcherKind::Any => [("", ""), ("", "m*"), ("", "refs/tags/main")].to_vec(),
    };
    let all = MatcherKind::ALL.iter();
    let all = all.flat_map(|kind| of(kind).into_iter().map(|it| matcher(*kind, it.0, it.1)));
    all.collect()
}

/// Every state and limit of a credential that makes a difference here.
fn credentials() -> Vec<Credential> {
    let any = || Credential::unlimited(CredentialKind::ApiToken);
    let scoped = |scopes: &[Scope]| {
        let scopes = Scopes::Only(scopes.iter().copied().collect());
        Credential { scopes, ..any() }
    };
    let at = Timestamp(5);
    let limited = |pattern| Some(vec![matcher(MatcherKind::Glob, pattern, "")]);
    vec![
        any(),
        Credential { state: CredentialState::Unknown, ..any() },
        Credential { state: CredentialState::Expired { at }, ..any() },
        scoped(&[]),
        scoped(&[Scope::ReadRepository, Scope::AdminRepository]),
        scoped(&[Scope::WriteRepository]),
        scoped(&[Scope::ReadPullRequest, Scope::WritePullRequest]),
        scoped(&[Scope::RepositoryWrite]),
        scoped(&[Scope::PullRequestWrite]),
        Credential { refs: limited("ma*"), ..any() },
        Credential { refs: limited("other"), ..any() },
        Credential { repositories: Some([RepositoryId(2)].into()), ..any() },
    ]
}
