//! Members of a body that nobody knows. In our own API they are an error: a misspelt exemption or
//! limit must not pass for a rule or a token without one. What is known, the API's own document
//! says.

use crate::openapi;
use crate::problem::Problem;
use app::{Error, Fields};
use serde_json::Value;
use std::sync::LazyLock;
use utoipa::ToSchema;

/// What the server says about things and nobody can wish for: passed over where somebody sends back
/// what they got.
pub const SERVERS: &[&str] = &[
    "id",
    "type",
    "uuid",
    "display_name",
    "level",
    "changed_at",
    "changed_by",
    "created_at",
    "warnings",
];

/// What the API's document says about a value.
#[derive(Clone, Copy)]
pub struct Known(&'static Value);

impl Known {
    /// What it says about a type.
    pub fn of<T: ToSchema>() -> Result<Self, Problem> {
        Self::named(&T::name())
    }

    /// What it says below a name.
    pub fn named(name: &str) -> Result<Self, Problem> {
        static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
            // What cannot be read knows nothing, and nothing is accepted.
            serde_json::from_str(&openapi::native()).unwrap_or_default()
        });
        match &DOCUMENT["components"]["schemas"][name] {
            Value::Null => {
                let why = format!("the document has no schema `{name}`");
                Err(Problem(Error::internal("what was sent cannot be compared", why)))
            }
            schema => Ok(Self(schema)),
        }
    }

    /// Notes every member that neither the document nor `also` knows, by its path:
    /// `restrictions[3].subjects[0].untill`.
    pub fn check(
        self,
        value: &Value,
        path: &str,
        also: &[&str],
        wrong: &mut Fields,
    ) -> Result<(), Problem> {
        let schemas = self.resolved()?;
        match value {
            Value::Object(members) => {
                let known: Vec<_> =
                    schemas.iter().filter_map(|it| it.0["properties"].as_object()).collect();
                // What every member is that has no name of its own, as in a map.
                let other = schemas.iter().map(|it| &it.0["additionalProperties"]);
                let other = other.into_iter().find(|it| it.is_object());
                if known.is_empty() && other.is_none() {
                    return Ok(());
                }
                for (key, member) in members {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    match known.iter().find_map(|it| it.get(key)).or(other) {
                        Some(schema) => Self(schema).check(member, &path, also, wrong)?,
                        None if also.contains(&key.as_str()) => {}
                        None => {
                            let keys: Vec<_> =
                                known.iter().flat_map(|it| it.keys()).map(String::as_str).collect();
                            wrong.add(&path, format!("unknown key: use {}", keys.join(", ")));
                        }
                    }
                }
            }
            Value::Array(items) => {
                let schema = schemas.iter().find(|it| it.0["items"].is_object());
                for (at, item) in items.iter().enumerate() {
                    let path = format!("{path}[{at}]");
                    if let Some(schema) = schema {
                        Self(&schema.0["items"]).check(item, &path, also, wrong)?;
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        Ok(())
    }

    /// The schema itself, or those that it refers to.
    fn resolved(self) -> Result<Vec<Self>, Problem> {
        if let Some(name) = self.0["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
            return Self::named(name)?.resolved();
        }
        let several = ["oneOf", "anyOf", "allOf"].iter().filter_map(|it| self.0[*it].as_array());
        let mut found = Vec::new();
        for schema in several.flatten() {
            found.extend(Self(schema).resolved()?);
        }
        Ok(if found.is_empty() { vec![self] } else { found })
    }
}
