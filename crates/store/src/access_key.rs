//! Access keys: SSH keys of repositories, projects and workspaces, each a principal of its own. One
//! public key may be an access key of many places, and is then a principal of each; it is never
//! a personal key at the same time.

use crate::change::{Audited, Change};
use crate::key::{key_columns, key_from};
use crate::sql::{Row, args};
use crate::token::TOUCH_EVERY;
use crate::{Actor, Error, Key, LastRefused, NewKey, Owner, Result, Store};
use model::{AccessKeyId, Fingerprint, Permission, Timestamp};

/// An access key. Its label is the principal's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    pub id: AccessKeyId,
    /// Its home.
    pub owner: Owner,
    pub key: Key,
    /// What it was given at home; `None` when that was taken away again.
    pub permission: Option<Permission>,
}

macro_rules! select_key {
    ($rest:literal) => {
        concat!(
            "select k.id, k.level, k.owner_id, ",
            key_columns!(),
            r#", h.permission from access_key k left join "grant" h
                   on h.level = k.level and h.owner_id = k.owner_id
                   and h.subject_kind = 'access_key' and h.subject_id = k.id "#,
            $rest
        )
    };
}

fn access_key_from(row: &Row) -> Result<AccessKey> {
    let row = row.of("access_key");
    Ok(AccessKey {
        id: AccessKeyId(row.int("id")?),
        owner: Owner::from_columns(row)?,
        key: key_from(row)?,
        permission: row.opt_parsed("permission", Permission::parse)?,
    })
}

impl Store {
    /// Adds a key to a place and gives it a permission there. [`Error::Conflict`] when the place
    /// has it already, or it is somebody's personal key.
    pub async fn create_access_key(
        &self,
        by: &Actor,
        owner: Owner,
        new: NewKey,
        permission: Permission,
    ) -> Result<AccessKey> {
        let mut change = self.change(by).await?;
        // First: nobody else adds a key from here on.
        let id = AccessKeyId(change.next_id("ssh_key").await?);
        owner.must_exist(&mut change).await?;
        if is_personal(&mut change, &new.fingerprint).await? {
            return Err(Error::Conflict { what: "SSH key" });
        }
        let sql = "insert into access_key (id, level, owner_id, label, key, comment, fingerprint,
                       created_at, created_by)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let args = args![
            id.0,
            owner.word(),
            owner.id(),
            &new.label,
            &new.key,
            &new.comment,
            new.fingerprint.as_str(),
            by.at,
            &by.principal.name,
        ];
        change.execute(sql, args).await?;
        let sql = r#"insert into "grant" (level, owner_id, subject_kind, subject_id, permission)
                     values ($1, $2, 'access_key', $3, $4)"#;
        let args = args![owner.word(), owner.id(), id.0, permission.as_str()];
        change.execute(sql, args).await?;
        let key = Key::from_new(new, by);
        let what = format!("added access key {id} ({}) with {permission}", key.fingerprint);
        change.commit(about(owner, &what)).await?;
        Ok(AccessKey { id, owner, key, permission: Some(permission) })
    }

    /// Every access key with this fingerprint, the oldest first.
    pub async fn list_access_keys_by_fingerprint(
        &self,
        it: &Fingerprint,
    ) -> Result<Vec<AccessKey>> {
        let sql = select_key!("where k.fingerprint = $1 order by k.id");
        let rows = self.database.all(sql, args![it.as_str()]).await?;
        rows.iter().map(access_key_from).collect()
    }

    /// A place's key by number.
    pub async fn find_access_key(
        &self,
        owner: Owner,
        id: AccessKeyId,
    ) -> Result<Option<AccessKey>> {
        let sql = select_key!("where k.level = $1 and k.owner_id = $2 and k.id = $3");
        let row = self.database.optional(sql, args![owner.word(), owner.id(), id.0]).await?;
        row.as_ref().map(access_key_from).transpose()
    }

    /// A place's keys of this label, the oldest first: how SUBJECTs name keys.
    pub async fn list_access_keys_by_label(
        &self,
        owner: Owner,
        label: &str,
    ) -> Result<Vec<AccessKey>> {
        let sql =
            select_key!("where k.level = $1 and k.owner_id = $2 and k.label = $3 order by k.id");
        let rows = self.database.all(sql, args![owner.word(), owner.id(), label]).await?;
        rows.iter().map(access_key_from).collect()
    }

    /// All keys of a place, the oldest first.
    pub async fn list_access_keys(&self, owner: Owner) -> Result<Vec<AccessKey>> {
        let sql = select_key!("where k.level = $1 and k.owner_id = $2 order by k.id");
        let rows = self.database.all(sql, args![owner.word(), owner.id()]).await?;
        rows.iter().map(access_key_from).collect()
    }

    /// Gives a key another label. [`Error::NotFound`] if the place has no such key.
    pub async fn rename_access_key(
        &self,
        by: &Actor,
        owner: Owner,
        id: AccessKeyId,
        label: &str,
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        let sql = "update access_key set label = $4
                   where level = $1 and owner_id = $2 and id = $3";
        if change.execute(sql, args![owner.word(), owner.id(), id.0, label]).await? == 0 {
            return Err(Error::NotFound { what: "access key" });
        }
        change.commit(about(owner, &format!("renamed access key {id}"))).await
    }

    /// Removes a key with its grants and its places in restrictions. `false` if the place has no
    /// such key.
    pub async fn remove_access_key(
        &self,
        by: &Actor,
        owner: Owner,
        id: AccessKeyId,
    ) -> Result<bool> {
        let mut change = self.change(by).await?;
        let sql = "delete from access_key where level = $1 and owner_id = $2 and id = $3
                   returning fingerprint";
        let args = args![owner.word(), owner.id(), id.0];
        let Some(row) = change.optional(sql, args).await? else {
            return Ok(false);
        };
        let fingerprint = row.of("access_key").text("fingerprint")?;
        crate::grant::forget_subject(&mut change, "access_key", id.0).await?;
        let what = format!("removed access key {id} ({fingerprint})");
        change.commit(about(owner, &what)).await?;
        Ok(true)
    }

    /// Notes that a key was used; written at most once a minute, and no change of facts.
    pub async fn touch_access_key(&self, id: AccessKeyId, at: Timestamp) -> Result<()> {
        let sql = "update access_key set last_used_at = $2
                   where id = $1 and (last_used_at is null or last_used_at <= $3)";
        let before = Timestamp(at.0.saturating_sub(TOUCH_EVERY));
        self.database.write_record(sql, args![id.0, at, before]).await.map(drop)
    }

    /// Notes that a key was refused; written at most once a minute, and no change of facts.
    pub async fn touch_refused_access_key(
        &self,
        id: AccessKeyId,
        refused: &LastRefused,
    ) -> Result<()> {
        let sql = "update access_key
                   set last_refused_at = $2, last_refused_code = $4, last_refused_why = $5
                   where id = $1 and (last_refused_at is null or last_refused_at <= $3)";
        let LastRefused { at, code, why } = refused;
        let before = Timestamp(at.0.saturating_sub(TOUCH_EVERY));
        self.database.write_record(sql, args![id.0, *at, before, code, why]).await.map(drop)
    }
}

async fn is_personal(change: &mut Change<'_>, it: &Fingerprint) -> Result<bool> {
    let sql = "select id from ssh_key where fingerprint = $1";
    Ok(change.optional(sql, args![it.as_str()]).await?.is_some())
}

fn about(owner: Owner, what: &str) -> Audited<'_> {
    Audited { what, subject: owner.audited(), before: None, after: None }
}
