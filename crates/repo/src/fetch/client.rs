//! The other side of a fetch: packets in, buffered bytes out.

use super::{Served, UploadOptions};
use crate::{Error, Result};
use std::io::{self, Read, Write};
use wire::{Decoder, FetchLimits, Pkt};

/// The client, and what was done for it so far.
pub(super) struct Client<'a> {
    input: &'a mut dyn Read,
    output: &'a mut dyn Write,
    decoder: Decoder,
    pending: Vec<u8>,
    /// How much one request may hold.
    pub(super) limits: FetchLimits,
    /// One request, one answer.
    pub(super) is_stateless: bool,
    /// What was done.
    pub(super) served: Served,
    /// The stream has been ended with an error of its own kind (side-band 3), or broke.
    closed: bool,
}

impl<'a> Client<'a> {
    pub(super) fn new(
        input: &'a mut dyn Read,
        output: &'a mut dyn Write,
        options: &UploadOptions,
    ) -> Self {
        Self {
            input,
            output,
            decoder: Decoder::new(),
            pending: Vec::new(),
            limits: options.limits,
            is_stateless: options.stateless,
            served: Served::default(),
            closed: false,
        }
    }

    /// The next packet; `None` when the client ended between two packets.
    pub(super) fn next(&mut self) -> Result<Option<Pkt<'_>>> {
        while !self.decoder.is_ready()? {
            let space = self.decoder.space();
            match self.input.read(space) {
                Ok(0) if self.decoder.rest().is_empty() => return Ok(None),
                Ok(0) => return Err(wire::Error::Truncated.into()),
                Ok(count) => self.decoder.filled(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.closed = true;
                    return Err(Error::Peer(error));
                }
            }
        }
        Ok(self.decoder.take()?)
    }

    /// What will be sent next; fill it and [`send`](Self::send) it.
    pub(super) fn out(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// Sends what is pending: the client waits for it, or it is the end.
    pub(super) fn send(&mut self) -> Result<()> {
        if self.is_stateless {
            // Its answer ends when we are done; until then it may as well go out as a whole.
            return self.write_pending();
        }
        self.send_now()
    }

    /// Sends what is pending although there is more to come: it would be late otherwise.
    pub(super) fn send_now(&mut self) -> Result<()> {
        self.write_pending()?;
        let flushed = self.output.flush();
        self.sent(flushed)
    }

    fn write_pending(&mut self) -> Result<()> {
        let pending = std::mem::take(&mut self.pending);
        self.write(&pending)
    }

    /// Sends bytes that are in no buffer of ours. Whatever is pending must have been sent.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.output.write_all(bytes);
        self.sent(written)
    }

    fn sent(&mut self, result: io::Result<()>) -> Result<()> {
        result.map_err(|error| {
            self.closed = true;
            Error::Peer(error)
        })
    }

    /// Says that the client knows already why the stream ends here.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Tells the client why it is not served, unless it knows or is gone. Only what is about its
    /// own request is told in full; our own troubles are for the log.
    pub(super) fn tell(&mut self, error: &Error) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        let sentence = match error {
            Error::Wire(error) => error.to_string(),
            Error::NotOurRef(_) | Error::BadFetch(_) => error.to_string(),
            _ => "the server could not read what it needs: try again, and tell an administrator \
                  if it stays"
                .to_owned(),
        };
        self.pending.clear();
        wire::put_error(&mut self.pending, &sentence);
        // The caller gets the error, too, and must not take it for untold.
        self.send_now()
    }
}
