//! Remedies: what is offered, to whom, and that it works.

use policy::{Question, Remedy, decide, remedies};
use scenario::Scenario;

/// What is offered for a question, in order: `you: PushBranch ...`.
fn offered(world: &str, question: &str) -> Vec<String> {
    let world = Scenario::parse(world).unwrap();
    let (who, act) = world.question(question).unwrap();
    let facts = world.facts_at(act.needs().on, &who);
    let question = Question { who: &who, act: &act, facts: &facts };
    let decision = decide(&question);
    remedies(&question, &decision).iter().map(Remedy::summary).collect()
}

/// The same, as texts.
fn check(world: &str, cases: &[(&str, &[&str])]) {
    for (question, expected) in cases {
        assert_eq!(offered(world, question), *expected, "{question}");
    }
}

#[test]
fn what_the_pusher_can_do_alone_comes_first() {
    check(
        "user ann
         grant ann write
         restrict 1 main push
         restrict 2 main force
         restrict 3 linear force except ops
         restrict 4 kept delete on project
         restrict 5 any both pull-request-only except everyone on workspace
         restrict 6 merged restrict_merges
         restrict 7 gone no-creates
         restrict 8 ant:frozen read-only
         default trunk",
        &[
            (
                "ann fast-forward main",
                &[
                    "push to ann/main-0202020 and open a pull request",
                    "ask a repository admin to list you in rule 1 for seven days",
                ],
            ),
            (
                "ann rewrite main",
                &[
                    "push to ann/main-0202020 and open a pull request",
                    "ask a repository admin to list you in rules 1, 2 for seven days",
                ],
            ),
            (
                "ann rewrite linear",
                &[
                    "put your work on top of what is on linear, then push again",
                    "push to ann/linear-0202020 and open a pull request",
                    "ask a repository admin to list you in rule 3 for seven days",
                ],
            ),
            ("ann delete kept", &["ask a project admin to list you in rule 4 for seven days"]),
            ("ann delete trunk", &["ask a repository admin to make another branch the default"]),
            ("ann create refs/portcullis/x", &[]),
            ("ann create topic", &[]),
            ("ann merge merged", &["ask a repository admin to list you in rule 6 for seven days"]),
            // Into a branch that is not there, nobody can open one.
            ("ann create gone", &["ask a repository admin to list you in rule 7 for seven days"]),
            // Nobody could merge it.
            (
                "ann fast-forward frozen",
                &["ask a repository admin to list you in rule 8 for seven days"],
            ),
            ("ann delete frozen", &["ask a repository admin to list you in rule 8 for seven days"]),
            ("ann merge frozen", &["ask a repository admin to list you in rule 8 for seven days"]),
        ],
    );
}

#[test]
fn what_a_pull_request_lacks_is_one_remedy() {
    let world = "user ann
         grant ann write
         restrict 1 main require_approvals_to_merge 2
         restrict 2 main require_tasks_to_be_completed
         restrict 3 main enforce_merge_checks
         restrict 4 main require_passing_builds_to_merge 1 evaluate
         pull-request approvals 1 tasks 2";
    let both: &[&str] = &["have it approved by more people, and complete the open tasks"];
    check(world, &[("ann merge main", both)]);
    // Nothing that one person does at once helps against this and the list.
    check(&format!("{world}\n restrict 5 main restrict_merges"), &[("ann merge main", &[])]);
}

#[test]
fn a_token_is_replaced_rather_than_a_rule_changed() {
    check(
        "user ann
         grant ann write
         restrict 1 main push
         api-token ann reader read:repository:bitbucket
         api-token ann other read:repository:bitbucket elsewhere
         api-token ann topics repository:write refs topic
         api-token ann old repository:write expired
         token ci-bot repository",
        &[
            ("ann@reader push", &["make a token with write:repository:bitbucket"]),
            ("ann@other push", &["make a token with write:repository:bitbucket that is good here"]),
            ("ann@topics create wip", &["make a token that may change wip"]),
            ("ann@topics create main", &[]),
            ("ann@reader create main", &[]),
            ("ann@old push", &["make a new credential to replace this one"]),
            (
                "token:ci-bot push",
                &["ask a repository admin to make a token with repository:write"],
            ),
            ("anonymous push", &["sign in"]),
            ("eve push", &[]),
        ],
    );
}

#[test]
fn what_is_wrong_with_the_place_is_for_its_admins() {
    check(
        "user ann\n grant ann read",
        &[("ann push", &["ask a repository admin to grant you write on the repository"])],
    );
    check(
        "user ann\n grant ann write\n archived",
        &[("ann push", &["ask a repository admin to take the repository out of the archive"])],
    );
    check("user ann\n grant ann write\n archived\n over-quota", &[("ann create main", &[])]);
    check(
        "user ann\n grant ann write\n over-quota",
        &[(
            "ann create main",
            &["ask an instance admin to raise the size limit of the repository"],
        )],
    );
    check(
        "user ann\n grant ann write\n maintenance",
        &[("ann fetch", &["ask an instance admin to open the server again"])],
    );
    check(
        "user ann\n grant ann write\n two-factor",
        &[("ann fetch", &["set up a second factor for your account"])],
    );
    check(
        "user ann\n grant ann write\n suspended ann",
        &[("ann fetch", &["ask an instance admin to lift the suspension of your account"])],
    );
}

#[test]
fn whoever_is_turned_away_by_the_whole_server_hears_what_they_wait_for() {
    let wait: &[&str] = &["ask an instance admin to open the server again"];
    check(
        "read-only\n user ann\n grant ann write",
        &[("anonymous push", wait), ("ann push", wait)],
    );
}
