//! Ends a git command whose time is over, whoever may be waiting for it at that moment.

use parking_lot::{Condvar, Mutex};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use std::process::Child;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Watches one child. Must be asked to [`leave`](Self::leave) before the child is reaped: until
/// then nothing else can have its id.
pub(crate) struct Watchdog {
    pid: Option<Pid>,
    watch: Arc<(Mutex<Watch>, Condvar)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    Running,
    /// The child was ended because its time was over.
    Over,
    /// Nobody may touch the child any more.
    Left,
}

impl Watchdog {
    /// Ends the child `time` from now.
    pub(crate) fn over(child: &Child, time: Duration) -> Self {
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let watch = Arc::new((Mutex::new(Watch::Running), Condvar::new()));
        let (watched, end) = (Arc::clone(&watch), Instant::now() + time);
        thread::spawn(move || {
            let (state, changed) = &*watched;
            let mut state = state.lock();
            while *state == Watch::Running {
                if changed.wait_until(&mut state, end).timed_out() && *state == Watch::Running {
                    *state = Watch::Over;
                    if let Some(pid) = pid
                        && let Err(error) = kill_process(pid, Signal::KILL)
                    {
                        tracing::debug!(%error, "git had ended in its last moment");
                    }
                }
            }
        });
        Self { pid, watch }
    }

    /// Waits until the child has ended, without reaping it.
    pub(crate) fn await_end(&self) {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        if let Some(pid) = self.pid
            && let Err(error) = waitid(WaitId::Pid(pid), options)
        {
            tracing::warn!(%error, "git could not be watched to its end");
        }
    }

    /// Lets go of the child. Was its time over?
    pub(crate) fn leave(self) -> bool {
        let (state, changed) = &*self.watch;
        let was = std::mem::replace(&mut *state.lock(), Watch::Left);
        changed.notify_all();
        was == Watch::Over
    }
}
