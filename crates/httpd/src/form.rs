//! Bodies as browsers send forms: pairs of names and values, which may repeat.

use crate::doors::Doors;
use crate::json::TextBody;
use crate::problem::Problem;
use app::Fields;
use axum::extract::{FromRequest, Request};
use percent_encoding::percent_decode_str;

/// The pairs of a form, in their order.
pub struct FormBody(pub Vec<(String, String)>);

impl FromRequest<Doors> for FormBody {
    type Rejection = Problem;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Problem> {
        let TextBody(text) = TextBody::from_request(request, doors).await?;
        let pairs = text.trim().split('&').filter(|it| !it.is_empty());
        let pairs = pairs.map(|it| {
            let (name, value) = it.split_once('=').unwrap_or((it, ""));
            Some((decode(name)?, decode(value)?))
        });
        let pairs = pairs.collect::<Option<_>>();
        Ok(Self(pairs.ok_or_else(|| Fields::one("body", "it is not percent-encoded UTF-8"))?))
    }
}

fn decode(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(|it| it.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_browsers_encode_is_decoded() {
        for (text, decoded) in [
            ("a+b%2Bc", Some("a b+c")),
            ("feature%2Fx", Some("feature/x")),
            ("100%", Some("100%")),
            ("%ff", None),
        ] {
            assert_eq!(decode(text).as_deref(), decoded);
        }
    }
}
