//! OpenPGP keys of users, by which their signed commits are known. Only public keys come here, and
//! whether one is good for anything was looked at before.

use crate::change::Audited;
use crate::sql::{Row, args};
use crate::{Actor, Error, Result, Store};
use model::{GpgKeyId, Timestamp, UserId};
use std::collections::HashMap;

/// What adding a key needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGpgKey {
    /// How people tell it from their others. Need not be unique.
    pub label: String,
    /// The public key in its armour.
    pub key: String,
    /// Lower case hexadecimal.
    pub fingerprint: String,
    /// When the key itself was made.
    pub made_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub signers: Vec<GpgSigner>,
}

/// A key that makes signatures: the main key, or one of its subkeys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpgSigner {
    /// Lower case hexadecimal.
    pub fingerprint: String,
    /// 16 hexadecimal digits in lower case.
    pub key_id: String,
    pub made_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// A user's OpenPGP key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GpgKey {
    pub id: GpgKeyId,
    pub user: UserId,
    pub label: String,
    /// The public key in its armour.
    pub key: String,
    /// Lower case hexadecimal.
    pub fingerprint: String,
    /// When the key itself was made.
    pub made_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub signers: Vec<GpgSigner>,
    pub created_at: Timestamp,
    /// The name of whoever added it, as it was then.
    pub created_by: String,
}

macro_rules! select_key {
    ($rest:literal) => {
        concat!(
            "select k.id, k.user_id, k.label, k.key, k.fingerprint, k.made_at, k.expires_at,
                 k.created_at, k.created_by
             from gpg_key k ",
            $rest
        )
    };
}

fn gpg_key_from(row: &Row, signers: &mut HashMap<i64, Vec<GpgSigner>>) -> Result<GpgKey> {
    let row = row.of("gpg_key");
    let id = row.int("id")?;
    Ok(GpgKey {
        id: GpgKeyId(id),
        user: UserId(row.int("user_id")?),
        label: row.text("label")?,
        key: row.text("key")?,
        fingerprint: row.text("fingerprint")?,
        made_at: row.time("made_at")?,
        expires_at: row.opt_time("expires_at")?,
        signers: signers.remove(&id).unwrap_or_default(),
        created_at: row.time("created_at")?,
        created_by: row.text("created_by")?,
    })
}

fn signers_from(rows: &[Row]) -> Result<HashMap<i64, Vec<GpgSigner>>> {
    let mut signers: HashMap<i64, Vec<GpgSigner>> = HashMap::new();
    for row in rows {
        let row = row.of("gpg_signer");
        signers.entry(row.int("gpg_key_id")?).or_default().push(GpgSigner {
            fingerprint: row.text("fingerprint")?,
            key_id: row.text("key_id")?,
            made_at: row.time("made_at")?,
            expires_at: row.opt_time("expires_at")?,
        });
    }
    Ok(signers)
}

impl Store {
    /// Adds a key to a user's. [`Error::Conflict`] when somebody has it already.
    pub async fn create_gpg_key(&self, by: &Actor, user: UserId, new: NewGpgKey) -> Result<GpgKey> {
        let mut change = self.change(by).await?;
        let id = GpgKeyId(change.next_id("gpg_key").await?);
        let NewGpgKey { label, key, fingerprint, made_at, expires_at, signers } = new;
        let sql = "insert into gpg_key (id, user_id, label, key, fingerprint, made_at, expires_at,
                       created_at, created_by)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let name = &by.principal.name;
        let args =
            args![id.0, user.0, &label, &key, &fingerprint, made_at, expires_at, by.at, name];
        change.execute(sql, args).await?;
        for (place, signer) in signers.iter().enumerate() {
            let sql = "insert into gpg_signer (gpg_key_id, place, fingerprint, key_id, made_at,
                           expires_at)
                       values ($1, $2, $3, $4, $5, $6)";
            let place = i64::try_from(place).unwrap_or(i64::MAX);
            let GpgSigner { fingerprint, key_id, made_at, expires_at } = signer;
            let args = args![id.0, place, fingerprint, key_id, *made_at, *expires_at];
            change.execute(sql, args).await?;
        }
        let what = format!("added GPG key {id} ({fingerprint})");
        change.commit(about(id, &what)).await?;
        let (created_at, created_by) = (by.at, name.clone());
        Ok(GpgKey {
            id,
            user,
            label,
            key,
            fingerprint,
            made_at,
            expires_at,
            signers,
            created_at,
            created_by,
        })
    }

    /// All keys of a user, the oldest first.
    pub async fn list_gpg_keys(&self, user: UserId) -> Result<Vec<GpgKey>> {
        let sql = "select s.gpg_key_id, s.fingerprint, s.key_id, s.made_at, s.expires_at
                   from gpg_signer s join gpg_key k on k.id = s.gpg_key_id
                   where k.user_id = $1 order by s.gpg_key_id, s.place";
        let mut signers = signers_from(&self.database.all(sql, args![user.0]).await?)?;
        let sql = select_key!("where k.user_id = $1 order by k.id");
        let rows = self.database.all(sql, args![user.0]).await?;
        rows.iter().map(|it| gpg_key_from(it, &mut signers)).collect()
    }

    /// The key with this fingerprint, whoever's it is, without its signers.
    pub async fn find_gpg_key_by_fingerprint(&self, fingerprint: &str) -> Result<Option<GpgKey>> {
        let sql = select_key!("where k.fingerprint = $1");
        let row = self.database.optional(sql, args![fingerprint]).await?;
        row.as_ref().map(|it| gpg_key_from(it, &mut HashMap::new())).transpose()
    }

    /// The keys of which one that signs has this short name, without their signers: mostly one,
    /// and at most ten.
    pub async fn list_gpg_keys_by_signer(&self, key_id: &str) -> Result<Vec<GpgKey>> {
        let sql = select_key!(
            "where k.id in (select gpg_key_id from gpg_signer where key_id = $1)
             order by k.id limit 10"
        );
        let rows = self.database.all(sql, args![key_id]).await?;
        rows.iter().map(|it| gpg_key_from(it, &mut HashMap::new())).collect()
    }

    /// Removes a key: what it signed counts no longer. `false` if the user has no such key.
    pub async fn remove_gpg_key(&self, by: &Actor, user: UserId, id: GpgKeyId) -> Result<bool> {
        let mut change = self.change(by).await?;
        let sql = "select fingerprint from gpg_key where user_id = $1 and id = $2";
        let Some(row) = change.optional(sql, args![user.0, id.0]).await? else {
            return Ok(false);
        };
        let fingerprint = row.of("gpg_key").text("fingerprint")?;
        let sql = "delete from gpg_signer where gpg_key_id = $1";
        change.execute(sql, args![id.0]).await?;
        let sql = "delete from gpg_key where user_id = $1 and id = $2";
        if change.execute(sql, args![user.0, id.0]).await? == 0 {
            return Err(Error::NotFound { what: "GPG key" });
        }
        change.commit(about(id, &format!("removed GPG key {id} ({fingerprint})"))).await?;
        Ok(true)
    }
}

fn about(id: GpgKeyId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("gpg_key", id.0), before: None, after: None }
}
