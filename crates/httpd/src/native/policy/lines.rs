//! Where in a text each value stands, so that whatever is wrong with one is told with its line.
//! Knows TOML and nothing of policies.

use crate::problem::Problem;
use app::{Error, Fields};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use toml::de::{DeTable, DeValue};

/// The line of every value of a document, by its path: `restrictions[3].matcher.pattern`.
#[derive(Debug, Default)]
pub struct Lines(BTreeMap<String, usize>);

/// Reads a text as TOML: its values, and where they are.
pub fn parse(text: &str) -> Result<(Map<String, Value>, Lines), Problem> {
    let table = DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |it| it.start);
        let message = error.message().replace('\n', ", ");
        Fields::one(&format!("line {}", line_of(text, at)), message)
    })?;
    let mut lines = Lines::default();
    let values = lines.table(text, "", table.into_inner());
    Ok((values, lines))
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.iter().filter(|it| **it == b'\n').count() + 1
}

impl Lines {
    fn table(&mut self, text: &str, path: &str, table: DeTable<'_>) -> Map<String, Value> {
        let mut values = Map::new();
        for (key, value) in table {
            let path = if path.is_empty() {
                key.get_ref().to_string()
            } else {
                format!("{path}.{}", key.get_ref())
            };
            self.0.insert(path.clone(), line_of(text, key.span().start));
            let value = self.value(text, &path, value.into_inner());
            values.insert(key.into_inner().into_owned(), value);
        }
        values
    }

    fn value(&mut self, text: &str, path: &str, value: DeValue<'_>) -> Value {
        match value {
            DeValue::String(it) => Value::String(it.into_owned()),
            DeValue::Integer(it) => match i64::from_str_radix(it.as_str(), it.radix()) {
                Ok(number) => number.into(),
                // Past any number there is: kept as it was written, for whoever takes a number.
                Err(_) => Value::String(it.as_str().to_owned()),
            },
            DeValue::Float(it) => match it.as_str().parse::<f64>() {
                Ok(number) => number.into(),
                Err(_) => Value::String(it.as_str().to_owned()),
            },
            DeValue::Boolean(it) => it.into(),
            DeValue::Datetime(it) => Value::String(it.to_string()),
            DeValue::Array(items) => {
                let values = items.into_iter().enumerate().map(|(at, item)| {
                    let path = format!("{path}[{at}]");
                    self.0.insert(path.clone(), line_of(text, item.span().start));
                    self.value(text, &path, item.into_inner())
                });
                values.collect::<Vec<_>>().into()
            }
            DeValue::Table(table) => self.table(text, path, table).into(),
        }
    }

    /// The line of a value, or of what it would be in, if it is not there.
    pub fn find(&self, path: &str) -> usize {
        let mut path = path;
        loop {
            if let Some(line) = self.0.get(path) {
                return *line;
            }
            match path.rfind(['.', '[']) {
                Some(at) => path = path.get(..at).unwrap_or_default(),
                None => return 1,
            }
        }
    }

    /// The same error, each field with its line before it.
    pub fn name(&self, error: Error) -> Problem {
        let Error::Invalid(Fields(fields)) = error else { return Problem(error) };
        let mut named = Fields::default();
        for (path, messages) in fields {
            for message in messages {
                named.add(&format!("line {}, {path}", self.find(&path)), message);
            }
        }
        Problem(Error::Invalid(named))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found_where_it_stands() {
        let text =
            "a = 1\n\n[[rule]]\nkind = \"push\"\nlist = [\n  1,\n  { x = 2 },\n]\n[[rule]]\n";
        let (values, lines) = parse(text).unwrap();
        assert_eq!(values["rule"][0]["list"][1]["x"], 2);
        for (path, line) in [
            ("a", 1),
            ("rule[0]", 3),
            ("rule[0].kind", 4),
            ("rule[0].list[0]", 6),
            ("rule[0].list[1].x", 7),
            ("rule[0].list[1].missing", 7),
            ("rule[1].kind", 9),
            ("nothing", 1),
        ] {
            assert_eq!(lines.find(path), line, "{path}");
        }
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line() {
        for (text, line) in [("a = 1\nb = \n", "line 2"), ("x", "line 1"), ("a=1\na=2", "line 2")] {
            let Problem(Error::Invalid(Fields(fields))) = parse(text).unwrap_err() else {
                panic!("{text}")
            };
            assert_eq!(fields.keys().collect::<Vec<_>>(), [line], "{text}");
        }
    }
}
