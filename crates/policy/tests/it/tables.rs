//! The policy, as tables. Left of `->` is what is tried; right of it is the answer. A failing
//! test prints the whole table as it really is: read the difference, and if the new answer is
//! right, paste it back.

use scenario::Scenario;

/// Compares a table with what is really answered.
pub fn check(world: &str, table: &str) {
    let world = Scenario::parse(world).unwrap();
    let real = world.answers(table).unwrap();
    let given: Vec<&str> = table.lines().map(str::trim).filter(|it| !it.is_empty()).collect();
    assert!(real.lines().eq(given.iter().copied()), "it really is:\n{real}\n");
}

#[test]
fn layer_1_the_state_of_the_server() {
    let people = "user ann\n grant ann admin\n";
    check(
        &format!("{people} read-only"),
        "ann fetch -> allowed
         ann push -> refused: PC-INSTANCE-READ-ONLY The server is read-only at the moment.
         ann create topic -> refused: PC-INSTANCE-READ-ONLY The server is read-only at the moment.
         anonymous push -> refused: PC-INSTANCE-READ-ONLY The server is read-only at the moment.",
    );
    check(
        &format!("{people} maintenance"),
        "ann fetch -> refused: PC-INSTANCE-MAINTENANCE The server is down for maintenance.
         system fetch -> refused: PC-INSTANCE-MAINTENANCE The server is down for maintenance.",
    );
}

#[test]
fn layer_2_the_credential() {
    check(
        "user ann
         user bob
         suspended bob
         api-token ann old repository:write expired
         api-token ann lost repository:write revoked
         public
         grant ann write",
        "ann push -> allowed
         ann@old fetch -> refused: PC-CRED-EXPIRED This credential has expired.
         ann@old push -> refused: PC-CRED-EXPIRED This credential has expired.
         ann@lost push -> refused: PC-CRED-REVOKED This credential was revoked.
         bob fetch -> refused: PC-CRED-SUSPENDED This account is suspended.
         anonymous fetch -> allowed
         anonymous push -> refused: PC-AUTH-REQUIRED You need to sign in for this.
         anonymous create main -> refused: PC-AUTH-REQUIRED You need to sign in for this.",
    );
}

#[test]
fn layer_3_the_network_is_asked_for_private_things_only() {
    let people = "user ann\n grant ann write\n token ci-bot repository:write\n two-factor\n address 10.0.0.0/8\n";
    check(
        people,
        "ann fetch -> refused: PC-NET-ADDRESS Only certain addresses are let in, and yours is not known. PC-NET-TWO-FACTOR The workspace requires a second factor.
         token:ci-bot fetch -> refused: PC-NET-ADDRESS Only certain addresses are let in, and yours is not known.
         stranger fetch -> refused: PC-REPO-NOT-FOUND There is no such repository, or you may not see it: check the name, which account you signed in with, and its scopes.
         anonymous fetch -> refused: PC-AUTH-REQUIRED You need to sign in for this.",
    );
    check(&format!("{people} public"), "ann push -> allowed");
}

#[test]
fn layer_4_scopes_and_limits_of_a_token() {
    check(
        "user ann
         grant ann admin
         api-token ann none
         api-token ann reader read:repository:bitbucket
         api-token ann admin admin:repository:bitbucket
         api-token ann writer write:repository:bitbucket read:repository:bitbucket
         api-token ann legacy repository:write
         api-token ann prs pullrequest:write
         api-token ann other repository:write elsewhere
         api-token ann both read:repository:bitbucket elsewhere
         api-token ann topics repository:write refs ann/*, wip",
        "ann@none fetch -> refused: PC-SCOPE-MISSING This credential lacks read:repository:bitbucket; it has none.
         ann@reader fetch -> allowed
         ann@reader push -> refused: PC-SCOPE-MISSING This credential lacks write:repository:bitbucket; it has read:repository:bitbucket.
         ann@admin fetch -> refused: PC-SCOPE-MISSING This credential lacks read:repository:bitbucket; it has admin:repository:bitbucket.
         ann@writer push -> allowed
         ann@legacy push -> allowed
         ann@legacy merge main -> refused: PC-SCOPE-MISSING This credential lacks pullrequest:write; it has repository:write.
         ann@prs merge main -> allowed
         ann@other fetch -> refused: PC-TOKEN-REPOSITORY This token is not good for this repository.
         ann@both push -> refused: PC-SCOPE-MISSING This credential lacks write:repository:bitbucket; it has read:repository:bitbucket. PC-TOKEN-REPOSITORY This token is not good for this repository.
         ann@topics fetch -> allowed
         ann@topics push -> allowed
         ann@topics create ann/a, create main, rewrite wip -> ann/a allowed; main refused: PC-TOKEN-REF This token may not change main.; wip allowed",
    );
}

#[test]
fn layer_5_a_stranger_is_told_nothing() {
    check(
        "user ann
         grant ann admin
         archived
         restrict 1 main push only token:ci-bot",
        "eve fetch -> refused: PC-REPO-NOT-FOUND There is no such repository, or you may not see it: check the name, which account you signed in with, and its scopes.
         eve push -> refused: PC-REPO-NOT-FOUND There is no such repository, or you may not see it: check the name, which account you signed in with, and its scopes.
         eve rewrite main -> refused: PC-REPO-NOT-FOUND There is no such repository, or you may not see it: check the name, which account you signed in with, and its scopes.
         token:ci-bot push -> refused: PC-REPO-NOT-FOUND There is no such repository, or you may not see it: check the name, which account you signed in with, and its scopes.
         anonymous fetch -> refused: PC-AUTH-REQUIRED You need to sign in for this.
         anonymous push -> refused: PC-AUTH-REQUIRED You need to sign in for this.",
    );
}

#[test]
fn layer_6_the_highest_permission_counts() {
    check(
        "user ann devs
         user bob
         user cat
         user dan
         owner cat
         member dan
         grant ann read
         grant devs write on project
         grant bob read
         grant key:deploy read
         grant workload:build write",
        "ann push -> allowed
         bob fetch -> allowed
         bob push -> refused: PC-PERM-WRITE This needs write on the repository; you hold read.
         cat delete main -> allowed
         dan fetch -> refused: PC-REPO-NOT-FOUND There is no such repository, or you may not see it: check the name, which account you signed in with, and its scopes.
         eve/devs push -> allowed
         key:deploy fetch -> allowed
         key:deploy push -> refused: PC-PERM-WRITE This needs write on the repository; you hold read.
         workload:build create nightly -> allowed
         system push -> allowed",
    );
}

#[test]
fn layer_7_an_archived_or_overfull_repository_takes_no_pushes() {
    check(
        "user ann\n grant ann admin\n archived\n over-quota",
        "ann fetch -> allowed
         ann push -> refused: PC-REPO-ARCHIVED The repository is archived; its refs do not change.
         ann create main -> refused: PC-REPO-ARCHIVED The repository is archived; its refs do not change. PC-REPO-QUOTA The repository is over its size limit; only what adds nothing is taken.
         ann delete old -> refused: PC-REPO-ARCHIVED The repository is archived; its refs do not change.",
    );
    check(
        "user ann\n grant ann admin\n over-quota",
        "ann push -> allowed
         ann create main -> refused: PC-REPO-QUOTA The repository is over its size limit; only what adds nothing is taken.
         ann delete old -> allowed
         ann delete old, create main -> old allowed; main refused: PC-REPO-QUOTA The repository is over its size limit; only what adds nothing is taken.",
    );
}

#[test]
fn layer_8_some_refs_are_the_servers_own() {
    check(
        "user ann\n grant ann admin\n default main",
        "ann create refs/pull-requests/1/from, create topic -> refs/pull-requests/1/from refused: PC-REF-RESERVED refs/pull-requests/1/from is reserved for the server.; topic allowed
         ann delete refs/portcullis/keep/1 -> refused: PC-REF-RESERVED refs/portcullis/keep/1 is reserved for the server.
         ann delete main -> refused: PC-REF-DEFAULT-DELETE main is the default branch and cannot be deleted.
         ann rewrite main -> allowed
         ann create refs/notes/commits -> allowed
         ann create refs/heads/refs/pull-requests/1 -> allowed
         system create refs/pull-requests/1/from -> allowed",
    );
}

#[test]
fn layer_9_each_kind_takes_away_one_thing() {
    check(
        "user ann
         grant ann admin
         restrict 1 closed push
         restrict 2 linear force
         restrict 3 kept delete
         restrict 4 reviewed pull-request-only
         restrict 5 merged restrict_merges
         restrict 6 fixed no-creates
         restrict 7 frozen read-only",
        "ann create closed -> refused: PC-REF-PUSH closed is closed to direct pushes. (rule 1)
         ann unseen closed -> refused: PC-REF-PUSH closed is closed to direct pushes. (rule 1)
         ann rewrite closed -> refused: PC-REF-PUSH closed is closed to direct pushes. (rule 1)
         ann delete closed -> allowed
         ann merge closed -> allowed
         ann create linear -> allowed
         ann unseen linear -> undecided
         ann fast-forward linear -> allowed
         ann rewrite linear -> refused: PC-REF-FORCE The history of linear may not be rewritten. (rule 2)
         ann delete linear -> allowed
         ann rewrite kept -> allowed
         ann delete kept -> refused: PC-REF-DELETE kept may not be deleted. (rule 3)
         ann create reviewed -> refused: PC-REF-PR-ONLY reviewed changes by pull request only. (rule 4)
         ann delete reviewed -> refused: PC-REF-PR-ONLY reviewed changes by pull request only. (rule 4)
         ann merge reviewed -> allowed
         ann merge merged -> refused: PC-REF-MERGE merged is closed to merges. (rule 5)
         ann fast-forward merged, rewrite merged, delete merged -> merged allowed; merged allowed; merged allowed
         ann create fixed -> refused: PC-REF-CREATE fixed may not be created. (rule 6)
         ann unseen fixed, rewrite fixed, delete fixed, merge fixed -> fixed allowed; fixed allowed; fixed allowed; fixed allowed
         ann create frozen -> refused: PC-REF-READ-ONLY frozen is read-only. (rule 7)
         ann unseen frozen -> refused: PC-REF-READ-ONLY frozen is read-only. (rule 7)
         ann rewrite frozen -> refused: PC-REF-READ-ONLY frozen is read-only. (rule 7)
         ann delete frozen -> refused: PC-REF-READ-ONLY frozen is read-only. (rule 7)
         ann merge frozen -> refused: PC-REF-READ-ONLY frozen is read-only. (rule 7)
         ann rewrite open -> allowed",
    );
}

#[test]
fn an_exemption_lifts_only_its_own_rule() {
    check(
        "grant devs write
         restrict 1 main force             except ops
         restrict 2 main pull-request-only except bots",
        "ann/devs+ops      rewrite main -> refused: PC-REF-PR-ONLY main changes by pull request only. (rule 2)
         ann/devs          rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 1) PC-REF-PR-ONLY main changes by pull request only. (rule 2)
         ann/devs+ops+bots rewrite main -> allowed",
    );
}

#[test]
fn allow_lists_of_all_levels_decide_together() {
    check(
        "user ann
         user bob
         token ci-bot repository:write
         grant ann write
         grant bob admin
         restrict 1 any    push on workspace
         restrict 2 main   push only ann on project
         restrict 3 ma*    push only token:ci-bot
         restrict 4 topic* push only everyone",
        "ann fast-forward main -> allowed
         token:ci-bot fast-forward main -> allowed
         bob fast-forward main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 3, 2)
         bob create other -> refused: PC-REF-PUSH other is closed to direct pushes. (rule 1)
         bob create topic/1 -> allowed",
    );
}

#[test]
fn before_the_objects_only_what_is_certain_is_refused() {
    check(
        "grant devs write
         restrict 1 main      force except ops
         restrict 2 release/* push",
        "ann/devs     unseen main -> undecided
         ann/devs+ops unseen main -> allowed
         ann/devs     unseen release/1 -> refused: PC-REF-PUSH release/1 is closed to direct pushes. (rule 2)
         ann/devs     unseen topic -> allowed
         ann/devs     unseen main, unseen release/1, unseen topic -> main undecided; release/1 refused: PC-REF-PUSH release/1 is closed to direct pushes. (rule 2); topic allowed",
    );
}

#[test]
fn an_entry_ends_on_its_day_and_its_end_lets_nobody_else_in() {
    let world = "
        user ann
        grant everyone write
        restrict 1 linear force except ann until 2
        restrict 2 main push only ann until 2
        restrict 3 any push only everyone";
    check(
        &format!("{world}\n now 1"),
        "ann rewrite linear -> allowed
         ann create main -> allowed
         bob create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 2)",
    );
    check(
        &format!("{world}\n now 2"),
        "ann rewrite linear -> refused: PC-REF-FORCE The history of linear may not be rewritten. (rule 1)
         ann create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 2)
         bob create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 2)
         bob create topic -> allowed",
    );
}

#[test]
fn an_evaluated_rule_is_shown_and_refuses_nothing() {
    check(
        "grant devs write
         restrict 1 main push only ops evaluate
         restrict 2 main push only everyone
         restrict 3 main force evaluate
         restrict 4 main delete",
        "ann/devs fast-forward main -> allowed; notice: PC-REF-PUSH main is closed to direct pushes. (rule 1)
         ann/devs unseen main -> allowed; notice: PC-REF-PUSH main is closed to direct pushes. (rule 1)
         ann/devs rewrite main -> allowed; notice: PC-REF-PUSH main is closed to direct pushes. (rule 1); notice: PC-REF-FORCE The history of main may not be rewritten. (rule 3)
         ann/devs+ops fast-forward main -> allowed
         ann/devs delete main -> refused: PC-REF-DELETE main may not be deleted. (rule 4)",
    );
}

#[test]
fn rules_are_about_branches_tags_or_everything() {
    check(
        "grant devs write
         restrict 1 v* tags push
         restrict 2 refs/heads/exact force
         restrict 3 any but ann/*, refs/notes/commits both delete",
        "ann/devs create refs/tags/v1 -> refused: PC-REF-PUSH v1 is closed to direct pushes. (rule 1)
         ann/devs create v1 -> allowed
         ann/devs rewrite exact -> refused: PC-REF-FORCE The history of exact may not be rewritten. (rule 2)
         ann/devs rewrite exact2 -> allowed
         ann/devs delete refs/notes/review -> refused: PC-REF-DELETE refs/notes/review may not be deleted. (rule 3)
         ann/devs delete refs/notes/commits -> allowed
         ann/devs delete ann/x -> allowed",
    );
}

#[test]
fn merges_have_allow_lists_of_their_own() {
    check(
        "user ann
         user bob
         grant ann write
         grant bob admin
         restrict 1 any  restrict_merges on workspace
         restrict 2 main restrict_merges only ann
         restrict 3 main push only bob
         restrict 4 topic* restrict_merges only everyone
         restrict 5 late restrict_merges only bob evaluate
         restrict 6 late restrict_merges only everyone",
        "ann merge main -> allowed
         bob merge main -> refused: PC-REF-MERGE main is closed to merges. (rule 2)
         bob fast-forward main -> allowed
         ann fast-forward main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 3)
         bob merge other -> refused: PC-REF-MERGE other is closed to merges. (rule 1)
         bob merge topic/1 -> allowed
         ann merge late -> allowed; notice: PC-REF-MERGE late is closed to merges. (rule 5)",
    );
}

#[test]
fn rules_follow_the_branching_model() {
    check(
        "grant devs write
         model production main
         model development main
         model release rel/*
         restrict 1 class:production delete
         restrict 2 class:release but rel/next no-creates
         restrict 3 class:hotfix read-only
         restrict 4 class:development force except ops",
        "ann/devs delete main -> refused: PC-REF-DELETE main may not be deleted. (rule 1)
         ann/devs rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 4)
         ann/devs create rel/1 -> refused: PC-REF-CREATE rel/1 may not be created. (rule 2)
         ann/devs create rel/next, create release/1, create refs/tags/rel/1 -> rel/next allowed; release/1 allowed; rel/1 allowed
         ann/devs create hotfix/1 -> allowed",
    );
}
