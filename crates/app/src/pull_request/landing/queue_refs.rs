//! `refs/pull-requests/N/queue`: the commit that would land, for builds to fetch. Whoever may read
//! the repository may fetch it, and nobody can push to it.

use crate::App;
use crate::error::Result;
use crate::pull_request::merging::{QUEUE, request_ref};
use model::{ObjectId, WaitingWay};
use repo::{MadeMerge, ObjectsFrom};
use std::sync::Arc;
use store::WaitingMerge;

impl App {
    /// Keeps what was made where builds find it.
    pub(super) async fn keep_queue_ref(
        self: &Arc<Self>,
        waiting: &WaitingMerge,
        made: MadeMerge,
    ) -> Result<()> {
        let (app, here, number) = (Arc::clone(self), waiting.repository, waiting.number);
        let kept = tokio::task::spawn_blocking(move || {
            let repository = app.repositories.repository(here)?;
            let wanted = [(request_ref(number, QUEUE)?, made.tip)];
            let objects = made.pack.as_deref().map_or(ObjectsFrom::Here, ObjectsFrom::Pack);
            app.set_own_refs(&repository, &wanted, objects, &app.options.limits)
        });
        Ok(kept.await??)
    }

    /// Nothing is queued for this request any more.
    pub(super) async fn drop_queue_ref(self: &Arc<Self>, waiting: &WaitingMerge) -> Result<()> {
        if waiting.terms.way == WaitingWay::Auto {
            return Ok(());
        }
        let none = MadeMerge { tip: ObjectId::ZERO, pack: None };
        self.keep_queue_ref(waiting, none).await
    }

    /// What is kept for this request; `None` for nothing.
    pub(super) async fn queue_ref(
        self: &Arc<Self>,
        waiting: &WaitingMerge,
    ) -> Result<Option<ObjectId>> {
        let name = request_ref(waiting.number, QUEUE)?;
        self.tip(waiting.repository, &name).await
    }
}
