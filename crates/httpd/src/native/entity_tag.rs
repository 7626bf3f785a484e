//! `ETag` and `If-Match`: which state of something an answer shows, and which one a change is meant
//! for. The tag is a digest that `app` makes; what becomes of another one is `app`'s, too.

use crate::problem::Problem;
use app::Fields;
use hyper::HeaderMap;
use hyper::header::IF_MATCH;

/// A digest as `ETag` has it.
pub fn entity_tag(digest: &str) -> String {
    format!("\"{digest}\"")
}

/// The digest of `If-Match`; a star means any, and so does no such header.
pub fn expected(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let inner = text.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(text);
    match inner {
        "*" => Ok(None),
        digest if !digest.is_empty() && digest.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Ok(Some(digest.to_owned()))
        }
        _ => Err(Fields::one("If-Match", "write one digest, as `ETag` has it").into()),
    }
}
