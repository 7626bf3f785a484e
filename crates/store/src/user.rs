//! Users: people's accounts. A user is never removed, only made inactive: records and rules
//! refer to them.

use crate::change::Audited;
use crate::sql::{Row, args};
use crate::{Actor, Error, Page, PageRequest, Result, Store};
use model::{DisplayName, Email, Timestamp, UserId, Username};

/// A person's account.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// Lower case, hyphenated, without braces.
    pub uuid: String,
    pub username: Username,
    pub display_name: DisplayName,
    pub email: Email,
    /// In the PHC string format; `None` when the user has no password.
    pub password_hash: Option<String>,
    /// An administrator of the whole instance.
    pub is_admin: bool,
    /// May sign in at all.
    pub active: bool,
    pub created_at: Timestamp,
}

// By hand, so that the hash never ends up in a log.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, username, is_admin, active, .. } = self;
        write!(f, "User({id} `{username}`, admin: {is_admin}, active: {active})")
    }
}

/// What [`Store::create_user`] needs.
pub struct NewUser {
    pub username: Username,
    pub display_name: DisplayName,
    pub email: Email,
    pub password_hash: Option<String>,
    pub is_admin: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct UserUpdate {
    pub display_name: Option<DisplayName>,
    pub email: Option<Email>,
    pub is_admin: Option<bool>,
    pub active: Option<bool>,
}

macro_rules! select_user {
    ($rest:literal) => {
        concat!(
            r#"select id, uuid, username, display_name, email, password_hash, is_admin, active,
                   created_at
               from "user" "#,
            $rest
        )
    };
}

pub(crate) use select_user;

/// Reads a row whose columns are those of the table.
pub(crate) fn user_from(row: &Row) -> Result<User> {
    let row = row.of("user");
    Ok(User {
        id: UserId(row.int("id")?),
        uuid: row.text("uuid")?,
        username: row.parsed("username", Username::parse)?,
        display_name: row.parsed("display_name", DisplayName::parse)?,
        email: row.parsed("email", Email::parse)?,
        password_hash: row.opt_text("password_hash")?,
        is_admin: row.flag("is_admin")?,
        active: row.flag("active")?,
        created_at: row.time("created_at")?,
    })
}

impl Store {
    /// Creates an active user. User names and e-mail addresses are unique.
    pub async fn create_user(&self, by: &Actor, new: NewUser) -> Result<User> {
        let mut change = self.change(by).await?;
        let user = User {
            id: UserId(change.next_id("user").await?),
            uuid: crate::store::new_uuid(),
            username: new.username,
            display_name: new.display_name,
            email: new.email,
            password_hash: new.password_hash,
            is_admin: new.is_admin,
            active: true,
            created_at: by.at,
        };
        let sql = r#"insert into "user" (id, uuid, username, display_name, email, password_hash,
                         is_admin, active, created_at)
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)"#;
        let args = args![
            user.id.0,
            &user.uuid,
            user.username.as_str(),
            user.display_name.as_str(),
            user.email.as_str(),
            &user.password_hash,
            user.is_admin,
            user.active,
            user.created_at,
        ];
        change.execute(sql, args).await?;
        let what = format!("created user `{}`", user.username);
        change.commit(about(user.id, &what)).await?;
        Ok(user)
    }

    /// The user by login name.
    pub async fn find_user(&self, username: &Username) -> Result<Option<User>> {
        let sql = select_user!("where username = $1");
        self.database
            .optional(sql, args![username.as_str()])
            .await?
            .as_ref()
            .map(user_from)
            .transpose()
    }

    /// The user by e-mail address.
    pub async fn find_user_by_email(&self, email: &Email) -> Result<Option<User>> {
        let sql = select_user!("where email = $1");
        self.database
            .optional(sql, args![email.as_str()])
            .await?
            .as_ref()
            .map(user_from)
            .transpose()
    }

    /// The user by UUID: lower case, hyphenated, without braces.
    pub async fn find_user_by_uuid(&self, uuid: &str) -> Result<Option<User>> {
        let sql = select_user!("where uuid = $1");
        self.database.optional(sql, args![uuid]).await?.as_ref().map(user_from).transpose()
    }

    /// The user by number.
    pub async fn find_user_by_id(&self, id: UserId) -> Result<Option<User>> {
        let sql = select_user!("where id = $1");
        self.database.optional(sql, args![id.0]).await?.as_ref().map(user_from).transpose()
    }

    /// All users, by name.
    pub async fn list_users(&self, page: PageRequest) -> Result<Page<User>> {
        let rows = select_user!("order by username limit $1 offset $2");
        let count = r#"select count(*) as size from "user""#;
        self.page((rows, count), &[], page, user_from).await
    }

    /// Changes what is given; the user as it is now. [`Error::LastAdmin`] if nobody who may sign
    /// in would be an administrator of the installation any more.
    pub async fn update_user(&self, by: &Actor, id: UserId, update: UserUpdate) -> Result<User> {
        let mut change = self.change(by).await?;
        let row = change.optional(select_user!("where id = $1"), args![id.0]).await?;
        let before = user_from(&row.ok_or(Error::NotFound { what: "user" })?)?;
        let after = User {
            display_name: update.display_name.unwrap_or_else(|| before.display_name.clone()),
            email: update.email.unwrap_or_else(|| before.email.clone()),
            is_admin: update.is_admin.unwrap_or(before.is_admin),
            active: update.active.unwrap_or(before.active),
            ..before.clone()
        };
        let counts = |it: &User| it.is_admin && it.active;
        if counts(&before) && !counts(&after) {
            let sql = r#"select id from "user" where is_admin = 1 and active = 1 and id <> $1"#;
            change.optional(sql, args![id.0]).await?.ok_or(Error::LastAdmin)?;
        }
        let sql = r#"update "user" set display_name = $2, email = $3, is_admin = $4, active = $5
                     where id = $1"#;
        let args = args![
            id.0,
            after.display_name.as_str(),
            after.email.as_str(),
            after.is_admin,
            after.active,
        ];
        change.execute(sql, args).await?;
        let what = format!("changed user `{}`", after.username);
        let (was, is) = (audit_text(&before), audit_text(&after));
        change.commit(Audited { before: Some(&was), after: Some(&is), ..about(id, &what) }).await?;
        Ok(after)
    }

    /// Sets or removes the password.
    pub async fn set_password_hash(
        &self,
        by: &Actor,
        id: UserId,
        hash: Option<&str>,
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        let sql = r#"update "user" set password_hash = $2 where id = $1"#;
        if change.execute(sql, args![id.0, hash]).await? == 0 {
            return Err(Error::NotFound { what: "user" });
        }
        let what = if hash.is_some() { "set a password" } else { "removed the password" };
        change.commit(about(id, what)).await
    }
}

fn about(id: UserId, what: &str) -> Audited<'_> {
    Audited { what, subject: ("user", id.0), before: None, after: None }
}

/// What the audit line keeps of a user: everything but the password.
fn audit_text(user: &User) -> String {
    format!(
        "display_name={:?} email={} is_admin={} active={}",
        user.display_name.as_str(),
        user.email,
        user.is_admin,
        user.active
    )
}
