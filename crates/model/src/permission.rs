//! Permissions and the grants that give them.

use crate::Subject;
use crate::words::Level;
use std::fmt;

/// A word stands where one of a list is needed. Rows that this version cannot read end here
/// too: they are an error, never "no access" and never "full access".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    /// What kind of word was expected: `permission`.
    pub what: &'static str,
    /// What was found.
    pub found: String,
    /// The words that would be right, separated by commas.
    pub known: String,
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown {} `{}`: use one of {}",
            self.what,
            self.found.escape_debug(),
            self.known
        )
    }
}

impl std::error::Error for UnknownWord {}

/// Gives an enum of unit variants its words: `as_str`, `parse`, `ALL` and `Display`. A variant that
/// holds a unit variant of another enum has one word for each of those.
macro_rules! words {
    ($what:literal, $name:ident {
        $($variant:ident $(($inner:path))? = $word:literal),* $(,)?
    }) => {
        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant $(($inner))?),*];

            /// The word used in JSON, the store and texts.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant $(($inner))? => $word),* }
            }

            /// Reads the word back.
            pub fn parse(word: &str) -> Result<Self, $crate::UnknownWord> {
                Self::ALL.iter().copied().find(|it| it.as_str() == word).ok_or_else(|| {
                    $crate::UnknownWord {
                        what: $what,
                        found: word.to_owned(),
                        known: Self::ALL.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(", "),
                    }
                })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

/// What a principal may do to a thing, each level including those before it.
/// "None" is the absence of a permission: `Option<Permission>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// See it, clone it, comment.
    Read,
    /// Push to it.
    Write,
    /// Create repositories in it. Means something on projects and above only.
    CreateRepository,
    /// Change its settings, its rules and who may do what.
    Admin,
}

words!("permission", Permission {
    Read = "read", Write = "write", CreateRepository = "create-repository", Admin = "admin",
});

/// Gives a subject a permission at one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Where it was given; it holds for everything below, too.
    pub level: Level,
    pub subject: Subject,
    pub permission: Permission,
}

/// A person's role in a workspace. An owner has `admin` on it; a member has what grants give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    Member,
    Owner,
}

words!("role", Role { Member = "member", Owner = "owner" });
