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
    let is_common_wish = reachable::check(&history, view, &request.wants)?;
    let boundary = shallow::find_boundary(&history, view, &request.wants, &request.deepen)?;
    if request.deepen.is_asked() {
        boundary.put(client.out());
        wire::put_flush(client.out());
        client.send()?;
    }
    history.cut_at(&boundary.grafts);
    let wants = [request.wants.as_slice(), &boundary.wants].concat();
    let mut negotiation = Negotiation::new(&history, &wants);
    let mut exchange = Exchange {
        mode: request.ack_mode(),
        no_done: request.capabilities.has("no-done"),
        session,
        negotiation: &mut negotiation,
        ready: false,
        got_common: false,
        got_other: false,
    };
    if exchange.run(client)? {
        let pack = describe(&request, view, wants, &negotiation, boundary, is_common_wish);
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

/// The exchange of haves.
struct Exchange<'a, 'h> {
    mode: AckMode,
    no_done: bool,
    session: bool,
    negotiation: &'a mut Negotiation<'h>,
    /// The client was told that it may stop.
    ready: bool,
    /// Since the last flush, something was common; something was unknown.
    got_common: bool,
    got_other: bool,
}

impl Exchange<'_, '_> {
    /// `false` when this was not the last request of a stateless client.
    fn run(&mut self, client: &mut Client<'_>) -> Result<bool> {
        let mut first = true;
        loop {
            let line = match client.next()? {
                Some(pkt) => HaveLine::parse(pkt)?,
                // Once told its depth, a stateless client comes back with a new request.
                None if first && !self.session => return Ok(false),
                None => return Err(wire::Error::Truncated.into()),
            };
            first = false;
            match line {
                HaveLine::Have(id) => self.have(client.out(), id)?,
                HaveLine::Flush => {
                    let is_last = self.flush(client.out())?;
                    client.send()?;
                    if is_last || !self.session {
                        return Ok(is_last);
                    }
                }
                HaveLine::Done => {
                    match self.negotiation.common().last() {
                        Some(last) if self.mode != AckMode::Single => {
                            put_ack(client.out(), last, "")
                        }
                        Some(_) => {}
                        None => put_nak(client.out()),
                    }
                    return Ok(true);
                }
            }
        }
    }

    fn have(&mut self, out: &mut Vec<u8>, id: ObjectId) -> Result<()> {
        match self.negotiation.offer(id)? {
            Have::Common => {
                self.got_common = true;
                match self.mode {
                    AckMode::Detailed => put_ack(out, &id, "common"),
                    AckMode::Multi => put_ack(out, &id, "continue"),
                    AckMode::Single if self.negotiation.common().len() == 1 => {
                        put_ack(out, &id, "")
                    }
                    AckMode::Single => {}
                }
            }
            Have::Unknown => {
                self.got_other = true;
                // A false acknowledgment keeps the client from walking on in vain.
                match self.mode {
                    AckMode::Detailed if self.negotiation.is_enough()? => {
                        self.ready = true;
                        put_ack(out, &id, "ready");
                    }
                    AckMode::Multi if self.negotiation.is_enough()? => {
                        put_ack(out, &id, "continue")
                    }
                    AckMode::Detailed | AckMode::Multi | AckMode::Single => {}
                }
            }
        }
        Ok(())
    }

    /// `true` when the pack is next without a `done`.
    fn flush(&mut self, out: &mut Vec<u8>) -> Result<bool> {
        let last = self.negotiation.common().last().copied();
        let all_common = self.got_common && !self.got_other;
        (self.got_common, self.got_other) = (false, false);
        if let (true, AckMode::Detailed, Some(last)) = (all_common, self.mode, last)
            && self.negotiation.is_enough()?
        {
            self.ready = true;
            put_ack(out, &last, "ready");
        }
        if last.is_none() || self.mode != AckMode::Single {
            put_nak(out);
        }
        match last {
            Some(last) if self.no_done && self.ready => {
                put_ack(out, &last, "");
                Ok(true)
            }
            Some(_) | None => Ok(false),
        }
    }
}

fn describe(
    request: &UploadRequest,
    view: &View<'_>,
    wants: Vec<ObjectId>,
    negotiation: &Negotiation<'_>,
    boundary: Boundary,
    is_common_wish: bool,
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
        is_common_wish,
    }
}
