//! The four ways of speaking to this server, told apart by the path, and how each one says that
//! something went wrong when there is nothing more to say than a sentence.

use crate::context;
use axum::Json;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::CONTENT_TYPE;
use serde_json::json;

/// Who is at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// A git client: plain text, which git prints as `remote:` lines.
    Git,
    /// A client of Bitbucket's API.
    Bitbucket,
    /// A client of our own API.
    Native,
    /// A monitoring system, or a person with a browser or `curl`: plain text.
    Ops,
}

impl Dialect {
    /// By the first part of the path.
    pub fn of(path: &str) -> Self {
        if path.starts_with("/2.0/") || path == "/2.0" {
            Self::Bitbucket
        } else if path.starts_with("/api/") || path == "/api" {
            Self::Native
        } else if path.rmatches('/').count() > 1 && !is_refusal_page(path) {
            Self::Git
        } else {
            Self::Ops
        }
    }

    /// A sentence as an error in this dialect. The sentence is shown to the client as it is.
    pub fn error(self, status: StatusCode, message: &str) -> Response {
        match self {
            Self::Git | Self::Ops => {
                let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
                (status, kind, format!("{message}\n")).into_response()
            }
            Self::Bitbucket => {
                let body = json!({ "type": "error", "error": { "message": message } });
                (status, Json(body)).into_response()
            }
            Self::Native => {
                let body = json!({
                    "type": "error",
                    "error": {
                        "message": message,
                        "code": code(status),
                        "refusal": null,
                        "fields": {},
                        "request_id": context::request_id(),
                    },
                });
                (status, Json(body)).into_response()
            }
        }
    }
}

/// `/refusals/{id}`; a workspace of that name has longer paths.
fn is_refusal_page(path: &str) -> bool {
    path.strip_prefix("/refusals/").is_some_and(|id| !id.contains('/'))
}

/// The code of an error that has none of its own: one word per status, for programs.
pub fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "invalid",
        401 => "unauthenticated",
        403 => "forbidden",
        404 => "not-found",
        405 => "method-not-allowed",
        408 => "timeout",
        409 => "conflict",
        413 => "too-large",
        415 => "unsupported-media-type",
        503 => "unavailable",
        _ => "broken",
    }
}
