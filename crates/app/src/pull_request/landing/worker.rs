//! What merges later is merged here, in the background. Whoever changes something that a merge may
//! wait for pokes the repository; everything is looked at now and then besides, because tokens expire
//! and rules change. What is told here is only a hint: the work goes by the rows. Repositories do
//! not wait for each other, so that one whose commits take long to make holds up only itself.

use crate::App;
use crate::error::Result;
use model::{PullRequestId, RefName, RepositoryId, WaitingWay};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use store::WaitingMerge;
use tokio::sync::Notify;
use tokio::task::{self, JoinHandle, JoinSet};
use tokio::time::MissedTickBehavior;

/// How often everything that waits is looked at.
const EVERY: Duration = Duration::from_secs(60);

/// In so many repositories merges are looked at at the same time.
const AT_ONCE: usize = 4;

/// So many previews wait to be made anew; of more, the oldest requests keep theirs.
const PREVIEWS: usize = 1000;

/// What the task has to look at.
#[derive(Default)]
pub(crate) struct Landings {
    /// In the order in which they were, each once.
    poked: Mutex<VecDeque<RepositoryId>>,
    previews: Mutex<BTreeSet<PullRequestId>>,
    wake: Arc<Notify>,
    is_closing: AtomicBool,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Landings {
    /// Something has happened in a repository that a merge may wait for.
    pub fn poke(&self, repository: RepositoryId) {
        self.note(repository);
        self.wake.notify_one();
    }

    fn note(&self, repository: RepositoryId) {
        let mut poked = self.poked.lock();
        if !poked.contains(&repository) {
            poked.push_back(repository);
        }
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

    /// Ends the work after what is being done now.
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

    /// Is the work to end? What waits is looked at again at the next start.
    pub(super) fn is_closing(&self) -> bool {
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
            Ok(all) => all.into_iter().for_each(|it| self.landings.note(it)),
            Err(error) => tracing::warn!(%error, "what waits to be merged could not be read"),
        }
    }

    async fn do_job(self: Arc<Self>, job: Job) {
        match job {
            Job::Land(repository) => self.land_in(repository).await,
            Job::Preview(request) => {
                if let Err(error) = self.renew_preview(request).await {
                    tracing::warn!(%error, %request, "the preview of a merge is not up to date");
                }
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
            if self.landings.is_closing() {
                return;
            }
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

/// A piece of the work.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Job {
    /// Merges what waits in a repository.
    Land(RepositoryId),
    /// Makes the preview of one request anew.
    Preview(PullRequestId),
}

/// What is being done at the moment.
#[derive(Default)]
struct UnderWay {
    tasks: JoinSet<()>,
    jobs: HashMap<task::Id, Job>,
}

impl UnderWay {
    /// Begins what may be begun now: nothing twice at the same time, and previews one by one,
    /// because merges come first.
    fn begin(&mut self, app: &Arc<App>) {
        while !app.landings.is_closing()
            && let Some(job) = self.next(&app.landings)
        {
            let begun = self.tasks.spawn(Arc::clone(app).do_job(job));
            self.jobs.insert(begun.id(), job);
        }
    }

    fn next(&self, landings: &Landings) -> Option<Job> {
        let is_preview = |it: &&Job| matches!(it, Job::Preview(_));
        let previews = self.jobs.values().filter(is_preview).count();
        if self.jobs.len() - previews < AT_ONCE {
            let mut poked = landings.poked.lock();
            let is_free = |it: &RepositoryId| !self.jobs.values().any(|job| *job == Job::Land(*it));
            if let Some(at) = poked.iter().position(is_free) {
                return poked.remove(at).map(Job::Land);
            }
        }
        let preview = || landings.previews.lock().pop_last();
        (previews == 0).then(preview).flatten().map(Job::Preview)
    }

    /// Waits until one has ended; for ever when there is none.
    async fn ended(&mut self) {
        let Some(ended) = self.tasks.join_next_with_id().await else {
            return std::future::pending().await;
        };
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "a merge that waits, or a preview, was interrupted");
                error.id()
            }
        };
        self.jobs.remove(&id);
    }
}

async fn work(app: Weak<App>, wake: Arc<Notify>) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut under_way = UnderWay::default();
    loop {
        // The first tick comes at once: what a crash has left is looked at first.
        let is_due = tokio::select! {
            _ = ticks.tick() => true,
            () = wake.notified() => false,
            () = under_way.ended() => false,
        };
        let Some(app) = app.upgrade().filter(|it| !it.landings.is_closing()) else { break };
        if is_due {
            app.poke_all().await;
        }
        under_way.begin(&app);
    }
    // What was begun is done.
    while under_way.tasks.join_next().await.is_some() {}
}
