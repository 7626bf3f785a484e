//! Packs that many clients want: a continuous-integration run asks for the same clone fifty times.
//!
//! The first who asks starts git, which writes into a file without a name; everybody, the first
//! included, is sent what is in the file, while it grows and afterwards. Such a pack is nobody's
//! secret: who asks for it has proved to be allowed to have what it was built from, every time.

use super::{Client, KEEPALIVE, PATIENCE, PackRequest, command, send_frame};
use crate::git::Running;
use crate::repository::Repository;
use crate::{Error, Result};
use parking_lot::{Condvar, Mutex};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use wire::{Band, Frame, SideBand};

/// How often a growing file is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// How much of git's progress is kept for those who come later.
const SAID: usize = 16 * 1024;

/// A pack that is there or is being built.
pub(super) struct SharedPack {
    file: File,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Until somebody has asked git for its status.
    git: Option<Running>,
    /// Git has closed its messages, so it is about to end.
    is_ending: bool,
    /// `Some` at the end: is the file a whole pack?
    whole: Option<bool>,
    said: Vec<u8>,
    followers: usize,
}

/// Sends a shared pack. `None`, and no byte of a pack sent, when that cannot be done now.
pub(super) fn send(
    repository: &Repository,
    client: &mut Client<'_>,
    pack: &PackRequest,
) -> Result<Option<()>> {
    let cache = repository.pack_cache();
    let Some((shared, is_new)) = cache.find_or_start(repository, pack)? else { return Ok(None) };
    client.served.processes += u64::from(is_new);
    let before = client.served.pack_bytes;
    let result = follow(&shared, client, pack);
    shared.leave();
    cache.trim();
    match result {
        // A full disk, for one, does not keep git from writing to a pipe.
        Err(error @ (Error::Git { .. } | Error::Pack(_))) if client.served.pack_bytes == before => {
            tracing::warn!(%error, "a pack could not be shared");
            Ok(None)
        }
        result => result.map(Some),
    }
}

impl SharedPack {
    /// A pack that git will write into `file`, with one follower. Git waits to be told what.
    pub(super) fn start(
        repository: &Repository,
        pack: &PackRequest,
        file: File,
    ) -> Result<(Arc<Self>, Running)> {
        let output =
            file.try_clone().map_err(Error::io("share a file in", repository.git_dir()))?;
        let state = State { followers: 1, ..State::default() };
        let shared = Arc::new(Self { file, state: Mutex::new(state), changed: Condvar::new() });
        let mut command = command(repository, pack, true);
        command.stdout(Stdio::from(output));
        let listener = Listener(Arc::clone(&shared));
        let git = Running::start_with("pack-objects", command, move |text| listener.hear(text))?;
        Ok((shared, git))
    }

    /// From now on followers see to git.
    pub(super) fn attend(&self, git: Running) {
        self.state.lock().git = Some(git);
    }

    /// `None` while it is being built.
    pub(super) fn is_whole(&self) -> Option<bool> {
        self.state.lock().whole
    }

    /// Counts one more who follows; `false` when the pack has come to nothing.
    pub(super) fn join(&self) -> bool {
        let mut state = self.state.lock();
        let is_alive = state.whole != Some(false);
        state.followers += usize::from(is_alive);
        is_alive
    }

    /// The last one to leave an unfinished pack ends git.
    fn leave(&self) {
        let mut state = self.state.lock();
        state.followers -= 1;
        let is_abandoned = state.followers == 0 && state.whole.is_none();
        drop(state);
        if is_abandoned {
            self.give_up();
        }
    }

    /// Ends git; the pack has come to nothing.
    pub(super) fn give_up(&self) {
        let mut state = self.state.lock();
        state.whole = Some(false);
        let git = state.git.take();
        drop(state);
        // Killed and waited for without the lock, which git's listener takes.
        drop(git);
        self.changed.notify_all();
    }

    /// How many bytes there are so far.
    pub(super) fn length(&self) -> u64 {
        self.file.metadata().map_or(0, |it| it.len())
    }

    /// Waits until something may have changed. `Some` when the pack is finished.
    fn wait(&self) -> Result<Option<bool>> {
        let mut state = self.state.lock();
        let can_finish = state.is_ending && state.git.is_some();
        if state.whole.is_none() && !can_finish {
            self.changed.wait_for(&mut state, LOOK);
        }
        if state.is_ending
            && let Some(git) = state.git.take()
        {
            drop(state);
            let result = git.finish();
            state = self.state.lock();
            state.whole = Some(result.is_ok());
            self.changed.notify_all();
            result?;
        }
        Ok(state.whole)
    }
}

/// Git's messages on their way to those who follow; dropped when git has no more.
struct Listener(Arc<SharedPack>);

impl Listener {
    fn hear(&self, text: &[u8]) {
        let mut state = self.0.state.lock();
        let room = SAID.saturating_sub(state.said.len()).min(text.len());
        state.said.extend_from_slice(text.get(..room).unwrap_or_default());
        self.0.changed.notify_all();
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.state.lock().is_ending = true;
        self.0.changed.notify_all();
    }
}

/// Sends the file from its start, until it is finished and sent.
fn follow(shared: &SharedPack, client: &mut Client<'_>, pack: &PackRequest) -> Result<()> {
    let mut frame = Frame::new(pack.side_band.unwrap_or(SideBand::Large));
    let (mut at, mut heard) = (0, 0);
    let mut last_sent = Instant::now();
    let mut whole = shared.is_whole();
    loop {
        let count = read_at(&shared.file, frame.space(), at).map_err(Error::Pack)?;
        let is_full = count == frame.space().len();
        // A part of a frame waits for more, but not for ever.
        if count > 0 && (is_full || whole.is_some() || last_sent.elapsed() > KEEPALIVE) {
            send_frame(client, pack.side_band, &mut frame, count)?;
            at += count as u64;
            last_sent = Instant::now();
            continue;
        }
        match whole {
            Some(true) => return Ok(()),
            Some(false) => return Err(Error::Pack(io::ErrorKind::UnexpectedEof.into())),
            None => {}
        }
        forward_progress(shared, client, pack, &mut heard);
        if last_sent.elapsed() > PATIENCE && !client.out().is_empty() {
            client.send_now()?;
            last_sent = Instant::now();
        } else if last_sent.elapsed() > KEEPALIVE && pack.side_band.is_some() {
            client.out().extend_from_slice(b"0005\x01");
        }
        whole = shared.wait()?;
    }
}

fn forward_progress(
    shared: &SharedPack,
    client: &mut Client<'_>,
    pack: &PackRequest,
    heard: &mut usize,
) {
    let state = shared.state.lock();
    let new = state.said.get(*heard..).unwrap_or_default();
    *heard += new.len();
    if let (true, Some(dialect)) = (pack.progress, pack.side_band) {
        wire::put_band(client.out(), dialect, Band::Progress, new);
    }
}

/// Reads until the buffer is full or the file ends.
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|it| !it.is_empty()) {
        match file.read_at(rest, at + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
