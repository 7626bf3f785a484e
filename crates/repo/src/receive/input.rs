//! What comes in before the pack, and what is said before that.

use crate::failure::FailureCode;
use crate::fetch::{View, Visible};
use crate::repository::Repository;
use crate::{Error, Result};
use std::io::{self, Read, Write};
use wire::{Decoder, Progress, PushRequestReader, Version};

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

/// Reads commands and push options to their end, and gives the bytes after them that were read
/// along. `None`: there was nothing at all.
pub(super) fn read_request(
    input: &mut dyn Read,
    reader: &mut PushRequestReader,
) -> Result<Option<Vec<u8>>> {
    let mut decoder = Decoder::new();
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
    Ok(Some(decoder.rest().to_vec()))
}

/// The failure of a push that was not understood, or has too much of something.
pub(super) fn protocol(error: &wire::Error) -> Error {
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
