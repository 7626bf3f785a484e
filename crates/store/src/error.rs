//! What can go wrong with the database. Silence is not among it: a question that could not be
//! answered is an error, never an empty answer.

use sqlx::postgres::{PgDatabaseError, PgSeverity};

/// The result of every function of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the store did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached, or did not answer in time. Nothing was changed, as far as
    /// can be known. Callers fail closed.
    #[error("the database does not answer: {why}")]
    Away {
        /// What the driver says, for operators.
        why: String,
    },
    /// Another row already has this name.
    #[error("this {what} is already taken: choose another")]
    Conflict {
        /// What is taken: `user name`.
        what: &'static str,
    },
    /// The thing to be changed, or something it refers to, is not there (any more).
    #[error("no such {what}")]
    NotFound {
        /// What is missing: `project`.
        what: &'static str,
    },
    /// It cannot be removed while something else needs it.
    #[error("the {what} still has {has}: move or remove them first")]
    InUse {
        /// What was to be removed.
        what: &'static str,
        /// What is still there.
        has: &'static str,
    },
    /// A workspace that has owners keeps at least one.
    #[error("this is the last owner: make somebody else an owner first")]
    LastOwner,
    /// An installation keeps an administrator who may sign in.
    #[error("this is the last administrator: make somebody else one first")]
    LastAdmin,
    /// A private project holds nothing public.
    #[error("a private project cannot hold public repositories")]
    PublicInPrivate,
    /// `anyone` can be given nothing here.
    #[error("anyone can be given nothing here: {why}")]
    KeptPrivate {
        /// What keeps it private, or what to do instead.
        why: &'static str,
    },
    /// What is to be private is open to `anyone`.
    #[error("anyone is given read on it, or on something in it: take that grant away first")]
    OpenToAnyone,
    /// Somebody else changed something between reading and writing.
    #[error("something was changed in between: look again, then repeat it")]
    Moved,
    /// A row holds something this version does not know. It is an error, never "no access" and
    /// never "full access".
    #[error(
        "unreadable `{}` in column `{column}` of table `{table}`: this version does not know it",
        value.escape_debug()
    )]
    Unreadable {
        /// The table of the row.
        table: &'static str,
        /// The column that holds it.
        column: &'static str,
        /// What it holds, as text.
        value: String,
    },
    /// The database was written by a later version of Portcullis.
    #[error(
        "the database has schema {found}, this version knows up to {known}: start a newer version"
    )]
    Newer {
        /// The schema of the database.
        found: i64,
        /// The latest schema this version knows.
        known: i64,
    },
    /// The database has not been migrated up to the schema this version needs.
    #[error(
        "the database has schema {found}, this version needs {needed}: run `portcullis migrate`"
    )]
    Older {
        /// The schema of the database; 0 when it is empty.
        found: i64,
        /// The schema this version needs.
        needed: i64,
    },
    /// The URL of the database cannot be used.
    #[error(
        "cannot use the database URL: {why}; write `sqlite:FILE` or `postgres://USER@HOST/NAME`"
    )]
    Url {
        /// What is wrong with it. Never the URL itself: it may hold a password.
        why: String,
    },
    /// The database refused a statement for a reason of its own.
    #[error("the database refused: {0}")]
    Refused(#[source] Box<sqlx::Error>),
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(inner) => from_database(inner.as_ref()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Some(Self::Away { why: error.to_string() }),
            // The enum is open: whatever else comes is kept whole.
            _ => None,
        }
        .unwrap_or_else(|| Self::Refused(Box::new(error)))
    }
}

fn from_database(error: &dyn sqlx::error::DatabaseError) -> Option<Error> {
    if error.is_unique_violation() {
        return Some(Error::Conflict { what: what_is_taken(error) });
    }
    if error.is_foreign_key_violation() {
        return Some(Error::NotFound { what: "owner or subject" });
    }
    let away = match error.try_downcast_ref::<PgDatabaseError>() {
        // Fatal ends the connection, whatever the reason. Otherwise: connection trouble, out of
        // resources, an operator's intervention, a system error.
        Some(error) => {
            matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic)
                || ["08", "53", "57", "58"].iter().any(|class| error.code().starts_with(class))
        }
        // SQLite's primary code: busy, locked, out of memory, read-only, I/O, corrupt, full, cannot
        // open, not a database.
        None => error
            .code()
            .and_then(|it| it.parse::<i64>().ok())
            .is_some_and(|code| [5, 6, 7, 8, 10, 11, 13, 14, 26].contains(&(code & 0xff))),
    };
    away.then(|| Error::Away { why: error.message().to_owned() })
}

/// What people call the columns of a unique constraint. PostgreSQL names the constraint
/// (`user_email_key`), SQLite the columns (`UNIQUE constraint failed: user.email`).
fn what_is_taken(error: &dyn sqlx::error::DatabaseError) -> &'static str {
    let name = match error.constraint() {
        Some(name) => name.to_owned(),
        None => {
            let columns = error.message().rsplit(": ").next().unwrap_or_default();
            let table = columns.split('.').next().unwrap_or_default();
            let columns: Vec<_> =
                columns.split(", ").filter_map(|it| it.split('.').nth(1)).collect();
            format!("{table}_{}_key", columns.join("_"))
        }
    };
    match name.as_str() {
        "user_username_key" => "user name",
        "user_email_key" => "e-mail address",
        "workspace_slug_key" => "workspace slug",
        "group_workspace_id_slug_key" => "group slug",
        "project_workspace_id_key_key" => "project key",
        "repository_workspace_id_slug_key" => "repository slug",
        "api_token_hash_key" | "access_token_hash_key" => "token",
        "ssh_key_fingerprint_key" | "access_key_level_owner_id_fingerprint_key" => "SSH key",
        // The second is what SQLite says of the columns of the first.
        "pull_request_open"
        | "pull_request_repository_id_destination_branch_source_repository_id_source_branch_key" => {
            "open pull request"
        }
        "gpg_key_fingerprint_key" => "GPG key",
        "refusal_pkey" | "refusal_id_key" => "refusal id",
        it if it.starts_with("restriction_subject_") => "subject",
        _ => "name",
    }
}
