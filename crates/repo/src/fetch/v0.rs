//! A fetch in protocol 0 and 1, after the advertisement.

use super::client::Client;
use super::history::History;
use super::negotiate::{Have, Negotiation};
use super::pack::{self, PackRequest};
use super::reachable;
use super::shallow::{self, Boundary};
use super::view::View;
use crate::Result;
use crate::repository::Repository;
use model::ObjectId;
use wire::{AckMode, HaveLine, Progress, UploadRequest, UploadRequestReader, put_ack, put_nak};

/// Serves the one request there is in a connection or, over HTTP, in a body.
pub(super) fn serve(
    repository: &Repository,
    view: &View<'_>,
    client: &mut Client<'_>,
    session: bool,
) -> Result<()> {
    let Some(request) = read_request(client)? else { return Ok(()) };
    client.served.requests += 1;
    let history = History::new(repository);
    reachable::check(&history, view, &request.wants)?;
    let boundary = shallow::find_boundary(&history, view, &request.wants, &request.deepen)?;
    if request.deepen.is_asked() {
        boundary.put(client.out());
        wire::put_flush(client.out());
        client.send()?;
    }
    history.cut_at(&boundary.grafts);
    let wants = [request.wants.as_slice(), &boundary.wants].concat();
    let mut negotiation = Negotiation::new(&history, &wants)?;
    if negotiate(client, &request, &mut negotiation, session)? {
        let pack = describe(&request, view, wants, &negotiation, boundary);
        pack::send(repository, client, &pack)?;
    }
    Ok(())
}

/// `None` when the client wants nothing.
fn read_request(client: &mut Client<'_>) -> Result<Option<UploadRequest>> {
    let mut reader = UploadRequestReader::new(client.limits);
    let mut empty = true;
    loop {
        // A client that only wanted the list may end without a flush.
        let Some(pkt) = client.next()? else {
            return if empty { Ok(None) } else { Err(wire::Error::Truncated.into()) };
        };
        empty = false;
        if reader.accept(pkt)? == Progress::Done {
            break;
        }
    }
    let request = reader.finish()?;
    Ok(Some(request).filter(|it| !it.wants.is_empty()))
}

/// The exchange of haves. `false` when this was not the last request of a stateless client.
fn negotiate(
    client: &mut Client<'_>,
    request: &UploadRequest,
    negotiation: &mut Negotiation<'_>,
    session: bool,
) -> Result<bool> {
    let mode = request.ack_mode();
    let no_done = request.capabilities.has("no-done");
    let (mut first, mut ready) = (true, false);
    let (mut got_common, mut got_other) = (false, false);
    loop {
        let line = match client.next()? {
            Some(pkt) => HaveLine::parse(pkt)?,
            // After the depth was told, a stateless client comes back with a new request.
            None if first && !session => return Ok(false),
            None => return Err(wire::Error::Truncated.into()),
        };
        first = false;
        match line {
            HaveLine::Have(id) => match negotiation.offer(id)? {
                Have::Common => {
                    got_common = true;
                    acknowledge(client.out(), mode, &id, negotiation.common().len());
                }
                Have::Unknown => {
                    got_other = true;
                    // "continue" and "ready" keep the client from walking on in vain.
                    if mode != AckMode::Single && negotiation.is_enough()? {
                        ready |= mode == AckMode::Detailed;
                        let word = if mode == AckMode::Detailed { "ready" } else { "continue" };
                        put_ack(client.out(), &id, word);
                    }
                }
            },
            HaveLine::Flush => {
                let last = negotiation.common().last().copied();
                if let (true, AckMode::Detailed, Some(last)) =
                    (got_common && !got_other, mode, last)
                    && negotiation.is_enough()?
                {
                    ready = true;
                    put_ack(client.out(), &last, "ready");
                }
                if last.is_none() || mode != AckMode::Single {
                    put_nak(client.out());
                }
                if let (true, Some(last)) = (no_done && ready, last) {
                    put_ack(client.out(), &last, "");
                    client.send()?;
                    return Ok(true);
                }
                client.send()?;
                if !session {
                    return Ok(false);
                }
                (got_common, got_other) = (false, false);
            }
            HaveLine::Done => {
                match negotiation.common().last() {
                    Some(last) if mode != AckMode::Single => put_ack(client.out(), last, ""),
                    Some(_) => {}
                    None => put_nak(client.out()),
                }
                client.send()?;
                return Ok(true);
            }
        }
    }
}

fn acknowledge(out: &mut Vec<u8>, mode: AckMode, id: &ObjectId, known: usize) {
    match mode {
        AckMode::Detailed => put_ack(out, id, "common"),
        AckMode::Multi => put_ack(out, id, "continue"),
        AckMode::Single if known == 1 => put_ack(out, id, ""),
        AckMode::Single => {}
    }
}

fn describe(
    request: &UploadRequest,
    view: &View<'_>,
    wants: Vec<ObjectId>,
    negotiation: &Negotiation<'_>,
    boundary: Boundary,
) -> PackRequest {
    let asked = |name: &str| request.capabilities.has(name);
    PackRequest {
        wants,
        common: [negotiation.common(), &boundary.unshallow].concat(),
        grafts: boundary.grafts,
        thin: asked("thin-pack"),
        ofs_delta: asked("ofs-delta"),
        include_tag: asked("include-tag") && !view.hides_any("refs/tags/"),
        progress: !asked("no-progress"),
        filter: request.filter.clone(),
        side_band: request.side_band(),
    }
}
