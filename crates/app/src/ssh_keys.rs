//! Personal SSH keys: credentials of users with everything their user may do. Added, listed,
//! renamed and removed by their owner, or by an administrator for others.

use crate::error::{Error, Result};
use crate::key_input::{NewKey, check_label, taken_elsewhere, taken_here};
use crate::own_way::Leaving;
use crate::users::Profile;
use crate::{App, Asker};
use policy::Act;
use store::{SshKey, User};

const MISSING: Error = Error::NotFound { what: "SSH key" };

/// A personal key and whose it is.
#[derive(Clone, Debug)]
pub struct UserKey {
    pub key: SshKey,
    pub owner: Profile,
}

impl App {
    /// Adds a key to a user's, by user name or `{uuid}`.
    pub async fn add_ssh_key(&self, who: &Asker, user: &str, new: NewKey) -> Result<UserKey> {
        let act = if who.is_called(user) { Act::AddOwnKey } else { Act::AddOthersKey };
        // Who may not do it at all learns that first, and nothing about the key.
        let open = self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        let new = new.check()?;
        let fingerprint = new.fingerprint.clone();
        match self.store.create_ssh_key(&open.by, user.id, new).await {
            Ok(key) => Ok(UserKey { key, owner: user.into() }),
            Err(store::Error::Conflict { .. }) => {
                let found = self.store.find_ssh_key_by_fingerprint(&fingerprint).await?;
                Err(match found.filter(|it| it.user == user.id) {
                    Some(own) => taken_here(user.username.as_str(), &own.key.label),
                    None => taken_elsewhere(),
                })
            }
            Err(other) => Err(other.into()),
        }
    }

    /// All keys of a user, the oldest first.
    pub async fn list_ssh_keys(&self, who: &Asker, user: &str) -> Result<Vec<UserKey>> {
        let act = if who.is_called(user) { Act::ReadOwnKeys } else { Act::ReadOthersKeys };
        self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        self.flush_used().await;
        let keys = self.store.list_ssh_keys(user.id).await?;
        let owner = Profile::from(user);
        Ok(keys.into_iter().map(|key| UserKey { key, owner: owner.clone() }).collect())
    }

    /// One key of a user, by number or `{uuid}`.
    pub async fn ssh_key(&self, who: &Asker, user: &str, key: &str) -> Result<UserKey> {
        let keys = self.list_ssh_keys(who, user).await?;
        keys.into_iter().find(|it| is_called(&it.key, key)).ok_or(MISSING)
    }

    /// Gives a key another label; the key as it is now.
    pub async fn rename_ssh_key(
        &self,
        who: &Asker,
        user: &str,
        key: &str,
        label: &str,
    ) -> Result<UserKey> {
        let act = if who.is_called(user) { Act::RenameOwnKey } else { Act::RenameOthersKey };
        let open = self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        let mut key = self.named_key(&user, key).await?;
        key.key.label = check_label(label)?;
        self.store.rename_ssh_key(&open.by, user.id, key.id, &key.key.label).await?;
        Ok(UserKey { key, owner: user.into() })
    }

    /// Removes a key: it lets nobody in from then on.
    pub async fn remove_ssh_key(&self, who: &Asker, user: &str, key: &str) -> Result<()> {
        let act = if who.is_called(user) { Act::RemoveOwnKey } else { Act::RemoveOthersKey };
        let open = self.open_instance(who, act).await?;
        let user = self.named_user(user).await?;
        let key = self.named_key(&user, key).await?;
        self.keep_access(who, &user, Leaving::Key(key.id)).await?;
        if self.store.remove_ssh_key(&open.by, user.id, key.id).await? {
            Ok(())
        } else {
            Err(MISSING)
        }
    }

    async fn named_key(&self, user: &User, name: &str) -> Result<SshKey> {
        let keys = self.store.list_ssh_keys(user.id).await?;
        keys.into_iter().find(|it| is_called(it, name)).ok_or(MISSING)
    }
}

/// Is it the key of this number or `{uuid}`?
fn is_called(key: &SshKey, name: &str) -> bool {
    match name.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
        Some(uuid) => key.uuid.eq_ignore_ascii_case(uuid),
        None => name.parse() == Ok(key.id.0),
    }
}
