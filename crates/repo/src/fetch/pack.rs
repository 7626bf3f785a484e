//! The pack of a fetch: stock `git pack-objects` builds it, this streams it.
//!
//! Two threads listen to git, one to the pack and one to its messages, and this one talks to the
//! client: so git never waits for us to read, and reading and sending overlap. A client that goes
//! away ends git, too.

use super::client::Client;
use crate::git::{Git, Running};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::io::{self, BufWriter, Read, Write};
use std::process::{ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;
use wire::{Band, Filter, Frame, SideBand};

/// How long nothing is said before an empty packet tells the client, and every proxy in between,
/// that we are still here. As git does.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// How long a few bytes wait for more, so that a small answer leaves in one piece.
const PATIENCE: Duration = Duration::from_millis(20);
/// Frames under way: one being filled, one being sent, one in between.
const FRAMES: usize = 3;
/// Frames shorter than this are copied to what is pending instead of being sent alone.
const SMALL: usize = 16 * 1024;

/// What to build.
#[derive(Debug)]
pub(super) struct PackRequest {
    pub(super) wants: Vec<ObjectId>,
    /// The client has these and what they lead to, up to the grafts.
    pub(super) common: Vec<ObjectId>,
    /// Commits that count as having no parents.
    pub(super) grafts: Vec<ObjectId>,
    /// Deltas may be against objects the client has.
    pub(super) thin: bool,
    pub(super) ofs_delta: bool,
    /// Send annotated tags along that lead to what is sent.
    pub(super) include_tag: bool,
    /// Tell the client how far it is.
    pub(super) progress: bool,
    pub(super) filter: Option<Filter>,
    /// `None`: the bare pack, without packets around it.
    pub(super) side_band: Option<SideBand>,
}

enum Event {
    /// A frame with this many bytes of pack in it.
    Pack(Frame, usize),
    /// Reading the pack failed.
    Broken(io::Error),
    /// Git said something.
    Said(Vec<u8>),
}

/// Builds the pack and sends it, up to the flush that ends it.
pub(super) fn send(
    repository: &Repository,
    client: &mut Client<'_>,
    pack: &PackRequest,
) -> Result<()> {
    let result = stream(repository, client, pack);
    if let (Err(error), Some(dialect)) = (&result, pack.side_band)
        && !matches!(error, Error::Peer(_))
    {
        let sentence =
            b"the pack could not be built: try again, and tell an administrator if it stays\n";
        wire::put_band(client.out(), dialect, Band::Fatal, sentence);
        client.send()?;
        client.close();
    }
    result
}

fn stream(repository: &Repository, client: &mut Client<'_>, pack: &PackRequest) -> Result<()> {
    let (events, received) = channel();
    let said = events.clone();
    let mut git = Running::start_with("pack-objects", command(repository, pack), move |text| {
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
        match write_revisions(stdin, pack) {
            // Git has ended early: why, it says when asked for its status.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            result => result.map_err(Error::io("write to git over", repository.git_dir()))?,
        }
    }
    forward(client, pack, &received, &recycle)?;
    git.finish()?;
    if pack.side_band.is_some() {
        wire::put_flush(client.out());
    }
    client.send()
}

fn command(repository: &Repository, pack: &PackRequest) -> Command {
    let mut command = Git::command(repository.git_dir(), "pack-objects");
    command.args(["--revs", "--stdout"]).stdin(Stdio::piped());
    let heard = pack.progress && pack.side_band.is_some();
    command.arg(if heard { "--progress" } else { "-q" });
    let flags = [
        (pack.thin, "--thin"),
        (pack.ofs_delta, "--delta-base-offset"),
        (pack.include_tag, "--include-tag"),
    ];
    command.args(flags.iter().filter(|it| it.0).map(|it| it.1));
    if !pack.grafts.is_empty() {
        // The ends of history are the client's, given on standard input, not the repository's.
        command.arg("--shallow").env("GIT_SHALLOW_FILE", "");
    }
    if let Some(filter) = &pack.filter {
        command.arg(format!("--filter={filter}"));
    }
    command
}

fn write_revisions(stdin: ChildStdin, pack: &PackRequest) -> io::Result<()> {
    let mut input = BufWriter::with_capacity(32 * 1024, stdin);
    for id in &pack.grafts {
        writeln!(input, "--shallow {id}")?;
    }
    for id in &pack.wants {
        writeln!(input, "{id}")?;
    }
    writeln!(input, "--not")?;
    for id in &pack.common {
        writeln!(input, "{id}")?;
    }
    input.flush()
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
                return Err(Error::io("read a pack over", std::path::Path::new("git"))(error));
            }
            Err(RecvTimeoutError::Timeout) if client.out().is_empty() => {
                if pack.side_band.is_some() {
                    client.out().extend_from_slice(b"0005\x01");
                    client.send()?;
                }
            }
            Err(RecvTimeoutError::Timeout) => client.send()?,
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        }
    }
}

fn send_frame(
    client: &mut Client<'_>,
    side_band: Option<SideBand>,
    frame: &mut Frame,
    count: usize,
) -> Result<()> {
    client.served.pack_bytes += count as u64;
    let bytes = match side_band {
        Some(_) => frame.seal(Band::Data, count),
        None => frame.payload(count),
    };
    if bytes.len() <= SMALL {
        client.out().extend_from_slice(bytes);
        return Ok(());
    }
    if !client.out().is_empty() {
        client.send()?;
    }
    client.write(bytes)
}
