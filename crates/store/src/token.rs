//! What API tokens and access tokens have in common. Secrets never come here, only hashes.

use crate::Result;
use crate::refused::LastRefused;
use crate::sql::Columns;
use model::{RepositoryId, Scope, Scopes, Timestamp};
use std::collections::BTreeSet;

/// SHA-256 of a token's secret.
pub type TokenHash = [u8; 32];

/// Where a token may be used at all, beside its scopes. `None` is no limit; an empty list is
/// nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenLimits {
    pub repositories: Option<Vec<RepositoryId>>,
    /// Patterns of refs, as they were given.
    pub refs: Option<Vec<String>>,
    /// Blocks of addresses, as they were given.
    pub addresses: Option<Vec<String>>,
}

/// What creating or rotating a token needs.
#[derive(Clone)]
pub struct NewToken {
    /// How people tell it from their others. Need not be unique.
    pub name: String,
    pub hash: TokenHash,
    /// The last four characters of the secret, to be shown.
    pub last4: String,
    pub scopes: Scopes,
    pub limits: TokenLimits,
    pub expires_at: Option<Timestamp>,
}

/// What is known about a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub name: String,
    pub last4: String,
    pub scopes: Scopes,
    pub limits: TokenLimits,
    /// Good for nothing from then on.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// Kept to the minute.
    pub last_used_at: Option<Timestamp>,
    pub last_refused: Option<LastRefused>,
    pub created_at: Timestamp,
    /// The name of whoever created it, as it was then.
    pub created_by: String,
}

/// How often a token's last use is written down, at most, in milliseconds.
pub(crate) const TOUCH_EVERY: i64 = 60_000;

/// The columns of a token, from `{api,access}_token t`.
macro_rules! token_columns {
    () => {
        "t.name, t.last4, t.scopes, t.repository_limit, t.ref_limit, t.address_limit, t.expires_at,
             t.revoked_at, t.last_used_at, t.last_refused_at, t.last_refused_code,
             t.last_refused_why, t.created_at, t.created_by, t.replaced_by"
    };
}
pub(crate) use token_columns;

pub(crate) fn token_from(row: Columns<'_>) -> Result<Token> {
    Ok(Token {
        name: row.text("name")?,
        last4: row.text("last4")?,
        scopes: row.opt_parsed("scopes", parse_scopes)?.map_or(Scopes::Unlimited, Scopes::Only),
        limits: TokenLimits {
            repositories: row.opt_parsed("repository_limit", parse_ids)?,
            refs: row.opt_text("ref_limit")?.map(|it| it.lines().map(str::to_owned).collect()),
            addresses: row.opt_text("address_limit")?.map(|it| words_of(&it)),
        },
        expires_at: row.opt_time("expires_at")?,
        revoked_at: row.opt_time("revoked_at")?,
        last_used_at: row.opt_time("last_used_at")?,
        last_refused: LastRefused::from_columns(row)?,
        created_at: row.time("created_at")?,
        created_by: row.text("created_by")?,
    })
}

/// The words of a list that was stored with spaces between them.
pub(crate) fn words_of(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn parse_scopes(text: &str) -> std::result::Result<BTreeSet<Scope>, model::UnknownWord> {
    text.split_whitespace().map(Scope::parse).collect()
}

fn parse_ids(text: &str) -> std::result::Result<Vec<RepositoryId>, std::num::ParseIntError> {
    text.split_whitespace().map(|it| it.parse().map(RepositoryId)).collect()
}

/// A new token's lists, as they are stored: words separated by spaces, patterns by line breaks
/// (no ref name contains one).
pub(crate) struct StoredLists {
    pub scopes: Option<String>,
    pub repositories: Option<String>,
    pub refs: Option<String>,
    pub addresses: Option<String>,
}

impl StoredLists {
    pub(crate) fn of(new: &NewToken) -> Self {
        Self {
            scopes: match &new.scopes {
                Scopes::Unlimited => None,
                Scopes::Only(scopes) => Some(join(scopes.iter(), " ")),
            },
            repositories: new.limits.repositories.as_ref().map(|it| join(it.iter(), " ")),
            refs: new.limits.refs.as_ref().map(|it| join(it.iter(), "\n")),
            addresses: new.limits.addresses.as_ref().map(|it| join(it.iter(), " ")),
        }
    }
}

pub(crate) fn join(items: impl Iterator<Item = impl std::fmt::Display>, separator: &str) -> String {
    items.map(|it| it.to_string()).collect::<Vec<_>>().join(separator)
}

impl Token {
    /// The token that a new one describes, just created.
    pub(crate) fn from_new(new: NewToken, by: &crate::Actor) -> Self {
        Self {
            name: new.name,
            last4: new.last4,
            scopes: new.scopes,
            limits: new.limits,
            expires_at: new.expires_at,
            revoked_at: None,
            last_used_at: None,
            last_refused: None,
            created_at: by.at,
            created_by: by.principal.name.clone(),
        }
    }
}
