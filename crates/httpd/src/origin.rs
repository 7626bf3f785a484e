//! The scheme, host and port that links are made with: the ones the client itself used, because
//! clients follow links and refuse those that lead to another host.

use crate::doors::Doors;
use axum::extract::FromRequestParts;
use hyper::header::HOST;
use hyper::http::request::Parts;
use std::convert::Infallible;

/// `http://127.0.0.1:8080`: what every absolute link of an answer starts with.
#[derive(Clone, Debug)]
pub struct Origin(String);

impl Origin {
    /// An absolute link to a path, which starts with a slash.
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The host without its port; an IPv6 address without its brackets.
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        let authority = authority.split('/').next().unwrap_or_default();
        match authority.strip_prefix('[').and_then(|it| it.split_once(']')) {
            Some((address, _)) => address,
            None => authority.split(':').next().unwrap_or_default(),
        }
    }

    /// A link whose last part comes from people and is percent-encoded as one segment.
    pub fn link_to(&self, path: &str, segment: &str) -> String {
        let segment = percent_encoding::utf8_percent_encode(segment, SEGMENT);
        format!("{}{path}{segment}", self.0)
    }
}

/// Everything but what RFC 3986 leaves as it is in a path, slashes included: a branch name keeps
/// its own.
const SEGMENT: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

impl FromRequestParts<Doors> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Infallible> {
        Ok(origin(parts, doors.settings.public_url.as_deref(), doors.settings.secure))
    }
}

fn origin(parts: &Parts, public_url: Option<&str>, secure: bool) -> Origin {
    if let Some(url) = public_url {
        return Origin(url.trim_end_matches('/').to_owned());
    }
    let header = |name: &str| parts.headers.get(name).and_then(|it| it.to_str().ok());
    let scheme = match header("x-forwarded-proto") {
        Some("https") => "https",
        Some("http") => "http",
        Some(_) | None if secure => "https",
        Some(_) | None => "http",
    };
    let host = header("x-forwarded-host")
        .or_else(|| header(HOST.as_str()))
        .or_else(|| parts.uri.authority().map(|it| it.as_str()))
        .filter(|it| is_host(it))
        .unwrap_or("localhost");
    Origin(format!("{scheme}://{host}"))
}

/// A host and port and nothing more: it is printed in links, so it may not smuggle anything in.
fn is_host(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    #[test]
    fn links_lead_to_where_the_client_came_from() {
        let host = |name: &str, value: &str| {
            let request = Request::builder().uri("/x").header("host", "a:1").header(name, value);
            let (parts, ()) = request.body(()).unwrap().into_parts();
            origin(&parts, None, false).link("/2.0")
        };
        assert_eq!(host("x-other", "1"), "http://a:1/2.0");
        assert_eq!(host("x-forwarded-proto", "https"), "https://a:1/2.0");
        assert_eq!(host("x-forwarded-host", "git.example.com"), "http://git.example.com/2.0");
        assert_eq!(host("x-forwarded-host", "evil/\"><script>"), "http://localhost/2.0");

        let (parts, ()) = Request::builder().uri("https://b:2/x").body(()).unwrap().into_parts();
        assert_eq!(
            origin(&parts, None, true).link_to("/f/", "a b/{c}"),
            "https://b:2/f/a%20b/%7Bc%7D"
        );
        assert_eq!(origin(&parts, Some("https://p/"), false).link("/x"), "https://p/x");
        for (url, host) in
            [("http://a.b:1", "a.b"), ("https://[::1]:2/x", "::1"), ("http://c", "c")]
        {
            assert_eq!(origin(&parts, Some(url), false).host(), host);
        }
    }
}
