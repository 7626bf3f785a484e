//! Turns at pushing and merging. Such work has a thread of its own and asks use cases on the way,
//! which look at disks on other threads. Where all threads were at work of this kind, each would
//! wait for another one for ever: so there are fewer turns than threads, at whatever door.

use crate::error::{Error, Result};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The right to push or merge now, until it is dropped.
pub(crate) type Turn = OwnedSemaphorePermit;

/// Merges that land at the same time. They wait for no client.
const MERGES: usize = 64;

/// Who is at work.
pub(crate) struct Turns {
    pushes: Arc<Semaphore>,
    merges: Arc<Semaphore>,
}

impl Turns {
    /// So many pushes at a time.
    pub fn new(pushes: usize) -> Self {
        let merges = Arc::new(Semaphore::new(MERGES));
        Self { pushes: Arc::new(Semaphore::new(pushes)), merges }
    }

    /// Waits for a turn to push.
    pub async fn push(&self) -> Result<Turn> {
        take(&self.pushes).await
    }

    /// Waits for a turn to land a merge.
    pub async fn merge(&self) -> Result<Turn> {
        take(&self.merges).await
    }
}

async fn take(turns: &Arc<Semaphore>) -> Result<Turn> {
    let taken = Arc::clone(turns).acquire_owned().await;
    taken.map_err(|closed| Error::internal("nobody takes turns any more; try again", closed))
}
