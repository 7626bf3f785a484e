//! API tokens: credentials of users.

use crate::change::{Audited, Change};
use crate::sql::{Row, args};
use crate::token::{StoredLists, TOUCH_EVERY, token_columns, token_from};
use crate::{Actor, Error, LastRefused, NewToken, Result, Store, Token, TokenHash, User};
use model::{ApiTokenId, DisplayName, Email, Timestamp, UserId, Username};

/// A user's API token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    pub id: ApiTokenId,
    pub user: UserId,
    pub token: Token,
    /// The token it was rotated into.
    pub replaced_by: Option<ApiTokenId>,
}

macro_rules! select_token {
    ($rest:literal) => {
        concat!("select t.id, t.user_id, ", token_columns!(), " from api_token t ", $rest)
    };
}

fn api_token_from(row: &Row) -> Result<ApiToken> {
    let row = row.of("api_token");
    Ok(ApiToken {
        id: ApiTokenId(row.int("id")?),
        user: UserId(row.int("user_id")?),
        token: token_from(row)?,
        replaced_by: row.opt_int("replaced_by")?.map(ApiTokenId),
    })
}

/// The owner of a token, whose columns carry a prefix to tell them from the token's.
fn owner_from(row: &Row) -> Result<User> {
    let row = row.of("user");
    Ok(User {
        id: UserId(row.int("user_id")?),
        uuid: row.text("user_uuid")?,
        username: row.parsed("user_username", Username::parse)?,
        display_name: row.parsed("user_display_name", DisplayName::parse)?,
        email: row.parsed("user_email", Email::parse)?,
        password_hash: row.opt_text("user_password_hash")?,
        is_admin: row.flag("user_is_admin")?,
        active: row.flag("user_active")?,
        created_at: row.time("user_created_at")?,
    })
}

impl Store {
    /// Creates a token of a user.
    pub async fn create_api_token(
        &self,
        by: &Actor,
        user: UserId,
        new: NewToken,
    ) -> Result<ApiToken> {
        let mut change = self.change(by).await?;
        let created = insert(&mut change, user, new).await?;
        let what = format!("created API token {} (…{})", created.id, created.token.last4);
        change.commit(about(created.id, &what)).await?;
        Ok(created)
    }

    /// The token with this hash and the user it belongs to, whatever state they are in: expired,
    /// revoked and inactive ones are found too, so that a refusal can say so. One statement.
    pub async fn find_api_token_by_hash(
        &self,
        hash: &TokenHash,
    ) -> Result<Option<(ApiToken, User)>> {
        let sql = concat!(
            "select t.id, t.user_id, ",
            token_columns!(),
            r#", u.uuid as user_uuid, u.username as user_username,
                 u.display_name as user_display_name, u.email as user_email,
                 u.password_hash as user_password_hash, u.is_admin as user_is_admin,
                 u.active as user_active, u.created_at as user_created_at
               from api_token t join "user" u on u.id = t.user_id where t.hash = $1"#
        );
        let row = self.database.optional(sql, args![hash]).await?;
        row.map(|row| Ok((api_token_from(&row)?, owner_from(&row)?))).transpose()
    }

    /// A user's token by number.
    pub async fn find_api_token(&self, user: UserId, id: ApiTokenId) -> Result<Option<ApiToken>> {
        let sql = select_token!("where t.user_id = $1 and t.id = $2");
        let row = self.database.optional(sql, args![user.0, id.0]).await?;
        row.as_ref().map(api_token_from).transpose()
    }

    /// All tokens of a user, the oldest first, revoked and expired ones included.
    pub async fn list_api_tokens(&self, user: UserId) -> Result<Vec<ApiToken>> {
        let sql = select_token!("where t.user_id = $1 order by t.id");
        self.database.all(sql, args![user.0]).await?.iter().map(api_token_from).collect()
    }

    /// Makes a token good for nothing. `false` if the user has no such token, or it was revoked
    /// before.
    pub async fn revoke_api_token(&self, by: &Actor, user: UserId, id: ApiTokenId) -> Result<bool> {
        let mut change = self.change(by).await?;
        let sql = "update api_token set revoked_at = $3
                   where user_id = $1 and id = $2 and revoked_at is null";
        if change.execute(sql, args![user.0, id.0, by.at]).await? == 0 {
            return Ok(false);
        }
        change.commit(about(id, &format!("revoked API token {id}"))).await?;
        Ok(true)
    }

    /// Replaces a token by a new one. The old one stays good until `overlap_until`, or its own end
    /// if that is sooner. [`Error::NotFound`] if the user has no such token, or it was revoked
    /// or replaced before.
    pub async fn rotate_api_token(
        &self,
        by: &Actor,
        user: UserId,
        id: ApiTokenId,
        new: NewToken,
        overlap_until: Timestamp,
    ) -> Result<ApiToken> {
        let mut change = self.change(by).await?;
        let created = insert(&mut change, user, new).await?;
        let sql = "update api_token set replaced_by = $3,
                       expires_at = case when expires_at < $4 then expires_at else $4 end
                   where user_id = $1 and id = $2 and revoked_at is null and replaced_by is null";
        if change.execute(sql, args![user.0, id.0, created.id.0, overlap_until]).await? == 0 {
            return Err(Error::NotFound { what: "token" });
        }
        let what = format!("rotated API token {id} into {}", created.id);
        change.commit(about(id, &what)).await?;
        Ok(created)
    }

    /// Notes that a token was used; written at most once a minute, and no change of facts.
    pub async fn touch_api_token(&self, id: ApiTokenId, at: Timestamp) -> Result<()> {
        let sql = "update api_token set last_used_at = $2
                   where id = $1 and (last_used_at is null or last_used_at <= $3)";
        let before = Timestamp(at.0.saturating_sub(TOUCH_EVERY));
        self.database.write_record(sql, args![id.0, at, before]).await.map(drop)
    }

    /// Notes that a token was refused; written at most once a minute, and no change of facts.
    pub async fn touch_refused_api_token(
        &self,
        id: ApiTokenId,
        refused: &LastRefused,
    ) -> Result<()> {
        let sql = "update api_token
                   set last_refused_at = $2, last_refused_code = $4, last_refused_why = $5
                   where id = $1 and (last_refused_at is null or last_refused_at <= $3)";
        let LastRefused { at, code, why } = refused;
        let before = Timestamp(at.0.saturating_sub(TOUCH_EVERY));
        self.database.write_record(sql, args![id.0, *at, before, code, why]).await.map(drop)
    }
}

async fn insert(change: &mut Change<'_>, user: UserId, new: NewToken) -> Result<ApiToken> {
    let id = ApiTokenId(change.next_id("api_token").await?);
    let lists = StoredLists::of(&new);
    let by = change.by();
    let sql = "insert into api_token (id, user_id, name, hash, last4, scopes, repository_limit,
                   ref_limit, address_limit, expires_at, created_at, created_by)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let args = args![
        id.0,
        user.0,
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
    Ok(ApiToken { id, user, token: Token::from_new(new, by), replaced_by: None })
}

fn about(id: ApiTokenId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("api_token", id.0), before: None, after: None }
}
