//! What programs outside are to be told, written in the transaction of what happened.

use crate::sql::{Tx, args};
use crate::{Actor, Result};
use model::RepositoryId;

/// Writes an event. The last thing its transaction does: the sequences are taken in one order.
pub(crate) async fn write_event(
    tx: &mut Tx,
    by: &Actor,
    repository: RepositoryId,
    name: &str,
    payload: &str,
) -> Result<()> {
    let id = next_id(tx, "event").await?;
    let principal = &by.principal;
    let sql = "insert into event (id, at, repository_id, name, principal_kind, principal_id,
                   principal_name, payload)
               values ($1, $2, $3, $4, $5, $6, $7, $8)";
    let args = args![
        id,
        by.at,
        repository.0,
        name,
        principal.kind.as_str(),
        principal.id,
        &principal.name,
        payload,
    ];
    tx.execute(sql, args).await.map(drop)
}

/// The next id of a noun. Never given out twice.
pub(crate) async fn next_id(tx: &mut Tx, noun: &'static str) -> Result<i64> {
    let sql = "update sequence set last = last + 1 where noun = $1 returning last";
    let row = tx.optional(sql, args![noun]).await?;
    row.ok_or(crate::Error::NotFound { what: "sequence" })?.of("sequence").int("last")
}
