//! Git's smart protocol over HTTP: `info/refs`, `git-upload-pack`, `git-receive-pack`.
//!
//! Takes a request apart, asks `app` for a handle, and lets the handle read the body and write
//! the answer. It must never look into a pkt-line.

mod body;
mod exchange;

use crate::dialect::Dialect;
use crate::doors::Doors;
use crate::problem::Problem;
use crate::who::Who;
use app::{Fetching, PlaceName, Pushing};
use axum::extract::{FromRequestParts, Path, Query, Request, State};
use axum::response::Response;
use exchange::{Exchange, advertise};
use hyper::StatusCode;
use hyper::http::request::Parts;
use serde::Deserialize;
use std::convert::Infallible;
use wire::{Service, Version};

/// What `info/refs` is asked with.
#[derive(Deserialize)]
pub struct InfoRefsQuery {
    service: Option<String>,
}

/// The protocol version the client asks for in its `Git-Protocol` header.
pub struct Protocol(Version);

impl<S: Sync> FromRequestParts<S> for Protocol {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get("git-protocol").and_then(|it| it.to_str().ok());
        Ok(Self(header.map(Version::parse).unwrap_or_default()))
    }
}

/// The refs, and what the server can do: the first request of every fetch and push.
pub async fn get_info_refs(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, repository)): Path<(String, String)>,
    Query(query): Query<InfoRefsQuery>,
    Protocol(version): Protocol,
) -> Result<Response, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    match query.service.as_deref().map(Service::parse) {
        Some(Some(service @ Service::UploadPack)) => {
            let handle = doors.app.open_repository::<Fetching>(&who, &place).await?;
            Ok(advertise(service, version, move |out| handle.advertise(version, out)).await)
        }
        Some(Some(service @ Service::ReceivePack)) => {
            let handle = doors.app.open_repository::<Pushing>(&who, &place).await?;
            Ok(advertise(service, version, move |out| handle.advertise(version, out)).await)
        }
        Some(None) => {
            let message = "this service is not offered: only git-upload-pack and git-receive-pack";
            Ok(Dialect::Git.error(StatusCode::FORBIDDEN, message))
        }
        None => Ok(get_dumb().await),
    }
}

/// A fetch.
pub async fn post_upload_pack(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, repository)): Path<(String, String)>,
    Protocol(version): Protocol,
    request: Request,
) -> Result<Response, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let handle = doors.app.open_repository::<Fetching>(&who, &place).await?;
    let limit = doors.settings.max_fetch_request;
    let exchange = Exchange::begin(Service::UploadPack, request, limit)?;
    Ok(exchange.run(move |input, output| handle.upload_pack(version, input, output)).await)
}

/// A push.
pub async fn post_receive_pack(
    State(doors): State<Doors>,
    Who(who): Who,
    Path((workspace, repository)): Path<(String, String)>,
    Protocol(version): Protocol,
    request: Request,
) -> Result<Response, Problem> {
    let place = PlaceName::repository(&workspace, &repository);
    let handle = doors.app.open_repository::<Pushing>(&who, &place).await?;
    let exchange = Exchange::begin(Service::ReceivePack, request, doors.settings.max_push)?;
    Ok(exchange.run(move |input, output| handle.receive_pack(version, input, output)).await)
}

/// What a client from before 2010 asks. The same for every repository, there or not.
pub async fn get_dumb() -> Response {
    let message = "this server speaks git's smart protocol only: use git 1.6.6 or later";
    Dialect::Git.error(StatusCode::FORBIDDEN, message)
}
