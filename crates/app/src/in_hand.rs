//! Work that goes on although nobody waits for it any more: whatever changes something is finished
//! when the client goes away, and before the server stops.

use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How much of such work is under way.
#[derive(Clone, Debug, Default)]
pub struct InHand(watch::Sender<usize>);

impl InHand {
    /// Begins a piece of work in a task of its own, which goes on when the handle is dropped.
    pub fn begin<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> JoinHandle<T> {
        let one = One::more(self.0.clone());
        tokio::spawn(async move {
            let done = work.await;
            drop(one);
            done
        })
    }

    /// Waits until none is under way.
    pub async fn wait(&self) {
        let mut count = self.0.subscribe();
        // Fails once the sender is gone, which is held here.
        let _never_gone = count.wait_for(|it| *it == 0).await;
    }
}

/// One piece of work, until this is dropped.
struct One(watch::Sender<usize>);

impl One {
    fn more(count: watch::Sender<usize>) -> Self {
        count.send_modify(|it| *it += 1);
        Self(count)
    }
}

impl Drop for One {
    fn drop(&mut self) {
        self.0.send_modify(|it| *it -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn what_was_begun_is_finished_and_waited_for() {
        let in_hand = InHand::default();
        in_hand.wait().await;
        let (begun, has_begun) = oneshot::channel();
        let (go, may_go) = oneshot::channel::<()>();
        let done = Arc::new(AtomicBool::new(false));
        let (all, sets) = (in_hand.clone(), Arc::clone(&done));
        let client = tokio::spawn(async move {
            let work = async move {
                begun.send(()).unwrap();
                may_go.await.unwrap();
                sets.store(true, Ordering::SeqCst);
            };
            all.begin(work).await
        });
        has_begun.await.unwrap();
        client.abort();
        assert!(client.await.unwrap_err().is_cancelled());
        assert!(!done.load(Ordering::SeqCst));
        go.send(()).unwrap();
        in_hand.wait().await;
        assert!(done.load(Ordering::SeqCst));
        assert!(in_hand.begin(async { panic!("a bug") }).await.is_err());
        in_hand.wait().await;
    }
}
