//! Comments as threads for a terminal: each with who, when and what it is about, answers below and
//! further in. Shows what is there and trusts none of it.

use crate::client::{Style, clean, readable};
use serde_json::Value;

/// Every thread, the oldest first, with an empty line between them.
pub fn threads(comments: &[Value], style: Style) -> String {
    let begins = comments.iter().filter(|it| parent(it).is_none());
    let threads = begins.map(|it| {
        let mut lines = Vec::new();
        tell(it, comments, 0, style, &mut lines);
        lines.join("\n")
    });
    threads.collect::<Vec<_>>().join("\n\n")
}

fn id(comment: &Value) -> i64 {
    comment.get("id").and_then(Value::as_i64).unwrap_or_default()
}

fn parent(comment: &Value) -> Option<i64> {
    comment.pointer("/parent/id").and_then(Value::as_i64)
}

/// A comment, then its answers.
fn tell(it: &Value, all: &[Value], depth: usize, style: Style, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    lines.push(format!("{indent}{}", style.strong(&heading(it))));
    let text = it.pointer("/content/raw").and_then(Value::as_str).unwrap_or_default();
    let is_gone = it.get("deleted") == Some(&Value::Bool(true));
    let text = if is_gone { "(taken back)" } else { text.trim_end() };
    lines.extend(
        text.lines().map(|line| format!("{indent}  {}", clean(line)).trim_end().to_owned()),
    );
    // An answer is younger than what it answers: what says otherwise could go round in circles.
    let answers = all.iter().filter(|other| parent(other) == Some(id(it)) && id(other) > id(it));
    for answer in answers {
        tell(answer, all, depth + 1, style, lines);
    }
}

/// `comment 3 by ann, 2026-11-22 20:17:06 UTC, on src/a.c line 4, resolved by bea`.
fn heading(it: &Value) -> String {
    let text = |pointer: &str| it.pointer(pointer).and_then(Value::as_str);
    let name = |pointer: &str| text(pointer).map(clean);
    let mut heading = format!("comment {}", id(it));
    if let Some(by) = name("/user/nickname") {
        heading.push_str(&format!(" by {by}"));
    }
    if let Some(at) = text("/created_on").map(readable) {
        heading.push_str(&format!(", {at}"));
    }
    if let Some(place) = place(it).filter(|_| parent(it).is_none()) {
        heading.push_str(&format!(", on {place}"));
    }
    if it.get("pending") == Some(&Value::Bool(true)) {
        heading.push_str(", a draft");
    }
    if let Some(by) = name("/resolution/user/nickname") {
        heading.push_str(&format!(", resolved by {by}"));
    }
    heading
}

/// `src/a.c`, `src/a.c line 4`, `src/a.c lines 2 to 4`, `src/a.c old line 4`.
fn place(comment: &Value) -> Option<String> {
    let inline = comment.get("inline").filter(|it| it.is_object())?;
    let path = inline.get("path").and_then(Value::as_str).map(clean)?;
    let number = |name: &str| inline.get(name).and_then(Value::as_i64);
    let (old, start, end) = match (number("to"), number("from")) {
        (Some(to), _) => ("", number("start_to"), to),
        (None, Some(from)) => ("old ", number("start_from"), from),
        (None, None) => return Some(path),
    };
    Some(match start.filter(|it| *it != end) {
        Some(start) => format!("{path} {old}lines {start} to {end}"),
        None => format!("{path} {old}line {end}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_stand_below_what_they_answer() {
        let by = |id: i64, name: &str, text: &str, more: Value| {
            let mut it = json!({ "id": id, "user": { "nickname": name },
                "created_on": "2026-11-22T20:17:06.123Z", "content": { "raw": text } });
            it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            it
        };
        let comments = [
            by(
                1,
                "ann",
                "Why\u{1b}[2J?\n\nReally.\n",
                json!({ "resolution": { "user": { "nickname": "bea" } },
                "inline": { "path": "src/a.c", "to": 4, "from": null, "start_to": 2 } }),
            ),
            by(2, "cleo", "", json!({ "deleted": true, "inline": { "path": "b", "from": 7 } })),
            by(
                3,
                "bea",
                "Because.",
                json!({ "parent": { "id": 1 }, "inline": { "path": "src/a.c" } }),
            ),
            by(4, "ann", "I see.", json!({ "parent": { "id": 3 }, "pending": true })),
            // Not what a server of ours says.
            by(1, "eve", "again", json!({ "parent": { "id": 1 } })),
        ];
        assert_eq!(
            threads(&comments, Style::PLAIN),
            "comment 1 by ann, 2026-11-22 20:17:06 UTC, on src/a.c lines 2 to 4, resolved by bea\n  \
             Why\u{fffd}[2J?\n\n  Really.\n  \
             comment 3 by bea, 2026-11-22 20:17:06 UTC\n    Because.\n    \
             comment 4 by ann, 2026-11-22 20:17:06 UTC, a draft\n      I see.\n\n\
             comment 2 by cleo, 2026-11-22 20:17:06 UTC, on b old line 7\n  (taken back)"
        );
    }
}
