//! Matchers against every name, not only chosen ones.

use model::{
    BranchClass, Branches, BranchingModel, Matcher, MatcherKind, RefKinds, RefName, Restriction,
    RestrictionId, Timestamp,
};
use policy::Rulebook;
use proptest::prelude::*;

/// What the glob means, written down so plainly that it needs no test: `*` takes some first
/// part of the name, and the rest of the pattern the rest.
fn plainly(pattern: &[char], name: &[char]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some(('*', rest)) => (0..=name.len()).any(|at| plainly(rest, &name[at..])),
        Some((c, rest)) => {
            name.split_first().is_some_and(|(n, name)| n == c && plainly(rest, name))
        }
    }
}

/// The same for Ant patterns, segment by segment; at the end of the name, from any segment on.
fn plainly_ant(pattern: &str, name: &str) -> bool {
    let pattern = if pattern.ends_with('/') { format!("{pattern}**") } else { pattern.into() };
    let pattern: Vec<_> = pattern.split('/').collect();
    let name: Vec<_> = name.split('/').collect();
    (0..=name.len()).any(|at| segments(&pattern, &name[at..]))
}

fn segments(pattern: &[&str], name: &[&str]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some((&"**", rest)) => (0..=name.len()).any(|at| segments(rest, &name[at..])),
        Some((first, rest)) => name.split_first().is_some_and(|(n, name)| {
            let chars = |it: &str| it.chars().collect::<Vec<_>>();
            within(&chars(first), &chars(n)) && segments(rest, name)
        }),
    }
}

fn within(pattern: &[char], name: &[char]) -> bool {
    match pattern.split_first() {
        None => name.is_empty(),
        Some(('*', rest)) => (0..=name.len()).any(|at| within(rest, &name[at..])),
        Some((c, rest)) => {
            name.split_first().is_some_and(|(n, name)| (n == c || *c == '?') && within(rest, name))
        }
    }
}

/// A model in which one branch is two things and one class means nothing.
fn model() -> BranchingModel {
    BranchingModel::default()
        .with(BranchClass::Production, Branches::One(RefName::branch("a").unwrap()))
        .with(BranchClass::Development, Branches::One(RefName::branch("a").unwrap()))
        .with(BranchClass::Feature, Branches::StartingWith("b".into()))
        .with(BranchClass::Release, Branches::StartingWith("a/".into()))
}

fn matches(matcher: &Matcher, on: RefKinds, name: &RefName) -> bool {
    policy::matches(matcher, on, name, &model())
}

fn ant(pattern: &str) -> Matcher {
    Matcher { kind: MatcherKind::Ant, ..glob(pattern) }
}

fn glob(pattern: &str) -> Matcher {
    Matcher { kind: MatcherKind::Glob, pattern: pattern.into(), except: Vec::new() }
}

proptest! {
    /// Few letters, so that long runs of near misses are common.
    #[test]
    fn a_glob_means_what_it_plainly_means(pattern in "[ab/*ö]{0,8}", name in "[abö]{1,4}(/[abö]{1,4}){0,2}") {
        let chars = |it: &str| it.chars().collect::<Vec<_>>();
        let meant = plainly(&chars(&pattern), &chars(&name));
        let name = RefName::branch(&name).unwrap();
        prop_assert_eq!(matches(&glob(&pattern), RefKinds::Branches, &name), meant);
    }

    #[test]
    fn a_pattern_without_a_star_means_itself(name in "[a-zA-Z0-9?!+=é]{1,12}(/[a-z]{1,5}){0,3}", other in "[a-z]{1,12}") {
        prop_assume!(name != other && !name.contains('?'));
        let matcher = glob(&name);
        prop_assert!(matches(&matcher, RefKinds::Branches, &RefName::branch(&name).unwrap()));
        prop_assert!(!matches(&matcher, RefKinds::Branches, &RefName::branch(&other).unwrap()));
    }

    /// A hostile pattern on a long name is slow in a matcher that backtracks.
    #[test]
    fn hostile_patterns_end(stars in 1_usize..40) {
        let name = RefName::branch(&"a".repeat(200)).unwrap();
        let pattern = "*a".repeat(stars) + "b";
        prop_assert!(!matches(&glob(&pattern), RefKinds::Branches, &name));
        let name = RefName::branch(&("a/".repeat(100) + "a")).unwrap();
        let pattern = "**/*a*/".repeat(stars) + "b";
        prop_assert!(!matches(&ant(&pattern), RefKinds::Branches, &name));
    }

    #[test]
    fn an_ant_pattern_means_what_it_plainly_means(
        pattern in "(heads/|tags/|refs/)?([ab?*ö]{1,3}|\\*\\*)(/([ab?*ö]{1,3}|\\*\\*)){0,3}/?",
        name in "refs/(heads|tags|notes)/[abö]{1,3}(/[abö]{1,2}){0,3}",
    ) {
        let meant = plainly_ant(&pattern, &name);
        let name = RefName::parse(name.as_bytes()).unwrap();
        prop_assert_eq!(matches(&ant(&pattern), RefKinds::Both, &name), meant);
    }

    /// The rulebook finds by index what asking each rule in turn would find.
    #[test]
    fn a_rulebook_finds_every_rule_that_matches(
        rules in prop::collection::vec(("production|feature|release|hotfix|(\\*\\*/|refs/heads/|heads/|refs/tags/)?[abö*?]{0,3}(/[abö*]{1,2}|/\\*\\*)?/?", 0..5_usize, 0..3_usize), 0..20),
        name in "refs/(heads|tags|notes)/[abö]{1,2}(/[abö]{1,2}){0,2}",
    ) {
        let name = RefName::parse(name.as_bytes()).unwrap();
        let rules: Vec<_> = rules.iter().enumerate().map(|(at, (pattern, kind, on))| rule(at, pattern, *kind, *on)).collect();
        let found: Vec<_> = Rulebook::new(rules.iter().rev().cloned()).matching(&name, &model()).iter().map(|it| it.id).collect();
        let meant: Vec<_> = rules.iter().filter(|it| matches(&it.matcher, it.on, &name)).map(|it| it.id).collect();
        prop_assert_eq!(found, meant);
    }
}

fn rule(at: usize, pattern: &str, kind: usize, on: usize) -> Restriction {
    Restriction {
        id: RestrictionId(i64::try_from(at).unwrap()),
        level: model::Level::Repository,
        kind: model::RestrictionKind::Delete,
        matcher: Matcher {
            kind: MatcherKind::ALL[kind],
            pattern: pattern.into(),
            except: vec!["a".into()],
        },
        on: RefKinds::ALL[on],
        subjects: Vec::new(),
        mode: model::Mode::Enforce,
        value: None,
        argument: None,
        note: None,
        changed_at: Timestamp(0),
        changed_by: None,
    }
}
