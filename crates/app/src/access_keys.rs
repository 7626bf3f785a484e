//! Access keys: SSH keys of repositories, projects and workspaces, each a principal of its own that
//! holds read or write at home. What else it may do, grants and exemptions give it by name.

use crate::error::{Error, Fields, Result};
use crate::key_input::{NewKey, check_label, taken_elsewhere, taken_here};
use crate::{App, Asker, Page, PageRequest, PlaceName};
use model::{AccessKeyId, Permission};
use policy::Act;
use store::{AccessKey, UnknownKey};

const MISSING: Error = Error::NotFound { what: "access key" };

impl App {
    /// Adds a key to a repository, project or workspace and gives it `read` or `write` there.
    pub async fn add_access_key(
        &self,
        who: &Asker,
        place: &PlaceName,
        new: NewKey,
        permission: &str,
    ) -> Result<AccessKey> {
        let open = self.open_place(who, place, Act::AddAccessKey(place.level())).await?;
        let mut fields = Fields::default();
        let permission = match Permission::parse(permission) {
            Ok(it @ (Permission::Read | Permission::Write)) => Some(it),
            Ok(Permission::CreateRepository | Permission::Admin) | Err(_) => {
                fields.add("permission", "an access key may hold `read` or `write`");
                None
            }
        };
        let (new, permission) = match (new.check(), permission) {
            (Ok(new), Some(permission)) => (new, permission),
            (Err(Error::Invalid(mut wrong)), _) => {
                wrong.0.extend(fields.0);
                return Err(Error::Invalid(wrong));
            }
            (Err(other), _) => return Err(other),
            (Ok(_), None) => return Err(Error::Invalid(fields)),
        };
        let fingerprint = new.fingerprint.clone();
        match self.store.create_access_key(&open.by, open.owner, new, permission).await {
            Err(store::Error::Conflict { .. }) => {
                let same = self.store.list_access_keys_by_fingerprint(&fingerprint).await?;
                let here = same.into_iter().find(|it| it.owner == open.owner);
                let whose = format!("this {}", place.level());
                Err(here.map_or_else(taken_elsewhere, |it| taken_here(&whose, &it.key.label)))
            }
            other => Ok(other?),
        }
    }

    /// All keys of a place, the oldest first.
    pub async fn list_access_keys(&self, who: &Asker, place: &PlaceName) -> Result<Vec<AccessKey>> {
        let open = self.open_place(who, place, Act::ReadAccessKeys(place.level())).await?;
        self.flush_used().await;
        Ok(self.store.list_access_keys(open.owner).await?)
    }

    /// One key of a place.
    pub async fn access_key(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: AccessKeyId,
    ) -> Result<AccessKey> {
        let open = self.open_place(who, place, Act::ReadAccessKeys(place.level())).await?;
        self.store.find_access_key(open.owner, id).await?.ok_or(MISSING)
    }

    /// Gives a key another label; the key as it is now.
    pub async fn rename_access_key(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: AccessKeyId,
        label: &str,
    ) -> Result<AccessKey> {
        let open = self.open_place(who, place, Act::RenameAccessKey(place.level())).await?;
        let label = check_label(label)?;
        self.store.rename_access_key(&open.by, open.owner, id, &label).await?;
        self.store.find_access_key(open.owner, id).await?.ok_or(MISSING)
    }

    /// Removes a key with its grants and exemptions: it lets nobody in from then on.
    pub async fn remove_access_key(
        &self,
        who: &Asker,
        place: &PlaceName,
        id: AccessKeyId,
    ) -> Result<()> {
        let open = self.open_place(who, place, Act::RemoveAccessKey(place.level())).await?;
        let removed = self.store.remove_access_key(&open.by, open.owner, id).await?;
        if removed { Ok(()) } else { Err(MISSING) }
    }

    /// Keys that were offered and belong to nobody, the newest first.
    pub async fn list_unknown_keys(
        &self,
        who: &Asker,
        page: PageRequest,
    ) -> Result<Page<UnknownKey>> {
        self.open_instance(who, Act::ReadUnknownKeys).await?;
        self.flush_used().await;
        Ok(page.filled(self.store.list_unknown_keys(page.to_store()).await?))
    }
}
