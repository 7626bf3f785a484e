//! People's accounts: making them, looking at them, changing them. Never gives out a password's
//! hash.

use crate::error::{Error, Fields, Result};
use crate::page::{Page, PageRequest};
use crate::{App, Asker, password};
use model::{DisplayName, Email, Secret, Timestamp, UserId, Username};
use policy::Act;

/// An account, as its owner and administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    /// Lower case, hyphenated, without braces.
    pub uuid: String,
    pub username: String,
    pub display_name: String,
    pub email: String,
    /// An administrator of the installation.
    pub is_admin: bool,
    /// May sign in.
    pub active: bool,
    pub has_password: bool,
    pub created_at: Timestamp,
}

/// An account, as everybody who is signed in sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Lower case, hyphenated, without braces.
    pub uuid: String,
    pub username: String,
    pub display_name: String,
    pub active: bool,
    pub created_at: Timestamp,
}

/// What a new account needs, as it was typed.
#[derive(Clone)]
pub struct NewUser {
    pub username: String,
    pub display_name: String,
    pub email: String,
    /// Without one the account can only use tokens that an administrator makes for it.
    pub password: Option<Secret>,
    pub is_admin: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Default)]
pub struct UserChange {
    pub display_name: Option<String>,
    pub email: Option<String>,
    pub is_admin: Option<bool>,
    pub active: Option<bool>,
    pub password: Option<Secret>,
}

impl From<store::User> for User {
    fn from(it: store::User) -> Self {
        Self {
            id: it.id,
            uuid: it.uuid,
            username: it.username.to_string(),
            display_name: it.display_name.to_string(),
            email: it.email.to_string(),
            is_admin: it.is_admin,
            active: it.active,
            has_password: it.password_hash.is_some(),
            created_at: it.created_at,
        }
    }
}

impl From<store::User> for Profile {
    fn from(it: store::User) -> Self {
        Self {
            uuid: it.uuid,
            username: it.username.to_string(),
            display_name: it.display_name.to_string(),
            active: it.active,
            created_at: it.created_at,
        }
    }
}

impl App {
    /// Creates an account that may sign in at once.
    pub async fn create_user(&self, who: &Asker, new: NewUser) -> Result<User> {
        let open = self.open_instance(who, Act::CreateUser).await?;
        let mut fields = Fields::default();
        let username = fields.take("username", Username::parse(&new.username));
        let display_name = fields.take("display_name", DisplayName::parse(&new.display_name));
        let email = fields.take("email", Email::parse(&new.email));
        if let Some(password) = &new.password {
            check_password(&mut fields, password);
        }
        if username.as_ref().is_some_and(|it| it.as_str().starts_with("x-")) {
            fields.add("username", "names that start with `x-` stand for kinds of credentials");
        }
        let (Some(username), Some(display_name), Some(email)) = (username, display_name, email)
        else {
            return Err(Error::Invalid(fields));
        };
        fields.check()?;
        let password_hash = self.hash(new.password.as_ref()).await?;
        let new =
            store::NewUser { username, display_name, email, password_hash, is_admin: new.is_admin };
        Ok(self.store.create_user(&open.by, new).await?.into())
    }

    /// One's own account. `None` for whoever is not a user: an access token has none.
    pub async fn own_account(&self, who: &Asker) -> Result<Option<User>> {
        self.open_instance(who, Act::ReadOwnAccount).await?;
        let Some(id) = who.user_id() else { return Ok(None) };
        Ok(self.store.find_user_by_id(id).await?.map(User::from))
    }

    /// Somebody's public face, by user name or `{uuid}`.
    pub async fn profile(&self, who: &Asker, user: &str) -> Result<Profile> {
        self.open_instance(who, Act::ReadProfile).await?;
        Ok(self.named_user(user).await?.into())
    }

    /// All accounts, by user name.
    pub async fn list_users(&self, who: &Asker, page: PageRequest) -> Result<Page<User>> {
        self.open_instance(who, Act::ReadUsers).await?;
        Ok(page.filled(self.store.list_users(page.to_store()).await?).map(User::from))
    }

    /// Changes an account; the account as it is now. An administrator cannot take their own
    /// administration or account away: somebody else must do that.
    pub async fn update_user(&self, who: &Asker, user: &str, change: UserChange) -> Result<User> {
        let open = self.open_instance(who, Act::UpdateUser).await?;
        let user = self.named_user(user).await?;
        let mut fields = Fields::default();
        let own = who.user_id() == Some(user.id);
        if own && change.is_admin == Some(false) {
            fields.add("is_admin", "nobody can take their own administration away");
        }
        if own && change.active == Some(false) {
            fields.add("active", "nobody can close their own account");
        }
        if let Some(password) = &change.password {
            check_password(&mut fields, password);
        }
        let display_name =
            change.display_name.and_then(|it| fields.take("display_name", DisplayName::parse(&it)));
        let email = change.email.and_then(|it| fields.take("email", Email::parse(&it)));
        fields.check()?;
        let hash = self.hash(change.password.as_ref()).await?;
        let (is_admin, active) = (change.is_admin, change.active);
        let update = store::UserUpdate { display_name, email, is_admin, active };
        let mut after = User::from(self.store.update_user(&open.by, user.id, update).await?);
        // Last: an address that is taken must leave the password as it was.
        if let Some(hash) = hash {
            self.store.set_password_hash(&open.by, user.id, Some(&hash)).await?;
            after.has_password = true;
        }
        Ok(after)
    }

    /// The account by user name or `{uuid}`. For use after the policy has let the asker in.
    pub(crate) async fn named_user(&self, name: &str) -> Result<store::User> {
        self.find_named_user(name).await?.ok_or(Error::NotFound { what: "user" })
    }

    pub(crate) async fn find_named_user(&self, name: &str) -> Result<Option<store::User>> {
        if let Some(uuid) = name.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
            return Ok(self.store.find_user_by_uuid(&uuid.to_ascii_lowercase()).await?);
        }
        match Username::parse(name) {
            Ok(name) => Ok(self.store.find_user(&name).await?),
            Err(_) => Ok(None),
        }
    }

    async fn hash(&self, password: Option<&Secret>) -> Result<Option<String>> {
        match password {
            Some(password) => Ok(Some(self.passwords.hash(password).await?)),
            None => Ok(None),
        }
    }
}

fn check_password(fields: &mut Fields, password: &Secret) {
    let text = password.expose();
    if text.chars().count() < password::MIN_LENGTH {
        fields.add("password", format!("use at least {} characters", password::MIN_LENGTH));
    }
    if text.len() > password::MAX_LENGTH {
        fields.add("password", format!("use at most {} bytes", password::MAX_LENGTH));
    }
}
