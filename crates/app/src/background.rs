//! Work that nobody waits for: noting when credentials were last used, keeping repositories with many
//! packs fast, starting the journal over. Never a part of an answer, and never the only place
//! where something is remembered that must not be lost.

use crate::asker::Asker;
use crate::refusal::RefusalRecord;
use crate::sign_in::Used;
use crate::{App, clock};
use model::{Fingerprint, Layer, RepositoryId, Timestamp};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};
use store::{LastRefused, UnknownKey};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// How often what waits is written down.
const EVERY: Duration = Duration::from_secs(20);

/// The journal is started over when it is longer than this, so that a start stays quick.
const JOURNAL_LONG: u64 = 8 << 20;

/// Records of failed credentials and of places that are not there: this many at once, and so many
/// per second on average. More is somebody guessing, and must not fill the disk.
const RECORDS_AT_ONCE: f64 = 1000.0;
const RECORDS_PER_SECOND: f64 = 20.0;

/// How many unknown keys are held until they are written down.
const UNKNOWN_KEYS: usize = 1000;

/// What waits for the background.
#[derive(Default)]
pub(crate) struct Background {
    used: Mutex<HashMap<Used, Timestamp>>,
    refused: Mutex<HashMap<Used, LastRefused>>,
    /// What may have grown since it was last looked after, and how often.
    grown: Mutex<HashMap<RepositoryId, usize>>,
    /// Something has grown so much that it should not wait for its time.
    wake: Arc<Notify>,
    /// Keys that nobody has, by key and address.
    unknown_keys: Mutex<HashMap<(Fingerprint, String), UnknownKey>>,
    records: Mutex<Option<Bucket>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Bucket {
    left: f64,
    at: Instant,
}

impl Background {
    /// No more work is begun.
    pub fn stop(&self) {
        if let Some(task) = self.task.lock().take() {
            task.abort();
        }
    }

    fn take_one(&self) -> bool {
        let mut bucket = self.records.lock();
        let now = Instant::now();
        let it = bucket.get_or_insert(Bucket { left: RECORDS_AT_ONCE, at: now });
        let earned = now.duration_since(it.at).as_secs_f64() * RECORDS_PER_SECOND;
        it.left = (it.left + earned).min(RECORDS_AT_ONCE);
        it.at = now;
        if it.left < 1.0 {
            return false;
        }
        it.left -= 1.0;
        true
    }
}

impl App {
    /// Begins the background work. It ends with the application.
    pub(crate) fn start_background(self: &Arc<Self>) {
        let (app, wake) = (Arc::downgrade(self), Arc::clone(&self.background.wake));
        *self.background.task.lock() = Some(tokio::spawn(work(app, wake)));
    }

    pub(crate) fn note_used(&self, token: Used) {
        self.background.used.lock().insert(token, clock::now());
    }

    /// A credential was refused, for this reason among others.
    pub(crate) fn note_refused(&self, who: &Asker, first: &RefusalRecord) {
        if let Some(it) = who.used(&self.credentials) {
            let (code, why) = (first.code.clone(), first.short.clone());
            let refused = LastRefused { at: clock::now(), code, why };
            self.background.refused.lock().insert(it, refused);
        }
    }

    /// Somebody offered a key that lets nobody in. Beyond the bound it is somebody trying keys,
    /// and the newest are left out until the next write.
    pub(crate) fn note_unknown_key(&self, key: &Fingerprint, from: Option<IpAddr>, why: &str) {
        let address = from.map(|it| it.to_canonical().to_string()).unwrap_or_default();
        let now = clock::now();
        let mut keys = self.background.unknown_keys.lock();
        let at = (key.clone(), address.clone());
        if keys.len() >= UNKNOWN_KEYS && !keys.contains_key(&at) {
            return;
        }
        let noted = keys.entry(at).or_insert_with(|| UnknownKey {
            fingerprint: key.clone(),
            address,
            why: String::new(),
            first_at: now,
            last_at: now,
            times: 0,
        });
        // OpenSSH offers the key after its certificate, and the certificate's fault says more.
        if noted.why.is_empty() || why != UnknownKey::NOBODYS {
            why.clone_into(&mut noted.why);
        }
        noted.last_at = now;
        noted.times = noted.times.saturating_add(1);
    }

    /// Refs have moved, and mostly a pack came with them.
    pub(crate) fn note_grown(&self, repository: RepositoryId) {
        let mut grown = self.background.grown.lock();
        let times = grown.entry(repository).or_default();
        *times += 1;
        if *times == repo::MANY_PACKS {
            self.background.wake.notify_one();
        }
    }

    /// Is there room for a record of these? What was refused to somebody who is known is always
    /// recorded.
    pub(crate) fn may_record(&self, records: &[RefusalRecord]) -> bool {
        let guessing =
            records.iter().all(|it| matches!(it.layer, Layer::Credential | Layer::Visibility));
        !guessing || self.background.take_one()
    }

    /// Writes down when tokens and keys were last used and last refused, and which unknown keys
    /// were offered.
    pub(crate) async fn flush_used(&self) {
        let used = std::mem::take(&mut *self.background.used.lock());
        let refused = std::mem::take(&mut *self.background.refused.lock());
        for (token, at) in used {
            let noted = match token {
                Used::Api(id) => self.store.touch_api_token(id, at).await,
                Used::Access(id) => self.store.touch_access_token(id, at).await,
                Used::SshKey(id) => self.store.touch_ssh_key(id, at).await,
                Used::AccessKey(id) => self.store.touch_access_key(id, at).await,
            };
            warn(noted, "a credential's last use");
        }
        for (token, refused) in refused {
            let noted = match token {
                Used::Api(id) => self.store.touch_refused_api_token(id, &refused).await,
                Used::Access(id) => self.store.touch_refused_access_token(id, &refused).await,
                Used::SshKey(id) => self.store.touch_refused_ssh_key(id, &refused).await,
                Used::AccessKey(id) => self.store.touch_refused_access_key(id, &refused).await,
            };
            warn(noted, "a credential's last refusal");
        }
        let unknown = std::mem::take(&mut *self.background.unknown_keys.lock());
        if !unknown.is_empty() {
            let unknown: Vec<_> = unknown.into_values().collect();
            warn(self.store.note_unknown_keys(&unknown).await, "keys that nobody has");
        }
    }

    async fn tidy_journal(self: &Arc<Self>) {
        if self.repositories.journal().len() < JOURNAL_LONG {
            return;
        }
        if let Err(error) = self.store.sync_records().await {
            tracing::warn!(%error, "records could not be synced; the journal stays as it is");
            return;
        }
        let app = Arc::clone(self);
        match tokio::task::spawn_blocking(move || app.repositories.checkpoint()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::error!(%error, "the journal could not be started over"),
            Err(error) => tracing::error!(%error, "starting the journal over was interrupted"),
        }
    }

    /// Looks after what has grown at least so often. One repository after the other: maintenance is
    /// bulk work, and pushes come first.
    async fn maintain_grown(self: &Arc<Self>, often: usize) {
        let due: Vec<_> =
            self.background.grown.lock().extract_if(|_, times| *times >= often).collect();
        for (id, _) in due {
            match self.look_after(id, false).await {
                Ok(()) => {}
                Err(crate::Error::Failed(it)) if is_removed(&it) => {}
                Err(error) => tracing::warn!(%error, repository = %id, "maintenance failed"),
            }
        }
    }

    /// The process may have ended before it looked after what had grown.
    async fn note_neglected(self: &Arc<Self>) {
        let app = Arc::clone(self);
        let neglected = tokio::task::spawn_blocking(move || app.repositories.neglected()).await;
        match neglected {
            Ok(Ok(all)) => all.into_iter().for_each(|it| self.note_grown(it)),
            Ok(Err(error)) => tracing::warn!(%error, "not every repository could be looked at"),
            Err(error) => tracing::warn!(%error, "looking at repositories was interrupted"),
        }
    }
}

/// Was the repository removed in the meantime?
fn is_removed(failure: &crate::error::Failure) -> bool {
    matches!(failure.source.downcast_ref(), Some(repo::Error::NotFound(_)))
}

fn warn(noted: store::Result<()>, what: &str) {
    if let Err(error) = noted {
        tracing::warn!(%error, "could not write down {what}");
    }
}

async fn work(app: Weak<App>, wake: Arc<Notify>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    if let Some(app) = app.upgrade() {
        app.note_neglected().await;
    }
    loop {
        let is_due = tokio::select! {
            _ = ticks.tick() => true,
            () = wake.notified() => false,
        };
        let Some(app) = app.upgrade() else { return };
        if is_due {
            app.flush_used().await;
            app.tidy_journal().await;
        }
        app.maintain_grown(if is_due { 1 } else { repo::MANY_PACKS }).await;
    }
}
