//! What Bitbucket has published of its answers, and whether an answer of ours is as published.
//!
//! `published.json` is made from Bitbucket's OpenAPI document: of the operations that may come to be
//! served, the schema of each successful answer, and the schemas those are made of. Sentences are
//! left out, and so is what is not checked here.

use serde_json::Value;
use std::sync::LazyLock;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("published.json")).expect("the document is JSON")
});

/// Links that the document leaves out although the service has them, and that clients follow.
const SERVED_LINKS: [&str; 6] = ["branches", "hooks", "repositories", "self", "source", "tags"];

/// Everything in an answer that is not as published, each with where it is. An operation or a
/// status that is not in the document is a fault, too.
pub fn faults(method: &str, path: &str, status: u16, answer: &Value) -> Vec<String> {
    let Some(operation) = operation(method, path) else {
        return vec![format!("{method} {path} is not published")];
    };
    let Some(schema) = DOCUMENT["responses"].get(format!("{operation} {status}")) else {
        return vec![format!("{operation} is not published to answer {status}")];
    };
    let mut faults = Vec::new();
    check("", schema, answer, &mut faults);
    faults
}

/// The published name of what was asked: `GET /repositories/{}/{}/commits`. Of several that fit,
/// the one with the fewest gaps; a last gap may take slashes.
fn operation(method: &str, path: &str) -> Option<String> {
    let path = path.split('?').next()?.strip_prefix("/2.0")?;
    let asked: Vec<&str> = path.split('/').collect();
    let responses = DOCUMENT["responses"].as_object()?;
    let fits = |operation: &&str| {
        let (verb, address) = operation.split_once(' ').unwrap_or_default();
        let parts: Vec<&str> = address.split('/').collect();
        let whole = parts.len() == asked.len()
            || (parts.len() < asked.len() && parts.last() == Some(&"{}"));
        verb == method && whole && parts.iter().zip(&asked).all(|(a, b)| *a == "{}" || a == b)
    };
    let names = responses.keys().filter_map(|it| it.rsplit_once(' ')).map(|(name, _)| name);
    let order = |it: &&str| (it.split('/').count(), -(it.matches("{}").count() as i64));
    names.filter(fits).max_by_key(order).map(str::to_owned)
}

fn check(at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        return check(at, &DOCUMENT["schemas"][name], value, faults);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(at, part, value, faults);
    }
    if let Some(words) = schema["enum"].as_array()
        && !words.contains(value)
    {
        faults.push(format!("{at} is {value}, which is none of {}", schema["enum"]));
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string() && has_format(schema["format"].as_str(), value),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    if !fits {
        faults.push(format!("{at} is {value}, not a {} {}", schema["type"], schema["format"]));
        return;
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_f64(), value.as_f64())
        && number < least
    {
        faults.push(format!("{at} is {number}, less than {least}"));
    }
    for (nth, item) in value.as_array().into_iter().flatten().enumerate() {
        check(&format!("{at}[{nth}]"), &schema["items"], item, faults);
    }
    check_members(at, schema, value, faults);
}

fn check_members(at: &str, schema: &Value, value: &Value, faults: &mut Vec<String>) {
    let Some(members) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            faults.push(format!("{at}.{name} is missing"));
        }
    }
    for (name, member) in members {
        match schema["properties"].get(name) {
            // Null stands for what is not there: the document has no word for that, and the
            // service does it everywhere.
            Some(_) if member.is_null() => {}
            Some(schema) => check(&format!("{at}.{name}"), schema, member, faults),
            None if at.ends_with(".links") && SERVED_LINKS.contains(&name.as_str()) => {}
            None if schema["additionalProperties"] == false => {
                faults.push(format!("{at}.{name} is not published"));
            }
            None => {}
        }
    }
}

fn has_format(format: Option<&str>, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match format {
        Some("date-time") => text.parse::<jiff::Timestamp>().is_ok(),
        Some("uri") => text.starts_with("http://") || text.starts_with("https://"),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_are_found_by_their_paths_and_held_against_what_was_published() {
        for (path, found) in [
            ("/2.0/repositories/acme/site", "GET /repositories/{}/{}"),
            ("/2.0/repositories/acme/site/src/main/", "GET /repositories/{}/{}/src/{}/{}"),
            (
                "/2.0/repositories/acme/site/commits/a/b?page=2",
                "GET /repositories/{}/{}/commits/{}",
            ),
            ("/2.0/repositories/acme/site/refs/tags/v1", "GET /repositories/{}/{}/refs/tags/{}"),
        ] {
            assert_eq!(operation("GET", path).as_deref(), Some(found));
        }
        let ask = |answer: Value| faults("GET", "/2.0/repositories/a/b/commits", 200, &answer);
        assert_eq!(ask(json!({ "values": [], "pagelen": 10, "next": null })), [""; 0]);
        for (answer, fault) in [
            (json!({ "values": {} }), ".values is {}, not a"),
            (json!({ "pagelen": 0 }), ".pagelen is 0, less than 1"),
            (json!({ "total": 1 }), ".total is not published"),
            (json!({ "values": [{ "type": "commit", "date": "today" }] }), ".values[0].date is"),
            (json!({ "values": [{}] }), ".values[0].type is missing"),
            (json!([]), " is [], not a"),
        ] {
            let found = ask(answer);
            assert!(found.iter().any(|it| it.starts_with(fault)), "{fault}: {found:?}");
        }
        assert_eq!(faults("GET", "/2.0/moon", 200, &json!({})), ["GET /2.0/moon is not published"]);
        assert_eq!(faults("GET", "/2.0/user", 201, &json!({})).len(), 1);
    }
}
