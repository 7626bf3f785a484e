//! The schema, as numbered steps that only go forward. A step, once released, is never edited.

use crate::database::Database;
use crate::sql::{Tx, args};
use crate::{Error, Result};

/// One step; its number is its place in the list, from 1.
const STEPS: &[&str] = &[
    include_str!("../migrations/0001_foundation.sql"),
    include_str!("../migrations/0002_keys.sql"),
    include_str!("../migrations/0003_reach.sql"),
    include_str!("../migrations/0004_branching.sql"),
    include_str!("../migrations/0005_content_rules.sql"),
    include_str!("../migrations/0006_push_credential.sql"),
    include_str!("../migrations/0007_pull_requests.sql"),
    include_str!("../migrations/0008_build_statuses.sql"),
    include_str!("../migrations/0009_gpg_keys.sql"),
    include_str!("../migrations/0010_forks.sql"),
    include_str!("../migrations/0011_merge_strategies.sql"),
    include_str!("../migrations/0012_waiting_merges.sql"),
    include_str!("../migrations/0013_dependencies.sql"),
    include_str!("../migrations/0014_review_groups.sql"),
    include_str!("../migrations/0015_superseded.sql"),
    include_str!("../migrations/0016_whole_repositories.sql"),
    include_str!("../migrations/0017_settled_branches.sql"),
];

/// The schema this version needs.
pub(crate) fn latest() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Brings the schema up to date, each step in a transaction of its own, and says which steps
/// were taken. Two processes may try at once: one waits for the other.
pub(crate) async fn migrate(database: &Database) -> Result<Vec<i64>> {
    let mut taken = Vec::new();
    for (number, step) in (1..).zip(STEPS) {
        let mut tx = database.change().await?;
        lock(database, &mut tx).await?;
        tx.script("create table if not exists migration (number bigint primary key)").await?;
        let found = number_in(&mut tx).await?;
        if found > latest() {
            return Err(Error::Newer { found, known: latest() });
        }
        if found >= number {
            continue;
        }
        tx.script(step).await?;
        tx.execute("insert into migration (number) values ($1)", args![number]).await?;
        tx.commit().await?;
        taken.push(number);
    }
    Ok(taken)
}

/// Keeps other processes from migrating at the same time.
async fn lock(database: &Database, tx: &mut Tx) -> Result<()> {
    match database {
        // The transaction has the write lock already.
        Database::Sqlite(_) => Ok(()),
        Database::Postgres { .. } => {
            // The number is arbitrary, but must never change.
            tx.script("select pg_advisory_xact_lock(7266748)").await
        }
    }
}

async fn number_in(tx: &mut Tx) -> Result<i64> {
    let sql = "select coalesce(max(number), 0) as number from migration";
    let row = tx.optional(sql, &[]).await?;
    row.map_or(Ok(0), |row| row.of("migration").int("number"))
}

/// Is the schema the one this version needs? Neither older nor newer will do.
pub(crate) async fn check(database: &Database) -> Result<()> {
    let mut tx = database.snapshot().await?;
    let exists = match database {
        Database::Sqlite(_) => "select name from sqlite_master where name = 'migration'",
        Database::Postgres { .. } => {
            "select table_name as name from information_schema.tables
             where table_schema = current_schema() and table_name = 'migration'"
        }
    };
    let found = match tx.optional(exists, &[]).await? {
        Some(_) => number_in(&mut tx).await?,
        None => 0,
    };
    match found.cmp(&latest()) {
        std::cmp::Ordering::Less => Err(Error::Older { found, needed: latest() }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Error::Newer { found, known: latest() }),
    }
}
