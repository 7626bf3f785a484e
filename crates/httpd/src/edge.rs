//! Around every request, whatever it is for: its id, the access log line, metrics, headers that
//! every answer carries, and the end of panics.
//!
//! It must never look at who asks or decide anything, and never log a query string or a header:
//! both may hold secrets.

use crate::context;
use crate::dialect::Dialect;
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
pub fn around(routes: Router) -> Router {
    Router::new().fallback(serve).with_state(routes)
}

async fn serve(State(routes): State<Router>, mut request: Request) -> Response {
    let started = Instant::now();
    let id = context::choose_id(request.headers().get(REQUEST_ID).map(HeaderValue::as_bytes));
    let dialect = Dialect::of(request.uri().path());
    tolerate_trailing_slash(&mut request, dialect);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    context::scope(id, dialect, async move {
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
    })
    .await
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
        let (parts, body) = around(routes).oneshot(request).await.unwrap().into_parts();
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
    async fn a_panic_becomes_an_answer_that_can_be_reported() {
        let (response, body) = send("/api/v1/x", Some("abc")).await;
        assert_eq!(response.status().as_u16(), 500);
        assert!(body.contains(r#""request_id":"abc""#), "{body}");
        assert!(!body.contains("a bug"), "{body}");
    }
}
