//! What keeps slow or silent clients from holding a connection for ever: a stream that gives up
//! when the other side says nothing at the start or takes nothing of an answer, and a request
//! body that gives up when it stops arriving. It must never end a request that the *server* is
//! slow with: a timer only runs while the client is waited for.

use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

/// Until this many bytes have come, hyper is still telling HTTP/1 from HTTP/2 and has no timer
/// running of its own.
const PREFACE: usize = 24;

/// A connection that is not waited for without end.
pub struct Patient<S> {
    stream: S,
    /// Ends the wait for the first bytes; gone once they came.
    opening: Option<Pin<Box<Sleep>>>,
    received: usize,
    /// Runs while a write is held up.
    writing: Option<Pin<Box<Sleep>>>,
    write_patience: Duration,
}

impl<S> Patient<S> {
    /// `opening` counts from now to the first bytes, `write` from the moment the client stops
    /// taking what is sent.
    pub fn new(stream: S, opening: Duration, write: Duration) -> Self {
        Self {
            stream,
            opening: Some(Box::pin(sleep(opening))),
            received: 0,
            writing: None,
            write_patience: write,
        }
    }

    /// Passes on what the write side said, or gives up if it has been pending for too long.
    fn write_or_give_up<T>(
        &mut self,
        cx: &mut Context<'_>,
        result: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if result.is_ready() {
            self.writing = None;
            self.opening = None;
            return result;
        }
        let patience = self.write_patience;
        let timer = self.writing.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(timer.as_mut().poll(cx));
        Poll::Ready(Err(gave_up("the client takes nothing of the answer")))
    }
}

fn gave_up(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, why)
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        if let Poll::Ready(result) = Pin::new(&mut this.stream).poll_read(cx, buf) {
            this.received = this.received.saturating_add(buf.filled().len() - before);
            if this.received >= PREFACE {
                this.opening = None;
            }
            return Poll::Ready(result);
        }
        match &mut this.opening {
            Some(timer) => {
                ready!(timer.as_mut().poll(cx));
                Poll::Ready(Err(gave_up("the client says nothing")))
            }
            None => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.write_or_give_up(cx, result)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_write_vectored(cx, parts);
        this.write_or_give_up(cx, result)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Nothing to flush is no sign of life: only a held-up flush concerns the timers.
        match Pin::new(&mut this.stream).poll_flush(cx) {
            Poll::Ready(result) => Poll::Ready(result),
            Poll::Pending => this.write_or_give_up(cx, Poll::Pending),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let result = Pin::new(&mut this.stream).poll_shutdown(cx);
        this.write_or_give_up(cx, result)
    }
}

/// A request body whose sender may not pause for longer than `patience` while it is read.
pub struct PatientBody<B> {
    body: B,
    patience: Duration,
    timer: Pin<Box<Sleep>>,
    waiting: bool,
}

impl<B> PatientBody<B> {
    /// Wraps a body; the timer starts at the first read that has to wait.
    pub fn new(body: B, patience: Duration) -> Self {
        Self { body, patience, timer: Box::pin(sleep(patience)), waiting: false }
    }
}

impl<B> Body for PatientBody<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::error::Error + Send + Sync + 'static,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body.frame()).poll(cx) {
            this.waiting = false;
            return Poll::Ready(frame.map(|it| it.map_err(io::Error::other)));
        }
        if !this.waiting {
            this.waiting = true;
            this.timer.as_mut().reset(Instant::now() + this.patience);
        }
        ready!(this.timer.as_mut().poll(cx));
        Poll::Ready(Some(Err(gave_up("the client stopped sending the body"))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
