//! Protocol 2: one request after another, each a command of its own.

use super::client::Client;
use super::history::History;
use super::negotiate::Negotiation;
use super::pack::{self, PackRequest};
use super::view::View;
use super::{advertise, reachable, shallow};
use crate::Result;
use crate::repository::Repository;
use wire::{FetchArguments, Progress, SideBand, V2Reader, V2Request, put_ack, put_text};

/// Serves one request. `false` when the client has no more.
pub(super) fn serve(
    repository: &Repository,
    view: &View<'_>,
    client: &mut Client<'_>,
) -> Result<bool> {
    let Some(request) = read_request(client)? else { return Ok(false) };
    client.served.requests += 1;
    match request {
        V2Request::LsRefs(arguments) => {
            advertise::put_ls_refs(client.out(), view, &arguments);
            client.send()?;
        }
        V2Request::Fetch(arguments) => fetch(repository, view, client, &arguments)?,
    }
    Ok(true)
}

fn read_request(client: &mut Client<'_>) -> Result<Option<V2Request>> {
    let mut reader = V2Reader::new(client.limits);
    let mut empty = true;
    loop {
        let Some(pkt) = client.next()? else {
            return if empty { Ok(None) } else { Err(wire::Error::Truncated.into()) };
        };
        empty = false;
        if reader.accept(pkt)? == Progress::Done {
            return Ok(reader.finish()?);
        }
    }
}

fn fetch(
    repository: &Repository,
    view: &View<'_>,
    client: &mut Client<'_>,
    arguments: &FetchArguments,
) -> Result<()> {
    let history = History::new(repository);
    let only_negotiates = arguments.wait_for_done && !arguments.haves.is_empty();
    if arguments.wants.is_empty() && !only_negotiates {
        // Nothing wanted, nothing said, as git does.
        return client.send();
    }
    let is_common_wish = reachable::check(&history, view, &arguments.wants)?;
    let boundary = shallow::find_boundary(&history, view, &arguments.wants, &arguments.deepen)?;
    history.cut_at(&boundary.grafts);
    let wants = [arguments.wants.as_slice(), &boundary.wants].concat();
    let mut negotiation = Negotiation::new(&history, &wants);
    for have in &arguments.haves {
        negotiation.offer(*have)?;
    }
    if !arguments.done && !arguments.haves.is_empty() {
        let ready = !arguments.wait_for_done && negotiation.is_enough()?;
        put_acknowledgments(client.out(), &negotiation, ready);
        if !ready {
            wire::put_flush(client.out());
            return client.send();
        }
        wire::put_delim(client.out());
    }
    if arguments.deepen.is_asked() || !arguments.deepen.shallow.is_empty() {
        put_text(client.out(), "shallow-info");
        boundary.put(client.out());
        wire::put_delim(client.out());
    }
    put_text(client.out(), "packfile");
    let pack = PackRequest {
        wants,
        common: [negotiation.common(), &boundary.unshallow].concat(),
        grafts: boundary.grafts,
        thin: arguments.thin_pack,
        ofs_delta: arguments.ofs_delta,
        include_tag: arguments.include_tag && !view.hides_any("refs/tags/"),
        progress: !arguments.no_progress,
        filter: arguments.filter.clone(),
        side_band: Some(SideBand::Large),
        is_common_wish,
    };
    pack::send(repository, client, &pack)
}

fn put_acknowledgments(out: &mut Vec<u8>, negotiation: &Negotiation<'_>, ready: bool) {
    put_text(out, "acknowledgments");
    if negotiation.common().is_empty() {
        wire::put_nak(out);
    }
    negotiation.common().iter().for_each(|id| put_ack(out, id, ""));
    if ready {
        put_text(out, "ready");
    }
}
