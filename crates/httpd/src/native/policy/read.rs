//! From a policy's text to what `app` takes: the shapes are those of the API, so that whatever can
//! be said there can be said here, and a key that is not known is an error: a misspelt exemption
//! must not pass for a rule without one.

use super::lines::{Lines, parse};
use crate::native::Known;
use crate::native::grants::GrantInput;
use crate::native::restrictions::RuleInput;
use crate::problem::Problem;
use app::{Error, Fields, PolicyInput};
use model::Level;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

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
    let place = place(&values, &mut wrong);
    let known = Known::of::<GrantInput>()?;
    let grants = entries(&mut values, "grants", known, &mut wrong, GrantInput::parse)?;
    let known = Known::of::<RuleInput>()?;
    let rules = entries(&mut values, "restrictions", known, &mut wrong, RuleInput::parse)?;
    if let Err(error) = wrong.check() {
        return Err(lines.name(error));
    }
    let input = PolicyInput { place, grants, restrictions: rules };
    Ok(ReadPolicy { input, lines })
}

/// The place that the text names; it may leave that out.
fn place(values: &Map<String, Value>, wrong: &mut Fields) -> Option<(Level, String)> {
    let mut named = None;
    for level in [Level::Repository, Level::Project, Level::Workspace] {
        let key = level.as_str();
        match values.get(key) {
            None => {}
            Some(Value::String(_)) if named.is_some() => {
                wrong.add(key, "a policy is of one place: leave the others out");
            }
            Some(Value::String(name)) => named = Some((level, name.clone())),
            Some(_) => wrong.add(key, "write the name of the place as a string"),
        }
    }
    named
}

/// The entries of one list; `None` when the text has no such list.
fn entries<T: DeserializeOwned, U>(
    values: &mut Map<String, Value>,
    name: &str,
    schema: Known,
    wrong: &mut Fields,
    convert: impl Fn(T) -> Result<U, Problem>,
) -> Result<Option<Vec<U>>, Problem> {
    let list = match values.remove(name) {
        None => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(_) => {
            wrong.add(name, format!("write each as a table of its own: [[{name}]]"));
            return Ok(None);
        }
    };
    let mut read = Vec::with_capacity(list.len());
    for (at, value) in list.into_iter().enumerate() {
        let part = format!("{name}[{at}]");
        schema.check(&value, &part, &[], wrong)?;
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
    Ok(Some(read))
}
