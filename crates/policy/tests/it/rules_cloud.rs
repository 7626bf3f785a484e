//! The fact sheet's rules about what Bitbucket Cloud's restrictions mean (sections A and C of its
//! section 11), each by its number, as far as the decision alone shows them.

use crate::tables::check;

const PEOPLE: &str = "user a\n user b\n user c\n grant a write\n grant b write\n grant c admin\n";

fn among_people(rules: &str, table: &str) {
    check(&format!("{PEOPLE}{rules}"), table);
}

/// At first, everything is in the way; it is put right one by one, and what comes next is told.
#[test]
fn rule_001_the_first_layer_that_refuses_is_the_reason() {
    let wrongs = [
        "read-only",
        "suspended a",
        "address 10.0.0.0/8",
        "archived",
        "restrict 1 any both push",
        "restrict 2 any both require-signed-commits",
    ];
    let narrow = "a@narrow create refs/pull-requests/1/from against 2";
    let rows = [
        (0, narrow, "PC-INSTANCE-READ-ONLY"),
        (1, narrow, "PC-CRED-SUSPENDED"),
        (2, narrow, "PC-NET-ADDRESS"),
        (3, narrow, "PC-SCOPE-MISSING"),
        (3, "eve create refs/pull-requests/1/from against 2", "PC-REPO-NOT-FOUND"),
        (3, "a create refs/pull-requests/1/from against 2", "PC-PERM-WRITE"),
        (3, "b create refs/pull-requests/1/from against 2", "PC-REPO-ARCHIVED"),
        (4, "b create refs/pull-requests/1/from against 2", "PC-REF-RESERVED"),
        (4, "b create main against 2", "PC-REF-PUSH"),
        (5, "b create main against 2", "PC-CONTENT-SIGNATURE"),
    ];
    let people = "user a\n user b\n grant a read\n grant b write\n user eve\n\
                  api-token a narrow read:repository:bitbucket\n";
    let answer = |from: usize, question: &str| {
        let world = scenario::Scenario::parse(&format!("{people}{}", wrongs[from..].join("\n")));
        world.unwrap().answer(question).unwrap()
    };
    for (from, question, code) in rows {
        let told = answer(from, question);
        let alone = told.matches("PC-").count() == 1;
        assert!(alone && told.starts_with(&format!("refused: {code} ")), "{question}: {told}");
    }
    assert_eq!(answer(6, "b create main"), "allowed");
}

#[test]
fn rule_002_without_a_matching_rule_write_decides() {
    among_people(
        "restrict 1 other push\n restrict 2 other read-only\n user d\n grant d read",
        "a create main -> allowed
         a rewrite main -> allowed
         a delete main -> allowed
         d create main -> refused: PC-PERM-WRITE This needs write on the repository; you hold read.",
    );
}

#[test]
fn rule_003_being_listed_grants_nothing() {
    check(
        "user a\n grant a read\n restrict 1 main push only a\n restrict 2 main force except a",
        "a create main -> refused: PC-PERM-WRITE This needs write on the repository; you hold read.
         a rewrite main -> refused: PC-PERM-WRITE This needs write on the repository; you hold read.",
    );
}

#[test]
fn rule_007_operations_are_told_apart() {
    among_people(
        "restrict 1 m/push push
         restrict 2 m/merge restrict_merges
         restrict 3 m/force force
         restrict 4 m/delete delete
         restrict 5 m/create no-creates",
        "a create m/create -> refused: PC-REF-CREATE m/create may not be created. (rule 5)
         a fast-forward m/push -> refused: PC-REF-PUSH m/push is closed to direct pushes. (rule 1)
         a rewrite m/force -> refused: PC-REF-FORCE The history of m/force may not be rewritten. (rule 3)
         a delete m/delete -> refused: PC-REF-DELETE m/delete may not be deleted. (rule 4)
         a merge m/merge -> refused: PC-REF-MERGE m/merge is closed to merges. (rule 2)",
    );
}

#[test]
fn rule_008_a_create_is_judged_by_push_read_only_and_no_creates() {
    among_people(
        "restrict 1 p push\n restrict 2 r read-only\n restrict 3 n no-creates\n restrict 4 f force",
        "a create p -> refused: PC-REF-PUSH p is closed to direct pushes. (rule 1)
         a create r -> refused: PC-REF-READ-ONLY r is read-only. (rule 2)
         a create n -> refused: PC-REF-CREATE n may not be created. (rule 3)
         a create f -> allowed",
    );
}

#[test]
fn rule_021_an_empty_list_is_nobody_admins_included() {
    among_people(
        "restrict 1 main push\n user d\n owner d\n user e\n grant e admin on project",
        "a create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 1)
         c create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 1)
         d create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 1)
         e create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 1)",
    );
}

#[test]
fn rule_022_the_listed_and_the_members_of_listed_groups_may() {
    among_people(
        "restrict 1 main push only a, ops",
        "a create main -> allowed
         b create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 1)
         b/ops create main -> allowed",
    );
}

#[test]
fn rule_024_restrict_merges_leaves_pushes_to_push() {
    among_people(
        "restrict 1 main restrict_merges only b\n restrict 2 main push only a",
        "a fast-forward main -> allowed
         b fast-forward main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 2)
         b merge main -> allowed
         a merge main -> refused: PC-REF-MERGE main is closed to merges. (rule 1)",
    );
}

#[test]
fn rule_025_pull_requests_only() {
    among_people(
        "restrict 1 main push\n restrict 2 main restrict_merges only x",
        "a/x fast-forward main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 1)
         a/x merge main -> allowed
         b merge main -> refused: PC-REF-MERGE main is closed to merges. (rule 2)",
    );
}

#[test]
fn rule_026_force_refuses_every_rewrite() {
    among_people(
        "restrict 1 main force",
        "a rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 1)
         c rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 1)
         a fast-forward main -> allowed
         c delete main -> allowed",
    );
}

#[test]
fn rule_027_delete_refuses_every_deletion() {
    among_people(
        "restrict 1 main delete",
        "a delete main -> refused: PC-REF-DELETE main may not be deleted. (rule 1)
         c delete main -> refused: PC-REF-DELETE main may not be deleted. (rule 1)
         c rewrite main -> allowed",
    );
}

#[test]
fn rule_029_the_main_branch_is_not_deleted_without_any_rule() {
    among_people(
        "default main",
        "c delete main -> refused: PC-REF-DEFAULT-DELETE main is the default branch and cannot be deleted.
         c delete other -> allowed",
    );
}

/// A rule is of one kind, whatever made it: what else is wanted is made beside it.
#[test]
fn rule_028_what_is_made_is_what_was_asked_for_and_no_more() {
    among_people(
        "restrict 1 main push only a",
        "a rewrite main -> allowed
         a delete main -> allowed",
    );
    among_people(
        "restrict 1 main push only a\n restrict 2 main force\n restrict 3 main delete",
        "a fast-forward main -> allowed
         a rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 2)
         a delete main -> refused: PC-REF-DELETE main may not be deleted. (rule 3)",
    );
}

#[test]
fn rule_030_everybody_on_a_narrower_pattern_opens_it() {
    among_people(
        "restrict 1 * push\n restrict 2 testfrom/* push only everyone",
        "a create testfrom/master -> allowed
         b create testfrom/master -> allowed
         a create other -> refused: PC-REF-PUSH other is closed to direct pushes. (rule 1)",
    );
}

#[test]
fn rule_031_names_on_a_narrower_pattern_open_it_for_them() {
    among_people(
        "restrict 1 * push\n restrict 2 main push only a",
        "a create main -> allowed
         b create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 2)
         a create other -> refused: PC-REF-PUSH other is closed to direct pushes. (rule 1)",
    );
}

#[test]
fn rule_032_names_outrank_everybody() {
    among_people(
        "restrict 1 * push only everyone\n restrict 2 main push only a",
        "a create main -> allowed
         b create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 2)
         b create other -> allowed",
    );
}

#[test]
fn rule_033_names_of_several_rules_are_one_list() {
    among_people(
        "restrict 1 * push only a\n restrict 2 main push only b",
        "a create main -> allowed
         b create main -> allowed
         c create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 1, 2)",
    );
}

#[test]
fn rule_034_otherwise_no_beats_yes_and_a_rule_beats_write() {
    among_people(
        "restrict 1 main force except a\n restrict 2 ma* force",
        "a rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 2)
         b rewrite main -> refused: PC-REF-FORCE The history of main may not be rewritten. (rule 1) PC-REF-FORCE The history of main may not be rewritten. (rule 2)
         c create main -> allowed",
    );
}

#[test]
fn rule_036_rules_of_project_and_repository_are_one_set() {
    among_people(
        "restrict 1 main push on project
         restrict 2 main push only a
         restrict 3 * push only b on workspace",
        "a create main -> allowed
         b create main -> allowed
         c create main -> refused: PC-REF-PUSH main is closed to direct pushes. (rule 2, 3)",
    );
}

/// `cloud_push_overlap` of Appendix C, in its order.
#[test]
fn appendix_c_cloud_push_overlap() {
    let cases = [
        (
            "restrict 1 * push\n restrict 2 testfrom/* push only everyone",
            "b create testfrom/master",
            true,
        ),
        ("restrict 1 * push\n restrict 2 testfrom/* push only everyone", "b create other", false),
        ("restrict 1 * push\n restrict 2 main push only a", "a create main", true),
        ("restrict 1 * push\n restrict 2 main push only a", "b create main", false),
        ("restrict 1 * push only everyone\n restrict 2 main push only a", "b create main", false),
        ("restrict 1 * push only a\n restrict 2 main push only b", "a create main", true),
        ("restrict 1 * push only a\n restrict 2 main push only b", "b create main", true),
        ("restrict 1 * push only a\n restrict 2 main push only b", "c create main", false),
        ("restrict 1 main push", "c create main", false),
        ("restrict 1 main push only d\n user d\n grant d read", "d create main", false),
        ("", "b create main", true),
    ];
    for (rules, question, allowed) in cases {
        for kind in ["push", "restrict_merges"] {
            let (rules, question) = match kind {
                "push" => (rules.to_owned(), question.to_owned()),
                _ => (
                    rules.replace(" push", " restrict_merges"),
                    question.replace("create", "merge"),
                ),
            };
            let world = scenario::Scenario::parse(&format!(
                "{PEOPLE}user d\n grant d read\n{}",
                rules.replace("\n user d\n grant d read", "")
            ))
            .unwrap();
            let answer = world.answer(&question).unwrap();
            assert_eq!(answer == "allowed", allowed, "{rules}\n{question} -> {answer}");
        }
    }
}
