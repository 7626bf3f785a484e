//! At the start: every push that is in the journal and not in the store gets its record, exactly
//! once, however often the process has died in between.

use crate::App;
use crate::error::Result;
use crate::push_meta::PushMeta;
use model::{Channel, Operation, Timestamp};
use repo::{JournaledUpdate, Landing};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::{Actor, LetThrough, PrincipalKind, PrincipalName, PushRecord, RefUpdateRecord};

impl App {
    /// Records what is missing, and starts the journal over when nothing is.
    pub(crate) async fn reconcile(self: &Arc<Self>) -> Result<()> {
        let journal = self.repositories.journal();
        for landing in journal.unrecorded() {
            let meta = meta_of(&landing);
            let (record, let_through) = record_of(&landing, &meta);
            match self.store.record_push(&record, &let_through).await {
                Ok(true) => tracing::info!(push = %landing.push, "recorded a push after a crash"),
                Ok(false) => {}
                // Its repository is gone, and its records with it.
                Err(store::Error::NotFound { .. }) => {
                    tracing::info!(push = %landing.push, "a push to a removed repository");
                }
                Err(error) => return Err(error.into()),
            }
            self.reconcile_merge(&landing, &meta).await?;
            journal.mark_recorded(landing.push)?;
        }
        self.store.sync_records().await?;
        let app = Arc::clone(self);
        tokio::task::spawn_blocking(move || app.repositories.checkpoint()).await??;
        Ok(())
    }

    /// The process may have died between the record of a merge and the note in its request.
    async fn reconcile_merge(&self, landing: &Landing, meta: &PushMeta) -> Result<()> {
        let (Some(id), Some(update)) = (meta.merges, landing.updates.first()) else {
            return Ok(());
        };
        let by = Actor {
            principal: meta.principal.clone(),
            credential: meta.credential.clone(),
            channel: meta.channel,
            request_id: String::new(),
            at: meta.at,
        };
        self.note_merge(&by, id, (update.old, update.new)).await
    }
}

/// What the journal says of a landing. One that cannot be read has moved refs all the same, and is
/// recorded without a name rather than not at all.
fn meta_of(landing: &Landing) -> PushMeta {
    PushMeta::read(&landing.meta).unwrap_or_else(|| {
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
            merges: None,
        }
    })
}

/// The record of a landing, and the rules that let somebody through.
fn record_of(landing: &Landing, meta: &PushMeta) -> (PushRecord, Vec<LetThrough>) {
    let updates: Vec<_> = landing.updates.iter().map(|it| update_of(it, meta)).collect();
    let mut let_through = meta.let_through.clone();
    let_through.retain(|it| updates.iter().any(|update| update.name.as_str() == it.reference));
    let record = PushRecord {
        id: landing.push.to_string(),
        repository: landing.repository,
        principal: meta.principal.clone(),
        credential: meta.credential.clone(),
        credential_kind: meta.credential_kind,
        channel: meta.channel,
        protocol: meta.protocol.clone(),
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
