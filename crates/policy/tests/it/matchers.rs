//! Matchers against every name, not only chosen ones.

use model::{Matcher, MatcherKind, RefKinds, RefName, Restriction, RestrictionId, Timestamp};
use policy::{Rulebook, matches};
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
    }

    /// The rulebook finds by index what asking each rule in turn would find.
    #[test]
    fn a_rulebook_finds_every_rule_that_matches(
        rules in prop::collection::vec(("(\\*|refs/heads/|refs/tags/)?[abö*]{0,3}(/[abö*]{1,2})?", 0..3_usize, 0..3_usize), 0..20),
        name in "refs/(heads|tags|notes)/[abö]{1,3}(/[abö]{1,2})?",
    ) {
        let name = RefName::parse(name.as_bytes()).unwrap();
        let rules: Vec<_> = rules.iter().enumerate().map(|(at, (pattern, kind, on))| rule(at, pattern, *kind, *on)).collect();
        let found: Vec<_> = Rulebook::new(rules.iter().rev().cloned()).matching(&name).iter().map(|it| it.id).collect();
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
        note: None,
        changed_at: Timestamp(0),
        changed_by: None,
    }
}
