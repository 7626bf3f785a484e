//! Rules that decide nothing, as a table: a world, and what is said about each of its rules.

use model::{RefName, Subject};
use policy::{Idle, Rules};
use scenario::Scenario;

/// `1 shadowed by 2`, in order; nobody but ann and ci-bot may push.
fn said(world: &str, refs: &[&str]) -> Vec<String> {
    let scenario = Scenario::parse(world).unwrap();
    let who = scenario.asker("ann").unwrap();
    let facts = scenario.facts(&who);
    let refs: Vec<_> = refs.iter().map(|it| RefName::parse(it.as_bytes()).unwrap()).collect();
    let may_push = |subject: Subject| match subject {
        Subject::User(_) => Some(who.principal.is(subject)),
        Subject::Everyone => Some(true),
        _ => None,
    };
    let rules = Rules {
        all: &facts.restrictions,
        now: facts.now,
        branching_model: Some(&facts.branching_model),
        refs: Some(&refs),
        may_push: &may_push,
    };
    let found = rules.all.iter().filter_map(|it| Some((it.id, rules.idle(it)?)));
    let told = found.map(|(id, why)| match why {
        Idle::Shadowed(by) => format!("{id} shadowed by {by}"),
        Idle::NoRefPossible => format!("{id} no ref possible"),
        Idle::ServersRef => format!("{id} server's ref"),
        Idle::LetsEveryoneThrough => format!("{id} lets everyone through"),
        Idle::ListEnded => format!("{id} list ended"),
        Idle::ListPowerless => format!("{id} list powerless"),
        Idle::NoRefYet => format!("{id} no ref yet"),
    });
    told.collect()
}

#[test]
fn a_rule_that_decides_nothing_is_told_with_why() {
    let people = "user ann\nuser bea\nuser eve\ngrant ann write\n";
    let refs = ["refs/heads/main", "refs/heads/release/1", "refs/tags/v1"];
    for (rules, expected) in [
        ("restrict 1 main push\nrestrict 2 main force", vec![]),
        ("restrict 1 main read-only\nrestrict 2 main force", vec!["2 shadowed by 1"]),
        ("restrict 1 main force\nrestrict 2 any both read-only", vec!["1 shadowed by 2"]),
        ("restrict 1 release/1 delete\nrestrict 2 release/* read-only", vec!["1 shadowed by 2"]),
        ("restrict 1 release/* delete\nrestrict 2 release/1 read-only", vec![]),
        ("restrict 1 main force\nrestrict 2 main read-only except bea", vec![]),
        (
            "restrict 1 main force except bea\nrestrict 2 main read-only except bea",
            vec!["1 shadowed by 2"],
        ),
        ("restrict 1 main push only ann\nrestrict 2 main read-only except bea", vec![]),
        (
            "restrict 1 main push only ann\nrestrict 2 main pull-request-only",
            vec!["1 shadowed by 2"],
        ),
        ("restrict 1 main force\nrestrict 2 main read-only evaluate", vec![]),
        ("restrict 1 main force\nrestrict 2 main force", vec!["2 shadowed by 1"]),
        ("restrict 1 main push only ann\nrestrict 2 main push only ann", vec!["2 shadowed by 1"]),
        ("restrict 1 main push only ann\nrestrict 2 main push", vec!["2 shadowed by 1"]),
        ("restrict 1 main push\nrestrict 2 main push only ann", vec!["1 shadowed by 2"]),
        ("restrict 1 main push only bea, eve", vec!["1 list powerless"]),
        ("restrict 1 main push only bea, ann", vec![]),
        ("restrict 1 main delete except bea", vec![]),
        ("restrict 1 main delete except everyone", vec!["1 lets everyone through"]),
        ("restrict 1 main push only everyone", vec!["1 lets everyone through"]),
        ("restrict 1 main push only everyone\nrestrict 2 any push", vec![]),
        ("restrict 1 gone push", vec!["1 no ref yet"]),
        ("restrict 1 v1 tags delete", vec![]),
        ("restrict 1 v1 delete", vec!["1 no ref yet"]),
        ("restrict 1 main but main push", vec!["1 no ref possible"]),
        ("restrict 1 release/* but * push", vec!["1 no ref possible"]),
        ("restrict 1 refs/pull-requests/1/from push", vec!["1 server's ref"]),
        ("restrict 1 any but * push", vec!["1 no ref possible"]),
    ] {
        assert_eq!(said(&format!("{people}{rules}"), &refs), expected, "{rules}");
    }
}
