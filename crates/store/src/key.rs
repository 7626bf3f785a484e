//! What personal SSH keys and access keys have in common. Only public keys come here.

use crate::refused::LastRefused;
use crate::sql::Columns;
use crate::{Actor, Result};
use model::{Fingerprint, Timestamp};

/// What adding a key needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// How people tell it from their others. Need not be unique.
    pub label: String,
    /// The public key: algorithm and base64, without the comment.
    pub key: String,
    /// What stood behind the key; may be empty.
    pub comment: String,
    pub fingerprint: Fingerprint,
}

/// What is known about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub label: String,
    /// The public key: algorithm and base64, without the comment.
    pub key: String,
    pub comment: String,
    pub fingerprint: Fingerprint,
    /// Kept to the minute.
    pub last_used_at: Option<Timestamp>,
    pub last_refused: Option<LastRefused>,
    pub created_at: Timestamp,
    /// The name of whoever added it, as it was then.
    pub created_by: String,
}

/// The columns of a key, from `{ssh,access}_key k`.
macro_rules! key_columns {
    () => {
        "k.label, k.key, k.comment, k.fingerprint, k.last_used_at, k.last_refused_at,
             k.last_refused_code, k.last_refused_why, k.created_at, k.created_by"
    };
}
pub(crate) use key_columns;

pub(crate) fn key_from(row: Columns<'_>) -> Result<Key> {
    Ok(Key {
        label: row.text("label")?,
        key: row.text("key")?,
        comment: row.text("comment")?,
        fingerprint: row.parsed("fingerprint", |it| Fingerprint::parse(it).ok_or(()))?,
        last_used_at: row.opt_time("last_used_at")?,
        last_refused: LastRefused::from_columns(row)?,
        created_at: row.time("created_at")?,
        created_by: row.text("created_by")?,
    })
}

impl Key {
    /// The key that a new one describes, just added.
    pub(crate) fn from_new(new: NewKey, by: &Actor) -> Self {
        Self {
            label: new.label,
            key: new.key,
            comment: new.comment,
            fingerprint: new.fingerprint,
            last_used_at: None,
            last_refused: None,
            created_at: by.at,
            created_by: by.principal.name.clone(),
        }
    }
}
