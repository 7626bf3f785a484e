//! A policy as text: TOML, in an order and a layout that only the policy decides, so that two
//! exports can be compared line by line. Members are those of the API, without what the server
//! alone knows.

use super::read::FORMAT;
use crate::native::grants::GrantBody;
use crate::native::restrictions::RuleBody;
use crate::problem::Problem;
use app::{Error, PolicyView};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::Write as _;

/// What the server says about a rule or a grant and nobody can wish for.
const SERVERS: [&str; 6] = ["id", "type", "level", "changed_at", "changed_by", "warnings"];

/// The order of members that are known; all others come behind them, by name.
const ORDER: [&str; 13] = [
    "subject",
    "permission",
    "kind",
    "type",
    "name",
    "id",
    "pattern",
    "matcher",
    "on",
    "subjects",
    "mode",
    "value",
    "note",
];

/// The whole text.
pub fn text(policy: PolicyView) -> Result<String, Problem> {
    let (level, name) = (policy.level, &policy.place);
    let mut text = format!(
        "# The policy of {level} {name}: who is given what here, and which rules hang here.\n\
         # What is given or ruled around it is not in this file. Change it, see what would become\n\
         # of it with `portcullis policy import FILE --dry-run`, then import it. A list that is left\n\
         # out stays as it is; one that is empty takes everything away.\n\
         \n\
         format = {FORMAT}\n\
         {level} = {}\n",
        string(name)
    );
    let mut grants = Vec::new();
    for grant in policy.grants {
        grants.push(members(&GrantBody::from(grant), &["subject"])?);
    }
    let mut rules = Vec::new();
    for rule in policy.restrictions {
        rules.push(members(&RuleBody::from(rule), &[])?);
    }
    // Before the tables: behind one of them, a key would belong to it.
    for (name, list) in [("grants", &grants), ("restrictions", &rules)] {
        if list.is_empty() {
            line(&mut text, &format!("{name} = []"));
        }
    }
    for (name, list) in [("grants", &grants), ("restrictions", &rules)] {
        for entry in list {
            line(&mut text, &format!("\n[[{name}]]"));
            for (key, value) in entry {
                line(&mut text, &format!("{key} = {}", laid_out(value)));
            }
        }
    }
    Ok(text)
}

fn line(text: &mut String, words: &str) {
    // Writing to a `String` cannot fail.
    let _infallible = writeln!(text, "{words}");
}

/// The members of an entry that somebody can wish for, in order.
fn members<T: Serialize>(entry: &T, subjects: &[&str]) -> Result<Vec<(String, Value)>, Problem> {
    let broken = |why| Problem(Error::internal("the policy cannot be written down", why));
    let mut value = serde_json::to_value(entry).map_err(|why| broken(why.to_string()))?;
    let Some(entry) = value.as_object_mut() else { return Err(broken("no object".to_owned())) };
    entry.retain(|key, _| !SERVERS.contains(&key.as_str()));
    for (key, value) in entry.iter_mut() {
        if subjects.contains(&key.as_str()) {
            named(value);
        } else if let (Value::Array(list), "subjects") = (&mut *value, key.as_str()) {
            list.iter_mut().for_each(named);
        }
        without_nothing(value);
    }
    let mut kept: Vec<_> = std::mem::take(entry).into_iter().filter(|(_, it)| says(it)).collect();
    kept.sort_by_key(|(key, _)| rank(key));
    Ok(kept)
}

/// A subject by its name alone; by its number where it has none that means it.
fn named(subject: &mut Value) {
    let Some(members) = subject.as_object_mut() else { return };
    members.remove("display_name");
    members.remove("uuid");
    if members.get("name").is_some_and(|it| !it.is_null()) {
        members.remove("id");
    }
}

fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Takes out of an object what says nothing: TOML has no word for it.
fn without_nothing(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.values_mut().for_each(without_nothing);
            members.retain(|_, it| says(it));
        }
        Value::Array(list) => list.iter_mut().for_each(without_nothing),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn rank(key: &str) -> (usize, String) {
    let known = ORDER.iter().position(|it| *it == key);
    (known.unwrap_or(ORDER.len()), key.to_owned())
}

/// A value of an entry. Lists of objects have a line for each, so that one more is one more line.
fn laid_out(value: &Value) -> String {
    match value {
        Value::Array(list) if list.iter().any(Value::is_object) => {
            let lines: Vec<_> = list.iter().map(|it| format!("    {},\n", inline(it))).collect();
            format!("[\n{}]", lines.concat())
        }
        other => inline(other),
    }
}

fn inline(value: &Value) -> String {
    match value {
        // Left out before; an empty string is as near as TOML comes.
        Value::Null => "\"\"".into(),
        Value::Bool(it) => it.to_string(),
        Value::Number(it) => it.to_string(),
        Value::String(it) => string(it),
        Value::Array(list) => {
            let items: Vec<_> = list.iter().map(inline).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => format!("{{ {} }}", table(members)),
    }
}

fn table(members: &Map<String, Value>) -> String {
    let mut members: Vec<_> = members.iter().collect();
    members.sort_by_key(|(key, _)| rank(key));
    let members = members.into_iter().map(|(key, value)| format!("{key} = {}", inline(value)));
    members.collect::<Vec<_>>().join(", ")
}

/// On one line, whatever is in it.
fn string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            c if model::is_unprintable(c) => {
                // Writing to a `String` cannot fail.
                let _infallible = write!(quoted, "\\U{:08X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_stands_in_a_name_is_read_back() {
        for text in [
            "",
            "a b",
            "say \"no\"",
            "C:\\x",
            "line\nbreak\tend",
            "\u{1b}[31m",
            "größe",
            "\u{202e}x",
        ] {
            let read: toml::Table = toml::from_str(&format!("x = {}", string(text))).unwrap();
            assert_eq!(read["x"].as_str(), Some(text));
            assert_eq!(string(text).lines().count(), 1);
        }
    }
}
