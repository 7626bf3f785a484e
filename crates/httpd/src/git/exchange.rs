//! One request of git's protocol and its answer: checks what HTTP says about the body, brings
//! body and answer to a blocking thread, and says what went wrong when nothing was sent yet.
//!
//! A body is always read to its end, even when nobody needs it any more. Tried with git 2.39 and
//! curl 7.88: over HTTP/1.1 an early answer is lost or posts the rest anew; over HTTP/2 a complete
//! answer followed by `RST_STREAM(NO_ERROR)` ends in `curl 92` without the report, and one that
//! is not followed by a reset shows the report and then waits for ever for window to send.

use super::body::{BodyReader, Fault, FaultNote, discard};
use crate::answer::{self, Answer, AnswerWriter, WhenLate};
use crate::dialect::Dialect;
use crate::problem::Problem;
use app::{Error, Fields};
use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use hyper::StatusCode;
use hyper::body::Body as _;
use hyper::header::{CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, EXPIRES, HeaderValue, PRAGMA};
use std::io::{Read, Write};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use wire::{Service, Version};

/// Bodies of at most this length are collected before work begins, so that a thread does not
/// wait for a client in the middle of them.
const SMALL: u64 = 1 << 20;

/// A request that may be worked on.
pub struct Exchange {
    service: Service,
    body: Body,
    gzip: bool,
    limit: u64,
}

impl Exchange {
    /// Checks the headers. At most `limit` bytes of the body will be read, as they come or
    /// unpacked.
    pub fn begin(service: Service, request: Request, limit: u64) -> Result<Self, Problem> {
        let headers = request.headers();
        let wanted = format!("application/x-{}-request", service.as_str());
        if headers.get(CONTENT_TYPE).is_none_or(|it| it.as_bytes() != wanted.as_bytes()) {
            return Err(Fields::one("Content-Type", format!("send `{wanted}`")).into());
        }
        let gzip = match headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes) {
            None | Some(b"identity") => false,
            Some(b"gzip" | b"x-gzip") => true,
            Some(_) => {
                return Err(Fields::one("Content-Encoding", "send `gzip` or nothing").into());
            }
        };
        let body = request.into_body();
        if body.size_hint().exact().is_some_and(|it| it > limit) {
            return Err(Problem(Error::TooLarge { what: "the request body", limit }));
        }
        Ok(Self { service, body, gzip, limit })
    }

    /// Lets `work` read the body and write the answer, on a thread that may block.
    pub async fn run<W>(self, work: W) -> Response
    where
        W: FnOnce(&mut dyn Read, &mut dyn Write) -> Result<(), Error> + Send + 'static,
    {
        let Self { service, mut body, gzip, limit } = self;
        if body.size_hint().exact().is_some_and(|it| it <= SMALL) {
            body = match body.collect().await {
                Ok(whole) => Body::from(whole.to_bytes()),
                Err(error) => return faulty(Fault::of(&error), limit),
            };
        }
        let (runtime, fault) = (Handle::current(), FaultNote::default());
        let note = fault.clone();
        let (leave, mut left) = oneshot::channel();
        let answer = answer::run(WhenLate::End, move |output: &mut AnswerWriter| {
            let mut input = BodyReader::new(body, gzip, limit, runtime.clone(), note);
            let done = work(&mut input, output);
            let rest = input.into_rest();
            let rest = if output.has_begun() { Some(rest) } else { leave.send(rest).err() };
            if let Some(rest) = rest {
                runtime.block_on(discard(rest, limit));
            }
            done
        });
        let answer = answer.await;
        // Here and not on the thread of the work: bringing it each piece would cost three times
        // what reading it costs.
        if let Ok(rest) = left.try_recv() {
            discard(rest, limit).await;
        }
        respond(service, "result", answer, fault.read(), limit)
    }
}

/// Answers `info/refs` with what `work` writes. Protocol 2, which pushes do not speak, begins
/// without naming the service.
pub async fn advertise<W>(service: Service, version: Version, work: W) -> Response
where
    W: FnOnce(&mut dyn Write) -> Result<(), Error> + Send + 'static,
{
    let answer = answer::run(WhenLate::End, move |output: &mut AnswerWriter| {
        if service == Service::ReceivePack || version != Version::V2 {
            let mut header = Vec::new();
            wire::put_service_header(&mut header, service);
            output.hold(&header);
        }
        work(output)
    })
    .await;
    respond(service, "advertisement", answer, None, 0)
}

fn respond(
    service: Service,
    what: &'static str,
    answer: Answer<Error>,
    fault: Option<Fault>,
    limit: u64,
) -> Response {
    let mut response = match (answer, fault) {
        (Answer::Whole(whole), _) => whole.into_response(),
        (Answer::Begun(body), _) => body.into_response(),
        (Answer::Failed(_), Some(fault)) => return faulty(fault, limit),
        (Answer::Failed(error), None) => return Problem(error).into_response(),
        (Answer::CutOff, _) => {
            let message = "something broke on the server: nothing was changed";
            return Dialect::Git.error(StatusCode::INTERNAL_SERVER_ERROR, message);
        }
    };
    let kind = match (service, what) {
        (Service::UploadPack, "result") => "application/x-git-upload-pack-result",
        (Service::UploadPack, _) => "application/x-git-upload-pack-advertisement",
        (Service::ReceivePack, "result") => "application/x-git-receive-pack-result",
        (Service::ReceivePack, _) => "application/x-git-receive-pack-advertisement",
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    // As `git http-backend` sends them: proxies of any age must not keep this.
    headers.insert(EXPIRES, HeaderValue::from_static("Fri, 01 Jan 1980 00:00:00 GMT"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    let never = HeaderValue::from_static("no-cache, max-age=0, must-revalidate");
    headers.insert(CACHE_CONTROL, never);
    response
}

/// The body was the trouble, whatever became of the work because of it.
fn faulty(fault: Fault, limit: u64) -> Response {
    match fault {
        Fault::TooLarge => {
            Problem(Error::TooLarge { what: "the request body", limit }).into_response()
        }
        Fault::TooSlow => {
            let message = "the request stopped arriving: try again";
            Dialect::Git.error(StatusCode::REQUEST_TIMEOUT, message)
        }
        Fault::Broken => {
            let message = "the request body is broken off or badly compressed: try again";
            Dialect::Git.error(StatusCode::BAD_REQUEST, message)
        }
    }
}
