//! The store itself: opening, migrating, closing, and the version of the facts.

use crate::change::KnownVersion;
use crate::database::{self, Database, Options};
use crate::{Error, Result, migrate};

/// The database. Cheap to share behind an `Arc`; every function may be called at any time from
/// any task.
pub struct Store {
    pub(crate) database: Database,
    pub(crate) version: KnownVersion,
}

impl Store {
    /// Opens `sqlite:FILE` (created if need be, readable by its owner only) or `postgres://…`.
    /// A database that does not answer is an error here already. The schema is not looked at:
    /// call [`Store::migrate`] or [`Store::check_schema`] next.
    pub async fn open(url: &str, options: Options) -> Result<Self> {
        let database = database::connect(url, options).await?;
        Ok(Self { database, version: KnownVersion::default() })
    }

    /// Brings the schema up to date; the numbers of the steps taken. Refuses a database that was
    /// written by a later version.
    pub async fn migrate(&self) -> Result<Vec<i64>> {
        let taken = migrate::migrate(&self.database).await?;
        // As the only writer, so that no commit comes between reading and remembering; nothing
        // is changed by it.
        let mut alone = self.database.change().await?;
        self.version.settle(crate::facts::version(&mut alone).await?);
        Ok(taken)
    }

    /// Refuses a schema that is not exactly the one this version needs.
    pub async fn check_schema(&self) -> Result<()> {
        migrate::check(&self.database).await
    }

    /// Does the database answer, and is SQLite's file still in its place?
    pub async fn ping(&self) -> Result<()> {
        self.database.check_place()?;
        self.stored_version().await.map(drop)
    }

    /// Ends all connections; whatever is asked afterwards is [`Error::Away`].
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// The version of everything decisions are made from. Each change makes it larger in its own
    /// transaction, so facts read under a version stay true as long as it is the current one.
    ///
    /// On SQLite usually answered from memory, because one process owns the database; on
    /// PostgreSQL one cheap statement.
    pub async fn facts_version(&self) -> Result<i64> {
        match (self.version.get(), &self.database) {
            (Some(version), Database::Sqlite(_)) => Ok(version),
            (None, Database::Sqlite(_)) | (_, Database::Postgres { .. }) => {
                self.stored_version().await
            }
        }
    }

    async fn stored_version(&self) -> Result<i64> {
        let sql = "select version from facts_version where id = 1";
        let row = self.database.optional(sql, &[]).await?;
        row.ok_or(Error::NotFound { what: "version of the facts" })?
            .of("facts_version")
            .int("version")
    }

    /// Waits until every record written so far would survive a power cut. To be called before
    /// the journal that could replay them is cut.
    pub async fn sync_records(&self) -> Result<()> {
        self.database.sync_records().await
    }
}

/// A new UUID: lower case, hyphenated, without braces.
pub(crate) fn new_uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}
