//! [`RequestLine`]: lets through what real clients send and the HTTP parser refuses.
//!
//! Clients put a raw `"`, `<`, `>` or space into the request target (`?q=user.uuid="{…}"`), and
//! hyper answers 400 before any handler runs. This wrapper stands between the socket and hyper
//! and percent-encodes those bytes, in HTTP/1 request lines only.
//!
//! It must never change a byte of a header or a body. So it follows a connection only as long
//! as that is certain: a single plain `Content-Length` tells where the next request line begins;
//! after anything else (chunked, repeated lengths, `CONNECT`, HTTP/2) it steps aside for good and
//! hands bytes through untouched.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A request line longer than this is left to the parser, which refuses it with its own limit.
const LINE_MAX: usize = 64 * 1024;

/// As much of a header as is needed to recognise the two that frame a body.
const HEADER_MAX: usize = 64;

/// How much is read at a time while looking at a request's head.
const CHUNK: usize = 4096;

/// A stream whose HTTP/1 request lines are made acceptable on the way in. Writing is untouched.
pub struct RequestLine<S> {
    inner: S,
    scan: Scan,
    /// Looked at and waiting to be handed on; `sent` of it are gone.
    ready: Vec<u8>,
    sent: usize,
}

impl<S> RequestLine<S> {
    /// Wraps a freshly accepted connection, before its first byte is read.
    pub fn new(inner: S) -> Self {
        Self { inner, scan: Scan::new(), ready: Vec::new(), sent: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for RequestLine<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            if this.sent < this.ready.len() {
                let rest = this.ready.get(this.sent..).unwrap_or_default();
                let n = rest.len().min(buf.remaining());
                buf.put_slice(rest.get(..n).unwrap_or_default());
                this.sent += n;
                return Poll::Ready(Ok(()));
            }
            this.ready.clear();
            this.sent = 0;
            match this.scan.state {
                State::Aside => return Pin::new(&mut this.inner).poll_read(cx, buf),
                State::Body { left } => {
                    let most = usize::try_from(left).unwrap_or(usize::MAX).min(buf.remaining());
                    let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
                    ready!(Pin::new(&mut this.inner).poll_read(cx, &mut part))?;
                    let n = part.filled().len();
                    buf.advance(n);
                    this.scan.skip(n);
                    return Poll::Ready(Ok(()));
                }
                State::Line | State::Headers => {
                    let mut chunk = [0; CHUNK];
                    let mut chunk = ReadBuf::new(&mut chunk);
                    ready!(Pin::new(&mut this.inner).poll_read(cx, &mut chunk))?;
                    if chunk.filled().is_empty() {
                        // The end. What is held of an unfinished line belongs to the parser.
                        this.scan.step_aside(&mut this.ready);
                        if this.ready.is_empty() {
                            return Poll::Ready(Ok(()));
                        }
                    }
                    this.scan.feed(chunk.filled(), &mut this.ready);
                }
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for RequestLine<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

/// Where in a connection we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In a request line, which is held back until it is whole.
    Line,
    /// In the headers, which are handed on at once.
    Headers,
    /// In a body of known length.
    Body { left: u64 },
    /// Nothing is certain any more, or nothing needs to be: hand everything on.
    Aside,
}

/// Follows the bytes of one connection.
struct Scan {
    state: State,
    /// The request line, or the beginning of the header line, read so far.
    held: Vec<u8>,
    /// The `Content-Length` of the request whose headers are being read.
    length: Option<u64>,
}

impl Scan {
    fn new() -> Self {
        Self { state: State::Line, held: Vec::new(), length: None }
    }

    /// Looks at the next bytes and appends what is to be handed on.
    fn feed(&mut self, mut input: &[u8], out: &mut Vec<u8>) {
        while !input.is_empty() {
            match self.state {
                State::Aside => {
                    out.extend_from_slice(input);
                    return;
                }
                State::Body { left } => {
                    let n = usize::try_from(left).unwrap_or(usize::MAX).min(input.len());
                    let (body, rest) = input.split_at(n);
                    out.extend_from_slice(body);
                    self.skip(n);
                    input = rest;
                }
                State::Line => {
                    let (part, rest) = through_newline(input);
                    self.held.extend_from_slice(part);
                    input = rest;
                    if self.held.ends_with(b"\n") {
                        self.end_line(out);
                    } else if self.held.len() > LINE_MAX {
                        self.step_aside(out);
                    }
                }
                State::Headers => {
                    let (part, rest) = through_newline(input);
                    out.extend_from_slice(part);
                    let room = HEADER_MAX.saturating_sub(self.held.len());
                    self.held.extend_from_slice(part.get(..room.min(part.len())).unwrap_or(part));
                    input = rest;
                    if part.ends_with(b"\n") {
                        self.end_header();
                    }
                }
            }
        }
    }

    /// `n` bytes of the body have gone by.
    fn skip(&mut self, n: usize) {
        if let State::Body { left } = &mut self.state {
            *left = left.saturating_sub(n as u64);
            if *left == 0 {
                self.state = State::Line;
            }
        }
    }

    fn step_aside(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.held);
        self.state = State::Aside;
    }

    fn end_line(&mut self, out: &mut Vec<u8>) {
        let line = self.held.trim_ascii_end();
        if line.is_empty() {
            // Parsers forgive empty lines before a request.
            out.append(&mut self.held);
            return;
        }
        if line.starts_with(b"PRI ") || line.starts_with(b"CONNECT ") {
            self.step_aside(out);
            return;
        }
        encode_target(&self.held, out);
        self.held.clear();
        self.length = None;
        self.state = State::Headers;
    }

    fn end_header(&mut self) {
        let line = self.held.trim_ascii_end();
        let (name, value) = match line.iter().position(|&b| b == b':') {
            Some(at) => line.split_at(at),
            None => (line, &b""[..]),
        };
        if line.is_empty() {
            self.state = match self.length {
                Some(left) if left > 0 => State::Body { left },
                Some(_) | None => State::Line,
            };
        } else if name.eq_ignore_ascii_case(b"content-length") {
            match (self.length, plain_number(value.get(1..).unwrap_or_default())) {
                (None, Some(length)) => self.length = Some(length),
                _ => self.state = State::Aside,
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") || !is_token(name) {
            self.state = State::Aside;
        }
        self.held.clear();
    }
}

/// Splits after the first newline, or gives everything when there is none.
fn through_newline(input: &[u8]) -> (&[u8], &[u8]) {
    let end = input.iter().position(|&b| b == b'\n').map_or(input.len(), |at| at + 1);
    input.split_at(end)
}

/// A header name as HTTP spells one; a name with a space in it could be read in two ways.
fn is_token(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&b| b.is_ascii_graphic())
}

/// Digits and nothing else, as a parser that refuses everything else would read them.
fn plain_number(text: &[u8]) -> Option<u64> {
    let text = text.trim_ascii();
    let digits = !text.is_empty() && text.len() < 19 && text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

/// Copies a request line, with the forbidden bytes of its target percent-encoded. The target
/// is what stands between the first space and the last one before `HTTP/`.
fn encode_target(line: &[u8], out: &mut Vec<u8>) {
    let start = line.iter().position(|&b| b == b' ').map_or(line.len(), |at| at + 1);
    let end = line.windows(6).rposition(|it| it == b" HTTP/").unwrap_or(start).max(start);
    for (at, &byte) in line.iter().enumerate() {
        match byte {
            b' ' if (start..end).contains(&at) => out.extend_from_slice(b"%20"),
            b'"' if (start..end).contains(&at) => out.extend_from_slice(b"%22"),
            b'<' if (start..end).contains(&at) => out.extend_from_slice(b"%3C"),
            b'>' if (start..end).contains(&at) => out.extend_from_slice(b"%3E"),
            _ => out.push(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    /// What comes out when the input arrives in pieces of every size.
    fn check(input: &str, expected: &str) {
        for size in 1..=input.len().max(1) {
            let mut scan = Scan::new();
            let mut out = Vec::new();
            for piece in input.as_bytes().chunks(size) {
                scan.feed(piece, &mut out);
            }
            scan.step_aside(&mut out);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "in pieces of {size}");
        }
    }

    #[test]
    fn the_target_of_each_request_line_is_encoded_and_nothing_else() {
        check(
            "GET /2.0/x?q=user.uuid=\"{1}\" HTTP/1.1\r\nX: \"a\" <b>\r\n\r\n\
             POST /y?q=a b<c> HTTP/1.1\r\nContent-Length: 21\r\n\r\nGET /\"body\" HTTP/1.1\n\
             GET /z\" HTTP/1.1\r\n\r\n",
            "GET /2.0/x?q=user.uuid=%22{1}%22 HTTP/1.1\r\nX: \"a\" <b>\r\n\r\n\
             POST /y?q=a%20b%3Cc%3E HTTP/1.1\r\nContent-Length: 21\r\n\r\nGET /\"body\" HTTP/1.1\n\
             GET /z%22 HTTP/1.1\r\n\r\n",
        );
    }

    #[test]
    fn it_steps_aside_when_the_next_request_line_cannot_be_told() {
        for head in [
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\ncontent-length: 1\r\nContent-Length: 1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length : 1\r\n\r\n",
            "CONNECT a:1 HTTP/1.1\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        ] {
            let whole = format!("{head}GET /\"kept\" HTTP/1.1\r\n\r\n");
            check(&whole, &whole);
        }
    }

    #[tokio::test]
    async fn reading_through_it_gives_the_same_bytes_and_the_end() {
        let body = "x".repeat(3 * CHUNK);
        let head = format!("POST /\" HTTP/1.1\r\nContent-Length: {}\r\n\r\n", body.len());
        let input = format!("{head}{body}GET /\" HTTP/1.1\r\n\r\nGET /unfinished\"");
        let mut read = String::new();
        RequestLine::new(input.as_bytes()).read_to_string(&mut read).await.unwrap();
        let head = head.replace("/\"", "/%22");
        assert_eq!(read, format!("{head}{body}GET /%22 HTTP/1.1\r\n\r\nGET /unfinished\""));
    }
}
