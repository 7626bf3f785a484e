//! What comes in before the pack, and what is said before that.

use crate::failure::FailureCode;
use crate::fetch::{View, Visible};
use crate::repository::Repository;
use crate::{Error, Result};
use std::io::{self, Read, Write};
use wire::{Decoder, Progress, PushLimits, PushRequest, PushRequestReader, Version};

/// Writes the advertisement of the refs for a push: the answer to `info/refs` without the service
/// header, or the first thing said in a stateful conversation. Does not flush.
pub fn advertise_receive(
    repository: &Repository,
    visible: Visible<'_>,
    version: Version,
    output: &mut dyn Write,
) -> Result<()> {
    let refs = repository.refs()?;
    let view = View::new(&refs, visible);
    let first = view.iter().next();
    let mut head = Vec::new();
    let named = first.as_ref().map(|it| (&it.id, it.name));
    wire::start_receive_advertisement(&mut head, version, named);
    output.write_all(&head).map_err(Error::Peer)?;
    if let Some(refs) = view.everything() {
        // The others are sent from where they are kept.
        let mut skip = first.map_or(0, |it| it.line.len());
        for lines in refs.lines() {
            let rest = lines.get(std::mem::take(&mut skip)..).unwrap_or_default();
            output.write_all(rest).map_err(Error::Peer)?;
        }
    } else {
        let lines: Vec<&[u8]> = view.iter().skip(1).map(|it| it.line).collect();
        output.write_all(&lines.concat()).map_err(Error::Peer)?;
    }
    output.write_all(b"0000").map_err(Error::Peer)
}

/// What was read, and the bytes after it that were read along.
pub(super) struct Request {
    pub request: PushRequest,
    pub rest: Vec<u8>,
}

/// Reads commands and push options. `None`: the client has nothing to push after all.
pub(super) fn read_request(input: &mut dyn Read, limits: PushLimits) -> Result<Option<Request>> {
    let mut decoder = Decoder::new();
    let mut reader = PushRequestReader::new(limits);
    let mut anything = false;
    loop {
        while !decoder.is_ready().map_err(|error| protocol(&error))? {
            let count = match input.read(decoder.space()) {
                Ok(0) if !anything => return Ok(None),
                Ok(0) => return Err(protocol(&wire::Error::Truncated)),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::Peer(error)),
            };
            anything = true;
            decoder.filled(count);
        }
        let Some(pkt) = decoder.take().map_err(|error| protocol(&error))? else { continue };
        if reader.accept(pkt).map_err(|error| protocol(&error))? == Progress::Done {
            break;
        }
    }
    let request = reader.finish().map_err(|error| protocol(&error))?;
    if request.commands.is_empty() {
        return Ok(None);
    }
    Ok(Some(Request { request, rest: decoder.rest().to_vec() }))
}

fn protocol(error: &wire::Error) -> Error {
    let code = match error {
        wire::Error::TooMany { what: "commands" | "bytes of ref names", .. } => {
            FailureCode::TooManyCommands
        }
        wire::Error::TooMany { what: "push options", .. }
        | wire::Error::LineTooLong { what: "a push option", .. } => FailureCode::TooManyOptions,
        _ => FailureCode::Protocol,
    };
    code.because(error.to_string()).into()
}
