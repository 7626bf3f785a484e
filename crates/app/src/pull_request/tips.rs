//! Where branches are, for a look at many requests: the refs of each repository are read once.

use crate::App;
use model::{ObjectId, RefName, RepositoryId};
use repo::RefSnapshot;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// The tips of branches as they were when their repository was first asked about. Sync.
pub(super) struct Tips<'a> {
    app: &'a App,
    refs: BTreeMap<RepositoryId, Arc<RefSnapshot>>,
}

impl<'a> Tips<'a> {
    pub fn new(app: &'a App) -> Self {
        Self { app, refs: BTreeMap::new() }
    }

    /// What a branch points to; `None` where there is no such branch.
    pub fn find(
        &mut self,
        repository: RepositoryId,
        branch: &RefName,
    ) -> repo::Result<Option<ObjectId>> {
        let refs = match self.refs.entry(repository) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(free) => {
                free.insert(self.app.repositories.repository(repository)?.refs()?)
            }
        };
        Ok(refs.find(branch.as_str()).map(|it| it.id))
    }

    /// Lets go of what was read.
    pub fn forget(&mut self) {
        self.refs.clear();
    }
}
