//! The numbered rules of the fact sheet about people, permissions, scopes, tokens, keys and
//! networks (57 to 93, and 105 to 111), as far as the decision alone shows them. Each is named after
//! its rule; what only a use case or a door shows has its test there, under the same name. What we
//! do otherwise on purpose is in `docs/design/departures.md`.

use crate::acts::every_act;
use crate::tables::check;
use model::{
    Channel, CredentialKind, Grant, Layer, Level, Permission, Role, Scope, ScopeFamily, Scopes,
    Subject, UserId,
};
use policy::{
    Act, Asker, Credential, Decision, Facts, Question, Reason, Source, Way, decide, home_permission,
};
use scenario::Scenario;
use std::collections::BTreeSet;

fn world(text: &str) -> Scenario {
    Scenario::parse(text).unwrap()
}

/// What somebody holds on a level of a world.
fn held(world: &Scenario, level: Level, who: &str) -> Option<Permission> {
    let who = world.asker(who).unwrap();
    world.facts_at(level, &who).held_by(&who.principal).map(|it| it.permission)
}

/// A question of somebody who holds admin everywhere, by a token with these scopes.
fn by_token(scopes: &[&str], act: &Act) -> Decision {
    let world = world("user ann\n grant ann admin on workspace");
    let mut who = world.asker("ann").unwrap();
    who.credential = Credential::unlimited(CredentialKind::ApiToken);
    let scopes = scopes.iter().map(|it| Scope::parse(it).unwrap());
    who.credential.scopes = Scopes::Only(scopes.collect());
    let facts = world.facts_at(act.needs().on, &who);
    decide(&Question { who: &who, act, facts: &facts })
}

/// The scopes that a refusal lists: required, then missing.
fn gap(decision: &Decision) -> (Vec<&str>, Vec<&str>) {
    let gap = decision.refusals[0].scopes().unwrap();
    let words = |it: &BTreeSet<Scope>| it.iter().map(|it| it.as_str()).collect();
    (words(&gap.required), words(&gap.missing))
}

fn merge() -> Act {
    Act::UpdateRefs { updates: Vec::new(), way: Way::PullRequest }
}

#[test]
fn rule_057_the_highest_grant_counts_wherever_it_was_made() {
    let levels = ["instance", "workspace", "project", "repository"];
    for at in levels {
        for subject in ["ann", "devs", "everyone", "anyone"] {
            let text = format!(
                "user ann devs\n grant ann read on repository\n grant devs read on workspace
                 grant {subject} write on {at}\n grant everyone read on instance"
            );
            let world = world(&text);
            assert_eq!(held(&world, Level::Repository, "ann"), Some(Permission::Write), "{text}");
        }
    }
    // No grant takes anything away: read on the repository leaves admin of the project.
    let world = world("user ann\n grant ann admin on project\n grant ann read");
    assert_eq!(held(&world, Level::Repository, "ann"), Some(Permission::Admin));
}

#[test]
fn rule_058_create_repository_on_a_project_is_write_on_its_repositories() {
    check(
        "user ann\n grant ann create-repository on project",
        "ann fetch -> allowed
         ann push -> allowed
         ann create topic -> allowed",
    );
    let world = world("user ann\n grant ann create-repository on project");
    let may = |act: Act| {
        let who = world.asker("ann").unwrap();
        let facts = world.facts_at(act.needs().on, &who);
        decide(&Question { who: &who, act: &act, facts: &facts }).is_allowed()
    };
    assert!(may(Act::CreateRepository));
    assert!(!may(Act::UpdateRepository) && !may(Act::UpdateProject));
}

#[test]
fn rule_059_a_project_admin_is_admin_of_every_repository_in_it() {
    let world = world("user ann\n grant ann admin on project");
    let who = world.asker("ann").unwrap();
    let on_repositories = every_act()
        .into_iter()
        .filter(|it| it.needs().on == Level::Repository && *it != Act::ReadOwnRefusals);
    for act in on_repositories {
        let facts = world.facts(&who);
        let decision = decide(&Question { who: &who, act: &act, facts: &facts });
        assert!(decision.is_allowed(), "{act:?}");
    }
    assert_eq!(held(&world, Level::Workspace, "ann"), None, "it does not rise");
}

#[test]
fn rule_063_the_owner_of_a_workspace_is_admin_whatever_was_granted() {
    let world = world("user ann\n owner ann\n grant ann read on workspace\n grant ann read");
    for level in [Level::Workspace, Level::Project, Level::Repository] {
        assert_eq!(held(&world, level, "ann"), Some(Permission::Admin), "{level}");
        assert_eq!(held(&world, level, "eve"), None, "{level}");
    }
}

#[test]
fn rule_064_public_is_a_way_to_read_and_no_grant() {
    let world = world("public\n user ann\n grant ann read");
    check("public", "anonymous fetch -> allowed\n eve fetch -> allowed");
    let source = |who: &str| {
        let who = world.asker(who).unwrap();
        world.facts(&who).held_by(&who.principal).unwrap().source
    };
    assert_eq!(source("anonymous"), Source::Public);
    assert_eq!(source("eve"), Source::Public);
    assert!(matches!(source("ann"), Source::Grant(_)), "a grant says more than `it is public`");
}

#[test]
fn rule_068_merging_needs_write_and_looking_needs_read() {
    check(
        "user ann\n user bob\n grant ann read\n grant bob write",
        "ann read -> allowed
         ann merge main -> refused: PC-PERM-WRITE This needs write on the repository; you hold read.
         bob merge main -> allowed",
    );
}

#[test]
fn rule_069_changing_permissions_needs_a_scope_of_its_own() {
    for (level, admin) in [
        (Level::Repository, "admin:repository:bitbucket"),
        (Level::Project, "admin:project:bitbucket"),
        (Level::Workspace, "admin:workspace:bitbucket"),
    ] {
        let act = Act::ChangeGrants(level);
        let refused = by_token(&[admin], &act);
        assert_eq!(gap(&refused).1, ["write:permission:bitbucket"], "{level}");
        assert!(by_token(&[admin, "write:permission:bitbucket"], &act).is_allowed(), "{level}");
    }
    // No older name gives it, so no token that was made with Bitbucket's older names can.
    let legacy = Scope::ALL.iter().filter(|it| it.family() == ScopeFamily::Legacy);
    let every = Scopes::Only(legacy.copied().collect());
    assert!(!every.includes(Scope::WritePermission) && !every.includes(Scope::DeletePermission));
}

#[test]
fn rule_070_write_alone_does_not_read() {
    for act in [Act::Fetch, Act::ReadRepository] {
        let refused = by_token(&["write:repository:bitbucket"], &act);
        let read = vec!["read:repository:bitbucket"];
        assert_eq!(gap(&refused), (read.clone(), read), "{act:?}");
    }
}

#[test]
fn rule_071_admin_alone_reads_the_rules_and_not_the_content() {
    let scopes = ["admin:repository:bitbucket"];
    assert_eq!(gap(&by_token(&scopes, &Act::Fetch)).1, ["read:repository:bitbucket"]);
    assert!(by_token(&scopes, &Act::ReadRestrictions(Level::Repository)).is_allowed());
}

#[test]
fn rule_073_pull_request_scopes_merge_without_any_repository_scope() {
    let both = ["read:pullrequest:bitbucket", "write:pullrequest:bitbucket"];
    assert!(by_token(&both, &merge()).is_allowed());
    assert!(!by_token(&both[1..], &merge()).is_allowed());
    assert!(!by_token(&both, &Act::Push).is_allowed());
}

/// Also the vectors of `legacy_scope_implies`, in their order.
#[test]
fn rule_074_the_older_names_include_what_bitbucket_says_and_nothing_else() {
    let implied: [(&str, &[&str]); 8] = [
        ("repository:write", &["repository"]),
        ("pullrequest", &["repository"]),
        ("pullrequest:write", &["pullrequest", "repository:write", "repository"]),
        ("project", &["repository"]),
        ("repository:admin", &[]),
        ("project:admin", &[]),
        ("issue:write", &["issue"]),
        ("snippet:write", &["snippet"]),
    ];
    for (held, implied) in implied {
        let scopes = Scopes::Only([Scope::parse(held).unwrap()].into());
        let legacy = Scope::ALL.iter().filter(|it| it.family() == ScopeFamily::Legacy);
        for other in legacy.filter(|it| it.as_str() != held) {
            let expected = implied.contains(&other.as_str());
            assert_eq!(scopes.includes(*other), expected, "{held} {other}");
        }
    }
}

#[test]
fn rule_075_cloning_needs_read_and_pushing_needs_write() {
    for (scopes, clones, pushes) in [
        (&["repository"][..], true, false),
        (&["repository:write"], true, true),
        (&["read:repository:bitbucket"], true, false),
        (&["write:repository:bitbucket"], false, true),
        (&["read:repository:bitbucket", "write:repository:bitbucket"], true, true),
    ] {
        assert_eq!(by_token(scopes, &Act::Fetch).is_allowed(), clones, "{scopes:?}");
        assert_eq!(by_token(scopes, &Act::Push).is_allowed(), pushes, "{scopes:?}");
    }
}

#[test]
fn rule_076_scopes_never_exceed_the_principal() {
    let every: Vec<_> = Scope::ALL.iter().map(|it| it.as_str()).collect();
    check(
        &format!("user ann\n grant ann read\n api-token ann all {}", every.join(" ")),
        "ann@all fetch -> allowed
         ann@all push -> refused: PC-PERM-WRITE This needs write on the repository; you hold read.",
    );
}

#[test]
fn rule_077_a_scope_refusal_lists_required_held_and_missing_in_the_words_of_the_credential() {
    let required = |scopes: &[&str], act: &Act| {
        let decision = by_token(scopes, act);
        let (required, missing) = gap(&decision);
        (required.join(" "), missing.join(" "))
    };
    let pair = |required: &str, missing: &str| (required.to_owned(), missing.to_owned());
    for (scopes, act, expected) in [
        (&["repository"][..], Act::Push, pair("repository:write", "repository:write")),
        (&["account"], Act::Fetch, pair("repository", "repository")),
        (&["repository:write"], merge(), pair("pullrequest:write", "pullrequest:write")),
        (
            &["read:repository:bitbucket"],
            Act::Push,
            pair("write:repository:bitbucket", "write:repository:bitbucket"),
        ),
        (
            &["read:pullrequest:bitbucket"],
            merge(),
            pair(
                "read:pullrequest:bitbucket write:pullrequest:bitbucket",
                "write:pullrequest:bitbucket",
            ),
        ),
        // Of both families, or of none: the newer names.
        (&[], Act::Fetch, pair("read:repository:bitbucket", "read:repository:bitbucket")),
        (
            &["account", "read:user:bitbucket"],
            Act::Fetch,
            pair("read:repository:bitbucket", "read:repository:bitbucket"),
        ),
        // There is no older name for it.
        (
            &["repository:admin"],
            Act::ChangeGrants(Level::Repository),
            pair("write:permission:bitbucket repository:admin", "write:permission:bitbucket"),
        ),
    ] {
        assert_eq!(required(scopes, &act), expected, "{scopes:?} {act:?}");
    }
}

#[test]
fn rule_078_enough_scopes_are_never_the_reason() {
    let worlds = ["user ann", "user ann\n grant ann read", "user ann\n grant ann write\n archived"];
    for text in worlds {
        let world = world(text);
        for act in every_act() {
            let mut who = world.asker("ann").unwrap();
            let handed_on = act.handed_on().into_iter().flatten();
            let needed = act.needs().scopes.iter().chain(handed_on).copied();
            who.credential.scopes = Scopes::Only(needed.collect());
            let facts = world.facts_at(act.needs().on, &who);
            let decision = decide(&Question { who: &who, act: &act, facts: &facts });
            assert_ne!(decision.layer(), Some(Layer::Scope), "{act:?} in {text}");
        }
    }
}

#[test]
fn rule_080_a_token_without_scopes_cannot_use_git() {
    for act in [Act::Fetch, Act::Push] {
        assert_eq!(by_token(&[], &act).layer(), Some(Layer::Scope), "{act:?}");
    }
}

#[test]
fn rule_081_an_access_token_elsewhere_meets_what_is_not_there() {
    let missing = "There is no such repository, or you may not see it: check the name, which \
                   account you signed in with, and its scopes.";
    // It is a principal, and holds nothing here.
    let table = format!(
        "token:other fetch -> refused: PC-REPO-NOT-FOUND {missing}
         token:other push -> refused: PC-REPO-NOT-FOUND {missing}"
    );
    check("restrict 1 main push only token:other", &table);
    check("nowhere\n restrict 1 main push only token:other", &table);
}

/// Data Center asks that a token's permission on repositories be no less than on their project. Here
/// nothing else can be said: what is held on a project is held on its repositories.
#[test]
fn rule_084_a_token_holds_no_less_on_a_repository_than_on_its_project() {
    for scope in Scope::ALL {
        let world = world(&format!("token ci-bot {scope} on project"));
        let (project, repository) = (
            held(&world, Level::Project, "token:ci-bot"),
            held(&world, Level::Repository, "token:ci-bot"),
        );
        assert!(repository >= project, "{scope}");
        assert_eq!(project, home_permission(&Scopes::Only([*scope].into()), Level::Project));
    }
}

#[test]
fn rule_089_an_access_key_does_what_it_was_given_and_no_more() {
    check(
        "grant key:reader read\n grant key:writer write\n restrict 1 main push",
        "key:reader fetch -> allowed
         key:reader push -> refused: PC-PERM-WRITE This needs write on the repository; you hold read.
         key:writer push -> allowed
         key:writer create topic -> allowed
         key:writer create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 1)",
    );
}

#[test]
fn rule_091_hidden_and_missing_are_one_answer() {
    let (hidden, missing) =
        (world("grant ann admin\n archived\n restrict 1 any push"), world("nowhere"));
    for who in ["anonymous", "eve"] {
        for tried in ["fetch", "push", "create main", "delete refs/portcullis/x", "merge main"] {
            let question = format!("{who} {tried}");
            assert_eq!(hidden.answer(&question), missing.answer(&question), "{question}");
        }
    }
}

#[test]
fn rule_092_whoever_may_read_is_told_what_lacks_to_push() {
    let world = world("user ann\n grant ann read");
    let (who, act) = world.question("ann push").unwrap();
    let decision = decide(&Question { who: &who, act: &act, facts: &world.facts(&who) });
    assert_eq!(decision.layer(), Some(Layer::Permission));
    let expected = Reason::NotPermitted {
        needed: Permission::Write,
        held: Some(Permission::Read),
        on: Level::Repository,
    };
    assert_eq!(decision.refusals[0].reason, expected);
}

#[test]
fn rule_093_networks_are_asked_of_private_things_only() {
    let people = "user ann\n grant ann write\n token ci-bot repository:write
                  api-token ann desk repository:write from 10.1.0.0/16
                  address 10.0.0.0/8 on workspace\n address 0.0.0.0/0";
    check(
        people,
        "ann from 10.1.2.3 push -> allowed
         ann from 192.0.2.1 push -> refused: PC-NET-ADDRESS 192.0.2.1 is not among the addresses that the workspace lets in.
         token:ci-bot from 192.0.2.1 push -> refused: PC-NET-ADDRESS 192.0.2.1 is not among the addresses that the workspace lets in.
         ann push -> refused: PC-NET-ADDRESS Only certain addresses are let in, and yours is not known. PC-NET-ADDRESS The workspace lets certain addresses in only, and yours is not known.
         ann@desk from 10.1.2.3 push -> allowed
         ann@desk from 10.2.0.1 push -> refused: PC-TOKEN-ADDRESS This token is not good from 10.2.0.1.
         eve from 192.0.2.1 fetch -> refused: PC-REPO-NOT-FOUND There is no such repository, or you may not see it: check the name, which account you signed in with, and its scopes.",
    );
    // A token's own list is about the token, so it holds everywhere.
    check(
        &format!("{people}\n public"),
        "ann from 192.0.2.1 push -> allowed
         anonymous from 192.0.2.1 fetch -> allowed
         ann@desk from 10.2.0.1 fetch -> refused: PC-TOKEN-ADDRESS This token is not good from 10.2.0.1.",
    );
    // What is public is, but not what administers it.
    let public = world(&format!("{people}\n user bea\n grant bea admin\n public"));
    for (from, layer) in [("10.1.2.3", None), ("192.0.2.1", Some(Layer::Network))] {
        let who = public.question(&format!("bea from {from} fetch")).unwrap().0;
        for (act, expected) in [
            (Act::ChangeGrants(Level::Repository), layer),
            (Act::UpdateRepository, layer),
            (Act::Fetch, None),
        ] {
            let facts = public.facts(&who);
            let decision = decide(&Question { who: &who, act: &act, facts: &facts });
            assert_eq!(decision.layer(), expected, "{from}: {act:?}");
        }
    }
    let world = world(&format!("{people}\n two-factor"));
    let refused = world.answer("ann from 10.1.2.3 fetch").unwrap();
    assert_eq!(refused, "refused: PC-NET-TWO-FACTOR The workspace requires a second factor.");
    assert_eq!(world.answer("token:ci-bot from 10.1.2.3 fetch").unwrap(), "allowed");
}

/// Whoever set rules that keep everybody out needs somebody who can take them back.
#[test]
fn rule_093_an_instance_admin_can_mend_network_rules_from_anywhere() {
    for (grant, may) in [("admin on instance", true), ("admin on workspace", false)] {
        let world = world(&format!(
            "user ann\n grant ann {grant}\n owner ann\n address 10.0.0.0/8 on workspace\n two-factor"
        ));
        let who = world.asker("ann").unwrap();
        for act in [Act::ReadNetwork, Act::ChangeNetwork] {
            let facts = world.facts_at(Level::Workspace, &who);
            let decision = decide(&Question { who: &who, act: &act, facts: &facts });
            assert_eq!(decision.is_allowed(), may, "{grant}: {act:?}");
        }
        let facts = world.facts_at(Level::Workspace, &who);
        let question = Question { who: &who, act: &Act::SetMember, facts: &facts };
        assert_eq!(decide(&question).layer(), Some(Layer::Network), "{grant}");
    }
}

#[test]
fn rule_105_tokens_keys_and_workloads_stand_in_every_list() {
    check(
        "token ci-bot repository:write
         grant key:deploy write
         grant workload:build write
         restrict 1 main push only token:ci-bot, key:deploy, workload:build
         restrict 2 any force except token:ci-bot, key:deploy, workload:build",
        "token:ci-bot rewrite main -> allowed
         key:deploy rewrite main -> allowed
         workload:build rewrite main -> allowed",
    );
}

#[test]
fn rule_106_force_and_delete_take_exemptions() {
    check(
        "user ann\n user bob\n grant ann write\n grant bob write
         restrict 1 main force except ann\n restrict 2 main delete except ann",
        "ann rewrite main -> allowed
         ann delete main -> allowed
         bob rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 1)
         bob delete main -> refused: PC-REF-DELETE main may not be deleted. (rule 2)",
    );
}

#[test]
fn rule_107_a_rule_says_whether_it_means_branches_tags_or_both() {
    check(
        "user ann\n grant ann write\n restrict 1 v* tags delete",
        "ann delete refs/tags/v1 -> refused: PC-REF-DELETE v1 may not be deleted. (rule 1)
         ann delete v1 -> allowed",
    );
}

#[test]
fn rule_110_an_exemption_ends() {
    let rules = "user ann\n grant ann write\n restrict 1 main force except ann until 5";
    check(&format!("{rules}\n now 4"), "ann rewrite main -> allowed");
    check(
        &format!("{rules}\n now 5"),
        "ann rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 1)",
    );
}

/// The two families stand for the two profiles: in the older names write includes read, in the newer
/// ones it does not.
#[test]
fn rule_111_whether_write_includes_read_is_a_matter_of_the_family() {
    let includes = |held: &str, needed: &str| {
        Scopes::Only([Scope::parse(held).unwrap()].into()).includes(Scope::parse(needed).unwrap())
    };
    assert!(includes("repository:write", "repository"));
    assert!(!includes("write:repository:bitbucket", "read:repository:bitbucket"));
}

/// A role is worth as much as the grants it stands for, and no grant to a stranger is.
#[test]
fn rule_057_a_member_holds_nothing_by_being_one() {
    let mut facts = Facts::nowhere(model::Timestamp(0), policy::InstanceState::Open);
    facts.place = policy::Place::Workspace(model::WorkspaceId(1));
    facts.role = Some(Role::Member);
    let subject = Subject::User(UserId(2));
    facts.grants.push(Grant { level: Level::Workspace, subject, permission: Permission::Admin });
    let nobody = Asker::anonymous(Channel::Rest);
    assert_eq!(facts.held_by(&nobody.principal), None);
}
