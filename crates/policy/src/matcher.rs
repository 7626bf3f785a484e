//! Does a matcher mean a ref?
//!
//! Comparing is by bytes and case counts, as it does in ref names. Nothing here allocates or
//! backtracks more than one step, so a hostile pattern costs no more than its length times the
//! name's.

use model::{Matcher, MatcherKind, RefKinds, RefName};

/// Does a matcher that is about these kinds of refs mean this one?
pub fn matches(matcher: &Matcher, on: RefKinds, name: &RefName) -> bool {
    let target = Target::of(name);
    target.is_covered(on, matcher) && target.fits(matcher)
}

/// A ref's name, taken apart once for many matchers.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub full: &'a str,
    /// What people call it; the full name of what is neither branch nor tag.
    pub short: &'a str,
    is_branch: bool,
    is_tag: bool,
}

impl<'a> Target<'a> {
    pub fn of(name: &'a RefName) -> Self {
        Self {
            full: name.as_str(),
            short: name.short(),
            is_branch: name.branch_name().is_some(),
            is_tag: name.tag_name().is_some(),
        }
    }

    /// Is it of the right kind, and no exception?
    pub fn is_covered(self, on: RefKinds, matcher: &Matcher) -> bool {
        let is_about = match on {
            RefKinds::Branches => self.is_branch,
            RefKinds::Tags => self.is_tag,
            // Every ref: notes and other namespaces would otherwise be a way around a rule that
            // reads as if it were about everything.
            RefKinds::Both => true,
        };
        is_about && !matcher.except.iter().any(|it| self.is_excepted(matcher.kind, it))
    }

    /// Does the pattern itself fit it?
    pub fn fits(self, matcher: &Matcher) -> bool {
        self.fits_pattern(matcher.kind, &matcher.pattern)
    }

    fn fits_pattern(self, kind: MatcherKind, pattern: &str) -> bool {
        match kind {
            MatcherKind::Glob => glob(pattern, self.short),
            MatcherKind::Ref => pattern == self.full,
            MatcherKind::Any => true,
        }
    }

    /// An exception is read as its matcher is; of "any ref", one is left out by a glob or by its
    /// full name.
    fn is_excepted(self, kind: MatcherKind, pattern: &str) -> bool {
        match kind {
            MatcherKind::Glob | MatcherKind::Ref => self.fits_pattern(kind, pattern),
            MatcherKind::Any => pattern == self.full || glob(pattern, self.short),
        }
    }
}

/// Bitbucket Cloud's glob: `*` stands for any number of any characters, `/` among them;
/// everything else for itself; both ends are anchored.
fn glob(pattern: &str, name: &str) -> bool {
    // Nearly every pattern is of one of these two forms.
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, "")) => name.starts_with(start),
        Some(_) => general_glob(pattern, name),
    }
}

fn general_glob(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.as_bytes(), name.as_bytes());
    // Where to go on when the present try fails: behind the last `*`, one byte further on.
    let mut retry: Option<(&[u8], &[u8])> = None;
    loop {
        match (pattern.split_first(), name.split_first()) {
            (Some((b'*', rest)), _) => {
                pattern = rest;
                retry = Some((rest, name));
            }
            (Some((p, rest)), Some((n, left))) if p == n => (pattern, name) = (rest, left),
            (None, None) => return true,
            (Some(_) | None, _) => match retry.and_then(|(p, n)| Some((p, n.get(1..)?))) {
                Some(next) => {
                    (pattern, name) = next;
                    retry = Some(next);
                }
                None => return false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of Appendix C of the fact sheet (`cloud_glob`), and the corners they leave.
    #[test]
    fn cloud_globs_read_as_bitbucket_reads_them() {
        let cases = [
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
            ("main", "Main", false),
            ("main", "main2", false),
            ("", "main", false),
            ("*a*b*c*", "xxaxxbxxcxx", true),
            ("*a*b*c*", "xxaxxcxxbxx", false),
            ("*ab", "aab", true),
            ("*ö*", "größe", true),
        ];
        for (pattern, name, matched) in cases {
            assert_eq!(glob(pattern, name), matched, "{pattern} {name}");
        }
    }

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
        ];
        for (kind, pattern, except, on, name, matched) in cases {
            let except = if except.is_empty() { vec![] } else { vec![except.to_owned()] };
            let matcher = Matcher { kind, pattern: pattern.to_owned(), except };
            let name = RefName::parse(name.as_bytes()).unwrap();
            assert_eq!(matches(&matcher, on, &name), matched, "{matcher:?} {on} {name}");
        }
    }
}
