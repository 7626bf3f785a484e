//! Full ref names, checked by git's own rules (`git check-ref-format`).

use crate::names::is_unprintable;
use std::fmt;

/// A full ref name such as `refs/heads/main`: valid for git, UTF-8, at most 1,024 bytes, safe in
/// a terminal line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RefName(Box<str>);

/// Why a ref name was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadRefName(pub &'static str);

impl fmt::Display for BadRefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a valid ref name: {}", self.0)
    }
}

impl std::error::Error for BadRefName {}

impl RefName {
    /// The longest ref name, in bytes. File systems end a path component at 255 and many tools
    /// a path at 4,096; this leaves room for both.
    pub const MAX: usize = 1024;

    /// Accepts a full name below `refs/`, at least two levels deep, by the rules of
    /// `git check-ref-format(1)`; besides, it must be UTF-8 without control characters of any
    /// kind, and no component may be longer than 240 bytes, because it becomes a file name.
    pub fn parse(name: &[u8]) -> Result<Self, BadRefName> {
        let name = std::str::from_utf8(name).map_err(|_| BadRefName("it is not UTF-8"))?;
        check(name).map_err(BadRefName)?;
        Ok(Self(name.into()))
    }

    /// `main` to `refs/heads/main`.
    pub fn branch(short: &str) -> Result<Self, BadRefName> {
        Self::parse(format!("refs/heads/{short}").as_bytes())
    }

    /// `v1` to `refs/tags/v1`.
    pub fn tag(short: &str) -> Result<Self, BadRefName> {
        Self::parse(format!("refs/tags/{short}").as_bytes())
    }

    /// The full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the branch, if it is one: `refs/heads/a/b` is the branch `a/b`.
    pub fn branch_name(&self) -> Option<&str> {
        self.0.strip_prefix("refs/heads/")
    }

    /// The name of the tag, if it is one.
    pub fn tag_name(&self) -> Option<&str> {
        self.0.strip_prefix("refs/tags/")
    }

    /// Would the short name be taken for something else: a branch `HEAD` for the HEAD, `-x` for an
    /// option, `refs/heads/x` for the branch `x`, forty digits for a commit? `git branch` and `git
    /// tag` make none of the first, and who fetches one can hardly get rid of it.
    pub fn is_ambiguous(&self) -> bool {
        let short = self.branch_name().or_else(|| self.tag_name());
        short.is_some_and(|it| {
            let is_id = it.len() == 40 && it.bytes().all(|it| it.is_ascii_hexdigit());
            it == "HEAD" || it.starts_with('-') || it.starts_with("refs/") || is_id
        })
    }

    /// What people call it: the branch or tag name, else the full name.
    pub fn short(&self) -> &str {
        self.branch_name().or_else(|| self.tag_name()).unwrap_or(&self.0)
    }
}

fn check(name: &str) -> Result<(), &'static str> {
    let Some(rest) = name.strip_prefix("refs/") else {
        return Err("it does not start with `refs/`");
    };
    if name.len() > RefName::MAX {
        return Err("it is longer than 1024 bytes");
    }
    if !rest.contains('/') {
        return Err("it has no name after its kind");
    }
    // Git takes more; but this name is shown in other people's terminals.
    if name.chars().any(char::is_control) {
        return Err("it contains control characters");
    }
    if name.chars().any(is_unprintable) {
        return Err("it contains characters that turn the text around");
    }
    if name.contains([' ', '~', '^', ':', '?', '*', '[', '\\']) {
        return Err("it contains a space or one of ~ ^ : ? * [ \\");
    }
    if name.contains("..") || name.contains("@{") {
        return Err("it contains `..` or `@{`");
    }
    if name.ends_with('.') {
        return Err("it ends with `.`");
    }
    for component in name.split('/') {
        if component.is_empty() {
            return Err("it has an empty component");
        }
        if component.starts_with('.') || component.ends_with(".lock") {
            return Err("a component starts with `.` or ends with `.lock`");
        }
        if component.len() > 240 {
            return Err("a component is longer than 240 bytes");
        }
    }
    Ok(())
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dangerous_names_are_refused() {
        for bad in [
            "",
            "HEAD",
            "main",
            "refs",
            "refs/",
            "refs/heads",
            "refs/heads/",
            "refs/heads/../x",
            "refs/heads/.x",
            "refs/heads/x.lock",
            "refs/heads/x.lock/y",
            "refs/heads//x",
            "refs/heads/x\n",
            "refs/heads/x\x7f",
            "refs/heads/x\u{9b}2J",
            "refs/heads/x\u{202e}y",
            "refs/heads/a b",
            "refs/heads/x.",
            "refs/heads/a@{1}",
            "refs/heads/a~1",
            "refs/heads/a^",
            "refs/heads/a:b",
            "refs/heads/a?",
            "refs/heads/a*",
            "refs/heads/[a",
            "refs/heads/a\\b",
            "/refs/heads/a",
            "../refs/heads/a",
        ] {
            assert!(RefName::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(RefName::parse(b"refs/heads/\xff").is_err());
    }

    #[test]
    fn ordinary_names_are_accepted_and_shortened() {
        for (good, short) in [
            ("refs/heads/main", "main"),
            ("refs/heads/feature/x-1", "feature/x-1"),
            ("refs/tags/v1.0", "v1.0"),
            ("refs/notes/commits", "refs/notes/commits"),
            ("refs/heads/-", "-"),
            ("refs/heads/@", "@"),
            ("refs/heads/große", "große"),
        ] {
            assert_eq!(RefName::parse(good.as_bytes()).unwrap().short(), short);
        }
    }
}
