//! Matchers as they are sent. A pattern that can mean no ref is a mistake that somebody would take
//! for a protection, so it is never stored.

use crate::error::Fields;
use crate::render::visible;
use crate::restrictions::RestrictionInput;
use model::{BranchClass, Matcher, MatcherKind, RefName};
use std::fmt::Display;

type Checked = Result<(), String>;

/// Each of them is compared with every ref that a push changes.
const MOST_EXCEPTIONS: usize = 100;

/// The matcher, or what is wrong with each part of it.
pub(crate) fn checked_matcher(input: &RestrictionInput, fields: &mut Fields) -> Option<Matcher> {
    let kind = fields.take("matcher.type", MatcherKind::parse(&input.matcher))?;
    let pattern = if kind == MatcherKind::Any { String::new() } else { input.pattern.clone() };
    if let Err(why) = check_pattern(kind, &pattern) {
        fields.add("matcher.pattern", why);
    }
    if input.except.len() > MOST_EXCEPTIONS {
        let message = format!("these are {}: give at most {MOST_EXCEPTIONS}", input.except.len());
        fields.add("matcher.except", message);
        return None;
    }
    for except in &input.except {
        if let Err(why) = check_exception(kind, except) {
            fields.add("matcher.except", why);
        }
    }
    Some(Matcher { kind, pattern, except: input.except.clone() })
}

fn check_pattern(kind: MatcherKind, pattern: &str) -> Checked {
    match kind {
        MatcherKind::Glob => check_glob(pattern),
        MatcherKind::Ant => check_ant(pattern),
        MatcherKind::Ref => check_ref(pattern),
        MatcherKind::BranchingModel => {
            BranchClass::parse(pattern).map(drop).map_err(|it| it.to_string())
        }
        MatcherKind::Any => Ok(()),
    }
}

fn check_exception(kind: MatcherKind, pattern: &str) -> Checked {
    match kind {
        MatcherKind::Glob | MatcherKind::Ant | MatcherKind::Ref => check_pattern(kind, pattern),
        MatcherKind::BranchingModel | MatcherKind::Any if pattern.starts_with("refs/") => {
            check_ref(pattern)
        }
        MatcherKind::BranchingModel | MatcherKind::Any => check_glob(pattern),
    }
}

fn check_ref(name: &str) -> Checked {
    let shown = visible(name);
    RefName::parse(name.as_bytes())
        .map(drop)
        .map_err(|why| format!("`{shown}` is no full ref name, such as refs/heads/main: {why}"))
}

fn check_glob(pattern: &str) -> Checked {
    if pattern.is_empty() {
        return Err("write a pattern, such as `main` or `release/*`".into());
    }
    if pattern.starts_with("refs/heads/") || pattern.starts_with("refs/tags/") {
        let shown = visible(pattern);
        return Err(format!("`{shown}`: globs are compared with short names, write `main`"));
    }
    let example = pattern.replace('*', "x");
    RefName::branch(&example).map(drop).map_err(|why| fits_none(pattern, &why))
}

fn check_ant(pattern: &str) -> Checked {
    if pattern.is_empty() {
        return Err("write a pattern, such as `main` or `release/**`".into());
    }
    // A pattern is about the end of a name, which may begin before it or with it.
    let whole = if pattern.ends_with('/') { format!("{pattern}**") } else { pattern.to_owned() };
    let example: Vec<_> = whole.split('/').map(example_of).collect();
    let example = example.join("/");
    RefName::branch(&example)
        .or_else(|why| RefName::parse(example.as_bytes()).map_err(|_| why))
        .map(drop)
        .map_err(|why| fits_none(pattern, &why))
}

/// Something that a segment of an Ant pattern fits.
fn example_of(segment: &str) -> String {
    if segment == "**" { "x/x".into() } else { segment.replace(['*', '?'], "x") }
}

fn fits_none(pattern: &str, why: &dyn Display) -> String {
    format!("`{}` fits no ref: {why}", visible(pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_can_mean_no_ref_are_told_from_those_that_can() {
        let cases: [(MatcherKind, &[&str], &[&str]); 4] = [
            (
                MatcherKind::Glob,
                &["main", "*", "release/*", "a**b", "*x*"],
                &[
                    "",
                    "refs/heads/main",
                    "refs/tags/v*",
                    "11.?",
                    "rel[12]",
                    "a..b",
                    "/x",
                    "x/",
                    "*.lock",
                ],
            ),
            (
                MatcherKind::Ant,
                &[
                    "main",
                    "*",
                    "**",
                    "?.?",
                    "tags/",
                    "heads/**/master",
                    "refs/heads/x",
                    "refs/*",
                    "refs/**",
                    "a**",
                ],
                &[
                    "", "/", "/main", "a//b", "a//", "a b", "rel[12]", "a..b", "*.lock", ".*",
                    "x~?", "*.",
                ],
            ),
            (
                MatcherKind::Ref,
                &["refs/heads/main", "refs/tags/v1", "refs/notes/commits"],
                &["", "main", "refs/heads/", "refs/heads/*", "refs/x"],
            ),
            (
                MatcherKind::BranchingModel,
                &["production", "development", "feature", "bugfix", "release", "hotfix"],
                &["", "Release", "RELEASE", "main", "*"],
            ),
        ];
        for (kind, good, bad) in cases {
            for pattern in good {
                assert_eq!(check_pattern(kind, pattern), Ok(()), "{kind} {pattern}");
            }
            for pattern in bad {
                assert!(check_pattern(kind, pattern).is_err(), "{kind} {pattern}");
            }
        }
        for kind in [MatcherKind::Any, MatcherKind::BranchingModel] {
            assert_eq!(check_exception(kind, "release/*"), Ok(()));
            assert_eq!(check_exception(kind, "refs/tags/v1"), Ok(()));
            assert!(check_exception(kind, "refs/tags/*").is_err());
            assert!(check_exception(kind, "").is_err());
        }
    }
}
