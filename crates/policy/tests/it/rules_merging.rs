//! The fact sheet's rules about merge checks (section C of its section 11), each by its number, as
//! far as the decision alone shows them; and every check by itself.

use crate::tables::check;
use model::{BranchingModel, RefName, ReviewBehaviour};
use scenario::Scenario;

const PEOPLE: &str = "user a\n grant a write\n";

fn about(world: &str, table: &str) {
    check(&format!("{PEOPLE}{world}"), table);
}

#[test]
fn rule_035_the_highest_number_counts() {
    let rules = "restrict 1 main require_approvals_to_merge 1
         restrict 2 ma* require_approvals_to_merge 3 on project
         restrict 3 any require_approvals_to_merge 2
         restrict 4 any require_commits_behind 5
         restrict 5 main require_commits_behind 2
         restrict 6 main require_approvals_to_merge 9 evaluate";
    // Here we depart: of several limits the lowest counts, else a rule could allow something.
    about(
        &format!("{rules}\n restrict 7 any enforce_merge_checks\n pull-request approvals 2 behind 3"),
        "a merge main -> refused: PC-MERGE-APPROVALS Merging into main needs 3 approvals; there are 2. (rule 2) PC-MERGE-BEHIND Merging into main has to wait: 3 commits behind, and 2 are allowed. (rule 5); notice: PC-MERGE-APPROVALS Merging into main needs 9 approvals; there are 2. (rule 6)
         a merge other -> allowed",
    );
}

#[test]
fn rule_037_checks_block_where_they_are_enforced_and_warn_elsewhere() {
    let rules = "restrict 1 * require_approvals_to_merge 1
         restrict 2 main enforce_merge_checks
         restrict 3 late enforce_merge_checks evaluate";
    about(
        &format!("{rules}\n pull-request approvals 0"),
        "a merge main -> refused: PC-MERGE-APPROVALS Merging into main needs 1 approval; there are 0. (rule 1)
         a merge other -> allowed; notice: PC-MERGE-APPROVALS Merging into other needs 1 approval; there are 0. (rule 1)
         a merge late -> allowed; notice: PC-MERGE-APPROVALS Merging into late needs 1 approval; there are 0. (rule 1)
         a fast-forward main, delete main -> main allowed; main allowed",
    );
    about(&format!("{rules}\n pull-request approvals 1"), "a merge main -> allowed");
    // As long as nobody has said which pull request it is, nothing is certain.
    about(rules, "a merge main -> undecided\n a merge other -> allowed");
}

#[test]
fn rule_038_a_source_may_be_behind_by_its_number_and_no_more() {
    let rules = "restrict 1 main require_commits_behind 2\n restrict 2 main enforce_merge_checks";
    about(&format!("{rules}\n pull-request behind 2"), "a merge main -> allowed");
    about(
        &format!("{rules}\n pull-request behind 3"),
        "a merge main -> refused: PC-MERGE-BEHIND Merging into main has to wait: 3 commits behind, and 2 are allowed. (rule 1)",
    );
}

#[test]
fn rule_041_a_request_for_changes_stops_the_merge_until_it_is_gone() {
    let rules = "restrict 1 main require_no_changes_requested\n restrict 2 * enforce_merge_checks";
    about(
        &format!("{rules}\n pull-request changes-requested 1 approvals 5"),
        "a merge main -> refused: PC-MERGE-CHANGES-REQUESTED Merging into main has to wait: 1 request for changes left. (rule 1)",
    );
    about(&format!("{rules}\n pull-request approvals 5"), "a merge main -> allowed");
}

#[test]
fn rule_098_all_that_is_missing_is_told_together() {
    about(
        "restrict 1 main restrict_merges only ops
         restrict 2 main enforce_merge_checks on project
         restrict 3 main require_approvals_to_merge 2
         restrict 4 main require_default_reviewer_approvals_to_merge 1
         restrict 5 main require_review_group_approvals_to_merge 1
         restrict 6 main require_no_changes_requested
         restrict 7 main require_tasks_to_be_completed
         restrict 8 main require_all_comments_resolved
         restrict 9 main require_passing_builds_to_merge 1
         restrict 10 main require_commits_behind 0
         restrict 11 main require_all_dependencies_merged
         restrict 12 m* require_tasks_to_be_completed on project
         pull-request approvals 1 changes-requested 2 tasks 1 comments 3 failed 1 passed 4 behind 1 dependencies 1",
        "a merge main -> refused: PC-REF-MERGE main is closed to merges. (rule 1) PC-MERGE-APPROVALS Merging into main needs 2 approvals; there are 1. (rule 3) PC-MERGE-DEFAULT-REVIEWERS Merging into main needs 1 approval of a default reviewer; there are 0. (rule 4) PC-MERGE-REVIEW-GROUPS Merging into main needs 1 approval of a review group; there are 0. (rule 5) PC-MERGE-CHANGES-REQUESTED Merging into main has to wait: 2 requests for changes left. (rule 6) PC-MERGE-TASKS Merging into main has to wait: 1 open task left. (rule 7, 12) PC-MERGE-COMMENTS Merging into main has to wait: 3 unresolved comments left. (rule 8) PC-MERGE-BUILDS Merging into main has to wait: 1 build has failed. (rule 9) PC-MERGE-BEHIND Merging into main has to wait: 1 commit behind left. (rule 10) PC-MERGE-DEPENDENCIES Merging into main has to wait: 1 open dependency left. (rule 11)
         a/ops merge other -> allowed",
    );
}

#[test]
fn rule_102_reviewers_who_are_asked_by_default_block_only_where_a_check_counts_them() {
    let nobody = "restrict 1 main enforce_merge_checks\n pull-request approvals 0";
    about(nobody, "a merge main -> allowed");
    let rules = "restrict 1 main enforce_merge_checks
         restrict 2 main require_default_reviewer_approvals_to_merge 1";
    about(
        &format!("{rules}\n pull-request approvals 3"),
        "a merge main -> refused: PC-MERGE-DEFAULT-REVIEWERS Merging into main needs 1 approval of a default reviewer; there are 0. (rule 2)
         a fast-forward main -> allowed",
    );
    about(
        &format!("{rules}\n pull-request approvals 1 default-reviewers 1"),
        "a merge main -> allowed",
    );
}

#[test]
fn behaviours_refuse_nothing_and_are_told_to_whoever_runs_pull_requests() {
    let rules = "restrict 1 main reset_pullrequest_approvals_on_change
         restrict 2 ma* allow_auto_merge_when_builds_pass
         restrict 3 main smart_reset_pullrequest_approvals evaluate
         restrict 4 other reset_pullrequest_changes_requested_on_change";
    about(rules, "a merge main -> allowed\n a rewrite main -> allowed");
    let world = Scenario::parse(&format!("{PEOPLE}{rules}")).unwrap();
    let facts = world.facts(&world.asker("a").unwrap());
    let of = |branch: &str| {
        let name = RefName::branch(branch).unwrap();
        facts.restrictions.behaviours(&name, &BranchingModel::default())
    };
    assert!(
        of("main").into_iter().eq([ReviewBehaviour::ResetApprovals, ReviewBehaviour::AutoMerge])
    );
    assert!(of("other").into_iter().eq([ReviewBehaviour::ResetChangesRequested]));
    assert!(of("topic").is_empty());
}
