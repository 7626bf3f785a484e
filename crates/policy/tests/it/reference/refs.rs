//! Which refs a pattern means: decision model, section 3; fact sheet, sections 1.3 and 2.4.

use model::{
    BranchClass, Branches, BranchingModel, Matcher, MatcherKind, RefKinds, RefName, Restriction,
};

/// Is this rule about this ref at all?
pub fn is_about(rule: &Restriction, name: &RefName, model: &BranchingModel) -> bool {
    let right_kind = match rule.on {
        RefKinds::Branches => name.as_str().starts_with("refs/heads/"),
        RefKinds::Tags => name.as_str().starts_with("refs/tags/"),
        RefKinds::Both => true,
    };
    right_kind && means(&rule.matcher, name, model)
}

/// Does the matcher mean this ref, whatever kind of ref it is?
pub fn means(matcher: &Matcher, name: &RefName, model: &BranchingModel) -> bool {
    let one = |pattern: &String| match matcher.kind {
        MatcherKind::Glob => glob(&chars(pattern), &chars(short(name))),
        MatcherKind::Ant => ant(pattern, name.as_str()),
        MatcherKind::Ref => pattern == name.as_str(),
        MatcherKind::BranchingModel => is_of_class(pattern, name, model),
        MatcherKind::Any => true,
    };
    let left_out = |pattern: &String| match matcher.kind {
        MatcherKind::Glob | MatcherKind::Ant | MatcherKind::Ref => one(pattern),
        MatcherKind::BranchingModel | MatcherKind::Any => {
            pattern == name.as_str() || glob(&chars(pattern), &chars(short(name)))
        }
    };
    one(&matcher.pattern) && !matcher.except.iter().any(left_out)
}

/// Is it a branch that the model calls so? A branch may be several things.
fn is_of_class(word: &str, name: &RefName, model: &BranchingModel) -> bool {
    let class = BranchClass::ALL.iter().copied().find(|it| it.as_str() == word);
    class.is_some_and(|class| {
        model.of(class).any(|branches| match branches {
            Branches::One(it) => it == name,
            Branches::StartingWith(prefix) => {
                name.as_str().starts_with(&format!("refs/heads/{prefix}"))
            }
        })
    })
}

/// The name without what says that it is a branch or a tag.
fn short(name: &RefName) -> &str {
    let full = name.as_str();
    let branch = full.strip_prefix("refs/heads/");
    branch.or_else(|| full.strip_prefix("refs/tags/")).unwrap_or(full)
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// Cloud: `*` is any characters, also none and also `/`; everything else is itself.
fn glob(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => {
            glob(rest, text) || (!text.is_empty() && glob(pattern, &text[1..]))
        }
        ([wanted, rest @ ..], [found, text @ ..]) => wanted == found && glob(rest, text),
        ([], _) | (_, []) => false,
    }
}

/// Data Center: some end of the full name, from a segment's start, fits the pattern.
pub fn ant(pattern: &str, full: &str) -> bool {
    let everything_below = if pattern.ends_with('/') { "**" } else { "" };
    let pattern = format!("{pattern}{everything_below}");
    let pattern: Vec<&str> = pattern.split('/').collect();
    let name: Vec<&str> = full.split('/').collect();
    (0..name.len()).any(|from| segments(&pattern, &name[from..]))
}

/// `**` is any number of segments, also none.
fn segments(pattern: &[&str], name: &[&str]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        (["**", rest @ ..], _) => {
            segments(rest, name) || (!name.is_empty() && segments(pattern, &name[1..]))
        }
        ([wanted, rest @ ..], [found, name @ ..]) => {
            segment(&chars(wanted), &chars(found)) && segments(rest, name)
        }
        ([], _) | (_, []) => false,
    }
}

/// Within a segment, `?` is one character and `*` any.
fn segment(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        (['*', rest @ ..], _) => {
            segment(rest, text) || (!text.is_empty() && segment(pattern, &text[1..]))
        }
        (['?', rest @ ..], [_, text @ ..]) => segment(rest, text),
        ([wanted, rest @ ..], [found, text @ ..]) => wanted == found && segment(rest, text),
        ([], _) | (_, []) => false,
    }
}

/// Appendix C of the fact sheet: what nobody's second opinion may change.
#[test]
fn the_second_opinion_reads_patterns_as_the_vectors_say() {
    for (pattern, name, fits) in [
        ("foo*", "foobar", true),
        ("foo*", "barfoo", false),
        ("11.?", "11.4", false),
        ("release/*", "release/1.0/fix", true),
        ("release/*", "hot/release/1.0", false),
        ("**/feature-1", "feature-1", false),
        ("a**b", "a/x/b", true),
    ] {
        assert_eq!(glob(&chars(pattern), &chars(name)), fits, "{pattern} {name}");
    }
    for (pattern, name, fits) in [
        ("*", "refs/tags/v1", true),
        ("PROJECT-*", "refs/heads/stable/PROJECT-new", true),
        ("?.?", "refs/heads/stable/2.X", true),
        ("?.?", "refs/heads/10.1", false),
        ("tags/", "refs/heads/stable/tags/some_branch", true),
        ("heads/**/master", "refs/heads/master", true),
        ("heads/**/master", "refs/tags/master", false),
        ("release/*", "refs/heads/release/1.0/fix", false),
        ("release/", "refs/heads/release/1.0/fix", true),
        ("master", "refs/heads/master2", false),
        ("refs/heads/release/*", "refs/heads/x/release/1.0", false),
        ("foo/", "refs/heads/foo", true),
    ] {
        assert_eq!(ant(pattern, name), fits, "{pattern} {name}");
    }
}
