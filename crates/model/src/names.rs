//! Names people choose. Parsed once; a value of these types is safe in a path, a URL and a
//! terminal line.

use std::fmt;

/// Why a name was not accepted. The message says what would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName {
    what: &'static str,
    why: &'static str,
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a valid {}: {}", self.what, self.why)
    }
}

impl std::error::Error for BadName {}

/// The longest slug, in bytes. Bitbucket cuts slugs at 62; what it stores may be longer after a
/// collision suffix, so 128 is accepted.
const SLUG_MAX: usize = 128;

fn check_slug(what: &'static str, text: &str) -> Result<String, BadName> {
    let bad = |why| Err(BadName { what, why });
    if text.is_empty() {
        return bad("it is empty");
    }
    if text.len() > SLUG_MAX {
        return bad("it is longer than 128 characters");
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        return bad("use letters, digits, `-`, `_` and `.` only");
    }
    if text.starts_with(['.', '-']) || text.ends_with('.') || text.contains("..") {
        return bad("it may not start with `.` or `-`, end with `.` or contain `..`");
    }
    let lower = text.to_ascii_lowercase();
    if lower.ends_with(".git") || lower.ends_with(".lock") {
        return bad("it may not end with `.git` or `.lock`");
    }
    Ok(lower)
}

macro_rules! slugs {
    ($($(#[$doc:meta])* $name:ident, $what:literal);* $(;)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Accepts letters, digits, `-`, `_` and `.`; names are case-insensitive on the way
            /// in and lower case from then on.
            pub fn parse(text: &str) -> Result<Self, BadName> {
                check_slug($what, text).map(|it| Self(it.into()))
            }

            /// The name, in lower case.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

slugs! {
    /// A repository's name in URLs, unique in its workspace.
    RepositorySlug, "repository slug";
    /// Any other name in URLs: a group's, for example.
    Slug, "slug";
    /// A user's login name, unique in the installation.
    Username, "user name";
}

/// A workspace's name in URLs. That of a personal one is `~` and the name of the user whose it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkspaceSlug(Box<str>);

impl WorkspaceSlug {
    /// Accepts letters, digits, `-`, `_` and `.`, and `~` before them; names are case-insensitive
    /// on the way in and lower case from then on.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let (mark, name) = match text.strip_prefix('~') {
            Some(name) => ("~", name),
            None => ("", text),
        };
        let name = check_slug("workspace slug", name)?;
        Ok(Self(format!("{mark}{name}").into()))
    }

    /// That of a user's personal workspace.
    pub fn of_person(name: &Username) -> Self {
        Self(format!("~{name}").into())
    }

    /// Is it the name of a personal workspace?
    pub fn is_personal(&self) -> bool {
        self.0.starts_with('~')
    }

    /// The name, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkspaceSlug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A project's key: `CORE`. Unique in its workspace, upper case.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectKey(Box<str>);

impl ProjectKey {
    /// Accepts a letter followed by letters, digits and `_`, at most 64 in all; real clients
    /// use keys of 31 characters with underscores.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = |why| Err(BadName { what: "project key", why });
        if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
            return bad("it must start with a letter");
        }
        if text.len() > 64 {
            return bad("it is longer than 64 characters");
        }
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return bad("use letters, digits and `_` only");
        }
        Ok(Self(text.to_ascii_uppercase().into()))
    }

    /// The key, in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `{workspace}/{repository}`: how people name a repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryPath {
    pub workspace: WorkspaceSlug,
    pub repository: RepositorySlug,
}

impl RepositoryPath {
    /// Accepts `acme/site`, with an optional `.git`, a leading or a trailing slash.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = BadName { what: "repository path", why: "write it as `workspace/repository`" };
        let (workspace, repository) =
            text.trim_start_matches('/').trim_end_matches('/').split_once('/').ok_or(bad)?;
        Self::from_parts(workspace, repository)
    }

    /// The two parts as they stand in a URL; `.git` at the end of the second is dropped.
    pub fn from_parts(workspace: &str, repository: &str) -> Result<Self, BadName> {
        let stem =
            match repository.len().checked_sub(4).and_then(|at| repository.split_at_checked(at)) {
                Some((stem, ext)) if ext.eq_ignore_ascii_case(".git") => stem,
                Some(_) | None => repository,
            };
        Ok(Self {
            workspace: WorkspaceSlug::parse(workspace)?,
            repository: RepositorySlug::parse(stem)?,
        })
    }
}

impl fmt::Display for RepositoryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.workspace, self.repository)
    }
}

/// A name for people to read: no control characters, no line breaks, at most 255 characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DisplayName(Box<str>);

impl DisplayName {
    /// Trims the text; refuses what is empty, too long, or would move a cursor or reverse text.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = |why| Err(BadName { what: "name", why });
        let text = text.trim();
        if text.is_empty() {
            return bad("it is empty");
        }
        if text.chars().count() > 255 {
            return bad("it is longer than 255 characters");
        }
        if text.chars().any(is_unprintable) {
            return bad("it contains control characters");
        }
        Ok(Self(text.into()))
    }

    /// The text as it may be shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Control characters, and those that change the direction of the text around them. No name has
/// one, and whoever prints text of others takes them out.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An e-mail address, as far as we look: something on each side of one `@`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(Box<str>);

impl Email {
    /// Kept in lower case: addresses that differ only in case belong to one person here.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        let bad = |why| Err(BadName { what: "e-mail address", why });
        let text = text.trim();
        match text.split_once('@') {
            Some((left, right))
                if !left.is_empty() && !right.is_empty() && !right.contains('@') => {}
            Some(_) | None => return bad("write it as `name@host`"),
        }
        if text.len() > 254 || text.chars().any(|c| is_unprintable(c) || c.is_whitespace()) {
            return bad("it is too long or contains spaces");
        }
        Ok(Self(text.to_lowercase().into()))
    }

    /// The address, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_path_tricks_are_refused() {
        for bad in [
            "", ".", "..", "a/b", "../x", "a\\b", "a b", "a\0", ".git", "x.git", "x.lock", "-x",
            "a..b", "ä",
        ] {
            assert!(RepositorySlug::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_repository_path_forgives_case_and_dot_git() {
        for good in ["acme/site", "Acme/Site.git", "/acme/site.GIT/"] {
            assert_eq!(RepositoryPath::parse(good).unwrap().to_string(), "acme/site");
        }
        for bad in ["acme", "acme/", "/site", "a/b/c", "acme/.git"] {
            assert!(RepositoryPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_display_name_cannot_move_the_cursor() {
        for bad in ["", "  ", "a\x1b[2J", "a\nb", "a\u{202e}b"] {
            assert!(DisplayName::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(DisplayName::parse(" Ann Lee ").unwrap().as_str(), "Ann Lee");
    }
}
