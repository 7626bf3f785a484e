//! What went wrong, in the dialect of whoever asked. One status table for all of them.
//!
//! Prints what `app` said and nothing else: no reason, name or next step is added here, and none
//! is held back.

use crate::context;
use crate::dialect::{Dialect, code};
use crate::refusal::RefusalBody;
use app::{Answer, Error, Failure, Fields, RefusalRecord, ScopesNote};
use axum::Json;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use serde_json::{Map, Value, json};

/// The `Err` of every handler.
#[derive(Debug)]
pub struct Problem(pub Error);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl Problem {
    /// The same, should it be about the fields of a part of what was sent.
    pub fn below(self, part: &str) -> Self {
        match self.0 {
            Error::Invalid(fields) => Self(Error::Invalid(fields.below(part))),
            other => Self(other),
        }
    }
}

/// The status table. git deletes a stored credential on 401, and only then.
pub fn status(error: &Error, dialect: Dialect) -> StatusCode {
    match (error, dialect) {
        (Error::Refused(refused), _) => match refused.answer {
            Answer::SignIn => StatusCode::UNAUTHORIZED,
            Answer::Hidden => StatusCode::NOT_FOUND,
            Answer::Forbidden => StatusCode::FORBIDDEN,
            Answer::NotNow => StatusCode::SERVICE_UNAVAILABLE,
        },
        (Error::Invalid(_), _) => StatusCode::BAD_REQUEST,
        // Bitbucket says 400 to a name that is taken, and clients look for it.
        (Error::Conflict { .. }, Dialect::Bitbucket) => StatusCode::BAD_REQUEST,
        (Error::Conflict { .. }, Dialect::Git | Dialect::Native | Dialect::Ops) => {
            StatusCode::CONFLICT
        }
        (Error::State { .. } | Error::Conflicting { .. } | Error::Unconfirmed { .. }, _) => {
            StatusCode::CONFLICT
        }
        (Error::NotFound { .. }, _) => StatusCode::NOT_FOUND,
        (Error::TooLarge { .. }, _) => StatusCode::PAYLOAD_TOO_LARGE,
        // Bitbucket has a status of its own for this.
        (Error::TookTooLong, Dialect::Bitbucket) => {
            StatusCode::from_u16(555).unwrap_or(StatusCode::SERVICE_UNAVAILABLE)
        }
        (Error::TookTooLong, Dialect::Git | Dialect::Native | Dialect::Ops) => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        (Error::Failed(_), _) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if let Error::Failed(failure) = &self.0 {
            log(failure);
        }
        Past(self.0).into_response()
    }
}

/// The same about something that was begun in another request, and was logged when it ended.
#[derive(Debug)]
pub struct Past(pub Error);

impl IntoResponse for Past {
    fn into_response(self) -> Response {
        let Self(error) = self;
        let dialect = context::dialect();
        let status = status(&error, dialect);
        let mut response = match dialect {
            Dialect::Git | Dialect::Ops => {
                let kind = [(CONTENT_TYPE, "text/plain; charset=utf-8")];
                (status, kind, text(&error)).into_response()
            }
            Dialect::Bitbucket => (status, Json(bitbucket(&error))).into_response(),
            Dialect::Native => (status, Json(native(&error, status))).into_response(),
        };
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"Portcullis\"");
            headers.insert(WWW_AUTHENTICATE, challenge);
        }
        if let Some(scopes) = scopes(&error) {
            let list = |names: &[String]| HeaderValue::try_from(names.join(", "));
            if let (Ok(held), Ok(required)) = (list(&scopes.held), list(&scopes.required)) {
                headers.insert(HeaderName::from_static("x-oauth-scopes"), held);
                headers.insert(HeaderName::from_static("x-accepted-oauth-scopes"), required);
            }
        }
        response
    }
}

/// The chain, once, where it can be found by the id in the answer.
fn log(failure: &Failure) {
    let mut chain = failure.source.to_string();
    let mut cause = failure.source.source();
    while let Some(error) = cause {
        chain.push_str(": ");
        chain.push_str(&error.to_string());
        cause = error.source();
    }
    let request_id = context::request_id();
    tracing::error!(request_id, code = failure.code, error = chain, "a request failed");
}

fn first(error: &Error) -> Option<&RefusalRecord> {
    refusals(error).first()
}

/// What else the policy has against it: a merge is told all that is missing at once.
fn others(error: &Error) -> Vec<RefusalBody> {
    refusals(error).iter().skip(1).map(RefusalBody::of).collect()
}

fn refusals(error: &Error) -> &[RefusalRecord] {
    match error {
        Error::Refused(refused) => &refused.records,
        Error::Invalid(_)
        | Error::Conflict { .. }
        | Error::State { .. }
        | Error::Conflicting { .. }
        | Error::Unconfirmed { .. }
        | Error::NotFound { .. }
        | Error::TooLarge { .. }
        | Error::TookTooLong
        | Error::Failed(_) => &[],
    }
}

fn scopes(error: &Error) -> Option<&ScopesNote> {
    first(error)?.scopes.as_ref()
}

/// What git shows as `remote:` lines.
fn text(error: &Error) -> String {
    match error {
        Error::Refused(refused) => app::door_text(&refused.records),
        Error::Failed(failure) => {
            format!("{}  {}\n", failure.code, failure.sentence)
        }
        Error::Invalid(_)
        | Error::Conflict { .. }
        | Error::State { .. }
        | Error::Conflicting { .. }
        | Error::Unconfirmed { .. }
        | Error::NotFound { .. }
        | Error::TooLarge { .. }
        | Error::TookTooLong => format!("{error}\n"),
    }
}

fn fields(error: &Error) -> Map<String, Value> {
    match error {
        Error::Invalid(Fields(fields)) => {
            fields.iter().map(|(name, messages)| (name.clone(), json!(messages))).collect()
        }
        Error::Conflict { field, message } | Error::State { field, message } => {
            Map::from_iter([((*field).to_owned(), json!([message]))])
        }
        Error::Conflicting { message, .. } => {
            Map::from_iter([("source".to_owned(), json!([message]))])
        }
        Error::Unconfirmed { consequence, .. } => {
            Map::from_iter([("confirm".into(), json!([consequence.as_str()]))])
        }
        Error::Refused(_)
        | Error::NotFound { .. }
        | Error::TooLarge { .. }
        | Error::TookTooLong
        | Error::Failed(_) => Map::new(),
    }
}

/// `{"type": "error", "error": {message, detail?, fields?, data?}}`. The detail is text, except
/// for missing scopes, where clients expect what is required and what is granted.
fn bitbucket(error: &Error) -> Value {
    let mut body = json!({ "message": message(error) });
    if let Some(scopes) = scopes(error) {
        body["detail"] = json!({ "required": scopes.required, "granted": scopes.held });
    }
    let fields = fields(error);
    if !fields.is_empty() {
        body["fields"] = Value::Object(fields);
    }
    if let Error::Unconfirmed { consequence, .. } = error {
        body["data"] = json!({ "code": consequence.code() });
    }
    if let Some(commands) = commands(error) {
        body["data"] = json!({ "commands": commands });
    }
    if let Some(refusal) = first(error) {
        body["data"] = json!({ "code": refusal.code, "refusal": RefusalBody::of(refusal) });
        let others = others(error);
        if !others.is_empty() {
            body["data"]["also"] = json!(others);
        }
    }
    json!({ "type": "error", "error": body })
}

fn native(error: &Error, status: StatusCode) -> Value {
    let refusal = first(error);
    let code = match error {
        Error::Failed(failure) => failure.code,
        Error::Unconfirmed { consequence, .. } => consequence.code(),
        Error::Refused(_)
        | Error::Invalid(_)
        | Error::Conflict { .. }
        | Error::State { .. }
        | Error::Conflicting { .. }
        | Error::NotFound { .. }
        | Error::TooLarge { .. }
        | Error::TookTooLong => refusal.map_or(code(status), |it| it.code.as_str()),
    };
    let mut body = json!({
        "message": message(error),
        "code": code,
        "refusal": refusal.map(RefusalBody::of),
        "fields": fields(error),
        "request_id": context::request_id(),
    });
    let others = others(error);
    if !others.is_empty() {
        body["also"] = json!(others);
    }
    if let Some(commands) = commands(error) {
        body["commands"] = json!(commands);
    }
    json!({ "type": "error", "error": body })
}

/// What puts it right, ready to paste.
fn commands(error: &Error) -> Option<&[String]> {
    match error {
        Error::Conflicting { commands, .. } => {
            Some(commands).filter(|it| !it.is_empty()).map(|it| &**it)
        }
        Error::Refused(_)
        | Error::Invalid(_)
        | Error::Conflict { .. }
        | Error::State { .. }
        | Error::Unconfirmed { .. }
        | Error::NotFound { .. }
        | Error::TooLarge { .. }
        | Error::TookTooLong
        | Error::Failed(_) => None,
    }
}

fn message(error: &Error) -> String {
    match error {
        Error::Failed(failure) => failure.sentence.to_owned(),
        Error::Refused(_)
        | Error::Invalid(_)
        | Error::Conflict { .. }
        | Error::State { .. }
        | Error::Conflicting { .. }
        | Error::Unconfirmed { .. }
        | Error::NotFound { .. }
        | Error::TooLarge { .. }
        | Error::TookTooLong => error.to_string(),
    }
}
