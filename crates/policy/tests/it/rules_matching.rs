//! The fact sheet's rules about matching (sections B and D of its section 11), each by its number,
//! and the vectors of its Appendix C.

use crate::tables::check;
use model::{BranchingModel, Matcher, MatcherKind, RefKinds, RefName};
use policy::matches;

/// Does a pattern of this kind mean the ref, among refs of every kind?
fn means(kind: MatcherKind, pattern: &str, name: &str) -> bool {
    let matcher = Matcher { kind, pattern: pattern.into(), except: Vec::new() };
    let name = RefName::parse(name.as_bytes()).unwrap();
    matches(&matcher, RefKinds::Both, &name, &BranchingModel::default())
}

fn globs(cases: &[(&str, &str, bool)]) {
    for (pattern, branch, meant) in cases {
        let is = means(MatcherKind::Glob, pattern, &format!("refs/heads/{branch}"));
        assert_eq!(is, *meant, "{pattern} {branch}");
    }
}

/// `cloud_glob` of Appendix C, whole and in its order.
#[test]
fn appendix_c_cloud_glob() {
    globs(&[
        ("foo*", "foo", true),
        ("foo*", "foobar", true),
        ("foo*", "barfoo", false),
        ("*", "anything/at/all", true),
        ("11.?", "11.4", false),
        ("11.*", "11.4", true),
        ("release/*", "release/1.0", true),
        ("release/*", "release/1.0/fix", true),
        ("release/*", "release", false),
        ("release/*", "hot/release/1.0", false),
        ("**/feature-1", "feature-1", false),
        ("**/feature-1", "x/feature-1", true),
        ("a**b", "a/x/b", true),
        ("rel[12]", "rel1", false),
        ("PROJECT-*", "stable/PROJECT-1", false),
        ("main", "main", true),
    ]);
}

/// `dc_pattern` of Appendix C, whole and in its order.
#[test]
fn rule_044_ant_patterns_against_branches_and_tags() {
    for (pattern, name, meant) in [
        ("*", "refs/heads/master", true),
        ("*", "refs/tags/v1", true),
        ("PROJECT-*", "refs/heads/PROJECT-1234", true),
        ("PROJECT-*", "refs/heads/stable/PROJECT-new", true),
        ("PROJECT-*", "refs/tags/PROJECT-1.1", true),
        ("?.?", "refs/heads/1.1", true),
        ("?.?", "refs/heads/stable/2.X", true),
        ("?.?", "refs/tags/3.1", true),
        ("?.?", "refs/heads/10.1", false),
        ("tags/", "refs/tags/project-1.1.0", true),
        ("tags/", "refs/heads/stable/tags/some_branch", true),
        ("tags/**", "refs/tags/project-1.1.0", true),
        ("heads/**/master", "refs/heads/master", true),
        ("heads/**/master", "refs/heads/stable/master", true),
        ("heads/**/master", "refs/tags/master", false),
        ("release/*", "refs/heads/release/1.0", true),
        ("release/*", "refs/heads/x/release/1.0", true),
        ("release/*", "refs/heads/release/1.0/fix", false),
        ("release/**", "refs/heads/release/1.0/fix", true),
        ("release/", "refs/heads/release/1.0/fix", true),
        ("master", "refs/heads/foo/master", true),
        ("master", "refs/tags/master", true),
        ("master", "refs/heads/master2", false),
        ("refs/heads/release/*", "refs/heads/release/1.0", true),
        ("refs/heads/release/*", "refs/heads/x/release/1.0", false),
        ("foo/", "refs/heads/foo", true),
    ] {
        assert_eq!(means(MatcherKind::Ant, pattern, name), meant, "{pattern} {name}");
    }
    check(
        "grant devs write\n restrict 1 ant:PROJECT-* read-only",
        "ann/devs create refs/tags/PROJECT-1 -> refused: PC-REF-READ-ONLY PROJECT-1 is read-only. (rule 1)
         ann/devs create x/PROJECT-1 -> refused: PC-REF-READ-ONLY x/PROJECT-1 is read-only. (rule 1)
         ann/devs create PROJECT-1/x -> allowed",
    );
}

#[test]
fn rule_009_a_star_crosses_slashes_and_everything_else_is_itself() {
    globs(&[("a*c", "a/b/c", true), ("a*", "xa", false), ("*a", "ax", false), ("a+", "aa", false)]);
    globs(&[
        ("a{b,c}", "ab", false),
        ("a!", "a!", true),
        ("a|b", "a", false),
        ("a.c", "abc", false),
    ]);
}

#[test]
fn rule_010_a_star_at_the_end_is_also_nothing() {
    globs(&[("foo*", "foo", true), ("foo*", "foobar", true), ("foo*", "barfoo", false)]);
}

#[test]
fn rule_011_a_star_alone_is_every_branch() {
    globs(&[("*", "main", true), ("*", "anything/at/all", true)]);
}

#[test]
fn rule_012_a_question_mark_is_no_wildcard() {
    globs(&[("11.?", "11.4", false), ("11.*", "11.4", true)]);
}

#[test]
fn rule_013_a_folder_is_not_in_itself() {
    globs(&[
        ("release/*", "release/1.0", true),
        ("release/*", "release/1.0/fix", true),
        ("release/*", "release", false),
        ("release/*", "releases/1", false),
    ]);
}

#[test]
fn rule_014_two_stars_need_the_slash_behind_them() {
    globs(&[("**/feature-1", "feature-1", false), ("**/feature-1", "x/feature-1", true)]);
}

#[test]
fn rule_015_short_names_and_no_tags() {
    check(
        "grant devs write\n restrict 1 v* push\n restrict 2 heads/* push",
        "ann/devs create v1 -> refused: PC-REF-PUSH v1 is closed to direct pushes. (rule 1)
         ann/devs create refs/tags/v1 -> allowed
         ann/devs create main -> allowed",
    );
}

#[test]
fn rule_016_a_new_prefix_moves_its_rules() {
    let world = "grant devs write\n restrict 1 class:release push\n model release";
    check(
        &format!("{world} release/*"),
        "ann/devs create release/1 -> refused: PC-REF-PUSH release/1 is closed to direct pushes. (rule 1)
         ann/devs create rel-1 -> allowed",
    );
    check(
        &format!("{world} rel-*"),
        "ann/devs create release/1 -> allowed
         ann/devs create rel-1 -> refused: PC-REF-PUSH rel-1 is closed to direct pushes. (rule 1)",
    );
}

#[test]
fn rule_017_what_is_disabled_means_nothing() {
    check(
        "grant devs write
         model development main
         restrict 1 class:production push
         restrict 2 class:hotfix push",
        "ann/devs fast-forward main -> allowed
         ann/devs create hotfix/1 -> allowed",
    );
}

#[test]
fn rule_018_development_follows_the_main_branch() {
    // The door by which a main branch is changed is in `portcullis`, `branching.rs`.
    for main in ["main", "trunk"] {
        let table = format!(
            "ann/devs delete {main} -> refused: PC-REF-DELETE {main} may not be deleted. (rule 1)
             ann/devs delete other -> allowed"
        );
        let world = "grant devs write\n restrict 1 class:development delete\n model development";
        check(&format!("{world} {main}"), &table);
    }
}

#[test]
fn rule_045_a_full_name_means_that_ref_alone() {
    for (name, meant) in [
        ("refs/heads/main", true),
        ("refs/heads/x/main", false),
        ("refs/tags/main", false),
        ("refs/heads/main/x", false),
        ("refs/heads/Main", false),
    ] {
        assert_eq!(means(MatcherKind::Ref, "refs/heads/main", name), meant, "{name}");
    }
}
