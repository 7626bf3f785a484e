//! One SQL text, two databases: arguments, rows and transactions over the two plain drivers.
//!
//! Nothing outside this module and `database` may see which of the two it is talking to. Values
//! are text, 64-bit numbers and bytes, and each may be null; a column that does not hold what it
//! should is [`Error::Unreadable`].

use crate::{Error, Result};
use model::Timestamp;
use sqlx::Row as _;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::sqlite::{Sqlite, SqliteRow};
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// A value for a placeholder.
#[derive(Clone, Copy)]
pub(crate) enum Arg<'a> {
    Int(Option<i64>),
    Text(Option<&'a str>),
    Bytes(&'a [u8]),
}

macro_rules! arg_from {
    ($($from:ty, $value:ident => $arg:expr);* $(;)?) => {$(
        impl<'a> From<$from> for Arg<'a> {
            fn from($value: $from) -> Self {
                $arg
            }
        }
    )*};
}

arg_from! {
    i64, it => Arg::Int(Some(it));
    Option<i64>, it => Arg::Int(it);
    bool, it => Arg::Int(Some(i64::from(it)));
    Timestamp, it => Arg::Int(Some(it.0));
    Option<Timestamp>, it => Arg::Int(it.map(|it| it.0));
    &'a str, it => Arg::Text(Some(it));
    &'a String, it => Arg::Text(Some(it));
    Option<&'a str>, it => Arg::Text(it);
    &'a Option<String>, it => Arg::Text(it.as_deref());
    &'a [u8; 32], it => Arg::Bytes(it);
}

/// The arguments of a statement, in the order of its placeholders.
macro_rules! args {
    ($($value:expr),* $(,)?) => { &[$($crate::sql::Arg::from($value)),*] };
}
pub(crate) use args;

/// A query of one driver with its arguments bound.
macro_rules! bound {
    ($driver:ty, $sql:expr, $args:expr) => {{
        let mut query = sqlx::query::<$driver>($sql);
        for arg in $args {
            query = match *arg {
                Arg::Int(it) => query.bind(it),
                Arg::Text(it) => query.bind(it),
                Arg::Bytes(it) => query.bind(it),
            };
        }
        query
    }};
}
pub(crate) use bound;

/// Waits for an answer that comes over a network no longer than `patience`.
pub(crate) async fn patiently<T>(
    patience: Duration,
    answer: impl Future<Output = sqlx::Result<T>>,
) -> Result<T> {
    match tokio::time::timeout(patience, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Error::Away { why: format!("no answer within {patience:?}") }),
    }
}

/// A transaction. Dropped without [`Tx::commit`], it changes nothing.
pub(crate) enum Tx {
    Sqlite {
        tx: sqlx::Transaction<'static, Sqlite>,
        /// The right to write; `None` for a reader. Given back when the transaction ends.
        _turn: Option<OwnedSemaphorePermit>,
    },
    Postgres {
        tx: sqlx::Transaction<'static, Postgres>,
        patience: Duration,
    },
}

impl Tx {
    /// Runs a statement; how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        match self {
            Self::Sqlite { tx, .. } => {
                Ok(bound!(Sqlite, sql, args).execute(&mut **tx).await?.rows_affected())
            }
            Self::Postgres { tx, patience } => {
                let answer = bound!(Postgres, sql, args).execute(&mut **tx);
                Ok(patiently(*patience, answer).await?.rows_affected())
            }
        }
    }

    /// All rows of a query.
    pub(crate) async fn all(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite { tx, .. } => {
                let rows = bound!(Sqlite, sql, args).fetch_all(&mut **tx).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres { tx, patience } => {
                let answer = bound!(Postgres, sql, args).fetch_all(&mut **tx);
                let rows = patiently(*patience, answer).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// The first row of a query, if there is one.
    pub(crate) async fn optional(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>> {
        Ok(self.all(sql, args).await?.into_iter().next())
    }

    /// Several statements without arguments, separated by `;`.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<()> {
        match self {
            Self::Sqlite { tx, .. } => {
                sqlx::raw_sql(sql).execute(&mut **tx).await?;
            }
            Self::Postgres { tx, patience } => {
                patiently(*patience, sqlx::raw_sql(sql).execute(&mut **tx)).await?;
            }
        }
        Ok(())
    }

    /// Makes everything done in it visible and, as far as the connection promises, durable.
    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite { tx, _turn } => Ok(tx.commit().await?),
            Self::Postgres { tx, patience } => patiently(patience, tx.commit()).await,
        }
    }
}

/// A row of a result.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The columns of the row, read as those of `table` in error messages.
    pub(crate) fn of(&self, table: &'static str) -> Columns<'_> {
        Columns { row: self, table }
    }
}

/// Typed access to the columns of a row.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'r> {
    row: &'r Row,
    table: &'static str,
}

macro_rules! get {
    ($self:ident, $column:ident, $type:ty) => {{
        let value: Option<$type> = match $self.row {
            Row::Sqlite(row) => row.try_get($column),
            Row::Postgres(row) => row.try_get($column),
        }
        .map_err(|error| $self.unreadable($column, error.to_string()))?;
        value
    }};
}

impl Columns<'_> {
    /// The error for a column that holds something unexpected.
    pub(crate) fn unreadable(&self, column: &'static str, value: impl Into<String>) -> Error {
        Error::Unreadable { table: self.table, column, value: value.into() }
    }

    fn present<T>(&self, column: &'static str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.unreadable(column, "null"))
    }

    pub(crate) fn opt_int(&self, column: &'static str) -> Result<Option<i64>> {
        Ok(get!(self, column, i64))
    }

    pub(crate) fn int(&self, column: &'static str) -> Result<i64> {
        self.present(column, self.opt_int(column)?)
    }

    pub(crate) fn opt_text(&self, column: &'static str) -> Result<Option<String>> {
        Ok(get!(self, column, String))
    }

    pub(crate) fn text(&self, column: &'static str) -> Result<String> {
        self.present(column, self.opt_text(column)?)
    }

    /// A number that can only be 0 or 1.
    pub(crate) fn flag(&self, column: &'static str) -> Result<bool> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.unreadable(column, other.to_string())),
        }
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp> {
        self.int(column).map(Timestamp)
    }

    pub(crate) fn opt_time(&self, column: &'static str) -> Result<Option<Timestamp>> {
        Ok(self.opt_int(column)?.map(Timestamp))
    }

    /// A text that one of `model`'s types must accept.
    pub(crate) fn parsed<T, E>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> std::result::Result<T, E>,
    ) -> Result<T> {
        let text = self.text(column)?;
        parse(&text).map_err(|_| self.unreadable(column, text))
    }

    /// A text that one of `model`'s types must accept, or null.
    pub(crate) fn opt_parsed<T, E>(
        &self,
        column: &'static str,
        parse: impl FnOnce(&str) -> std::result::Result<T, E>,
    ) -> Result<Option<T>> {
        self.opt_text(column)?
            .map(|text| parse(&text).map_err(|_| self.unreadable(column, text)))
            .transpose()
    }
}
