//! The pattern workbench: which refs a matcher means, and which it misses by a hair. Asks the
//! function that rules are matched with; a miss is near when a matcher that somebody could have
//! meant instead would have caught it.

use crate::matcher::matches;
use model::{BranchingModel, Matcher, MatcherKind, RefKinds, RefName};
use std::fmt;

/// Why a ref is missed, and what would catch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Miss {
    /// The pattern fits, and this exception leaves it out.
    Excepted(String),
    /// The pattern fits, and the rule is about refs of another kind.
    OtherRefs(RefKinds),
    /// The pattern fits but for upper and lower case.
    Case,
    /// This one fits: another pattern, or another way to read it.
    Other { kind: MatcherKind, pattern: String },
}

impl fmt::Display for Miss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excepted(pattern) => write!(f, "left out by the exception `{pattern}`"),
            Self::OtherRefs(on) => write!(f, "about other refs only; about {on}, it is meant"),
            Self::Case => f.write_str("differs in upper and lower case only"),
            Self::Other { kind, pattern } => write!(f, "the {kind} `{pattern}` would catch it"),
        }
    }
}

/// The refs among `names` that a matcher nearly means, each with the first reason that is found, in
/// the order of [`Miss`].
pub fn near_misses<'a>(
    matcher: &Matcher,
    on: RefKinds,
    model: &BranchingModel,
    names: impl IntoIterator<Item = &'a RefName>,
) -> Vec<(&'a RefName, Miss)> {
    let others = variations(matcher);
    let missed = names.into_iter().filter(|it| !matches(matcher, on, it, model));
    missed.filter_map(|it| Some((it, miss(matcher, on, model, &others, it)?))).collect()
}

fn miss(
    matcher: &Matcher,
    on: RefKinds,
    model: &BranchingModel,
    others: &[Matcher],
    name: &RefName,
) -> Option<Miss> {
    let bare = Matcher { except: Vec::new(), ..matcher.clone() };
    if matches(&bare, on, name, model) {
        let leaves_out = |it: &&String| {
            let only = Matcher { except: vec![(*it).clone()], ..bare.clone() };
            !matches(&only, on, name, model)
        };
        return matcher.except.iter().find(leaves_out).cloned().map(Miss::Excepted);
    }
    if matches(&bare, RefKinds::Both, name, model) {
        return Some(Miss::OtherRefs(RefKinds::Both));
    }
    let lower = Matcher { pattern: bare.pattern.to_lowercase(), ..bare };
    let lower_name = RefName::parse(name.as_str().to_lowercase().as_bytes()).ok();
    if lower_name.is_some_and(|it| matches(&lower, on, &it, model)) {
        return Some(Miss::Case);
    }
    let other = others.iter().find(|it| matches(it, on, name, model))?;
    Some(Miss::Other { kind: other.kind, pattern: other.pattern.clone() })
}

/// What somebody may have meant: the nearest first.
fn variations(matcher: &Matcher) -> Vec<Matcher> {
    let pattern = matcher.pattern.as_str();
    let short = ["refs/heads/", "refs/tags/"].iter().find_map(|it| pattern.strip_prefix(it));
    let short = short.unwrap_or(pattern);
    let tried: Vec<(MatcherKind, String)> = match matcher.kind {
        // Nothing is written that could have been written otherwise.
        MatcherKind::Any | MatcherKind::BranchingModel => Vec::new(),
        MatcherKind::Glob => {
            let other = [(MatcherKind::Ant, pattern.to_owned())];
            around(MatcherKind::Glob, pattern).into_iter().chain(other).collect()
        }
        MatcherKind::Ant => {
            let other = [(MatcherKind::Glob, pattern.to_owned())];
            around(MatcherKind::Ant, pattern).into_iter().chain(other).collect()
        }
        MatcherKind::Ref => {
            let other = [(MatcherKind::Glob, short.to_owned())];
            other.into_iter().chain(around(MatcherKind::Glob, short)).collect()
        }
    };
    let except = Vec::new();
    let tried = tried.into_iter().filter(|(_, it)| !it.is_empty());
    tried.map(|(kind, pattern)| Matcher { kind, pattern, except: except.clone() }).collect()
}

/// The pattern with a star or a slash more or less at either end.
fn around(kind: MatcherKind, pattern: &str) -> Vec<(MatcherKind, String)> {
    let deep = if kind == MatcherKind::Ant { "**" } else { "*" };
    let stem = pattern.trim_end_matches('*').trim_end_matches('/');
    let root = pattern.trim_start_matches('*').trim_start_matches('/');
    // `release/*` does not mean `release`, and `release` means nothing below it.
    let mut tried =
        vec![format!("{stem}/{deep}"), stem.to_owned(), format!("{stem}*"), root.to_owned()];
    if !pattern.starts_with('*') {
        tried.extend([format!("{deep}/{pattern}"), format!("*{pattern}")]);
    }
    tried.retain(|it| it != pattern);
    tried.into_iter().map(|it| (kind, it)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(full: &str) -> RefName {
        RefName::parse(full.as_bytes()).unwrap()
    }

    #[test]
    fn a_near_miss_says_what_would_catch_it() {
        let other = |kind, pattern: &str| Some(Miss::Other { kind, pattern: pattern.to_owned() });
        let (glob, ant) = (MatcherKind::Glob, MatcherKind::Ant);
        let cases = [
            // type, pattern, on, ref, miss
            (glob, "release/*", RefKinds::Branches, "refs/heads/release/1", None),
            (glob, "release/*", RefKinds::Branches, "refs/heads/release", other(glob, "release")),
            (glob, "release/*", RefKinds::Branches, "refs/heads/release1", other(glob, "release*")),
            (glob, "release/*", RefKinds::Branches, "refs/heads/Release/1", Some(Miss::Case)),
            (
                glob,
                "release/*",
                RefKinds::Branches,
                "refs/tags/release/1",
                Some(Miss::OtherRefs(RefKinds::Both)),
            ),
            (
                glob,
                "release/*",
                RefKinds::Branches,
                "refs/heads/hot/release/1",
                other(glob, "*/release/*"),
            ),
            (
                glob,
                "release/*",
                RefKinds::Branches,
                "refs/heads/release/next",
                Some(Miss::Excepted("release/next".into())),
            ),
            (glob, "release/*", RefKinds::Branches, "refs/heads/main", None),
            (glob, "release", RefKinds::Branches, "refs/heads/release/1", other(glob, "release/*")),
            (glob, "v?.0", RefKinds::Branches, "refs/heads/v1.0", other(ant, "v?.0")),
            (glob, "**/fix", RefKinds::Branches, "refs/heads/fix", other(glob, "fix")),
            (
                ant,
                "release/*",
                RefKinds::Branches,
                "refs/heads/release/1/2",
                other(ant, "release/**"),
            ),
            (ant, "rel*", RefKinds::Branches, "refs/heads/release/1", other(glob, "rel*")),
            (
                MatcherKind::Ref,
                "refs/heads/main",
                RefKinds::Branches,
                "refs/heads/main/x",
                other(glob, "main/*"),
            ),
            (
                MatcherKind::Any,
                "",
                RefKinds::Tags,
                "refs/heads/x",
                Some(Miss::OtherRefs(RefKinds::Both)),
            ),
        ];
        for (kind, pattern, on, full, expected) in cases {
            let except = if pattern == "release/*" && kind == glob {
                vec!["release/next".to_owned()]
            } else {
                Vec::new()
            };
            let matcher = Matcher { kind, pattern: pattern.to_owned(), except };
            let names = [name(full)];
            let found = near_misses(&matcher, on, &BranchingModel::default(), &names);
            let found = found.into_iter().next().map(|it| it.1);
            assert_eq!(found, expected, "{kind} {pattern} {full}");
        }
    }
}
