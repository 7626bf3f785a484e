//! Laws, checked against every policy of a small world rather than a few chosen ones.

use model::{Channel, Mode, RestrictionKind};
use policy::{
    Act, Asker, CertificateFault, Change, CredentialState, Decision, Facts, Finding, InstanceState,
    Outcome, Question, RefUpdate, Step, Verdict, Way, Weighed, decide, remedies,
};
use scenario::Scenario;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The people and credentials. They are the same in every policy.
const PEOPLE: &str = "
    user ann devs
    user bob devs ops
    user cat
    member cat
    api-token ann reader read:repository:bitbucket
    api-token ann topics repository:write refs topic
    api-token ann elsewhere repository:write elsewhere
    token ci-bot repository:write
    grant key:deploy write
    model development main
    model release topic*
    pull-request approvals 1
    restrict 11 any enforce_merge_checks on workspace
    default trunk";

/// A policy is any of the first four, and up to [`TOGETHER`] of the restrictions.
const RULES: [&str; 15] = [
    "grant devs write",
    "grant cat admin on project",
    "grant everyone read",
    "public",
    "restrict 1 any push",
    "restrict 2 main push only ops, key:deploy",
    "restrict 3 ma* push only everyone on project",
    "restrict 4 main force except ops",
    "restrict 5 any delete except cat on workspace",
    "restrict 6 main pull-request-only except ops",
    "restrict 7 class:development restrict_merges only ops on project",
    "restrict 8 ant:topic both no-creates except cat",
    "restrict 9 ant:heads/** both read-only except ops, everyone until 1",
    "restrict 10 main require_approvals_to_merge 2",
    "restrict 12 ma* require-signed-commits except ops",
];

const ASKERS: [&str; 9] = [
    "anonymous",
    "ann",
    "bob",
    "cat",
    "eve",
    "ann@reader",
    "ann@topics",
    "token:ci-bot",
    "key:deploy",
];

const TRIES: [&str; 15] = [
    "fetch",
    "push",
    "unseen main",
    "create main",
    "fast-forward main",
    "fast-forward main unlooked",
    "fast-forward main against 12",
    "rewrite main",
    "delete main",
    "merge main",
    "unseen topic",
    "create topic",
    "rewrite topic",
    "delete topic",
    "delete trunk",
];

fn world(policy: usize) -> Scenario {
    let rules = RULES.iter().enumerate().filter(|(at, _)| policy & (1 << at) != 0);
    let rules: Vec<_> = rules.map(|(_, rule)| *rule).collect();
    Scenario::parse(&format!("{PEOPLE}\n{}", rules.join("\n"))).unwrap()
}

/// How many restrictions meet in one policy: what three of them do together, more do in threes.
const TOGETHER: u32 = 3;

static POLICIES: LazyLock<BTreeMap<usize, Scenario>> = LazyLock::new(|| {
    let policies = (0_usize..1 << RULES.len()).filter(|it| (it >> 4).count_ones() <= TOGETHER);
    policies.map(|policy| (policy, world(policy))).collect()
});

fn every_policy() -> impl Iterator<Item = (usize, &'static Scenario)> {
    POLICIES.iter().map(|(policy, world)| (*policy, world))
}

/// What is tried, once and for all: no policy changes how it reads.
fn acts() -> Vec<Act> {
    let world = world(0);
    TRIES.iter().map(|it| world.question(&format!("cat {it}")).unwrap().1).collect()
}

fn ask(who: &Asker, act: &Act, facts: &Facts) -> Decision {
    decide(&Question { who, act, facts })
}

/// The verdicts on every question under every policy: `[policy][asker][try]`.
static VERDICTS: LazyLock<BTreeMap<usize, Vec<Vec<Verdict>>>> = LazyLock::new(every_verdict);

fn every_verdict() -> BTreeMap<usize, Vec<Vec<Verdict>>> {
    let acts = acts();
    let answers = |world: &Scenario, asker: &&str| {
        let who = world.asker(asker).unwrap();
        let facts = world.facts(&who);
        acts.iter().map(|act| ask(&who, act, &facts).verdict).collect()
    };
    let every_asker = |world: &Scenario| ASKERS.iter().map(|it| answers(world, it)).collect();
    every_policy().map(|(policy, world)| (policy, every_asker(world))).collect()
}

#[test]
fn rules_push_one_way_only() {
    for (policy, before) in &*VERDICTS {
        for (at, rule) in RULES.iter().enumerate().filter(|(at, _)| policy & (1 << at) == 0) {
            let Some(after) = VERDICTS.get(&(policy | 1 << at)) else { continue };
            for (asker, (was, is)) in ASKERS.iter().zip(before.iter().zip(after)) {
                for (tried, (was, is)) in TRIES.iter().zip(was.iter().zip(is)) {
                    let case = || format!("adding `{rule}` to {policy:b}: `{asker} {tried}`");
                    let listed = match *rule {
                        "restrict 2 main push only ops, key:deploy" => {
                            matches!(*asker, "bob" | "key:deploy")
                        }
                        "restrict 7 class:development restrict_merges only ops on project" => {
                            *asker == "bob"
                        }
                        "restrict 3 ma* push only everyone on project" => true,
                        _ => false,
                    };
                    if rule.starts_with("restrict") {
                        assert!(is <= was || listed, "{} was {was:?}, is {is:?}", case());
                    } else {
                        assert!(is >= was, "{} was {was:?}, is {is:?}", case());
                    }
                }
            }
        }
    }
}

#[test]
fn a_credential_never_allows_what_its_principal_may_not() {
    let at = |name: &str| ASKERS.iter().position(|it| *it == name).unwrap();
    for (policy, verdicts) in &*VERDICTS {
        for narrowed in ["ann@reader", "ann@topics"] {
            let pairs = verdicts[at("ann")].iter().zip(&verdicts[at(narrowed)]);
            for (tried, (whole, narrow)) in TRIES.iter().zip(pairs) {
                assert!(narrow <= whole, "{narrowed} {tried} under {policy:b}");
            }
        }
    }
}

#[test]
fn what_is_decided_before_the_objects_is_decided_the_same_after() {
    let at = |name: &str| TRIES.iter().position(|it| *it == name).unwrap();
    let (unseen, forward, rewrite) =
        (at("unseen main"), at("fast-forward main"), at("rewrite main"));
    for (policy, verdicts) in &*VERDICTS {
        for (asker, verdicts) in ASKERS.iter().zip(verdicts) {
            if verdicts[unseen] != Verdict::Undecided {
                let after = (verdicts[forward], verdicts[rewrite]);
                let before = (verdicts[unseen], verdicts[unseen]);
                assert_eq!(after, before, "{asker} under {policy:b}");
            }
            assert!(verdicts[at("push")] >= verdicts[unseen], "{asker} at the door, {policy:b}");
            assert_ne!(verdicts[forward], Verdict::Undecided);
            assert_ne!(verdicts[rewrite], Verdict::Undecided);
        }
    }
}

#[test]
fn an_exemption_never_refuses_anything() {
    let exempting = [
        "restrict 4 main force",
        "restrict 6 main pull-request-only",
        "restrict 9 ant:heads/** both read-only",
        "restrict 12 ma* require-signed-commits",
    ];
    let acts = acts();
    for (policy, after) in every_policy() {
        let text = RULES.iter().enumerate().filter(|(at, _)| policy & (1 << at) != 0);
        let text = text.map(|(_, rule)| {
            exempting.iter().find(|it| rule.starts_with(**it)).copied().unwrap_or(rule)
        });
        let text: Vec<_> = text.collect();
        let before = Scenario::parse(&format!("{PEOPLE}\n{}", text.join("\n"))).unwrap();
        for (tried, act) in TRIES.iter().zip(&acts) {
            let (who, facts) = asked(after, "bob");
            let (_, plain) = asked(&before, "bob");
            let (is, was) = (ask(&who, act, &facts).verdict, ask(&who, act, &plain).verdict);
            assert!(is >= was, "bob {tried} under {policy:b}");
        }
    }
}

fn asked(world: &Scenario, asker: &str) -> (Asker, Facts) {
    let who = world.asker(asker).unwrap();
    let facts = world.facts(&who);
    (who, facts)
}

#[test]
fn the_door_and_the_order_of_rows_change_nothing() {
    let acts = acts();
    for (policy, world) in every_policy() {
        let (mut who, mut facts) = asked(world, ASKERS[policy % ASKERS.len()]);
        let decisions: Vec<_> = acts.iter().map(|it| ask(&who, it, &facts)).collect();
        for channel in Channel::ALL {
            who.channel = *channel;
            let act = policy % acts.len();
            assert_eq!(ask(&who, &acts[act], &facts), decisions[act], "{channel} {policy:b}");
        }
        facts.grants.reverse();
        let rules: Vec<_> = facts.restrictions.iter().map(|it| (**it).clone()).collect();
        facts.restrictions = rules.into_iter().rev().collect();
        for (act, decision) in acts.iter().zip(&decisions) {
            assert_eq!(&ask(&who, act, &facts), decision, "{act:?} {policy:b}");
        }
    }
}

/// Two worlds that differ only in what somebody may not see are answered alike to the byte:
/// verdict, texts, trace and remedies.
#[test]
fn a_hidden_repository_and_none_are_the_same() {
    let acts = acts();
    let states = [
        CredentialState::Valid,
        CredentialState::Unknown,
        CredentialState::Expired { at: model::Timestamp(0) },
        CredentialState::Suspended,
        CredentialState::Ambiguous,
        CredentialState::Certificate(CertificateFault::WrongAddress),
    ];
    let mut hidden = 0;
    for (policy, world) in every_policy() {
        for asker in ASKERS.iter().chain(&["ann@elsewhere"]) {
            let (mut who, mut facts) = asked(world, asker);
            if policy % 2 == 1
                && let policy::Place::Repository(it) = &mut facts.place
            {
                (it.archived, it.over_quota) = (true, true);
            }
            facts.network.two_factor = policy % 3 == 0;
            who.credential.state = states[policy % states.len()];
            let seen = facts.seen_by(&who.principal);
            if seen && who.credential.state == CredentialState::Valid {
                continue;
            }
            hidden += 1;
            let nowhere = Facts::nowhere(facts.now, InstanceState::Open);
            for act in &acts {
                let answer = |facts: &Facts| {
                    let question = Question { who: &who, act, facts };
                    let decision = decide(&question);
                    let remedies = remedies(&question, &decision);
                    (scenario::answer(&decision), remedies, decision)
                };
                assert_eq!(answer(&facts), answer(&nowhere), "{asker} {act:?} {policy:b}");
            }
        }
    }
    assert!(hidden > 1000, "too few were hidden to say anything: {hidden}");
}

#[test]
fn a_push_of_several_refs_is_answered_as_its_parts_are() {
    let acts = acts();
    let direct = |act: &&Act| matches!(act, Act::UpdateRefs { way: Way::Direct, .. });
    let updates: Vec<RefUpdate> =
        acts.iter().filter(direct).flat_map(|it| it.updates()).cloned().collect();
    let whole = Act::UpdateRefs { updates: updates.clone(), way: Way::Direct };
    for (policy, world) in every_policy() {
        let (who, facts) = asked(world, ASKERS[policy % ASKERS.len()]);
        let decision = ask(&who, &whole, &facts);
        for (at, update) in updates.iter().enumerate() {
            let part = Act::UpdateRefs { updates: vec![update.clone()], way: Way::Direct };
            let part = ask(&who, &part, &facts);
            assert_eq!(decision.verdict_on(at, false), Some(part.verdict), "{update:?} {policy:b}");
            let reasons = decision.refusals_of(at).map(|it| &it.reason);
            assert!(reasons.eq(part.refusals.iter().map(|it| &it.reason)), "{update:?} {policy:b}");
            assert_eq!(decision.verdict_on(at, true), Some(part.verdict.min(decision.verdict)));
        }
    }
}

/// The trace tells the same story as the verdict, and names the same rules.
#[test]
fn the_explanation_agrees_with_the_decision() {
    let acts = acts();
    for (policy, world) in every_policy() {
        for asker in ASKERS {
            let (who, facts) = asked(world, asker);
            for act in &acts {
                let decision = ask(&who, act, &facts);
                let case = || format!("{asker} {act:?} {policy:b}");
                let steps = || {
                    decision.trace.iter().chain(decision.updates.iter().flat_map(|it| &it.trace))
                };
                let is_refused = decision.verdict == Verdict::Refused;
                assert_eq!(is_refused, !decision.refusals.is_empty(), "{}", case());
                let worst =
                    steps().map(|it| it.finding).filter(|it| *it != Finding::NotAsked).max();
                let verdict = match worst.unwrap() {
                    Finding::Refused => Verdict::Refused,
                    Finding::Undecided => Verdict::Undecided,
                    Finding::Passed | Finding::NotAsked => Verdict::Allowed,
                };
                assert_eq!(decision.verdict, verdict, "{}", case());
                let refusing = steps().find(|it| it.finding == Finding::Refused);
                assert_eq!(decision.layer(), refusing.map(|it| it.layer), "{}", case());
                assert_eq!(rules_that_refuse(steps()), rules_of(&decision), "{}", case());
            }
        }
    }
}

fn rules_that_refuse<'a>(steps: impl Iterator<Item = &'a Step>) -> Vec<model::RestrictionId> {
    let refuses = |it: &Weighed| match it {
        Weighed::Rule(rule) if rule.outcome == Outcome::Refuses => Some(rule.id),
        _ => None,
    };
    let mut ids: Vec<_> = steps.flat_map(|it| it.weighed.iter()).filter_map(refuses).collect();
    ids.sort_unstable();
    ids
}

fn rules_of(decision: &Decision) -> Vec<model::RestrictionId> {
    let mut ids: Vec<_> = decision.refusals.iter().flat_map(|it| it.rules()).collect();
    ids.sort_unstable();
    ids
}

/// A rule that is only evaluated says what it would refuse, and changes no verdict.
#[test]
fn evaluated_rules_tell_exactly_what_enforcing_them_would_refuse() {
    let acts = acts();
    for (policy, world) in every_policy() {
        let (who, facts) = asked(world, ASKERS[1 + policy % 4]);
        let mut evaluated = facts.clone();
        let rules = facts.restrictions.iter().map(|it| {
            let mut rule = (**it).clone();
            rule.mode = Mode::Evaluate;
            rule
        });
        evaluated.restrictions = rules.collect();
        let mut none = facts.clone();
        none.restrictions = policy::Rulebook::default();
        for act in &acts {
            let (enforced, shown) = (ask(&who, act, &facts), ask(&who, act, &evaluated));
            assert_eq!(shown.verdict, ask(&who, act, &none).verdict, "{act:?} {policy:b}");
            let restricted = |it: &&policy::Refusal| it.restricted().is_some();
            let codes = |of: &[policy::Refusal]| -> Vec<_> {
                of.iter().filter(restricted).map(|it| it.code()).collect()
            };
            assert_eq!(codes(&shown.notices), codes(&enforced.refusals), "{act:?} {policy:b}");
        }
    }
    let about_refs =
        RestrictionKind::ALL.iter().filter(|it| it.is_about_refs() && !it.is_about_content());
    assert_eq!(about_refs.count(), 7, "a new kind needs a rule in this small world");
    assert_eq!(acts[2].updates()[0].change, Change::Unseen);
}
