//! Principals as records name them: records must stay true when the principal is gone.

use crate::Result;
use crate::sql::Columns;

/// What kind of principal acted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalKind {
    User,
    AccessToken,
    AccessKey,
    Workload,
    Anonymous,
    System,
}

impl PrincipalKind {
    const ALL: [Self; 6] = [
        Self::User,
        Self::AccessToken,
        Self::AccessKey,
        Self::Workload,
        Self::Anonymous,
        Self::System,
    ];

    /// The kind of this word, if it is one.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// The word in the store and in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::AccessToken => "access_token",
            Self::AccessKey => "access_key",
            Self::Workload => "workload",
            Self::Anonymous => "anonymous",
            Self::System => "system",
        }
    }
}

/// A principal by name, as it was at the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrincipalName {
    pub kind: PrincipalKind,
    /// The id of the user, access token, …; `None` for anonymous and the system.
    pub id: Option<i64>,
    pub name: String,
}

impl PrincipalName {
    /// Reads `principal_kind`, `principal_id` and `principal_name`.
    pub(crate) fn from_columns(row: Columns<'_>) -> Result<Self> {
        Self::from_named(row, ["principal_kind", "principal_id", "principal_name"])
    }

    /// Reads the three columns of these names.
    pub(crate) fn from_named(row: Columns<'_>, names: [&'static str; 3]) -> Result<Self> {
        let [kind, id, name] = names;
        let word = row.text(kind)?;
        let parsed = PrincipalKind::parse(&word).ok_or_else(|| row.unreadable(kind, word))?;
        Ok(Self { kind: parsed, id: row.opt_int(id)?, name: row.text(name)? })
    }
}
