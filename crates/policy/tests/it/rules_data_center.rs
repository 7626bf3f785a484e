//! The fact sheet's rules about what Bitbucket Data Center's restrictions mean (section D of its
//! section 11), each by its number, as far as the decision alone shows them.

use crate::tables::check;

#[test]
fn rule_046_pull_request_only_takes_merges_by_whoever_has_write() {
    check(
        "grant devs write\n restrict 1 main pull-request-only",
        "ann/devs fast-forward main -> refused: PC-REF-PR-ONLY main changes by pull request only. (rule 1)
         ann/devs create main -> refused: PC-REF-PR-ONLY main changes by pull request only. (rule 1)
         ann/devs delete main -> refused: PC-REF-PR-ONLY main changes by pull request only. (rule 1)
         ann/devs merge main -> allowed",
    );
}

#[test]
fn rule_047_read_only_refuses_updates_and_creation() {
    check(
        "grant devs write\n restrict 1 ant:release/* read-only except ops",
        "ann/devs create release/1 -> refused: PC-REF-READ-ONLY release/1 is read-only. (rule 1)
         ann/devs unseen release/1 -> refused: PC-REF-READ-ONLY release/1 is read-only. (rule 1)
         ann/devs merge release/1 -> refused: PC-REF-READ-ONLY release/1 is read-only. (rule 1)
         ann/devs+ops create release/1, delete release/1, rewrite release/2 -> release/1 allowed; release/1 allowed; release/2 allowed",
    );
}

#[test]
fn rule_048_fast_forward_only() {
    check(
        "grant devs write\n restrict 1 main fast-forward-only",
        "ann/devs rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 1)
         ann/devs fast-forward main -> allowed",
    );
}

#[test]
fn rule_049_no_deletes() {
    check(
        "grant devs write\n restrict 1 main no-deletes",
        "ann/devs delete main -> refused: PC-REF-DELETE main may not be deleted. (rule 1)
         ann/devs rewrite main -> allowed",
    );
}

#[test]
fn rule_050_an_exemption_is_from_one_rule() {
    check(
        "grant devs write
         restrict 1 main read-only except ops
         restrict 2 main fast-forward-only",
        "ann/devs+ops fast-forward main -> allowed
         ann/devs+ops rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 2)",
    );
}

#[test]
fn rule_051_an_access_key_is_exempt_by_itself() {
    check(
        "grant key:deploy write
         grant key:other write
         restrict 1 main read-only except key:deploy",
        "key:deploy fast-forward main -> allowed
         key:other fast-forward main -> refused: PC-REF-READ-ONLY main is read-only. (rule 1)",
    );
}

/// Here we depart: a token can be exempt by itself, which is what people ask Bitbucket for. A
/// user's own token is the user, as there.
#[test]
fn rule_052_a_users_token_is_exempt_as_the_user_and_other_tokens_by_name() {
    check(
        "user ann
         api-token ann laptop repository:write
         token ci-bot repository:write
         token other repository:write
         grant ann write
         restrict 1 main read-only except ann, token:ci-bot",
        "ann@laptop fast-forward main -> allowed
         token:ci-bot fast-forward main -> allowed
         token:other fast-forward main -> refused: PC-REF-READ-ONLY main is read-only. (rule 1)",
    );
}

#[test]
fn rule_053_rules_of_both_levels_apply_by_themselves() {
    let people = "grant devs write\n";
    let (project, own) = ("restrict 1 main read-only on project", "restrict 2 main read-only");
    check(
        &format!("{people}{project}\n{own}"),
        "ann/devs create main -> refused: PC-REF-READ-ONLY main is read-only. (rule 1) PC-REF-READ-ONLY main is read-only. (rule 2)",
    );
    for (left, number) in [(project, 1), (own, 2)] {
        let answer = format!(
            "ann/devs create main -> refused: PC-REF-READ-ONLY main is read-only. (rule {number})"
        );
        check(&format!("{people}{left}"), &answer);
    }
}

/// It is the rule that is in the way, with its own code, and not who somebody is.
#[test]
fn rule_055_a_merge_without_branch_permission_meets_the_rule() {
    let rules = "user ann\n user eve\n grant ann write
         restrict 1 main read-only except ops
         restrict 2 late restrict_merges only ops";
    check(
        rules,
        "ann merge main -> refused: PC-REF-READ-ONLY main is read-only. (rule 1)
         ann merge late -> refused: PC-REF-MERGE late is closed to merges. (rule 2)
         ann/ops merge main -> allowed
         ann/ops merge late -> allowed
         eve merge main -> refused: PC-REPO-NOT-FOUND There is no such repository, or you may not see it: check the name, which account you signed in with, and its scopes.
         anonymous merge main -> refused: PC-AUTH-REQUIRED You need to sign in for this.",
    );
}
