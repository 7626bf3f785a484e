//! Access tokens: bots. Each is a principal of its own, owned by a repository, project or
//! workspace, and a credential at the same time.

use crate::change::{Audited, Change};
use crate::grant::put_grant;
use crate::sql::{Row, args};
use crate::token::{StoredLists, TOUCH_EVERY, token_columns, token_from};
use crate::{Actor, Error, LastRefused, NewToken, Owner, Result, Store, Token, TokenHash};
use model::{AccessTokenId, Permission, Subject, Timestamp};

/// An access token. Its name is the principal's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    pub id: AccessTokenId,
    pub owner: Owner,
    pub token: Token,
    /// The token it was rotated into. That is another principal: lists that name this one are
    /// carried over to it by the rotation.
    pub replaced_by: Option<AccessTokenId>,
}

macro_rules! select_token {
    ($rest:literal) => {
        concat!(
            "select t.id, t.level, t.owner_id, ",
            token_columns!(),
            " from access_token t ",
            $rest
        )
    };
}

fn access_token_from(row: &Row) -> Result<AccessToken> {
    let row = row.of("access_token");
    Ok(AccessToken {
        id: AccessTokenId(row.int("id")?),
        owner: Owner::from_columns(row)?,
        token: token_from(row)?,
        replaced_by: row.opt_int("replaced_by")?.map(AccessTokenId),
    })
}

impl Store {
    /// Creates a token of a repository, project or workspace, which holds this permission there.
    pub async fn create_access_token(
        &self,
        by: &Actor,
        owner: Owner,
        new: NewToken,
        permission: Option<Permission>,
    ) -> Result<AccessToken> {
        let mut change = self.change(by).await?;
        owner.must_exist(&mut change).await?;
        let created = insert(&mut change, owner, new).await?;
        if let Some(permission) = permission {
            put_grant(&mut change, owner, Subject::AccessToken(created.id), permission).await?;
        }
        let what = format!("created access token {} (…{})", created.id, created.token.last4);
        let after = permission.map(Permission::as_str);
        change.commit(Audited { after, ..about(owner, &what) }).await?;
        Ok(created)
    }

    /// The token with this hash, whatever state it is in: expired and revoked ones are found too,
    /// so that a refusal can say so. One statement.
    pub async fn find_access_token_by_hash(&self, hash: &TokenHash) -> Result<Option<AccessToken>> {
        let row = self.database.optional(select_token!("where t.hash = $1"), args![hash]).await?;
        row.as_ref().map(access_token_from).transpose()
    }

    /// An owner's token by number.
    pub async fn find_access_token(
        &self,
        owner: Owner,
        id: AccessTokenId,
    ) -> Result<Option<AccessToken>> {
        let sql = select_token!("where t.level = $1 and t.owner_id = $2 and t.id = $3");
        let row = self.database.optional(sql, args![owner.word(), owner.id(), id.0]).await?;
        row.as_ref().map(access_token_from).transpose()
    }

    /// An owner's tokens of this name that are neither revoked nor replaced, the oldest first: how
    /// SUBJECTs name bots.
    pub async fn list_access_tokens_by_name(
        &self,
        owner: Owner,
        name: &str,
    ) -> Result<Vec<AccessToken>> {
        let sql = select_token!(
            "where t.level = $1 and t.owner_id = $2 and t.name = $3 and t.revoked_at is null
                 and t.replaced_by is null
             order by t.id"
        );
        let rows = self.database.all(sql, args![owner.word(), owner.id(), name]).await?;
        rows.iter().map(access_token_from).collect()
    }

    /// All tokens of an owner, the oldest first, revoked and expired ones included.
    pub async fn list_access_tokens(&self, owner: Owner) -> Result<Vec<AccessToken>> {
        let sql = select_token!("where t.level = $1 and t.owner_id = $2 order by t.id");
        let rows = self.database.all(sql, args![owner.word(), owner.id()]).await?;
        rows.iter().map(access_token_from).collect()
    }

    /// Makes a token good for nothing. `false` if the owner has no such token, or it was revoked
    /// before.
    pub async fn revoke_access_token(
        &self,
        by: &Actor,
        owner: Owner,
        id: AccessTokenId,
    ) -> Result<bool> {
        let mut change = self.change(by).await?;
        let sql = "update access_token set revoked_at = $4
                   where level = $1 and owner_id = $2 and id = $3 and revoked_at is null";
        if change.execute(sql, args![owner.word(), owner.id(), id.0, by.at]).await? == 0 {
            return Ok(false);
        }
        change.commit(about(owner, &format!("revoked access token {id}"))).await?;
        Ok(true)
    }

    /// Replaces a token by a new one, which takes its place in grants and restrictions as well.
    /// The old one keeps its own places and stays good until `overlap_until`, or its own end if
    /// that is sooner. [`Error::NotFound`] if the owner has no such token, or it was revoked or
    /// replaced before.
    pub async fn rotate_access_token(
        &self,
        by: &Actor,
        owner: Owner,
        id: AccessTokenId,
        new: NewToken,
        overlap_until: Timestamp,
    ) -> Result<AccessToken> {
        let mut change = self.change(by).await?;
        let created = insert(&mut change, owner, new).await?;
        let sql = "update access_token set replaced_by = $4,
                       expires_at = case when expires_at < $5 then expires_at else $5 end
                   where level = $1 and owner_id = $2 and id = $3
                     and revoked_at is null and replaced_by is null";
        let args = args![owner.word(), owner.id(), id.0, created.id.0, overlap_until];
        if change.execute(sql, args).await? == 0 {
            return Err(Error::NotFound { what: "token" });
        }
        inherit(&mut change, id, created.id).await?;
        let what = format!("rotated access token {id} into {}", created.id);
        change.commit(about(owner, &what)).await?;
        Ok(created)
    }

    /// Notes that a token was used; written at most once a minute, and no change of facts.
    pub async fn touch_access_token(&self, id: AccessTokenId, at: Timestamp) -> Result<()> {
        let sql = "update access_token set last_used_at = $2
                   where id = $1 and (last_used_at is null or last_used_at <= $3)";
        let before = Timestamp(at.0.saturating_sub(TOUCH_EVERY));
        self.database.write_record(sql, args![id.0, at, before]).await.map(drop)
    }

    /// Notes that a token was refused; written at most once a minute, and no change of facts.
    pub async fn touch_refused_access_token(
        &self,
        id: AccessTokenId,
        refused: &LastRefused,
    ) -> Result<()> {
        let sql = "update access_token
                   set last_refused_at = $2, last_refused_code = $4, last_refused_why = $5
                   where id = $1 and (last_refused_at is null or last_refused_at <= $3)";
        let LastRefused { at, code, why } = refused;
        let before = Timestamp(at.0.saturating_sub(TOUCH_EVERY));
        self.database.write_record(sql, args![id.0, *at, before, code, why]).await.map(drop)
    }
}

/// Gives a token the places another has in grants and restrictions.
async fn inherit(change: &mut Change<'_>, from: AccessTokenId, to: AccessTokenId) -> Result<()> {
    let sql = r#"insert into "grant" (level, owner_id, subject_kind, subject_id, permission)
                 select level, owner_id, subject_kind, $2, permission from "grant"
                 where subject_kind = 'access_token' and subject_id = $1"#;
    change.execute(sql, args![from.0, to.0]).await?;
    let sql = "insert into restriction_subject (restriction_id, subject_kind, subject_id, until,
                   reason)
               select restriction_id, subject_kind, $2, until, reason from restriction_subject
               where subject_kind = 'access_token' and subject_id = $1";
    change.execute(sql, args![from.0, to.0]).await?;
    Ok(())
}

async fn insert(change: &mut Change<'_>, owner: Owner, new: NewToken) -> Result<AccessToken> {
    let id = AccessTokenId(change.next_id("access_token").await?);
    let lists = StoredLists::of(&new);
    let by = change.by();
    let sql = "insert into access_token (id, level, owner_id, name, hash, last4, scopes,
                   repository_limit, ref_limit, address_limit, expires_at, created_at, created_by)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let args = args![
        id.0,
        owner.word(),
        owner.id(),
        &new.name,
        &new.hash,
        &new.last4,
        &lists.scopes,
        &lists.repositories,
        &lists.refs,
        &lists.addresses,
        new.expires_at,
        by.at,
        &by.principal.name,
    ];
    change.execute(sql, args).await?;
    Ok(AccessToken { id, owner, token: Token::from_new(new, by), replaced_by: None })
}

fn about(owner: Owner, what: &str) -> Audited<'_> {
    Audited { what, subject: owner.audited(), before: None, after: None }
}
