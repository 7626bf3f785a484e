//! OpenPGP keys of users: by them their signed commits are known as theirs. They let nobody in.
//! Added, listed and removed by their owner, or by an administrator for others.

use crate::error::{Error, Fields, Result};
use crate::openpgp::{self, BadGpgKey, Certificate};
use crate::users::Profile;
use crate::{App, Asker, clock};
use model::{DisplayName, Timestamp};
use policy::Act;
use store::{GpgKey, GpgSigner, NewGpgKey, User};

const MISSING: Error = Error::NotFound { what: "GPG key" };

/// A key and whose it is.
#[derive(Clone, Debug)]
pub struct UserGpgKey {
    pub key: GpgKey,
    pub owner: Profile,
}

/// A key to be added, as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GpgKeyInput {
    /// How people tell it from their others; the name on the key when there is none.
    pub label: Option<String>,
    /// The public key in its armour.
    pub key: String,
}

impl App {
    /// Adds a key to a user's, by user name or `{uuid}`. The user's e-mail address has to be on it:
    /// else anybody could put somebody else's key on record first.
    pub async fn add_gpg_key(
        &self,
        who: &Asker,
        user: &str,
        new: GpgKeyInput,
    ) -> Result<UserGpgKey> {
        let own = who.is_called(user);
        let act = if own { Act::AddOwnGpgKey } else { Act::AddOthersGpgKey };
        // Who may not do it at all learns that first, and nothing about the key.
        let open = self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        let new = new.check(&user, clock::now())?;
        let fingerprint = new.fingerprint.clone();
        match self.store.create_gpg_key(&open.by, user.id, new).await {
            Ok(key) => Ok(UserGpgKey { key, owner: user.into() }),
            Err(store::Error::Conflict { .. }) => {
                let found = self.store.find_gpg_key_by_fingerprint(&fingerprint).await?;
                Err(taken(found.filter(|it| it.user == user.id)))
            }
            Err(other) => Err(other.into()),
        }
    }

    /// All keys of a user, the oldest first.
    pub async fn list_gpg_keys(&self, who: &Asker, user: &str) -> Result<Vec<UserGpgKey>> {
        let own = who.is_called(user);
        let act = if own { Act::ReadOwnGpgKeys } else { Act::ReadOthersGpgKeys };
        self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        let keys = self.store.list_gpg_keys(user.id).await?;
        let owner = Profile::from(user);
        Ok(keys.into_iter().map(|key| UserGpgKey { key, owner: owner.clone() }).collect())
    }

    /// One key of a user, by number or fingerprint.
    pub async fn gpg_key(&self, who: &Asker, user: &str, key: &str) -> Result<UserGpgKey> {
        let keys = self.list_gpg_keys(who, user).await?;
        keys.into_iter().find(|it| is_called(&it.key, key)).ok_or(MISSING)
    }

    /// Removes a key: what it signed counts no longer where signatures are asked for.
    pub async fn remove_gpg_key(&self, who: &Asker, user: &str, key: &str) -> Result<()> {
        let own = who.is_called(user);
        let act = if own { Act::RemoveOwnGpgKey } else { Act::RemoveOthersGpgKey };
        let open = self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        let keys = self.store.list_gpg_keys(user.id).await?;
        let key = keys.into_iter().find(|it| is_called(it, key)).ok_or(MISSING)?;
        if self.store.remove_gpg_key(&open.by, user.id, key.id).await? {
            Ok(())
        } else {
            Err(MISSING)
        }
    }
}

impl GpgKeyInput {
    fn check(self, user: &User, now: Timestamp) -> Result<NewGpgKey> {
        let mut fields = Fields::default();
        let text = self.key.trim();
        let read = fields.take("key", openpgp::read(text, now));
        if let Some(read) = &read
            && !read.is_of(&user.email)
        {
            fields.add("key", not_on_it(read, user));
        }
        let given = self.label.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let label = match (given, &read) {
            (Some(given), _) => fields.take("label", DisplayName::parse(given)),
            (None, Some(read)) => fields.take("label", label_of(read)),
            (None, None) => None,
        };
        fields.check()?;
        let (Some(read), Some(label)) = (read, label) else {
            return Err(Fields::one("key", BadGpgKey::Malformed));
        };
        let signers = read.signers.into_iter().map(|it| GpgSigner {
            fingerprint: it.fingerprint,
            key_id: it.key_id,
            made_at: it.made_at,
            expires_at: it.expires_at,
        });
        Ok(NewGpgKey {
            label: label.to_string(),
            key: text.to_owned(),
            fingerprint: read.fingerprint,
            made_at: read.made_at,
            expires_at: read.expires_at,
            signers: signers.collect(),
        })
    }
}

/// The first name on the key, or the end of its fingerprint where that cannot be one.
fn label_of(read: &Certificate) -> Result<DisplayName, String> {
    let name = read.user_ids.first().map(String::as_str).unwrap_or_default();
    DisplayName::parse(name)
        .map_err(|why| format!("the name on the key cannot be its label: {why}; give it one"))
}

fn not_on_it(read: &Certificate, user: &User) -> String {
    let there: Vec<_> = read.user_ids.iter().map(|it| crate::render::visible(it)).collect();
    let there = if there.is_empty() { "nobody".to_owned() } else { there.join(", ") };
    format!(
        "this key is of {there}: add `{email}` to it with `gpg --quick-add-uid KEY {email}`, and \
         export it again",
        email = user.email
    )
}

/// The key is taken; by whom is told to its owner only.
fn taken(own: Option<GpgKey>) -> Error {
    let message = match own {
        Some(own) => format!(
            "this key is here already, as `{}`: to bring it up to date, remove it first",
            crate::render::visible(&own.label)
        ),
        None => "someone has already registered that GPG key: ask an administrator whose it is"
            .to_owned(),
    };
    Error::Conflict { field: "key", message }
}

/// Is it the key of this number or fingerprint?
fn is_called(key: &GpgKey, name: &str) -> bool {
    key.fingerprint.eq_ignore_ascii_case(name) || name.parse() == Ok(key.id.0)
}
