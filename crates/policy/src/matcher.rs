//! Does a matcher mean a ref?
//!
//! Which kind of matcher looks at what, and what an exception leaves out; how a pattern is read
//! is `pattern.rs`'s.

use crate::pattern::{ant, glob};
use model::{BranchingModel, Matcher, MatcherKind, RefKinds, RefName};

/// Does a matcher that is about these kinds of refs mean this one, under this branching model?
pub fn matches(
    matcher: &Matcher,
    on: RefKinds,
    name: &RefName,
    branching_model: &BranchingModel,
) -> bool {
    let target = Target::of(name, branching_model);
    target.is_of_kind(on) && target.fits(matcher) && !target.is_exception(matcher)
}

/// A ref's name, taken apart once for many matchers.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub full: &'a str,
    /// What people call it; the full name of what is neither branch nor tag.
    pub short: &'a str,
    is_branch: bool,
    is_tag: bool,
    name: &'a RefName,
    branching_model: &'a BranchingModel,
}

impl<'a> Target<'a> {
    pub fn of(name: &'a RefName, branching_model: &'a BranchingModel) -> Self {
        Self {
            full: name.as_str(),
            short: name.short(),
            is_branch: name.branch_name().is_some(),
            is_tag: name.tag_name().is_some(),
            name,
            branching_model,
        }
    }

    /// Is it a branch of this class?
    pub fn is_of_class(self, class: &str) -> bool {
        self.branching_model.is(self.name, class)
    }

    /// Is it of the right kind?
    pub const fn is_of_kind(self, on: RefKinds) -> bool {
        match on {
            RefKinds::Branches => self.is_branch,
            RefKinds::Tags => self.is_tag,
            // Every ref: notes and other namespaces would otherwise be a way around a rule that
            // reads as if it were about everything.
            RefKinds::Both => true,
        }
    }

    /// Is it one of the exceptions?
    pub fn is_exception(self, matcher: &Matcher) -> bool {
        matcher.except.iter().any(|it| self.is_excepted(matcher.kind, it))
    }

    /// Does the pattern itself fit it?
    pub fn fits(self, matcher: &Matcher) -> bool {
        self.fits_pattern(matcher.kind, &matcher.pattern)
    }

    fn fits_pattern(self, kind: MatcherKind, pattern: &str) -> bool {
        match kind {
            MatcherKind::Glob => glob(pattern, self.short),
            MatcherKind::Ant => ant(pattern, self.full),
            MatcherKind::Ref => pattern == self.full,
            MatcherKind::BranchingModel => self.is_of_class(pattern),
            MatcherKind::Any => true,
        }
    }

    /// An exception is read as its matcher is; where that has no pattern language, it is a glob or
    /// a full name.
    fn is_excepted(self, kind: MatcherKind, pattern: &str) -> bool {
        match kind {
            MatcherKind::Glob | MatcherKind::Ant | MatcherKind::Ref => {
                self.fits_pattern(kind, pattern)
            }
            MatcherKind::BranchingModel | MatcherKind::Any => {
                pattern == self.full || glob(pattern, self.short)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{BranchClass, Branches};

    #[test]
    fn a_matcher_looks_at_the_kind_of_ref_and_at_its_exceptions() {
        let cases = [
            // kind, pattern, except, on, name, matched
            (MatcherKind::Glob, "v*", "", RefKinds::Tags, "refs/tags/v1", true),
            (MatcherKind::Glob, "v*", "", RefKinds::Branches, "refs/tags/v1", false),
            (MatcherKind::Glob, "v*", "", RefKinds::Both, "refs/heads/v1", true),
            (MatcherKind::Glob, "*", "", RefKinds::Both, "refs/notes/commits", true),
            (MatcherKind::Glob, "r/*", "r/next", RefKinds::Branches, "refs/heads/r/next", false),
            (MatcherKind::Glob, "r/*", "r/next", RefKinds::Branches, "refs/heads/r/next2", true),
            (MatcherKind::Ref, "refs/heads/a", "", RefKinds::Both, "refs/heads/a", true),
            (MatcherKind::Ref, "refs/heads/a", "", RefKinds::Tags, "refs/heads/a", false),
            (MatcherKind::Ref, "a", "", RefKinds::Both, "refs/heads/a", false),
            (MatcherKind::Any, "", "", RefKinds::Both, "refs/notes/commits", true),
            (MatcherKind::Any, "", "", RefKinds::Branches, "refs/notes/commits", false),
            (MatcherKind::Any, "", "ann/*", RefKinds::Both, "refs/heads/ann/x", false),
            (MatcherKind::Any, "", "refs/tags/v1", RefKinds::Both, "refs/tags/v1", false),
            (MatcherKind::Ant, "v*", "", RefKinds::Both, "refs/heads/x/v1", true),
            (MatcherKind::Ant, "v*", "", RefKinds::Tags, "refs/heads/x/v1", false),
            (MatcherKind::Ant, "r/**", "next/", RefKinds::Both, "refs/heads/r/next/1", false),
            (MatcherKind::BranchingModel, "release", "", RefKinds::Both, "refs/heads/r/1", true),
            (MatcherKind::BranchingModel, "release", "", RefKinds::Both, "refs/tags/r/1", false),
            (MatcherKind::BranchingModel, "release", "", RefKinds::Tags, "refs/heads/r/1", false),
            (
                MatcherKind::BranchingModel,
                "release",
                "r/*",
                RefKinds::Both,
                "refs/heads/r/1",
                false,
            ),
            (MatcherKind::BranchingModel, "hotfix", "", RefKinds::Both, "refs/heads/r/1", false),
            (MatcherKind::BranchingModel, "production", "", RefKinds::Both, "refs/heads/p", true),
            (
                MatcherKind::BranchingModel,
                "production",
                "",
                RefKinds::Both,
                "refs/heads/p/1",
                false,
            ),
        ];
        let branching_model = BranchingModel::default()
            .with(BranchClass::Release, Branches::StartingWith("r/".into()))
            .with(BranchClass::Production, Branches::One(RefName::branch("p").unwrap()));
        for (kind, pattern, except, on, name, matched) in cases {
            let except = if except.is_empty() { vec![] } else { vec![except.to_owned()] };
            let matcher = Matcher { kind, pattern: pattern.to_owned(), except };
            let name = RefName::parse(name.as_bytes()).unwrap();
            let is = matches(&matcher, on, &name, &branching_model);
            assert_eq!(is, matched, "{matcher:?} {on} {name}");
        }
    }
}
