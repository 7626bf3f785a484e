//! A request body as the blocking [`Read`] the protocol edge wants.
//!
//! Frames are handed on as they come from the socket, so a client is held back by nothing but
//! how fast its pack is taken in. It must never hold more than one frame, and never give more
//! than its limit, however well the body was compressed.

use axum::body::Body;
use bytes::{Buf as _, Bytes};
use flate2::bufread::GzDecoder;
use http_body_util::BodyExt as _;
use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use tokio::runtime::Handle;

/// What went wrong with a body, kept beside the [`io::Error`] so that it survives being wrapped
/// by whoever was reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is longer than the limit, as it came or unpacked.
    TooLarge,
    /// It stopped coming.
    TooSlow,
    /// It says it is gzip and is not, or it ends too early.
    Broken,
}

impl Fault {
    /// What an error of the body as it comes from the connection means.
    pub fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        if is_timeout(error) { Self::TooSlow } else { Self::Broken }
    }
}

/// Where a reader leaves its [`Fault`] for the one who answers.
#[derive(Clone, Debug, Default)]
pub struct FaultNote(Arc<AtomicU8>);

impl FaultNote {
    fn leave(&self, fault: Fault) {
        let number = match fault {
            Fault::TooLarge => 1,
            Fault::TooSlow => 2,
            Fault::Broken => 3,
        };
        // The first one is the cause; what follows are its consequences.
        let _first_wins = self.0.compare_exchange(0, number, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// What was left, if anything was.
    pub fn read(&self) -> Option<Fault> {
        match self.0.load(Ordering::Relaxed) {
            1 => Some(Fault::TooLarge),
            2 => Some(Fault::TooSlow),
            3 => Some(Fault::Broken),
            _ => None,
        }
    }
}

/// The frames of a body, as they came. To be read on a blocking thread only.
struct Frames {
    body: Body,
    frame: Bytes,
    runtime: Handle,
    fault: FaultNote,
}

impl BufRead for Frames {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.frame.is_empty() {
            match self.runtime.block_on(self.body.frame()) {
                None => break,
                Some(Ok(frame)) => self.frame = frame.into_data().unwrap_or_default(),
                Some(Err(error)) => {
                    self.fault.leave(Fault::of(&error));
                    return Err(io::Error::other(error));
                }
            }
        }
        Ok(&self.frame)
    }

    fn consume(&mut self, n: usize) {
        self.frame.advance(n.min(self.frame.len()));
    }
}

impl Read for Frames {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.fill_buf()?.read(buf)?;
        self.consume(n);
        Ok(n)
    }
}

fn is_timeout(error: &(dyn std::error::Error + 'static)) -> bool {
    let timed_out = |it: &io::Error| it.kind() == io::ErrorKind::TimedOut;
    error.downcast_ref::<io::Error>().is_some_and(timed_out)
        || error.source().is_some_and(is_timeout)
}

enum Coding {
    Plain(Frames),
    Gzip(Box<GzDecoder<Frames>>),
}

/// The body, unpacked, up to a limit.
pub struct BodyReader {
    coding: Coding,
    left: u64,
    fault: FaultNote,
}

impl BodyReader {
    /// Reads `body`, of which at most `limit` bytes (after unpacking) are given out. To be made
    /// on the blocking thread that reads it, with the runtime that serves the connection: a
    /// packed body's head is read at once.
    pub fn new(body: Body, gzip: bool, limit: u64, runtime: Handle, fault: FaultNote) -> Self {
        let frames = Frames { body, frame: Bytes::new(), runtime, fault: fault.clone() };
        let coding = if gzip {
            Coding::Gzip(Box::new(GzDecoder::new(frames)))
        } else {
            Coding::Plain(frames)
        };
        Self { coding, left: limit, fault }
    }

    /// What has not been read, as it came: for throwing it away.
    pub fn into_rest(self) -> Body {
        match self.coding {
            Coding::Plain(frames) => frames.body,
            Coding::Gzip(decoder) => decoder.into_inner().body,
        }
    }
}

impl Read for BodyReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = match &mut self.coding {
            Coding::Plain(frames) => frames.read(buf),
            Coding::Gzip(decoder) => decoder.read(buf),
        }
        .inspect_err(|_| self.fault.leave(Fault::Broken))?;
        match self.left.checked_sub(n as u64) {
            Some(left) => self.left = left,
            None => {
                self.fault.leave(Fault::TooLarge);
                return Err(io::Error::new(
                    io::ErrorKind::FileTooLarge,
                    "the request body is too large",
                ));
            }
        }
        Ok(n)
    }
}

/// Reads the rest of a body and throws it away, `limit` bytes at the most. A client reads no
/// answer before it has sent everything.
pub async fn discard(mut body: Body, limit: u64) {
    let mut seen = 0_u64;
    // An error means that nobody is sending any more, which is all we wait for.
    while let Some(Ok(frame)) = body.frame().await {
        seen = seen.saturating_add(frame.data_ref().map_or(0, |it| it.len() as u64));
        if seen > limit {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use futures_util::stream;
    use std::io::Write as _;

    async fn read(body: Body, gzip: bool, limit: u64) -> (Result<Vec<u8>, String>, Option<Fault>) {
        let (fault, runtime) = (FaultNote::default(), Handle::current());
        let note = fault.clone();
        let read = tokio::task::spawn_blocking(move || {
            let mut reader = BodyReader::new(body, gzip, limit, runtime, note);
            let mut out = Vec::new();
            reader.read_to_end(&mut out).map(|_| out).map_err(|e| e.to_string())
        });
        (read.await.unwrap(), fault.read())
    }

    fn frames(parts: &[&[u8]]) -> Body {
        let parts: Vec<_> =
            parts.iter().map(|it| Ok::<_, io::Error>(Bytes::copy_from_slice(it))).collect();
        Body::from_stream(stream::iter(parts))
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    #[tokio::test]
    async fn a_body_is_given_out_whole_and_up_to_its_limit() {
        let (whole, fault) = read(frames(&[b"ab", b"", b"cd"]), false, 4).await;
        assert_eq!((whole.unwrap(), fault), (b"abcd".to_vec(), None));
        let (_, fault) = read(frames(&[b"ab", b"", b"cd"]), false, 3).await;
        assert_eq!(fault, Some(Fault::TooLarge));
    }

    #[tokio::test]
    async fn a_gzip_bomb_stops_at_the_limit() {
        let packed = gzip(&vec![0; 8 << 20]);
        assert!(packed.len() < 16 << 10);
        let (read_, fault) = read(Body::from(packed.clone()), true, 1 << 20).await;
        assert!(read_.is_err());
        assert_eq!(fault, Some(Fault::TooLarge));
        let (whole, fault) = read(Body::from(packed), true, 8 << 20).await;
        assert_eq!((whole.unwrap().len(), fault), (8 << 20, None));
    }

    #[tokio::test]
    async fn a_broken_or_unfinished_body_is_told_apart_from_a_slow_one() {
        let packed = gzip(b"hello");
        for broken in [&b"not gzip at all"[..], packed.split_at(packed.len() - 3).0] {
            let (_, fault) = read(frames(&[broken]), true, 100).await;
            assert_eq!(fault, Some(Fault::Broken));
        }
        let slow = io::Error::new(io::ErrorKind::TimedOut, "the client stopped sending");
        let body = Body::from_stream(stream::iter([Ok(Bytes::from_static(b"ab")), Err(slow)]));
        let (_, fault) = read(body, false, 100).await;
        assert_eq!(fault, Some(Fault::TooSlow));
    }
}
