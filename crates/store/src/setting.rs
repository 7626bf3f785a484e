//! Settings of the instance: single values by name, such as its UUID.

use crate::change::Audited;
use crate::sql::args;
use crate::{Actor, Result, Store};

impl Store {
    /// The value of a setting; `None` if it was never set.
    pub async fn find_setting(&self, key: &str) -> Result<Option<String>> {
        let sql = "select value from setting where key = $1";
        let row = self.database.optional(sql, args![key]).await?;
        row.map(|row| row.of("setting").text("value")).transpose()
    }

    /// Sets a setting. Not for secrets: the audit line holds both values.
    pub async fn set_setting(&self, by: &Actor, key: &str, value: &str) -> Result<()> {
        let mut change = self.change(by).await?;
        let before =
            change.optional("select value from setting where key = $1", args![key]).await?;
        let before = before.map(|row| row.of("setting").text("value")).transpose()?;
        let sql = "insert into setting (key, value) values ($1, $2)
                   on conflict (key) do update set value = excluded.value";
        change.execute(sql, args![key, value]).await?;
        let what = format!("set `{key}`");
        let audited = Audited {
            what: &what,
            subject: ("instance", 0),
            before: before.as_deref(),
            after: Some(value),
        };
        change.commit(audited).await
    }

    /// The UUID of this instance, made when it is first asked for. Several processes that ask at
    /// once get the same.
    pub async fn instance_uuid(&self) -> Result<String> {
        let key = "instance_uuid";
        if let Some(uuid) = self.find_setting(key).await? {
            return Ok(uuid);
        }
        let uuid = crate::store::new_uuid();
        let mut tx = self.database.change().await?;
        let sql = "insert into setting (key, value) values ($1, $2) on conflict (key) do nothing";
        tx.execute(sql, args![key, &uuid]).await?;
        tx.commit().await?;
        self.find_setting(key).await?.ok_or(crate::Error::NotFound { what: "instance UUID" })
    }
}
