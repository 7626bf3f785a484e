//! Bodies: JSON, and text. What cannot be read is answered with the name of the field that is wrong.

use crate::doors::Doors;
use crate::native::{Known, SERVERS};
use crate::problem::Problem;
use app::{Error, Fields};
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

/// The body of a request to `/2.0`, read. An empty body reads as `{}`. Members that nobody knows are
/// passed over, as Bitbucket's clients expect.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Doors> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Problem> {
        Ok(Self(parsed(&read(request.into_body(), doors.settings.max_json).await?)?))
    }
}

/// The same in our own API, where a member that nobody knows is an error: it is told before all
/// else, because what seems to be missing is often what is misspelt.
pub struct KnownBody<T>(pub T);

impl<T: DeserializeOwned + ToSchema> FromRequest<Doors> for KnownBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Problem> {
        let body = read(request.into_body(), doors.settings.max_json).await?;
        let mut wrong = Fields::default();
        Known::of::<T>()?.check(&parsed(&body)?, "", SERVERS, &mut wrong)?;
        wrong.check()?;
        Ok(Self(parsed(&body)?))
    }
}

fn parsed<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let text = if body.trim_ascii().is_empty() { b"{}" } else { body };
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let field = if path == "." { "body" } else { &path };
        Fields::one(field, without_position(&error.into_inner()))
    })?;
    reader.end().map_err(|_| Fields::one("body", "there is something after the JSON"))?;
    Ok(value)
}

/// The body of a request, as the text that it is, whatever its type is said to be.
pub struct TextBody(pub String);

impl FromRequest<Doors> for TextBody {
    type Rejection = Problem;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Problem> {
        let body = read(request.into_body(), doors.settings.max_json).await?;
        let text = String::from_utf8(body.to_vec());
        Ok(Self(text.map_err(|_| Fields::one("body", "it is not UTF-8"))?))
    }
}

async fn read(body: Body, limit: u64) -> Result<Bytes, Problem> {
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    match Limited::new(body, most).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(Problem(Error::TooLarge { what: "the request body", limit }))
        }
        Err(_) => Err(Problem(Fields::one("body", "it did not arrive whole"))),
    }
}

/// What is wrong, without the line and column: those are of the wire, not of what people wrote.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match (error.is_data(), text.rsplit_once(" at line ")) {
        (true, Some((what, _))) => what.to_owned(),
        _ => text,
    }
}
