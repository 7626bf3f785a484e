//! Who asks: the credential of a request, handed to `app` to be believed or not. An absent one is
//! anonymous; one that cannot be read is a bad one, never an absent one.

use crate::context;
use crate::dialect::Dialect;
use crate::doors::Doors;
use crate::problem::Problem;
use app::{Asker, Consequence, Door, Fields, Presented};
use axum::extract::{ConnectInfo, FromRequestParts, Query};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hyper::header::AUTHORIZATION;
use hyper::http::request::Parts;
use model::{Channel, Secret};
use std::net::SocketAddr;

/// The one who asks, for one request.
pub struct Who(pub Asker);

impl FromRequestParts<Doors> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Problem> {
        let channel = match context::dialect() {
            Dialect::Git => Channel::GitHttp,
            Dialect::Bitbucket | Dialect::Native | Dialect::Ops => Channel::Rest,
        };
        let door = Door {
            channel,
            address: parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|it| it.0.ip()),
            request_id: context::request_id(),
        };
        let presented =
            parts.headers.get(AUTHORIZATION).map_or(Presented::Nothing, |it| read(it.as_bytes()));
        let asker = doors.app.sign_in(&door, presented).await?;
        context::note_principal(asker.name());
        Ok(Self(asker.confirming(confirmed(parts)?)))
    }
}

/// The parameter that every route takes besides its own.
pub const CONFIRM: &str = "confirm";

/// `?confirm=lose-admin`: what the one who asks is prepared for. Git never asks for such things.
fn confirmed(parts: &Parts) -> Result<Vec<Consequence>, Problem> {
    let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) else {
        return Ok(Vec::new());
    };
    let given = pairs.iter().filter(|(name, _)| name == CONFIRM);
    let words = given.flat_map(|(_, value)| value.split(',')).filter(|it| !it.is_empty());
    let mut fields = Fields::default();
    let known = Consequence::ALL.map(Consequence::as_str).join(", ");
    let read = |it: &str| Consequence::parse(it).ok_or(format!("use one of {known}"));
    let confirmed = words.filter_map(|it| fields.take(CONFIRM, read(it))).collect();
    fields.check()?;
    Ok(confirmed)
}

fn read(header: &[u8]) -> Presented {
    let Some((scheme, rest)) = header.iter().position(|&b| b == b' ').map(|at| header.split_at(at))
    else {
        return Presented::Unreadable;
    };
    let rest = rest.trim_ascii();
    if scheme.eq_ignore_ascii_case(b"bearer") {
        return match std::str::from_utf8(rest) {
            Ok(token) => Presented::Bearer(Secret::new(token)),
            Err(_) => Presented::Unreadable,
        };
    }
    if !scheme.eq_ignore_ascii_case(b"basic") {
        return Presented::Unreadable;
    }
    let text = BASE64_STANDARD.decode(rest).ok().and_then(|it| String::from_utf8(it).ok());
    match text.as_deref().and_then(|it| it.split_once(':')) {
        Some((user, secret)) => {
            Presented::Basic { user: user.to_owned(), secret: Secret::new(secret) }
        }
        None => Presented::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(header: &[u8]) -> String {
        match read(header) {
            Presented::Nothing => "nothing".into(),
            Presented::Unreadable => "unreadable".into(),
            Presented::Bearer(secret) => format!("bearer {}", secret.expose()),
            Presented::Basic { user, secret } => format!("basic {user} {}", secret.expose()),
        }
    }

    #[test]
    fn a_credential_that_cannot_be_read_is_not_an_absent_one() {
        for (header, expected) in [
            (&b"Basic YW5uOmE6Yg=="[..], "basic ann a:b"),
            (b"basic   YW5uOg==", "basic ann "),
            (b"BEARER abc", "bearer abc"),
            (b"Basic !!!", "unreadable"),
            (b"Basic YW5u", "unreadable"),
            (b"Basic", "unreadable"),
            (b"Digest x", "unreadable"),
            (b"Bearer \xff", "unreadable"),
            (b"", "unreadable"),
        ] {
            assert_eq!(words(header), expected, "{}", header.escape_ascii());
        }
    }
}
