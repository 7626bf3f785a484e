//! Keys that were offered and belong to nobody: for finding out why somebody cannot sign in. A
//! short memory, bounded by number; never anything that a decision is made from.

use crate::sql::{Row, args};
use crate::{Page, PageRequest, Result, Store};
use model::{Fingerprint, Timestamp};

/// How many are remembered.
const ROOM: i64 = 1000;

/// A key that was offered from an address and not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey {
    pub fingerprint: Fingerprint,
    /// The client's address; empty when the door could not know it.
    pub address: String,
    /// What was wrong with it, in a few words: the last that says more than
    /// [`UnknownKey::NOBODYS`].
    pub why: String,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
    /// How often it was offered.
    pub times: i64,
}

impl UnknownKey {
    /// What is wrong with a key that is on nobody's record.
    pub const NOBODYS: &'static str = "key that nobody has";
}

fn unknown_key_from(row: &Row) -> Result<UnknownKey> {
    let row = row.of("unknown_key");
    Ok(UnknownKey {
        fingerprint: row.parsed("fingerprint", |it| Fingerprint::parse(it).ok_or(()))?,
        address: row.text("address")?,
        why: row.text("why")?,
        first_at: row.time("first_at")?,
        last_at: row.time("last_at")?,
        times: row.int("times")?,
    })
}

impl Store {
    /// Adds what was offered since the last time, and forgets the oldest beyond the bound.
    pub async fn note_unknown_keys(&self, offered: &[UnknownKey]) -> Result<()> {
        let sql = "insert into unknown_key (fingerprint, address, why, first_at, last_at, times)
                   values ($1, $2, $3, $4, $5, $6)
                   on conflict (fingerprint, address) do update set
                       why = case when excluded.why = $7 then unknown_key.why else excluded.why end,
                       last_at = excluded.last_at,
                       times = unknown_key.times + excluded.times";
        for it in offered {
            let args = args![
                it.fingerprint.as_str(),
                &it.address,
                &it.why,
                it.first_at,
                it.last_at,
                it.times,
                UnknownKey::NOBODYS,
            ];
            self.database.write_record(sql, args).await?;
        }
        let sql = "delete from unknown_key where last_at <= (
                       select last_at from unknown_key order by last_at desc limit 1 offset $1)";
        self.database.write_record(sql, args![ROOM]).await.map(drop)
    }

    /// What is remembered, the newest first.
    pub async fn list_unknown_keys(&self, page: PageRequest) -> Result<Page<UnknownKey>> {
        let rows = "select fingerprint, address, why, first_at, last_at, times from unknown_key
                    order by last_at desc, fingerprint, address limit $1 offset $2";
        let count = "select count(*) as size from unknown_key";
        self.page((rows, count), &[], page, unknown_key_from).await
    }
}
