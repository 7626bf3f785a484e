//! What a decision costs: with rules that match, which must all be weighed; with rules that cannot
//! match, which should cost nothing; and with many groups, subjects and grants.
#![allow(clippy::unwrap_used, reason = "a benchmark may fail")]

use divan::{Bencher, black_box};
use model::{Grant, GroupId, Level, ListedSubject, Permission, Subject, UserId};
use policy::{Act, Asker, Facts, Question, Rulebook, decide};
use scenario::Scenario;
use std::fmt::Write;

fn main() {
    divan::main();
}

const RULES: [usize; 5] = [1, 100, 1_000, 10_000, 100_000];

/// Groups, subjects and grants.
const MANY: [i64; 4] = [1, 100, 10_000, 100_000];

/// Ids above those that a scenario gives.
const OTHERS: i64 = 1_000_000;

/// A world with this many rules, each made from its number.
fn world(rules: usize, rule: impl Fn(usize) -> String) -> Scenario {
    let mut text = String::from("user ann devs\ngrant devs write\n");
    for number in 1..=rules {
        writeln!(text, "restrict {number} {}", rule(number)).unwrap();
    }
    Scenario::parse(&text).unwrap()
}

fn ask(bencher: Bencher<'_, '_>, world: &Scenario, question: &str) {
    let (who, act): (Asker, Act) = world.question(question).unwrap();
    let facts: Facts = world.facts(&who);
    bencher.bench(|| decide(black_box(&Question { who: &who, act: &act, facts: &facts })).verdict);
}

/// Allow-lists that all mean the ref and all list the pusher.
#[divan::bench(args = RULES)]
fn matching_rules_that_allow(bencher: Bencher<'_, '_>, rules: usize) {
    let world = world(rules, |_| "main push only devs".into());
    ask(bencher, &world, "ann fast-forward main");
}

/// Rules of another kind than the change: weighed, and not concerned.
#[divan::bench(args = RULES)]
fn matching_rules_about_other_changes(bencher: Bencher<'_, '_>, rules: usize) {
    let world = world(rules, |_| "ma* force".into());
    ask(bencher, &world, "ann fast-forward main");
}

/// Each rule is a reason of its own.
#[divan::bench(args = RULES)]
fn matching_rules_that_refuse(bencher: Bencher<'_, '_>, rules: usize) {
    let world = world(rules, |_| "main force".into());
    ask(bencher, &world, "ann rewrite main");
}

/// Every rule is about another branch or another folder of branches.
#[divan::bench(args = RULES)]
fn rules_that_cannot_match(bencher: Bencher<'_, '_>, rules: usize) {
    let world = world(rules, |number| match number % 2 {
        0 => format!("release/{number} push"),
        _ => format!("team-{number}/* push"),
    });
    ask(bencher, &world, "ann fast-forward main");
}

/// The asker is in many groups; one of them may write, and is listed in a rule.
#[divan::bench(args = MANY)]
fn groups_of_the_asker(bencher: Bencher<'_, '_>, groups: i64) {
    let world = world(1, |_| "main push only devs".into());
    let (mut who, act) = world.question("ann fast-forward main").unwrap();
    let facts = world.facts(&who);
    who.principal.groups.extend((1..groups).map(|it| GroupId(OTHERS + it)));
    bencher.bench(|| decide(black_box(&Question { who: &who, act: &act, facts: &facts })).verdict);
}

/// A rule lists many users, and the asker is the last of them.
#[divan::bench(args = MANY)]
fn subjects_of_a_rule(bencher: Bencher<'_, '_>, subjects: i64) {
    let world = world(1, |_| "main push only ann".into());
    let (who, act) = world.question("ann fast-forward main").unwrap();
    let mut facts = world.facts(&who);
    let mut rule = (**facts.restrictions.iter().next().unwrap()).clone();
    let others = (1..subjects).map(|it| ListedSubject::new(Subject::User(UserId(OTHERS + it))));
    rule.subjects = others.chain(rule.subjects).collect();
    facts.restrictions = Rulebook::new([rule]);
    bencher.bench(|| decide(black_box(&Question { who: &who, act: &act, facts: &facts })).verdict);
}

/// Many users hold a grant; whoever reads the facts may leave those of others out.
#[divan::bench(args = MANY)]
fn grants_of_others(bencher: Bencher<'_, '_>, grants: i64) {
    let world = world(1, |_| "main push only devs".into());
    let (who, act) = world.question("ann fast-forward main").unwrap();
    let mut facts = world.facts(&who);
    facts.grants.extend((1..grants).map(|it| Grant {
        level: Level::Repository,
        subject: Subject::User(UserId(OTHERS + it)),
        permission: Permission::Write,
    }));
    bencher.bench(|| decide(black_box(&Question { who: &who, act: &act, facts: &facts })).verdict);
}

/// A question about the repository, before any ref is named.
#[divan::bench]
fn at_the_door(bencher: Bencher<'_, '_>) {
    ask(bencher, &world(100, |_| "main push".into()), "ann push");
}

/// A thousand refs in one push, two rules each.
#[divan::bench]
fn a_thousand_refs(bencher: Bencher<'_, '_>) {
    let world = world(100, |number| match number {
        1 => "any force".into(),
        2 => "t* push only devs".into(),
        other => format!("release/{other}/* push"),
    });
    let refs: Vec<_> = (0..1000).map(|it| format!("create topic/{it}")).collect();
    ask(bencher, &world, &format!("ann {}", refs.join(", ")));
}

/// What is paid once, when the rules are read.
#[divan::bench(args = RULES)]
fn arranging_rules(bencher: Bencher<'_, '_>, rules: usize) {
    let world = world(rules, |number| format!("team-{number}/* push only devs"));
    let facts = world.facts(&world.asker("ann").unwrap());
    let rules: Vec<_> = facts.restrictions.iter().map(|it| (**it).clone()).collect();
    bencher.with_inputs(|| rules.clone()).bench_values(Rulebook::new);
}
