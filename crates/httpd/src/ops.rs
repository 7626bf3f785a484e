//! What operators and load balancers ask: `/healthz`, `/readyz`, `/metrics`,
//! and where to know the SSH door from. Says whether things
//! work, and nothing about anybody or anything stored here.

use crate::dialect::Dialect;
use crate::doors::Doors;
use crate::origin::Origin;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;

/// The process is alive.
pub async fn get_health() -> &'static str {
    "ok\n"
}

/// The database and the storage answer; 503 names what does not.
pub async fn get_readiness(State(doors): State<Doors>) -> Response {
    match doors.app.ready().await {
        Ok(()) => "ok\n".into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response(),
    }
}

/// The metrics, in Prometheus' text format.
pub async fn get_metrics(State(doors): State<Doors>) -> Response {
    let kind = [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, (doors.settings.metrics)()).into_response()
}

/// The lines that clients add to their `known_hosts`, for the host they came to.
pub async fn get_known_hosts(State(doors): State<Doors>, origin: Origin) -> Response {
    match &doors.settings.known_hosts {
        Some(lines) => lines(origin.host()).into_response(),
        None => Dialect::Ops.error(StatusCode::NOT_FOUND, "nothing is spoken over SSH here"),
    }
}
