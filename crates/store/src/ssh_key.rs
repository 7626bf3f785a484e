//! Personal SSH keys: credentials of users. A key belongs to one user of the installation, and is
//! then no access key anywhere: whoever signs in with it is one person and nobody else.

use crate::change::{Audited, Change};
use crate::key::{key_columns, key_from};
use crate::sql::{Row, args};
use crate::store::new_uuid;
use crate::token::TOUCH_EVERY;
use crate::{Actor, Error, Key, LastRefused, NewKey, Result, Store};
use model::{Fingerprint, SshKeyId, Timestamp, UserId};

/// A user's SSH key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshKey {
    pub id: SshKeyId,
    /// Lower case, hyphenated, without braces.
    pub uuid: String,
    pub user: UserId,
    pub key: Key,
}

macro_rules! select_key {
    ($rest:literal) => {
        concat!("select k.id, k.uuid, k.user_id, ", key_columns!(), " from ssh_key k ", $rest)
    };
}

fn ssh_key_from(row: &Row) -> Result<SshKey> {
    let row = row.of("ssh_key");
    Ok(SshKey {
        id: SshKeyId(row.int("id")?),
        uuid: row.text("uuid")?,
        user: UserId(row.int("user_id")?),
        key: key_from(row)?,
    })
}

impl Store {
    /// Adds a key to a user's. [`Error::Conflict`] when it is there already, or is an access key
    /// of any place.
    pub async fn create_ssh_key(&self, by: &Actor, user: UserId, new: NewKey) -> Result<SshKey> {
        let mut change = self.change(by).await?;
        // First: nobody else adds a key from here on.
        let id = SshKeyId(change.next_id("ssh_key").await?);
        if is_access_key(&mut change, &new.fingerprint).await? {
            return Err(Error::Conflict { what: "SSH key" });
        }
        let uuid = new_uuid();
        let sql = "insert into ssh_key (id, uuid, user_id, label, key, comment, fingerprint,
                       created_at, created_by)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let args = args![
            id.0,
            &uuid,
            user.0,
            &new.label,
            &new.key,
            &new.comment,
            new.fingerprint.as_str(),
            by.at,
            &by.principal.name,
        ];
        change.execute(sql, args).await?;
        let created = SshKey { id, uuid, user, key: Key::from_new(new, by) };
        let what = format!("added SSH key {id} ({})", created.key.fingerprint);
        change.commit(about(id, &what)).await?;
        Ok(created)
    }

    /// The personal key with this fingerprint.
    pub async fn find_ssh_key_by_fingerprint(&self, it: &Fingerprint) -> Result<Option<SshKey>> {
        let sql = select_key!("where k.fingerprint = $1");
        let row = self.database.optional(sql, args![it.as_str()]).await?;
        row.as_ref().map(ssh_key_from).transpose()
    }

    /// A user's key by number.
    pub async fn find_ssh_key(&self, user: UserId, id: SshKeyId) -> Result<Option<SshKey>> {
        let sql = select_key!("where k.user_id = $1 and k.id = $2");
        let row = self.database.optional(sql, args![user.0, id.0]).await?;
        row.as_ref().map(ssh_key_from).transpose()
    }

    /// All keys of a user, the oldest first.
    pub async fn list_ssh_keys(&self, user: UserId) -> Result<Vec<SshKey>> {
        let sql = select_key!("where k.user_id = $1 order by k.id");
        self.database.all(sql, args![user.0]).await?.iter().map(ssh_key_from).collect()
    }

    /// Gives a key another label. [`Error::NotFound`] if the user has no such key.
    pub async fn rename_ssh_key(
        &self,
        by: &Actor,
        user: UserId,
        id: SshKeyId,
        label: &str,
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        let sql = "update ssh_key set label = $3 where user_id = $1 and id = $2";
        if change.execute(sql, args![user.0, id.0, label]).await? == 0 {
            return Err(Error::NotFound { what: "SSH key" });
        }
        change.commit(about(id, &format!("renamed SSH key {id}"))).await
    }

    /// Removes a key; nobody signs in with it from then on. `false` if the user has no such key.
    pub async fn remove_ssh_key(&self, by: &Actor, user: UserId, id: SshKeyId) -> Result<bool> {
        let mut change = self.change(by).await?;
        let sql = "delete from ssh_key where user_id = $1 and id = $2 returning fingerprint";
        let Some(row) = change.optional(sql, args![user.0, id.0]).await? else {
            return Ok(false);
        };
        let fingerprint = row.of("ssh_key").text("fingerprint")?;
        change.commit(about(id, &format!("removed SSH key {id} ({fingerprint})"))).await?;
        Ok(true)
    }

    /// Notes that a key was used; written at most once a minute, and no change of facts.
    pub async fn touch_ssh_key(&self, id: SshKeyId, at: Timestamp) -> Result<()> {
        let sql = "update ssh_key set last_used_at = $2
                   where id = $1 and (last_used_at is null or last_used_at <= $3)";
        let before = Timestamp(at.0.saturating_sub(TOUCH_EVERY));
        self.database.write_record(sql, args![id.0, at, before]).await.map(drop)
    }

    /// Notes that a key was refused; written at most once a minute, and no change of facts.
    pub async fn touch_refused_ssh_key(&self, id: SshKeyId, refused: &LastRefused) -> Result<()> {
        let sql = "update ssh_key
                   set last_refused_at = $2, last_refused_code = $4, last_refused_why = $5
                   where id = $1 and (last_refused_at is null or last_refused_at <= $3)";
        let LastRefused { at, code, why } = refused;
        let before = Timestamp(at.0.saturating_sub(TOUCH_EVERY));
        self.database.write_record(sql, args![id.0, *at, before, code, why]).await.map(drop)
    }
}

async fn is_access_key(change: &mut Change<'_>, it: &Fingerprint) -> Result<bool> {
    let sql = "select id from access_key where fingerprint = $1 limit 1";
    Ok(change.optional(sql, args![it.as_str()]).await?.is_some())
}

fn about(id: SshKeyId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("ssh_key", id.0), before: None, after: None }
}
