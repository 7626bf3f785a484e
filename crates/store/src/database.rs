//! The connections: which there are, what each is for, and how long to wait for one.
//!
//! SQLite: one connection writes administrative changes (`synchronous=FULL`), one writes records
//! (`synchronous=NORMAL`), a few only read. The two writers take turns by a semaphore, so that
//! neither ever meets the other's lock inside SQLite. Records may be written with `NORMAL`
//! because an accepted push is also in the journal of the repositories, which is replayed until
//! [`crate::Store::sync_records`] says that the records are on disk; a power cut (not a killed
//! process) may cost the newest refusal records, which protect nothing.
//!
//! PostgreSQL: one pool for everything, with the durability the server is configured for.

use crate::sql::{Arg, Row, Tx, bound, patiently};
use crate::{Error, Result};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, Postgres};
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How to talk to the database.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How long to wait for a connection, and on PostgreSQL for any answer, before the database
    /// counts as away. Pushes fail closed after this time.
    pub patience: Duration,
    /// The most connections that are open at a time: readers for SQLite, all for PostgreSQL.
    pub connections: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { patience: Duration::from_secs(5), connections: 4 }
    }
}

pub(crate) enum Database {
    Sqlite(SqliteDatabase),
    Postgres { pool: PgPool, patience: Duration },
}

pub(crate) struct SqliteDatabase {
    changes: SqlitePool,
    records: SqlitePool,
    readers: SqlitePool,
    /// Held by whoever writes, through either connection.
    turn: Arc<Semaphore>,
    patience: Duration,
    file: PathBuf,
    /// Device and number of the file that was opened.
    identity: (u64, u64),
}

impl SqliteDatabase {
    /// Is the file still the one that was opened? A connection does not notice when somebody
    /// moves or deletes it, and would go on writing what nobody finds again.
    fn check_file(&self) -> Result<()> {
        let file = self.file.display();
        match identity(&self.file) {
            Ok(found) if found == self.identity => Ok(()),
            Ok(_) => Err(Error::Away { why: format!("{file} was replaced: restart the server") }),
            Err(error) => Err(Error::Away { why: format!("{file}: {error}") }),
        }
    }

    async fn turn(&self) -> Result<OwnedSemaphorePermit> {
        match tokio::time::timeout(self.patience, self.turn.clone().acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            Ok(Err(_)) => Err(Error::Away { why: "the store is closed".into() }),
            Err(_) => Err(Error::Away { why: format!("busy for {:?}", self.patience) }),
        }
    }

    async fn write(&self, pool: &SqlitePool) -> Result<Tx> {
        let turn = self.turn().await?;
        // Not deferred: another process (a backup, a migration) may hold the lock, and only the
        // first statement waits for it.
        let tx = pool.begin_with("begin immediate").await?;
        Ok(Tx::Sqlite { tx, _turn: Some(turn) })
    }
}

/// The file of a `sqlite:` URL.
pub(crate) fn sqlite_file(url: &str) -> Option<&Path> {
    url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).map(Path::new)
}

/// Opens the connections; a database that does not answer is an error here already.
pub(crate) async fn connect(url: &str, options: Options) -> Result<Database> {
    if let Some(file) = sqlite_file(url) {
        if file.as_os_str().is_empty() {
            return Err(Error::Url { why: "it names no file".into() });
        }
        return connect_sqlite(file, options).await;
    }
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return connect_postgres(url, options).await;
    }
    let scheme = url.split(':').next().unwrap_or_default();
    Err(Error::Url { why: format!("unknown scheme `{}`", scheme.escape_debug()) })
}

async fn connect_sqlite(file: &Path, options: Options) -> Result<Database> {
    create_private(file)?;
    let connect = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .foreign_keys(true)
        .busy_timeout(options.patience);
    let one = |synchronous| {
        SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(options.patience)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(connect.clone().synchronous(synchronous))
    };
    let changes = one(SqliteSynchronous::Full).await?;
    let records = one(SqliteSynchronous::Normal).await?;
    let readers = SqlitePoolOptions::new()
        .max_connections(options.connections.max(1))
        .acquire_timeout(options.patience)
        .test_before_acquire(false)
        .connect_with(connect.pragma("query_only", "on"))
        .await?;
    let turn = Arc::new(Semaphore::new(1));
    let patience = options.patience;
    let identity = identity(file)
        .map_err(|error| Error::Away { why: format!("{}: {error}", file.display()) })?;
    let file = file.to_owned();
    let opened = SqliteDatabase { changes, records, readers, turn, patience, file, identity };
    Ok(Database::Sqlite(opened))
}

fn identity(file: &Path) -> std::io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata(file).map(|it| (it.dev(), it.ino()))
}

/// Creates the file if need be, so that nobody but its owner can read the hashes in it. SQLite
/// gives the files it puts beside it the same mode.
fn create_private(file: &Path) -> Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    match std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(Error::Away { why: format!("{}: {error}", file.display()) }),
    }
}

async fn connect_postgres(url: &str, options: Options) -> Result<Database> {
    let connect = PgConnectOptions::from_str(url)
        .map_err(|error| Error::Url { why: error.to_string() })?
        .application_name("portcullis");
    let pool = PgPoolOptions::new()
        .max_connections(options.connections.max(1))
        .acquire_timeout(options.patience)
        // A ping for each acquired connection would double the round trips of a push; one that
        // has been idle for a while may have been cut off.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > Duration::from_secs(1) {
                    sqlx::Connection::ping(connection).await?;
                }
                Ok(true)
            })
        })
        .connect_with(connect)
        .await?;
    Ok(Database::Postgres { pool, patience: options.patience })
}

impl Database {
    /// Is what was opened still where others look for it?
    pub(crate) fn check_place(&self) -> Result<()> {
        match self {
            Self::Sqlite(it) => it.check_file(),
            Self::Postgres { .. } => Ok(()),
        }
    }

    /// A transaction for an administrative change.
    pub(crate) async fn change(&self) -> Result<Tx> {
        match self {
            Self::Sqlite(it) => it.write(&it.changes).await,
            Self::Postgres { pool, patience } => {
                let tx = patiently(*patience, pool.begin()).await?;
                Ok(Tx::Postgres { tx, patience: *patience })
            }
        }
    }

    /// A transaction for records.
    pub(crate) async fn record(&self) -> Result<Tx> {
        match self {
            Self::Sqlite(it) => it.write(&it.records).await,
            Self::Postgres { .. } => self.change().await,
        }
    }

    /// A read transaction in which every statement sees the same moment.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        match self {
            // A transaction is a snapshot.
            Self::Sqlite(it) => Ok(Tx::Sqlite { tx: it.readers.begin().await?, _turn: None }),
            Self::Postgres { pool, patience } => {
                let begin = pool.begin_with("begin isolation level repeatable read, read only");
                Ok(Tx::Postgres { tx: patiently(*patience, begin).await?, patience: *patience })
            }
        }
    }

    /// All rows of one query, outside any transaction.
    pub(crate) async fn all(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(it) => {
                let rows = bound!(Sqlite, sql, args).fetch_all(&it.readers).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres { pool, patience } => {
                let rows =
                    patiently(*patience, bound!(Postgres, sql, args).fetch_all(pool)).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row of one query, if there is one.
    pub(crate) async fn optional(
        &self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// One statement that writes a record, in a transaction of its own; how many rows it changed.
    pub(crate) async fn write_record(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        match self {
            Self::Sqlite(it) => {
                let _turn = it.turn().await?;
                Ok(bound!(Sqlite, sql, args).execute(&it.records).await?.rows_affected())
            }
            Self::Postgres { pool, patience } => {
                let answer = bound!(Postgres, sql, args).execute(pool);
                Ok(patiently(*patience, answer).await?.rows_affected())
            }
        }
    }

    /// Waits until everything recorded so far would survive a power cut.
    pub(crate) async fn sync_records(&self) -> Result<()> {
        match self {
            // A commit with `synchronous=FULL` syncs the log it shares with the records.
            Self::Sqlite(it) => {
                let mut tx = it.write(&it.changes).await?;
                tx.execute("update facts_version set version = version", &[]).await?;
                tx.commit().await
            }
            // Every commit there is durable already.
            Self::Postgres { .. } => Ok(()),
        }
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite(it) => {
                it.readers.close().await;
                it.records.close().await;
                it.changes.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}
