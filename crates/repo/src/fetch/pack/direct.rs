//! A pack for one client, straight from git's pipe.
//!
//! Two threads listen to git, one to the pack and one to its messages, and this one talks to the
//! client: so git never waits for us to read, and reading and sending overlap. A client that goes
//! away ends git, too.

use super::{Client, KEEPALIVE, PATIENCE, PackRequest, command, send_frame, tell_git};
use crate::git::Running;
use crate::repository::Repository;
use crate::{Error, Result};
use std::io::{self, Read};
use std::process::ChildStdout;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use wire::{Band, Frame, SideBand};

/// Frames under way: one being filled, one being sent, one in between.
const FRAMES: usize = 3;

enum Event {
    /// A frame with this many bytes of pack in it.
    Pack(Frame, usize),
    /// Reading the pack failed.
    Broken(io::Error),
    /// Git said something.
    Said(Vec<u8>),
}

/// Builds the pack and sends it.
pub(super) fn send(
    repository: &Repository,
    client: &mut Client<'_>,
    pack: &PackRequest,
) -> Result<()> {
    let (events, received) = channel();
    let said = events.clone();
    let heard = pack.progress && pack.side_band.is_some();
    let command = command(repository, pack, heard);
    let mut git = Running::start_with("pack-objects", command, move |text| {
        // Nobody listens any more when the client has gone; git's messages are drained all the
        // same.
        drop(said.send(Event::Said(text.to_vec())));
    })?;
    client.served.processes += 1;
    let (recycle, empty) = channel();
    for _ in 0..FRAMES {
        drop(recycle.send(Frame::new(pack.side_band.unwrap_or(SideBand::Large))));
    }
    if let Some(stdout) = git.child().stdout.take() {
        std::thread::spawn(move || read_pack(stdout, &empty, &events));
    }
    if let Some(stdin) = git.child().stdin.take() {
        tell_git(stdin, repository, pack)?;
    }
    forward(client, pack, &received, &recycle)?;
    git.finish()
}

/// Fills frames with the pack until it ends.
fn read_pack(mut pack: ChildStdout, empty: &Receiver<Frame>, events: &Sender<Event>) {
    while let Ok(mut frame) = empty.recv() {
        let event = match fill(&mut pack, frame.space()) {
            Ok(0) => return,
            Ok(count) => Event::Pack(frame, count),
            Err(error) => Event::Broken(error),
        };
        if events.send(event).is_err() {
            return;
        }
    }
}

/// Reads until the buffer is full or the stream ends.
fn fill(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|it| !it.is_empty()) {
        match input.read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Sends what git produces until both its pipes are closed.
fn forward(
    client: &mut Client<'_>,
    pack: &PackRequest,
    events: &Receiver<Event>,
    recycle: &Sender<Frame>,
) -> Result<()> {
    loop {
        let patience = if client.out().is_empty() { KEEPALIVE } else { PATIENCE };
        match events.recv_timeout(patience) {
            Ok(Event::Pack(mut frame, count)) => {
                send_frame(client, pack.side_band, &mut frame, count)?;
                // The reader has gone when it found the end meanwhile.
                drop(recycle.send(frame));
            }
            Ok(Event::Said(text)) => {
                if let (true, Some(dialect)) = (pack.progress, pack.side_band) {
                    wire::put_band(client.out(), dialect, Band::Progress, &text);
                }
            }
            Ok(Event::Broken(error)) => {
                return Err(Error::Pack(error));
            }
            Err(RecvTimeoutError::Timeout) if client.out().is_empty() => {
                if pack.side_band.is_some() {
                    client.out().extend_from_slice(b"0005\x01");
                    client.send_now()?;
                }
            }
            Err(RecvTimeoutError::Timeout) => client.send_now()?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}
