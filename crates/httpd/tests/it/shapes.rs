//! Checks JSON against `bitbucket_shapes.txt`, by the `type` of each object in it.

use serde_json::Value;
use std::collections::BTreeMap;

const SHAPES: &str = include_str!("bitbucket_shapes.txt");

/// Panics with everything in `value` that does not have the shape its `type` stands for.
pub fn check(value: &Value) {
    let shapes = Shapes::read();
    let mut wrong = Vec::new();
    shapes.walk("", value, &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}\n{value:#}");
}

/// By type: member, whether it may be left out, kind.
struct Shapes(BTreeMap<&'static str, Vec<(&'static str, bool, &'static str)>>);

impl Shapes {
    fn read() -> Self {
        let mut shapes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for line in SHAPES.lines().filter(|it| !it.is_empty() && !it.starts_with('#')) {
            let (name, kind) = line.split_once(": ").unwrap();
            let (of, member) = name.split_once('.').unwrap();
            let (member, optional) =
                member.strip_suffix('?').map_or((member, false), |it| (it, true));
            shapes.entry(of).or_default().push((member, optional, kind));
        }
        Self(shapes)
    }

    fn walk(&self, at: &str, value: &Value, wrong: &mut Vec<String>) {
        match value {
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    self.walk(&format!("{at}[{number}]"), item, wrong);
                }
            }
            Value::Object(members) => {
                if let Some(kind) = members.get("type").and_then(Value::as_str) {
                    self.object(at, kind, value, wrong);
                }
                for (name, member) in members {
                    self.walk(&format!("{at}.{name}"), member, wrong);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    fn object(&self, at: &str, kind: &str, value: &Value, wrong: &mut Vec<String>) {
        let Some(shape) = self.0.get(kind) else {
            wrong.push(format!("{at} has the unknown type {kind}"));
            return;
        };
        // The main branch of a repository and the like are named and not shown.
        let is_named_only = matches!(kind, "branch") && value.get("target").is_none();
        for (member, optional, kind) in shape {
            match value.get(*member) {
                None if *optional || is_named_only => {}
                None => wrong.push(format!("{at}.{member} is missing")),
                Some(member_value) if fits(kind, member_value) => {}
                Some(other) => wrong.push(format!("{at}.{member} is {other}, not {kind}")),
            }
        }
    }
}

fn fits(kind: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    match kind.split_once(' ').unwrap_or((kind, "")) {
        ("string", _) => value.is_string(),
        ("boolean", _) => value.is_boolean(),
        ("integer", rest) => value.is_i64() || (rest == "or null" && value.is_null()),
        ("list", _) => value.is_array(),
        ("hash", _) => text.len() == 40 && text.bytes().all(|b| b.is_ascii_hexdigit()),
        ("uuid", _) => text.len() == 38 && text.starts_with('{') && text.ends_with('}'),
        ("moment", _) => text.parse::<jiff::Timestamp>().is_ok() && text.contains('T'),
        ("one", words) => words.trim_start_matches("of ").split(' ').any(|it| it == text),
        ("object", name) => value["type"] == name,
        ("links", names) => names.split(' ').all(|name| is_link(&value[name])),
        (other, _) => panic!("unknown kind {other}"),
    }
}

/// Absolute, on the host the client used; or a list of such.
fn is_link(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty() && items.iter().all(is_link),
        _ => {
            value["href"].as_str().is_some_and(|it| it.starts_with("http://git.example.com:8080/"))
        }
    }
}
