//! The one task that merges what waits. Whoever changes something that a merge may wait for pokes
//! it; it looks at everything now and then besides, because tokens expire and rules change. What it
//! was told is only a hint: it goes by the rows.

use crate::App;
use crate::error::Result;
use model::{PullRequestId, RefName, RepositoryId, WaitingWay};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use store::WaitingMerge;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

/// How often everything that waits is looked at.
const EVERY: Duration = Duration::from_secs(60);

/// So many previews wait to be made anew; of more, the oldest requests keep theirs.
const PREVIEWS: usize = 1000;

/// What the task has to look at.
#[derive(Default)]
pub(crate) struct Landings {
    poked: Mutex<BTreeSet<RepositoryId>>,
    previews: Mutex<BTreeSet<PullRequestId>>,
    wake: Arc<Notify>,
    is_closing: AtomicBool,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Landings {
    /// Something has happened in a repository that a merge may wait for.
    pub fn poke(&self, repository: RepositoryId) {
        self.poked.lock().insert(repository);
        self.wake.notify_one();
    }

    /// The destination of a request has moved.
    pub fn renew_preview(&self, request: PullRequestId) {
        let mut previews = self.previews.lock();
        previews.insert(request);
        if previews.len() > PREVIEWS {
            previews.pop_first();
        }
        drop(previews);
        self.wake.notify_one();
    }

    /// Ends the task after what it is doing now.
    pub async fn stop(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        self.wake.notify_one();
        let task = self.task.lock().take();
        if let Some(task) = task
            && let Err(error) = task.await
        {
            tracing::error!(%error, "the task that merges what waits has died");
        }
    }

    fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::SeqCst)
    }
}

impl App {
    /// Begins to merge what waits. Ends with the application.
    pub(crate) fn start_landings(self: &Arc<Self>) {
        let (app, wake) = (Arc::downgrade(self), Arc::clone(&self.landings.wake));
        *self.landings.task.lock() = Some(tokio::spawn(work(app, wake)));
    }

    /// Everything that waits is to be looked at.
    async fn poke_all(&self) {
        match self.store.repositories_with_waiting_merges().await {
            Ok(all) => self.landings.poked.lock().extend(all),
            Err(error) => tracing::warn!(%error, "what waits to be merged could not be read"),
        }
    }

    /// Looks at what was poked until nothing is left.
    async fn work_off(self: &Arc<Self>) {
        while !self.landings.is_closing() {
            let poked = self.landings.poked.lock().pop_first();
            if let Some(repository) = poked {
                self.land_in(repository).await;
                continue;
            }
            let preview = self.landings.previews.lock().pop_last();
            let Some(request) = preview else { return };
            if let Err(error) = self.renew_preview(request).await {
                tracing::warn!(%error, %request, "the preview of a merge is not up to date");
            }
        }
    }

    /// Merges what waits in a repository, as far as it goes. What fails waits for the next time.
    async fn land_in(self: &Arc<Self>, repository: RepositoryId) {
        let waiting = match self.store.list_waiting_merges(repository).await {
            Ok(waiting) => waiting,
            Err(error) => {
                tracing::warn!(%error, %repository, "what waits to be merged could not be read");
                return;
            }
        };
        let mut queues: BTreeMap<RefName, Vec<WaitingMerge>> = BTreeMap::new();
        for it in waiting {
            match it.terms.way {
                WaitingWay::Auto => warn(&it, Box::pin(self.try_auto_merge(&it)).await),
                WaitingWay::Queue => {
                    queues.entry(it.terms.destination.clone()).or_default().push(it);
                }
            }
        }
        for (branch, rows) in queues {
            let Some(first) = rows.first().cloned() else { continue };
            warn(&first, Box::pin(self.work_queue(&branch, rows)).await);
        }
    }
}

fn warn(waiting: &WaitingMerge, done: Result<()>) {
    if let Err(error) = done {
        let (repository, number) = (waiting.repository, waiting.number);
        tracing::warn!(%error, %repository, number, "a merge that waits could not be tried");
    }
}

async fn work(app: Weak<App>, wake: Arc<Notify>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // The first tick comes at once: what a crash has left is looked at first.
        let is_due = tokio::select! {
            _ = ticks.tick() => true,
            () = wake.notified() => false,
        };
        let Some(app) = app.upgrade().filter(|it| !it.landings.is_closing()) else { return };
        if is_due {
            app.poke_all().await;
        }
        app.work_off().await;
    }
}
