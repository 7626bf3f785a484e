//! The socket of a connection, which ends when its life does, whatever the client sends or takes.
//! russh has timers of its own; none of them ends a client that keeps talking.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream with an end set from outside.
pub struct MortalStream<S> {
    stream: S,
    end: Pin<Box<dyn Future<Output = &'static str> + Send>>,
    ended: Option<&'static str>,
}

impl<S> MortalStream<S> {
    /// Everything fails with what `end` says once it is done.
    pub fn new(stream: S, end: impl Future<Output = &'static str> + Send + 'static) -> Self {
        Self { stream, end: Box::pin(end), ended: None }
    }

    fn check(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.ended.is_none()
            && let Poll::Ready(why) = self.end.as_mut().poll(cx)
        {
            self.ended = Some(why);
        }
        match self.ended {
            Some(why) => Err(io::Error::new(io::ErrorKind::TimedOut, why)),
            None => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MortalStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MortalStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
