//! Between the messages of a channel and the blocking `Read` and `Write` of git's work.
//!
//! What a client sends waits here until it is read; when enough waits, the connection is not read
//! any further, and the client's window fills. There is one exception: a command that waits for
//! the connection to take its answer must not be waited for in turn. Then more is kept, up to a
//! limit for all channels of the connection together, at which it is given up: a client that sends
//! and sends and takes nothing.

use bytes::Bytes;
use parking_lot::{Condvar, Mutex};
use russh::ChannelId;
use russh::server::Handle;
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::Handle as Runtime;
use tokio::sync::Notify;

/// What may wait to be read before the connection waits.
const ENOUGH: usize = 128 << 10;

/// What may wait to be read in all channels of a connection, because their commands wait for it.
const TOO_MUCH: usize = 4 << 20;

/// What is collected of an answer before it is handed to the connection.
const PIECE: usize = 64 << 10;

/// What waits to be read in all channels of a connection, in bytes.
pub type Held = Arc<AtomicUsize>;

/// What a client has sent to one command and nobody has read.
#[derive(Debug, Default)]
pub struct Inbox {
    waiting: Mutex<Waiting>,
    held: Held,
    readable: Condvar,
    changed: Notify,
    /// The channel is closed.
    over: AtomicBool,
}

#[derive(Debug, Default)]
struct Waiting {
    pieces: VecDeque<Bytes>,
    length: usize,
    /// The client sends no more: it said so, or it has gone.
    end: Option<End>,
    /// The command has read something.
    begun: bool,
    /// The command waits for the connection.
    answering: bool,
    /// Nobody will read any more.
    deaf: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Finished,
    Gone,
}

/// A client sends although nothing is read, and takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flooded;

impl Inbox {
    /// Empty. What waits in it counts among what the connection holds.
    pub fn new(held: Held) -> Self {
        Self { held, ..Self::default() }
    }

    /// The command has ended, and its channel with it.
    pub fn end_channel(&self) {
        self.over.store(true, Ordering::Release);
    }

    /// Is the channel closed?
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Takes what the client has sent, as soon as there is room for it.
    pub async fn put(&self, data: &[u8]) -> Result<(), Flooded> {
        loop {
            let changed = self.changed.notified();
            if self.try_put(data)? {
                return Ok(());
            }
            changed.await;
        }
    }

    fn try_put(&self, data: &[u8]) -> Result<bool, Flooded> {
        let mut waiting = self.waiting.lock();
        if waiting.deaf || waiting.end.is_some() || data.is_empty() {
            return Ok(true);
        }
        if waiting.length >= ENOUGH && !waiting.answering {
            return Ok(false);
        }
        let held = self.held.fetch_add(data.len(), Ordering::Relaxed).saturating_add(data.len());
        waiting.length += data.len();
        if held > TOO_MUCH {
            return Err(Flooded);
        }
        waiting.pieces.push_back(Bytes::copy_from_slice(data));
        drop(waiting);
        self.readable.notify_one();
        Ok(true)
    }

    /// Does the command read what is sent to it?
    pub fn is_read(&self) -> bool {
        let waiting = self.waiting.lock();
        waiting.begun && !waiting.deaf
    }

    /// The client will send no more, and waits for the answer.
    pub fn finish(&self) {
        self.end(End::Finished);
    }

    /// The client has gone.
    pub fn hang_up(&self) {
        self.end(End::Gone);
    }

    /// Nobody reads, or will: what is sent is thrown away, and nothing waits for it to be read.
    pub fn close(&self) {
        self.change(|it| {
            it.deaf = true;
            it.pieces.clear();
            self.held.fetch_sub(std::mem::take(&mut it.length), Ordering::Relaxed);
        });
    }

    fn end(&self, end: End) {
        self.waiting.lock().end.get_or_insert(end);
        self.readable.notify_one();
        self.changed.notify_one();
    }

    fn change(&self, change: impl FnOnce(&mut Waiting)) {
        change(&mut self.waiting.lock());
        self.changed.notify_one();
    }
}

/// The reading end, for a blocking thread. What is left when it is dropped is thrown away.
pub struct InboxReader {
    inbox: Arc<Inbox>,
    piece: Bytes,
    patience: Duration,
}

impl InboxReader {
    /// Reads from `inbox`; a client that sends nothing for `patience` is given up.
    pub const fn new(inbox: Arc<Inbox>, patience: Duration) -> Self {
        Self { inbox, piece: Bytes::new(), patience }
    }

    fn next(&self) -> io::Result<Option<Bytes>> {
        let mut waiting = self.inbox.waiting.lock();
        waiting.begun = true;
        while waiting.pieces.is_empty() {
            match waiting.end {
                Some(End::Finished) => return Ok(None),
                Some(End::Gone) => return Err(io::ErrorKind::ConnectionAborted.into()),
                None => {}
            }
            let waited = self.inbox.readable.wait_for(&mut waiting, self.patience);
            if waited.timed_out() && waiting.pieces.is_empty() && waiting.end.is_none() {
                return Err(io::Error::new(io::ErrorKind::TimedOut, "the client sends nothing"));
            }
        }
        let piece = waiting.pieces.pop_front();
        let taken = piece.as_ref().map_or(0, Bytes::len);
        waiting.length -= taken;
        self.inbox.held.fetch_sub(taken, Ordering::Relaxed);
        drop(waiting);
        self.inbox.changed.notify_one();
        Ok(piece)
    }
}

impl Read for InboxReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.piece.is_empty() {
            match self.next()? {
                Some(piece) => self.piece = piece,
                None => return Ok(0),
            }
        }
        let count = buf.len().min(self.piece.len());
        self.piece.split_to(count).as_ref().read(buf)
    }
}

impl Drop for InboxReader {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

/// The answer of a command, written from a blocking thread. A client that takes nothing holds it
/// back, and is given up in the end.
pub struct Outbox {
    handle: Handle,
    channel: ChannelId,
    inbox: Arc<Inbox>,
    runtime: Runtime,
    patience: Duration,
    held: Vec<u8>,
}

impl Outbox {
    /// Writes to this channel. To be used on a thread that may block.
    pub const fn new(
        handle: Handle,
        channel: ChannelId,
        inbox: Arc<Inbox>,
        runtime: Runtime,
        patience: Duration,
    ) -> Self {
        Self { handle, channel, inbox, runtime, patience, held: Vec::new() }
    }
}

impl Write for Outbox {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.held.len() >= PIECE {
            self.flush()?;
        }
        // Never more than a piece, however much is written: the connection counts pieces.
        let room = PIECE.saturating_sub(self.held.len());
        let (now, _later) = bytes.split_at(room.min(bytes.len()));
        self.held.extend_from_slice(now);
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.held);
        self.inbox.change(|it| it.answering = true);
        let sent = self.runtime.block_on(async {
            tokio::time::timeout(self.patience, self.handle.data(self.channel, piece)).await
        });
        self.inbox.change(|it| it.answering = false);
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_unsent)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_elapsed) => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes nothing"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(20);

    fn reader(inbox: &Arc<Inbox>) -> InboxReader {
        InboxReader::new(inbox.clone(), PATIENCE)
    }

    #[tokio::test]
    async fn what_is_sent_arrives_and_ends_when_the_client_says_so() {
        let inbox = Arc::new(Inbox::default());
        inbox.put(b"ab").await.unwrap();
        inbox.put(b"cd").await.unwrap();
        inbox.finish();
        inbox.put(b"after the end").await.unwrap();
        let mut text = String::new();
        reader(&inbox).read_to_string(&mut text).unwrap();
        assert_eq!(text, "abcd");

        let inbox = Arc::new(Inbox::default());
        inbox.put(b"ab").await.unwrap();
        inbox.hang_up();
        let error = reader(&inbox).read_to_string(&mut text).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
    }

    #[tokio::test]
    async fn when_enough_waits_the_connection_waits_until_it_is_read() {
        let inbox = Arc::new(Inbox::default());
        let much = vec![7; ENOUGH];
        inbox.put(&much).await.unwrap();
        assert_eq!(inbox.try_put(b"more"), Ok(false));
        let reading = tokio::task::spawn_blocking({
            let mut reader = reader(&inbox);
            move || {
                let mut all = Vec::new();
                reader.read_to_end(&mut all).map(|_| all.len())
            }
        });
        inbox.put(b"more").await.unwrap();
        inbox.finish();
        assert_eq!(reading.await.unwrap().unwrap(), ENOUGH + 4);
    }

    #[tokio::test]
    async fn a_command_that_waits_for_the_connection_is_not_waited_for() {
        let inbox = Arc::new(Inbox::default());
        inbox.put(&vec![7; ENOUGH]).await.unwrap();
        let blocked = inbox.put(b"more");
        tokio::pin!(blocked);
        assert!(tokio::time::timeout(Duration::ZERO, &mut blocked).await.is_err());
        inbox.change(|it| it.answering = true);
        blocked.await.unwrap();
        assert_eq!(inbox.put(&vec![7; TOO_MUCH - ENOUGH]).await, Err(Flooded));
    }

    #[tokio::test]
    async fn the_channels_of_a_connection_share_what_it_may_hold() {
        let held = Held::default();
        let [one, two] = [(); 2].map(|()| Arc::new(Inbox::new(held.clone())));
        one.change(|it| it.answering = true);
        one.put(&vec![7; TOO_MUCH - 1]).await.unwrap();
        two.put(b"7").await.unwrap();
        assert_eq!(two.put(b"7").await, Err(Flooded));
        drop((reader(&one), reader(&two)));
        assert_eq!(held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn nothing_is_kept_for_a_command_that_has_ended() {
        let inbox = Arc::new(Inbox::default());
        drop(reader(&inbox));
        for _ in 0..3 {
            inbox.put(&vec![7; TOO_MUCH]).await.unwrap();
        }
        assert_eq!(inbox.waiting.lock().length, 0);
        assert!(!inbox.is_read());
    }

    #[test]
    fn a_client_that_sends_nothing_is_given_up() {
        let inbox = Arc::new(Inbox::default());
        let mut reader = InboxReader::new(inbox, Duration::from_millis(1));
        assert_eq!(reader.read(&mut [0]).unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
