//! How long a connection may live: a time to sign in, a time to be idle, and the end that the
//! server sets. It must never end a command that is running before the server is cut off.

use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not signed in yet.
    Opening,
    /// Signed in, running this many commands.
    SignedIn(usize),
    /// To be closed, whatever it does.
    Cut,
}

/// The life of one connection, as those see it who serve it.
#[derive(Clone, Debug)]
pub struct Life(Arc<watch::Sender<Phase>>);

/// A command that is running.
#[derive(Debug)]
pub struct Running(Life);

impl Life {
    /// The life of a connection that begins now.
    pub fn begin() -> Self {
        Self(Arc::new(watch::Sender::new(Phase::Opening)))
    }

    /// The client has shown who it is.
    pub fn signed_in(&self) {
        self.0.send_if_modified(|it| {
            let first = *it == Phase::Opening;
            if first {
                *it = Phase::SignedIn(0);
            }
            first
        });
    }

    /// A command begins; it ends when the value is dropped.
    pub fn run(&self) -> Running {
        self.change_running(|it| it + 1);
        Running(self.clone())
    }

    /// Is nothing running?
    pub fn is_idle(&self) -> bool {
        is_idle(*self.0.borrow())
    }

    /// Ends it now.
    pub fn cut(&self) {
        self.0.send_replace(Phase::Cut);
    }

    /// Waits until nothing is running.
    pub async fn idle(&self) {
        // The sender is this value: it cannot be gone.
        drop(self.0.subscribe().wait_for(|it| is_idle(*it)).await);
    }

    /// Waits for the moment at which it must end, and says why.
    pub async fn end(self, login: Duration, idle: Duration) -> &'static str {
        let mut phases = self.0.subscribe();
        if timeout(login, phases.wait_for(|it| *it != Phase::Opening)).await.is_err() {
            return "signing in took too long";
        }
        loop {
            let phase = *phases.borrow_and_update();
            match phase {
                Phase::Cut => return "the server is stopping",
                Phase::Opening | Phase::SignedIn(0) => {
                    if timeout(idle, phases.changed()).await.is_err() {
                        return "nothing was asked for a long time";
                    }
                }
                // The sender is held by this value: an error cannot come.
                Phase::SignedIn(_) => drop(phases.changed().await),
            }
        }
    }

    fn change_running(&self, change: impl FnOnce(usize) -> usize) {
        self.0.send_modify(|it| {
            if let Phase::SignedIn(running) = it {
                *running = change(*running);
            }
        });
    }
}

const fn is_idle(phase: Phase) -> bool {
    matches!(phase, Phase::Opening | Phase::SignedIn(0) | Phase::Cut)
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.change_running(|it| it.saturating_sub(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGIN: Duration = Duration::from_millis(10);
    const IDLE: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn a_connection_ends_when_it_does_not_sign_in_or_has_nothing_to_do() {
        let life = Life::begin();
        assert_eq!(life.end(LOGIN, IDLE).await, "signing in took too long");

        let life = Life::begin();
        life.signed_in();
        let before = std::time::Instant::now();
        assert_eq!(life.clone().end(LOGIN, IDLE).await, "nothing was asked for a long time");
        assert!(before.elapsed() >= IDLE);
    }

    #[tokio::test]
    async fn a_running_command_is_left_alone_until_the_server_is_cut_off() {
        let life = Life::begin();
        life.signed_in();
        let running = life.run();
        let end = life.clone().end(LOGIN, IDLE);
        assert!(timeout(IDLE * 10, end).await.is_err());
        assert!(timeout(IDLE, life.idle()).await.is_err());
        drop(running);
        life.idle().await;
        let _running = life.run();
        life.cut();
        assert_eq!(life.end(LOGIN, IDLE).await, "the server is stopping");
    }
}
