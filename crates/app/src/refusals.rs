//! Refusals that were recorded, for those they concern.

use crate::error::{Error, Result};
use crate::open::{OpenRepository, ReadingAllRefusals, ReadingOwnRefusals};
use crate::page::{Page, PageRequest};
use crate::refusal::{RefusalId, RefusalRecord};
use crate::{App, Asker, PlaceName, record_text};
use policy::Act;
use std::sync::Arc;

impl App {
    /// The record of a refusal: for whoever it was made for, for the owner of the credential, for
    /// administrators of the repository and of the installation. For everybody else there is no
    /// such record. One that was told to nobody in particular is for whoever knows its id: git
    /// asks without a credential first, and may be refused before it is asked for one.
    pub async fn refusal(&self, who: &Asker, id: &str) -> Result<RefusalRecord> {
        let missing = || Error::NotFound { what: "refusal" };
        let record = match RefusalId::parse(id) {
            Some(id) => self.store.find_refusal(id.as_str()).await?,
            None => None,
        };
        let place = match record.as_ref().and_then(|it| it.repository) {
            Some(id) => self.path_of_id(id).await?,
            None => None,
        };
        let own = record.as_ref().is_some_and(|it| is_theirs(who, it) || is_nobodys(it));
        let (here, anywhere) = if own {
            (Act::ReadOwnRefusals, Act::ReadOwnName)
        } else {
            (Act::ReadAllRefusals, Act::ReadAudit)
        };
        let here = match &place {
            Some(place) => self.judge(who, place, &here).await?.decision.is_allowed(),
            None => false,
        };
        let instance = PlaceName::instance();
        if !here && !self.judge(who, &instance, &anywhere).await?.decision.is_allowed() {
            // Whoever is not let in at all hears why; the others are told of no such record.
            self.open_instance(who, Act::ReadOwnName).await?;
            return Err(missing());
        }
        let record = record.ok_or_else(missing)?;
        read(&record)
    }

    /// The recent refusals in a repository: all for its administrators, their own for others.
    pub async fn list_refusals(
        self: &Arc<Self>,
        who: &Asker,
        repository: &PlaceName,
        page: PageRequest,
    ) -> Result<Page<RefusalRecord>> {
        let all = self.judge(who, repository, &Act::ReadAllRefusals).await?.decision.is_allowed();
        let (id, only) = if all {
            let open: OpenRepository<ReadingAllRefusals> =
                self.open_repository(who, repository).await?;
            (open.repository.id, None)
        } else {
            let open: OpenRepository<ReadingOwnRefusals> =
                self.open_repository(who, repository).await?;
            (open.repository.id, Some(who.principal_name()))
        };
        let found = self.store.list_refusals(id, only.as_ref(), page.to_store()).await?;
        let page = page.filled(found);
        let values = page.values.iter().map(read).collect::<Result<Vec<_>>>()?;
        Ok(Page { values, size: page.size, page: page.page, pagelen: page.pagelen })
    }

    async fn path_of_id(&self, id: model::RepositoryId) -> Result<Option<PlaceName>> {
        let facts = self.store.facts_of_id(id).await?;
        Ok(facts.map(|it| PlaceName::from(&crate::ground::path(&it.workspace, &it.repository))))
    }
}

fn is_theirs(who: &Asker, record: &store::RefusalRecord) -> bool {
    let viewer = who.user_id().is_some_and(|id| record.viewers.contains(&id));
    let name = who.principal_name();
    let same =
        name.id.is_some() && record.principal.kind == name.kind && record.principal.id == name.id;
    viewer || same
}

/// It says nothing that whoever was refused had not told the server themselves.
fn is_nobodys(record: &store::RefusalRecord) -> bool {
    record.principal.kind == store::PrincipalKind::Anonymous && record.viewers.is_empty()
}

fn read(record: &store::RefusalRecord) -> Result<RefusalRecord> {
    record_text::read(&record.payload).ok_or_else(|| {
        let source = format!("the record of refusal {} cannot be read", record.id);
        Error::internal("a record of the server is unreadable", source)
    })
}
