//! A pull request that waits to be merged, in words.

use crate::client::clean;
use crate::command::answer::{list, text};
use serde_json::Value;

/// `#7 waits: the merge queue, at place 2, asked for by ann`, of `#7`; below it, line by line, what
/// was missing when the server last looked. `None` where it does not wait.
pub fn waits(who: &str, mergeable: &Value) -> Option<String> {
    let mut lines = vec![format!("{who} waits: {}", waiting(mergeable)?)];
    lines.extend(missing(mergeable).map(|it| format!("  missing  {it}")));
    Some(lines.join("\n"))
}

/// `the merge queue, at place 2, asked for by ann`. `None` where it does not wait.
pub fn waiting(mergeable: &Value) -> Option<String> {
    let it = mergeable.get("waiting").filter(|it| it.is_object())?;
    let place = it.get("position").and_then(Value::as_u64);
    let what = match (text(it, "/way").as_str(), place) {
        ("queue", Some(place)) => format!("the merge queue, at place {place}"),
        ("queue", None) => "the merge queue".to_owned(),
        _ => "auto-merge, as soon as nothing is missing".to_owned(),
    };
    Some(format!("{what}, asked for by {}", text(it, "/asked_by/name")))
}

/// What was missing when the server last looked, as sentences.
pub fn missing(mergeable: &Value) -> impl Iterator<Item = String> {
    let waiting = mergeable.get("waiting").unwrap_or(&Value::Null);
    list(waiting, "missing").filter_map(Value::as_str).map(clean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_it_waits_for_is_told_with_what_was_missing() {
        let by = json!({ "name": "an\u{1b}n" });
        for (waiting, told) in [
            (
                json!({ "way": "queue", "position": 2, "asked_by": by, "missing": ["a build", "bea"] }),
                Some(
                    "#7 waits: the merge queue, at place 2, asked for by an\u{fffd}n\n  \
                     missing  a build\n  missing  bea",
                ),
            ),
            (
                json!({ "way": "auto-merge", "position": null, "asked_by": by, "missing": [] }),
                Some(
                    "#7 waits: auto-merge, as soon as nothing is missing, asked for by an\u{fffd}n",
                ),
            ),
            (Value::Null, None),
        ] {
            assert_eq!(waits("#7", &json!({ "waiting": waiting })).as_deref(), told);
        }
    }
}
