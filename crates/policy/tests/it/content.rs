//! Content rules, as tables: what was seen is said in the question, behind the ref.

use crate::tables::check;

const SIGNED: &str = "user ann\n user bob ops\n grant everyone write\n
    restrict 1 main require-signed-commits except ops\n";

const UNSIGNED: &str =
    "refused: PC-CONTENT-MESSAGE main takes messages that fit ; 1 does not. (rule 1)";

#[test]
fn what_nobody_has_looked_into_is_undecided() {
    check(
        SIGNED,
        "ann push -> allowed
         ann unseen main -> undecided
         ann create main unlooked -> undecided
         ann create topic unlooked -> allowed
         bob unseen main -> allowed
         ann delete main -> allowed
         ann merge main unlooked -> undecided
         system fast-forward main unlooked -> allowed
         eve create main, create topic unlooked -> main allowed; topic allowed",
    );
}

#[test]
fn each_rule_must_let_it_through_by_itself() {
    let one = UNSIGNED;
    let two = one.replace("rule 1", "rule 2");
    let both = format!("{one} {}", two.strip_prefix("refused: ").unwrap());
    check(
        "user ann\n user bob ops\n grant everyone write
         restrict 1 main commit-message except ops
         restrict 2 any commit-message except ann
         restrict 3 main push only ann, ops
         restrict 4 main custom-check evaluate",
        &format!(
            "ann fast-forward main -> allowed
             ann fast-forward main against 1+2 -> {one}
             bob fast-forward main against 1+2 -> {two}
             ann/ops fast-forward main against 1+2 -> allowed
             eve create topic against 2 -> {two2}
             eve create main against 1+2 -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 3)
             ann/ops fast-forward main against 4 -> allowed; notice: PC-CONTENT-CHECK The check  refuses this. (rule 4)
             ann/ops delete main against 4 -> allowed; notice: PC-CONTENT-CHECK The check  refuses this. (rule 4)",
            two2 = two.replace("main", "topic"),
        ),
    );
    check(
        "user ann\n grant everyone write\n restrict 1 any commit-message\n restrict 2 any commit-message",
        &format!(
            "ann fast-forward main against 1+2 -> {both}
             ann fast-forward main against 1, create topic -> main {one}; topic allowed"
        ),
    );
}

/// Rule 94: what adds no objects is the way back under the limit.
#[test]
fn rule_094_over_its_limit_a_repository_takes_what_adds_nothing() {
    let full = "refused: PC-REPO-QUOTA The repository is over its size limit; only what adds nothing is taken.";
    check(
        "user ann\n grant ann write\n over-quota",
        &format!(
            "ann push -> allowed
             ann unseen main -> undecided
             ann delete old -> allowed
             ann rewrite main adding-nothing -> allowed
             ann create back adding-nothing -> allowed
             ann fast-forward main -> {full}
             ann rewrite main -> {full}
             ann fast-forward main, delete old -> main {full}; old allowed"
        ),
    );
}
