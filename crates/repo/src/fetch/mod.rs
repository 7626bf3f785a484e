//! Serving fetches: `ls-refs`, advertisement, negotiation, depth and filters in this process; the
//! pack from stock `git pack-objects`, the only program a fetch starts, and only when objects
//! must be sent.
//!
//! Knows no rules: whoever calls says which refs are visible, and nothing that is reachable only
//! from other refs leaves through here, not even by id. Keeps nothing between calls.

mod advertise;
mod client;
mod history;
mod negotiate;
mod pack;
mod reachable;
mod shallow;
mod v0;
mod v2;
mod view;

pub(crate) use history::History;
pub(crate) use pack::PackCache;
pub(crate) use reachable::find_unreachable;
pub(crate) use view::View;
pub use view::Visible;

use crate::repository::Repository;
use crate::{Error, Result};
use client::Client;
use std::io::{Read, Write};
use wire::{FetchLimits, Version};

/// How to serve.
#[derive(Clone, Copy, Debug)]
pub struct UploadOptions {
    /// What the client asked for in `GIT_PROTOCOL` or `Git-Protocol`.
    pub version: Version,
    /// `true` over HTTP: the input is one request, the refs are advertised in another (see
    /// [`advertise_upload`]). `false`: advertise first, then serve until the client ends.
    pub stateless: bool,
    /// How much one request may hold.
    pub limits: FetchLimits,
}

impl Default for UploadOptions {
    fn default() -> Self {
        Self { version: Version::V0, stateless: true, limits: FetchLimits::default() }
    }
}

/// What was done for a client, counted, so that tests can say what a fetch must not cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Served {
    /// Requests answered.
    pub requests: u64,
    /// Programs started, which is packs sent.
    pub processes: u64,
    /// Bytes of pack sent.
    pub pack_bytes: u64,
}

/// Serves one client until it is done.
///
/// A request that cannot be understood, or asks for what it may not have, is answered with a
/// sentence in the protocol's own way before the error is returned; the caller only has to log
/// it.
pub fn upload_pack(
    repository: &Repository,
    visible: Visible<'_>,
    input: &mut dyn Read,
    output: &mut dyn Write,
    options: &UploadOptions,
) -> Result<Served> {
    let mut client = Client::new(input, output, options);
    let served = serve(repository, visible, &mut client, options);
    if let Err(error) = &served {
        client.tell(error)?;
    }
    served.map(|()| client.served)
}

fn serve(
    repository: &Repository,
    visible: Visible<'_>,
    client: &mut Client<'_>,
    options: &UploadOptions,
) -> Result<()> {
    let session = !options.stateless;
    match options.version {
        Version::V0 | Version::V1 => {
            // One snapshot for advertisement and request: what was promised can be had.
            let refs = repository.refs()?;
            let view = View::new(&refs, visible);
            if session {
                advertise::put(client.out(), &view, options.version, false);
                client.send()?;
            }
            v0::serve(repository, &view, client, session)
        }
        Version::V2 => {
            if session {
                wire::put_v2_advertisement(client.out());
                client.send()?;
            }
            loop {
                let refs = repository.refs()?;
                let more = v2::serve(repository, &View::new(&refs, visible), client)?;
                if !(session && more) {
                    return Ok(());
                }
            }
        }
    }
}

/// Writes the advertisement for a fetch: the answer to `info/refs`, without the service header
/// that HTTP puts before protocols 0 and 1 ([`wire::put_service_header`]).
pub fn advertise_upload(
    repository: &Repository,
    visible: Visible<'_>,
    version: Version,
    output: &mut dyn Write,
) -> Result<()> {
    let mut out = Vec::new();
    match version {
        Version::V0 | Version::V1 => {
            let refs = repository.refs()?;
            advertise::put(&mut out, &View::new(&refs, visible), version, true);
        }
        Version::V2 => wire::put_v2_advertisement(&mut out),
    }
    output.write_all(&out).map_err(Error::Peer)
}
