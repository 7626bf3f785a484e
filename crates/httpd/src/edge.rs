//! Around every request, whatever it is for: its id, the access log line, metrics, headers that
//! every answer carries, the end of panics, and that what changes something is finished although
//! the client has gone.
//!
//! It must never look at who asks or decide anything, and never log a query string or a header:
//! both may hold secrets.

use crate::context;
use crate::dialect::Dialect;
use app::InHand;
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use futures_util::FutureExt as _;
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
};
use hyper::http::uri::PathAndQuery;
use hyper::{Method, StatusCode, Uri};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tower::ServiceExt as _;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Puts the edge around the routes.
pub fn around(routes: Router, in_hand: InHand) -> Router {
    Router::new().fallback(serve).with_state((routes, in_hand))
}

async fn serve(
    State((routes, in_hand)): State<(Router, InHand)>,
    mut request: Request,
) -> Response {
    let id = context::choose_id(request.headers().get(REQUEST_ID).map(HeaderValue::as_bytes));
    let dialect = Dialect::of(request.uri().path());
    tolerate_trailing_slash(&mut request, dialect);
    let only_reads = request.method().is_safe();
    let answered = context::scope(id, dialect, answer(routes, request, dialect));
    if only_reads {
        return answered.await;
    }
    // A connection that is closed drops whatever waits for it. Half a change is none of the
    // states that anybody has thought of.
    let answered = in_hand.begin(answered).await;
    answered.unwrap_or_else(|error| {
        tracing::error!(%error, "a request was cut off");
        let message = "the server is stopping: look whether it was done, then try again";
        dialect.error(StatusCode::SERVICE_UNAVAILABLE, message)
    })
}

async fn answer(routes: Router, request: Request, dialect: Dialect) -> Response {
    let started = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let answered = AssertUnwindSafe(routes.oneshot(request)).catch_unwind().await;
    let mut response = match answered {
        Ok(Ok(response)) => response,
        Err(panic) => {
            tracing::error!(request_id = context::request_id(), "a bug: {}", words(&*panic));
            dialect.error(StatusCode::INTERNAL_SERVER_ERROR, "something broke on the server")
        }
    };
    dress(&mut response, dialect);
    log(&method, &path, response.status(), started.elapsed());
    response
}

/// `/2.0/user/` is `/2.0/user`: many clients write it so.
fn tolerate_trailing_slash(request: &mut Request<Body>, dialect: Dialect) {
    let path = request.uri().path();
    let trimmed = path.trim_end_matches('/');
    if !matches!(dialect, Dialect::Bitbucket | Dialect::Native) || trimmed.len() == path.len() {
        return;
    }
    let whole = match request.uri().query() {
        Some(query) => PathAndQuery::try_from(format!("{trimmed}?{query}")),
        None => PathAndQuery::try_from(trimmed),
    };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = whole.ok();
    if let Ok(uri) = Uri::from_parts(parts) {
        *request.uri_mut() = uri;
    }
}

/// The headers every answer has. An answer without a body still needs a type, and not JSON's:
/// a JavaScript client reads it unasked.
fn dress(response: &mut Response, dialect: Dialect) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(context::request_id()) {
        headers.insert(REQUEST_ID, id);
    }
    let constant = HeaderValue::from_static;
    headers.entry(CONTENT_TYPE).or_insert(constant("text/html; charset=utf-8"));
    headers.insert(HeaderName::from_static("x-content-type-options"), constant("nosniff"));
    if dialect != Dialect::Git {
        headers.entry(CACHE_CONTROL).or_insert(constant("no-store"));
        headers.insert(
            CONTENT_SECURITY_POLICY,
            constant("default-src 'none'; frame-ancestors 'none'"),
        );
        headers.insert(HeaderName::from_static("referrer-policy"), constant("no-referrer"));
    }
}

fn log(method: &Method, path: &str, status: StatusCode, took: Duration) {
    let took_ms = took.as_secs_f64() * 1e3;
    tracing::info!(
        request_id = context::request_id(),
        principal = context::principal(),
        %method,
        path = %path.escape_debug(),
        status = status.as_u16(),
        took_ms,
        "{method} {} {} in {took_ms:.1} ms",
        path.escape_debug(),
        status.as_u16(),
    );
    let class = match status.as_u16() / 100 {
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("portcullis_http_requests_total", "status" => class).increment(1);
    metrics::histogram!("portcullis_http_request_seconds").record(took.as_secs_f64());
}

/// What a panic said, as far as it said anything.
fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without words")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use std::sync::Arc;

    async fn send(uri: &str, id: Option<&str>) -> (Response<()>, String) {
        let routes =
            Router::new().route("/2.0/user", get(|| async { StatusCode::NO_CONTENT })).route(
                "/api/v1/x",
                get(|| async {
                    if true {
                        panic!("a bug")
                    }
                }),
            );
        let mut request = Request::builder().uri(uri);
        if let Some(id) = id {
            request = request.header("x-request-id", id);
        }
        let request = request.body(Body::empty()).unwrap();
        let (parts, body) =
            around(routes, InHand::default()).oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_answer_has_an_id_and_a_type_and_slashes_are_forgiven() {
        let (response, body) = send("/2.0/user/?page=1", Some("abc")).await;
        assert_eq!((response.status().as_u16(), body.as_str()), (204, ""));
        assert_eq!(response.headers()["x-request-id"], "abc");
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert!(response.headers().get("server").is_none());
    }

    #[tokio::test]
    async fn a_client_that_goes_away_ends_reading_and_no_change() {
        let (begun, mut has_begun) = tokio::sync::mpsc::channel(1);
        let (goes_on, mut went_on) = tokio::sync::mpsc::channel(1);
        let gate = Arc::new(tokio::sync::Semaphore::new(0));
        let waits = Arc::clone(&gate);
        let handler = move || {
            let (begun, goes_on, waits) = (begun.clone(), goes_on.clone(), Arc::clone(&waits));
            async move {
                begun.send(()).await.unwrap();
                waits.acquire().await.unwrap().forget();
                goes_on.send(context::request_id()).await.unwrap();
            }
        };
        let in_hand = InHand::default();
        let routes = Router::new().route("/2.0/user", get(handler.clone()).post(handler));
        let edge = around(routes, in_hand.clone());
        for method in [Method::GET, Method::POST] {
            let request = Request::builder().method(&method).uri("/2.0/user");
            let request = request.header("x-request-id", method.as_str());
            let request = request.body(Body::empty()).unwrap();
            let client = tokio::spawn(edge.clone().oneshot(request));
            has_begun.recv().await.unwrap();
            client.abort();
            assert!(client.await.unwrap_err().is_cancelled());
        }
        gate.add_permits(2);
        in_hand.wait().await;
        assert_eq!(went_on.try_recv().unwrap(), "POST");
        assert!(went_on.try_recv().is_err(), "nothing else went on");
    }

    #[tokio::test]
    async fn a_panic_becomes_an_answer_that_can_be_reported() {
        let (response, body) = send("/api/v1/x", Some("abc")).await;
        assert_eq!(response.status().as_u16(), 500);
        assert!(body.contains(r#""request_id":"abc""#), "{body}");
        assert!(!body.contains("a bug"), "{body}");
    }
}
