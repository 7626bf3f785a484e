//! At the start: every push that is in the journal and not in the store gets its record, exactly
//! once, however often the process has died in between.

use crate::App;
use crate::error::Result;
use crate::push_meta::PushMeta;
use model::{Channel, Operation, Timestamp};
use repo::{JournaledUpdate, Landing};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{LetThrough, PrincipalKind, PrincipalName, PushRecord, RefUpdateRecord};

impl App {
    /// Records what is missing, and starts the journal over when nothing is.
    pub(crate) async fn reconcile(self: &Arc<Self>) -> Result<()> {
        let journal = self.repositories.journal();
        for landing in journal.unrecorded() {
            let (record, let_through) = record_of(&landing);
            match self.store.record_push(&record, &let_through).await {
                Ok(true) => tracing::info!(push = %landing.push, "recorded a push after a crash"),
                Ok(false) => {}
                // Its repository is gone, and its records with it.
                Err(store::Error::NotFound { .. }) => {
                    tracing::info!(push = %landing.push, "a push to a removed repository");
                }
                Err(error) => return Err(error.into()),
            }
            journal.mark_recorded(landing.push)?;
        }
        self.store.sync_records().await?;
        let app = Arc::clone(self);
        tokio::task::spawn_blocking(move || app.repositories.checkpoint()).await??;
        Ok(())
    }
}

/// The record of a landing. One whose meta cannot be read has moved refs all the same, and is
/// recorded without a name rather than not at all.
fn record_of(landing: &Landing) -> (PushRecord, Vec<LetThrough>) {
    let meta = PushMeta::read(&landing.meta).unwrap_or_else(|| {
        tracing::error!(push = %landing.push, "the journal does not say who pushed");
        PushMeta {
            principal: PrincipalName {
                kind: PrincipalKind::System,
                id: None,
                name: "unknown".into(),
            },
            credential: "unknown".into(),
            credential_kind: None,
            channel: Channel::GitHttp,
            protocol: "unknown".into(),
            at: Timestamp(0),
            operations: BTreeMap::new(),
            let_through: Vec::new(),
        }
    });
    let updates: Vec<_> = landing.updates.iter().map(|it| update_of(it, &meta)).collect();
    let mut let_through = meta.let_through;
    let_through.retain(|it| updates.iter().any(|update| update.name.as_str() == it.reference));
    let record = PushRecord {
        id: landing.push.to_string(),
        repository: landing.repository,
        principal: meta.principal,
        credential: meta.credential,
        credential_kind: meta.credential_kind,
        channel: meta.channel,
        protocol: meta.protocol,
        at: meta.at,
        updates,
    };
    (record, let_through)
}

fn update_of(update: &JournaledUpdate, meta: &PushMeta) -> RefUpdateRecord {
    let told = meta.operations.get(update.name.as_str()).copied();
    let operation = match (update.old.is_zero(), update.new.is_zero()) {
        (_, true) => Operation::Delete,
        (true, false) => Operation::Create,
        (false, false) => told.unwrap_or(Operation::FastForward),
    };
    RefUpdateRecord { name: update.name.clone(), old: update.old, new: update.new, operation }
}
