//! Who changed what, when, by which credential and channel.

use crate::error::Result;
use crate::page::{Page, PageRequest};
use crate::{App, Asker};
use policy::Act;
use store::{AuditFilter, AuditLine};

impl App {
    /// The audit log, newest first.
    pub async fn audit(
        &self,
        who: &Asker,
        filter: &AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditLine>> {
        self.open_instance(who, Act::ReadAudit).await?;
        Ok(page.filled(self.store.list_audit(*filter, page.to_store()).await?))
    }
}
