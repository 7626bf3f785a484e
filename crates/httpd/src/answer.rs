//! Runs blocking work and turns what it writes into a response.
//!
//! Work that writes little is answered in one piece; work that writes much streams through a
//! bounded channel, so that a slow client holds the work back instead of filling memory, and a
//! client that has gone stops it. Work that fails after its first byte has said so in the
//! protocol's own way, so its answer ends like any other, or could not say so; that one and one
//! that was cut off must never end cleanly.

use axum::body::Body;
use bytes::Bytes;
use hyper::body::Frame;
use std::io::{self, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc;

/// What is collected before anything is handed to the connection: small enough for a pack to
/// start arriving at once.
const FIRST_PIECE: usize = 64 * 1024;

/// What is collected after that: large enough for few system calls and few wakings of the task
/// that sends, which cost more than what they send.
const PIECE: usize = 256 * 1024;

/// Pieces that may wait for a client.
const PIECES: usize = 2;

enum Piece {
    Data(Bytes),
    /// The work is done and said so. A channel that closes without it was cut off.
    End,
}

/// What protocol work writes to. Nothing is sent before a flush or a full piece.
pub struct AnswerWriter {
    pieces: mpsc::Sender<Piece>,
    held: Vec<u8>,
    begun: bool,
}

impl AnswerWriter {
    /// Has anything been sent? Then the answer goes on, whatever happens.
    pub fn has_begun(&self) -> bool {
        self.begun
    }

    /// Puts the few bytes in front that come before all work.
    pub fn hold(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    fn send(&mut self, piece: Piece) -> io::Result<()> {
        self.begun = true;
        self.pieces
            .blocking_send(piece)
            .map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "the client has gone"))
    }
}

impl Write for AnswerWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let most = if self.begun { PIECE } else { FIRST_PIECE };
        if self.held.len() + bytes.len() > most {
            self.flush()?;
        }
        if self.begun && self.held.capacity() == 0 {
            self.held.reserve_exact(PIECE.max(bytes.len()));
        }
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.held.is_empty() {
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        self.send(Piece::Data(held.into()))
    }
}

/// An answer as far as it is known when its first bytes are.
pub enum Answer<E> {
    /// Everything the work wrote.
    Whole(Bytes),
    /// It has begun. Should the work be cut off now, the body ends with an error.
    Begun(Body),
    /// It failed before anything was sent.
    Failed(E),
    /// It did not come back: it panicked, or the server is stopping.
    CutOff,
}

/// What becomes of an answer whose work fails after the first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenLate {
    /// It ends: the protocol has a way to say so.
    End,
    /// It breaks off, since nothing in it could say so.
    BreakOff,
}

/// Runs `work` on a blocking thread until it ends or its first piece is ready.
pub async fn run<E: std::error::Error + Send + 'static>(
    late: WhenLate,
    work: impl FnOnce(&mut AnswerWriter) -> Result<(), E> + Send + 'static,
) -> Answer<E> {
    let (pieces, mut receiver) = mpsc::channel(PIECES);
    let worker = tokio::task::spawn_blocking(move || {
        let mut writer = AnswerWriter { pieces, held: Vec::new(), begun: false };
        let done = work(&mut writer);
        if !writer.begun {
            return Some(done.map(|()| Bytes::from(writer.held)));
        }
        match (done, late) {
            (Ok(()), _) => {}
            (Err(error), WhenLate::End) => {
                tracing::info!(%error, "the client was told of an error in its own protocol");
            }
            (Err(error), WhenLate::BreakOff) => {
                tracing::warn!(%error, "an answer was broken off");
                return None;
            }
        }
        if let Err(error) = writer.flush().and_then(|()| writer.send(Piece::End)) {
            tracing::debug!(%error, "the end of the answer was not sent");
        }
        None
    });
    match receiver.recv().await {
        Some(first) => {
            Answer::Begun(Body::new(Pieces { first: Some(first), receiver, done: false }))
        }
        None => match worker.await {
            Ok(Some(Ok(whole))) => Answer::Whole(whole),
            Ok(Some(Err(error))) => Answer::Failed(error),
            Ok(None) => Answer::CutOff,
            Err(error) => {
                tracing::error!(%error, "protocol work did not come back");
                Answer::CutOff
            }
        },
    }
}

/// The pieces as a response body.
struct Pieces {
    first: Option<Piece>,
    receiver: mpsc::Receiver<Piece>,
    done: bool,
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if self.done {
            return Poll::Ready(None);
        }
        let piece = match self.first.take() {
            Some(piece) => Some(piece),
            None => ready!(self.receiver.poll_recv(cx)),
        };
        Poll::Ready(match piece {
            Some(Piece::Data(data)) => Some(Ok(Frame::data(data))),
            Some(Piece::End) => {
                self.done = true;
                None
            }
            None => {
                self.done = true;
                Some(Err(io::Error::other("the answer was broken off")))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn little_is_one_piece_and_much_streams_with_backpressure() {
        let answer = run(WhenLate::End, |out| out.write_all(b"unpack ok")).await;
        assert!(matches!(answer, Answer::Whole(whole) if &whole[..] == b"unpack ok"));

        let much = 40 * PIECE;
        let answer = run(WhenLate::End, move |out| {
            out.write_all(&vec![7; much]).and_then(|()| out.write_all(b"!"))
        });
        let Answer::Begun(body) = answer.await else { panic!("it was not begun") };
        let whole = body.collect().await.unwrap().to_bytes();
        assert_eq!((whole.len(), whole.last()), (much + 1, Some(&b'!')));
    }

    #[tokio::test]
    async fn a_failure_is_an_answer_before_the_first_byte_and_only_a_cut_breaks_the_body() {
        let answer = run(WhenLate::End, |_| Err(io::Error::other("no"))).await;
        assert!(matches!(answer, Answer::Failed(error) if error.to_string() == "no"));

        for late in [WhenLate::End, WhenLate::BreakOff] {
            let answer = run(late, |out| {
                out.write_all(b"half")?;
                out.flush()?;
                Err(io::Error::other("no"))
            });
            let Answer::Begun(body) = answer.await else { panic!("it was not begun") };
            match (late, body.collect().await) {
                (WhenLate::End, whole) => assert_eq!(whole.unwrap().to_bytes(), "half"),
                (WhenLate::BreakOff, half) => assert!(half.is_err()),
            }
        }

        let panics = |out: &mut AnswerWriter| -> io::Result<()> {
            out.write_all(b"half")?;
            out.flush()?;
            panic!("a bug")
        };
        let Answer::Begun(body) = run(WhenLate::End, panics).await else {
            panic!("it was not begun")
        };
        assert!(body.collect().await.is_err());
        let panics = |_: &mut AnswerWriter| -> io::Result<()> { panic!("a bug") };
        assert!(matches!(run(WhenLate::End, panics).await, Answer::CutOff));
    }

    #[tokio::test]
    async fn a_client_that_goes_stops_the_work() {
        let (told, stopped) = tokio::sync::oneshot::channel();
        let answer = run(WhenLate::End, move |out| {
            let error = loop {
                if let Err(error) = out.write_all(&[0; PIECE]) {
                    break error;
                }
            };
            told.send(error.kind()).unwrap();
            Err(error)
        });
        let Answer::Begun(body) = answer.await else { panic!("it was not begun") };
        drop(body);
        assert_eq!(stopped.await.unwrap(), io::ErrorKind::BrokenPipe);
    }
}
