//! The pack of a fetch: stock `git pack-objects` builds it, this brings it to the client.
//!
//! What only this client can want goes [directly](direct) from git to it. What everybody wants, a
//! clone, is [shared]: built once, sent to all who ask for the same.

mod cache;
mod direct;
mod shared;

pub(crate) use cache::PackCache;

use super::client::Client;
use crate::git::Git;
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::io::{self, BufWriter, Write};
use std::process::{ChildStdin, Command, Stdio};
use std::time::Duration;
use wire::{Band, Filter, Frame, SideBand};

/// How long nothing is said before an empty packet tells the client, and every proxy in between,
/// that we are still here. As git does.
const KEEPALIVE: Duration = Duration::from_secs(5);
/// How long a few bytes wait for more, so that a small answer leaves in one piece.
const PATIENCE: Duration = Duration::from_millis(20);
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
    /// Everything wanted is what a ref points to, so others may want the very same.
    pub(super) is_common_wish: bool,
}

/// Builds the pack and sends it, up to the flush that ends it.
pub(super) fn send(
    repository: &Repository,
    client: &mut Client<'_>,
    pack: &PackRequest,
) -> Result<()> {
    let result = stream(repository, client, pack);
    let Err(error) = &result else { return result };
    if let (Some(dialect), false) = (pack.side_band, matches!(error, Error::Peer(_))) {
        let sentence =
            b"the pack could not be built: try again, and tell an administrator if it stays\n";
        wire::put_band(client.out(), dialect, Band::Fatal, sentence);
        client.send_now()?;
    }
    // In the middle of a pack there is no other way to say why.
    client.close();
    result
}

fn stream(repository: &Repository, client: &mut Client<'_>, pack: &PackRequest) -> Result<()> {
    let is_shared = pack.is_common_wish
        && pack.common.is_empty()
        && shared::send(repository, client, pack)?.is_some();
    if !is_shared {
        direct::send(repository, client, pack)?;
    }
    if pack.side_band.is_some() {
        wire::put_flush(client.out());
    }
    client.send()
}

/// `heard`: somebody wants to know how far git is.
fn command(repository: &Repository, pack: &PackRequest, heard: bool) -> Command {
    let mut command = Git::command(repository.git_dir(), "pack-objects");
    command.args(["--revs", "--stdout"]).stdin(Stdio::piped());
    command.arg(if heard { "--progress" } else { "-q" });
    let flags = [
        // Without anything in common there is nothing to be thin against.
        (pack.thin && !pack.common.is_empty(), "--thin"),
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

/// Tells git what to pack. That it has ended early is no error here: why, it says when it is
/// asked for its status.
fn tell_git(stdin: ChildStdin, repository: &Repository, pack: &PackRequest) -> Result<()> {
    match write_revisions(&mut BufWriter::with_capacity(32 * 1024, stdin), pack) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(Error::io("write to git over", repository.git_dir())),
    }
}

fn write_revisions(input: &mut impl Write, pack: &PackRequest) -> io::Result<()> {
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
