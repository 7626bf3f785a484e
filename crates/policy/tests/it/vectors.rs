//! The vectors of the fact sheet's Appendix C about kinds that exist (globs are in `matcher.rs`).

use crate::tables::check;

/// `cloud_push_overlap`, in its order.
#[test]
fn push_rules_overlap_as_on_bitbucket_cloud() {
    let people = "user a\n user b\n user c\n grant a write\n grant b write\n grant c admin\n";
    let cases = [
        (
            "restrict 1 any push\n restrict 2 testfrom/* push only everyone",
            "b create testfrom/master",
            true,
        ),
        ("restrict 1 any push\n restrict 2 testfrom/* push only everyone", "b create other", false),
        ("restrict 1 * push\n restrict 2 main push only a", "a create main", true),
        ("restrict 1 * push\n restrict 2 main push only a", "b create main", false),
        ("restrict 1 * push only everyone\n restrict 2 main push only a", "b create main", false),
        ("restrict 1 * push only a\n restrict 2 main push only b", "a create main", true),
        ("restrict 1 * push only a\n restrict 2 main push only b", "b create main", true),
        ("restrict 1 * push only a\n restrict 2 main push only b", "c create main", false),
        ("restrict 1 main push", "c create main", false),
        ("", "b create main", true),
    ];
    for (rules, question, allowed) in cases {
        let world = scenario::Scenario::parse(&format!("{people}{rules}")).unwrap();
        let answer = world.answer(question).unwrap();
        assert_eq!(answer == "allowed", allowed, "{rules}\n{question} -> {answer}");
    }
    // Listed, but without write on the repository.
    check(
        "user a\n grant a read\n restrict 1 main push only a",
        "a create main -> refused: PC-PERM-WRITE This needs write on the repository; you hold read.",
    );
}

/// `api_token_scopes`, the calls that exist. Nothing implies anything.
#[test]
fn api_token_scopes_do_not_include_one_another() {
    use model::{Level, Scope, Scopes};
    use policy::{Act, Way};
    let merge = Act::UpdateRefs { updates: Vec::new(), way: Way::PullRequest };
    let cases: [(&[&str], Act, bool); 13] = [
        (&["read:repository"], Act::Fetch, true),
        (&["admin:repository"], Act::Fetch, false),
        (&["write:repository"], Act::ReadRepository, false),
        (&["admin:repository"], Act::ReadRestrictions(Level::Repository), true),
        (&["read:repository"], Act::ReadRestrictions(Level::Repository), false),
        (&["write:pullrequest"], merge.clone(), false),
        (&["read:pullrequest", "write:pullrequest"], merge, true),
        (&["write:repository"], Act::Push, true),
        (&["admin:repository"], Act::RemoveRepository, false),
        (&["delete:repository"], Act::RemoveRepository, true),
        (&["admin:repository"], Act::ChangeGrants(Level::Repository), false),
        (&["admin:repository", "write:permission"], Act::ChangeGrants(Level::Repository), true),
        (&[], Act::Fetch, false),
    ];
    let world = scenario::Scenario::parse("user ann\n grant ann admin").unwrap();
    for (scopes, act, enough) in cases {
        let mut who = world.asker("ann").unwrap();
        let held = scopes.iter().map(|it| Scope::parse(&format!("{it}:bitbucket")).unwrap());
        who.credential.scopes = Scopes::Only(held.collect());
        let facts = world.facts(&who);
        let decision = policy::decide(&policy::Question { who: &who, act: &act, facts: &facts });
        assert_eq!(decision.is_allowed(), enough, "{scopes:?} {act:?}");
        assert!(enough || decision.layer() == Some(model::Layer::Scope), "{scopes:?} {act:?}");
    }
}
