//! A pull request that waits to be merged, in words.

use serde_json::Value;

/// `its turn in the merge queue (place 2), asked for by ann`. `None` where it does not wait.
pub fn waiting(mergeable: &Value) -> Option<String> {
    let it = mergeable.get("waiting").filter(|it| it.is_object())?;
    let text = |pointer: &str| it.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let place = it.get("position").and_then(Value::as_u64);
    let what = match (text("/way"), place) {
        ("queue", Some(place)) => format!("the merge queue, at place {place}"),
        ("queue", None) => "the merge queue".to_owned(),
        _ => "auto-merge, as soon as nothing is missing".to_owned(),
    };
    Some(format!("{what}, asked for by {}", text("/asked_by/name")))
}

/// What was missing when the server last looked, as sentences.
pub fn missing(waiting: &Value) -> Vec<String> {
    let list = waiting.get("missing").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}
