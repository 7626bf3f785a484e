//! What clients send, with the forgiveness they rely on: members that are unknown or read-only
//! are ignored, and a truth value may be a word.

use crate::list::truth;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Reads `true`, `"true"`, `"True"`, or null for "leave it". For `#[serde(deserialize_with)]`.
pub fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::Bool(flag) => Ok(Some(flag)),
        Value::String(word) => truth(&word).map_err(D::Error::custom),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Err(D::Error::custom("write true or false"))
        }
    }
}

/// The slug that Bitbucket makes of a name: lower case, what no slug may hold as `-`, runs of
/// them as one, none at the ends, and cut at the last one before 62 characters.
pub fn slug_of(name: &str) -> String {
    let mut slug = String::with_capacity(name.len());
    for c in name.chars() {
        let fits = c.is_ascii_alphanumeric() || matches!(c, '_' | '.');
        if fits {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_matches('-');
    match slug.get(..62).and_then(|it| it.rfind('-')).and_then(|at| slug.get(..at)) {
        Some(cut) if slug.len() > 62 => cut.to_owned(),
        Some(_) | None => slug.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_made_of_a_name() {
        let long = format!("{} {}", "a".repeat(50), "b".repeat(20));
        for (name, slug) in [
            ("Acme Site", "acme-site"),
            ("  --A  (b)  C--", "a-b-c"),
            ("v1.0_final", "v1.0_final"),
            ("grüße", "gr-e"),
            (long.as_str(), &"a".repeat(50)),
        ] {
            assert_eq!(slug_of(name), slug);
        }
    }

    #[derive(Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "flag")]
        is_private: Option<bool>,
    }

    #[test]
    fn truth_may_be_a_word_and_strangers_are_ignored() {
        for (text, expected) in [
            (
                r#"{"is_private": true, "type": "", "created_on": "0001-01-01T00:00:00Z"}"#,
                Some(true),
            ),
            (r#"{"is_private": "false"}"#, Some(false)),
            (r#"{"is_private": "True"}"#, Some(true)),
            (r#"{"is_private": null}"#, None),
            ("{}", None),
        ] {
            assert_eq!(serde_json::from_str::<Body>(text).unwrap().is_private, expected, "{text}");
        }
        assert!(serde_json::from_str::<Body>(r#"{"is_private": "maybe"}"#).is_err());
        assert!(serde_json::from_str::<Body>(r#"{"is_private": 1}"#).is_err());
    }
}
