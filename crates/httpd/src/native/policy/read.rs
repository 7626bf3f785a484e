//! From a policy's text to what `app` takes: the shapes are those of the API, so that whatever can
//! be said there can be said here, and a key that is not known is an error: a misspelt exemption
//! must not pass for a rule without one.

use super::lines::{Lines, parse};
use crate::native::grants::GrantInput;
use crate::native::restrictions::RuleInput;
use crate::openapi;
use crate::problem::Problem;
use app::{Error, Fields, PolicyInput};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// A policy, and where each part of it stands.
pub struct ReadPolicy {
    pub input: PolicyInput,
    pub lines: Lines,
}

/// The form that this version writes.
pub const FORMAT: u64 = 1;

/// What may stand at the top.
const TOP: [&str; 6] = ["format", "repository", "project", "workspace", "grants", "restrictions"];

/// Reads a text whole; everything that is wrong with its shape is told at once.
pub fn policy(text: &str) -> Result<ReadPolicy, Problem> {
    let (mut values, lines) = parse(text)?;
    let mut wrong = Fields::default();
    for key in values.keys().filter(|it| !TOP.contains(&it.as_str())) {
        wrong.add(key, format!("unknown key: use {}", TOP.join(", ")));
    }
    match values.get("format") {
        Some(Value::Number(format)) if format.as_u64() == Some(FORMAT) => {}
        Some(_) => wrong.add("format", format!("this version reads format = {FORMAT}")),
        None => wrong.add("format", format!("missing: begin the file with `format = {FORMAT}`")),
    }
    let grants = entries(&mut values, "grants", "GrantInput", &mut wrong, GrantInput::parse);
    let rules =
        entries(&mut values, "restrictions", "RestrictionInput", &mut wrong, RuleInput::parse);
    if let Err(error) = wrong.check() {
        return Err(lines.name(error));
    }
    let input = PolicyInput { grants, restrictions: rules };
    Ok(ReadPolicy { input, lines })
}

/// The entries of one list; `None` when the text has no such list.
fn entries<T: DeserializeOwned, U>(
    values: &mut Map<String, Value>,
    name: &str,
    schema: &str,
    wrong: &mut Fields,
    convert: impl Fn(T) -> Result<U, Problem>,
) -> Option<Vec<U>> {
    let list = match values.remove(name)? {
        Value::Array(list) => list,
        _ => {
            wrong.add(name, format!("write each as a table of its own: [[{name}]]"));
            return None;
        }
    };
    let mut read = Vec::with_capacity(list.len());
    for (at, value) in list.into_iter().enumerate() {
        let part = format!("{name}[{at}]");
        Schema::named(schema).check(&value, &part, wrong);
        match serde_path_to_error::deserialize::<_, T>(value) {
            Ok(entry) => match convert(entry) {
                Ok(entry) => read.push(entry),
                Err(Problem(Error::Invalid(fields))) => wrong.absorb(fields.below(&part)),
                Err(Problem(other)) => wrong.add(&part, other),
            },
            Err(error) => {
                let path = error.path().to_string();
                let field = if path == "." { part } else { format!("{part}.{path}") };
                wrong.add(&field, error.into_inner());
            }
        }
    }
    Some(read)
}

/// What the API's own document says about a value.
#[derive(Clone, Copy)]
struct Schema(&'static Value);

impl Schema {
    fn named(name: &str) -> Self {
        static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
            // It is made from the handlers; a test reads it whole.
            serde_json::from_str(&openapi::native()).unwrap_or_default()
        });
        Self(&DOCUMENT["components"]["schemas"][name])
    }

    /// The schema itself, or those that it refers to.
    fn resolved(self) -> Vec<Self> {
        if let Some(name) = self.0["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
            return Self::named(name).resolved();
        }
        let several = ["oneOf", "anyOf", "allOf"].iter().filter_map(|it| self.0[*it].as_array());
        let several: Vec<_> = several.flatten().flat_map(|it| Self(it).resolved()).collect();
        if several.is_empty() { vec![self] } else { several }
    }

    /// Notes every key that no schema knows.
    fn check(self, value: &Value, path: &str, wrong: &mut Fields) {
        let schemas = self.resolved();
        match value {
            Value::Object(members) => {
                let known: Vec<_> =
                    schemas.iter().filter_map(|it| it.0["properties"].as_object()).collect();
                if known.is_empty() {
                    return;
                }
                for (key, member) in members {
                    match known.iter().find_map(|it| it.get(key)) {
                        Some(schema) => Self(schema).check(member, &format!("{path}.{key}"), wrong),
                        None => {
                            let keys: Vec<_> =
                                known.iter().flat_map(|it| it.keys()).map(String::as_str).collect();
                            let why = format!("unknown key: use {}", keys.join(", "));
                            wrong.add(&format!("{path}.{key}"), why);
                        }
                    }
                }
            }
            Value::Array(items) => {
                let schema = schemas.iter().find(|it| it.0["items"].is_object());
                for (at, item) in items.iter().enumerate() {
                    if let Some(schema) = schema {
                        Self(&schema.0["items"]).check(item, &format!("{path}[{at}]"), wrong);
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}
