//! The four sources of a value, laid over each other. Knows names and precedence, not meanings.

use super::checks::{self, CheckConfig};
use super::keys::{KEYS, find_key, nearest_key};
use std::collections::BTreeMap;
use std::path::PathBuf;
use thiserror::Error;

/// Why the configuration was not accepted. Each message names the key and where it was found.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("cannot read the configuration file `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the configuration file `{}` is not TOML: {message}", path.display())]
    NotToml { path: PathBuf, message: String },
    #[error("unknown key `{name}` in {place}{}", did_you_mean(.nearest))]
    UnknownKey { name: String, place: String, nearest: Option<&'static str> },
    #[error("`{name}` in {place} must be a text, a number or true/false")]
    NotScalar { name: String, place: String },
    #[error("`{name}` is `{value}` in {place}: {why}")]
    BadValue { name: &'static str, value: String, place: String, why: String },
    #[error("the check `{name}` in {place}: {why}")]
    BadCheck { name: String, place: String, why: String },
    #[error("`{given}` is set and `{missing}` is not: both are needed for TLS")]
    Half { given: &'static str, missing: &'static str },
    #[error("`--set {0}` is not understood: write it as `--set KEY=VALUE`")]
    NotAnAssignment(String),
}

fn did_you_mean(nearest: &Option<&'static str>) -> String {
    match nearest {
        Some(name) => format!(": did you mean `{name}`?"),
        None => ": see `docs/reference/configuration.md` for those there are".into(),
    }
}

/// What the configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Key and value of each flag given on the command line.
    pub flags: Vec<(&'static str, String)>,
    /// `KEY=VALUE`, from `--set`. As strong as flags.
    pub assignments: Vec<String>,
    /// The process environment, or a test's.
    pub environment: Vec<(String, String)>,
    /// The configuration file.
    pub file: Option<PathBuf>,
}

impl Sources {
    /// The value of every key, from the strongest source that has it, and the source's name.
    pub(super) fn values(&self) -> Result<Values, ConfigError> {
        let mut values = BTreeMap::new();
        for key in KEYS {
            values.insert(key.name, (key.default.to_owned(), "the defaults".to_owned()));
        }
        let of_file = self.of_file()?;
        for (name, value) in of_file.values {
            values.insert(name, (value, of_file.place.clone()));
        }
        for key in KEYS {
            let variable = key.environment();
            if let Some((_, value)) = self.environment.iter().find(|(name, _)| *name == variable) {
                values.insert(key.name, (value.clone(), format!("the variable {variable}")));
            }
        }
        for assignment in &self.assignments {
            let (name, value) = assignment
                .split_once('=')
                .ok_or_else(|| ConfigError::NotAnAssignment(assignment.clone()))?;
            let place = "--set".to_owned();
            let key = find_key(name.trim()).ok_or_else(|| unknown(name.trim(), &place))?;
            values.insert(key.name, (value.trim().to_owned(), place));
        }
        for (name, value) in &self.flags {
            values.insert(name, (value.clone(), format!("the flag --{name}")));
        }
        Ok(Values { values, checks: of_file.checks })
    }

    fn of_file(&self) -> Result<OfFile, ConfigError> {
        let Some(path) = &self.file else { return Ok(OfFile::default()) };
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.clone(), source })?;
        let mut table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            ConfigError::NotToml { path: path.clone(), message: e.to_string() }
        })?;
        let place = format!("the file `{}`", path.display());
        let checks = match table.remove("checks") {
            Some(checks) => checks::read(&checks, &place)?,
            None => Vec::new(),
        };
        let mut values = Vec::new();
        flatten("", &table, &place, &mut values)?;
        Ok(OfFile { place, values, checks })
    }
}

/// What the configuration file says.
#[derive(Default)]
struct OfFile {
    place: String,
    values: Vec<(&'static str, String)>,
    checks: Vec<CheckConfig>,
}

/// Turns tables into dotted names, so that `[limits] max-commands` and `limits.max-commands` are
/// the same key.
fn flatten(
    prefix: &str,
    table: &toml::Table,
    place: &str,
    found: &mut Vec<(&'static str, String)>,
) -> Result<(), ConfigError> {
    for (part, value) in table {
        let name = if prefix.is_empty() { part.clone() } else { format!("{prefix}.{part}") };
        let text = match value {
            toml::Value::Table(inner) if is_a_table(&name) => {
                flatten(&name, inner, place, found)?;
                continue;
            }
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            toml::Value::Boolean(flag) => flag.to_string(),
            toml::Value::Float(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_)
            | toml::Value::Table(_) => {
                find_key(&name).ok_or_else(|| unknown(&name, place))?;
                return Err(ConfigError::NotScalar { name, place: place.to_owned() });
            }
        };
        let key = find_key(&name).ok_or_else(|| unknown(&name, place))?;
        found.push((key.name, text));
    }
    Ok(())
}

fn is_a_table(name: &str) -> bool {
    KEYS.iter().any(|it| it.name.split_once('.').is_some_and(|(table, _)| table == name))
}

fn unknown(name: &str, place: &str) -> ConfigError {
    ConfigError::UnknownKey {
        name: name.escape_debug().to_string(),
        place: place.to_owned(),
        nearest: nearest_key(name),
    }
}

/// What was given.
pub(super) struct Values {
    /// Every key's value as text, with where it came from.
    values: BTreeMap<&'static str, (String, String)>,
    pub checks: Vec<CheckConfig>,
}

impl Values {
    /// Reads a key that has a value, or a default.
    pub fn read<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, ConfigError> {
        let (text, place) = self.values.get(name).map_or(("", ""), |(text, place)| (text, place));
        parse(text).map_err(|why| ConfigError::BadValue {
            name,
            value: shown(name, text),
            place: place.to_owned(),
            why,
        })
    }

    /// Reads a key that may be left out; an empty text is the same as leaving it out.
    pub fn optional<T>(
        &self,
        name: &'static str,
        parse: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ConfigError> {
        match self.values.get(name) {
            Some((text, _)) if !text.is_empty() => self.read(name, parse).map(Some),
            Some(_) | None => Ok(None),
        }
    }
}

/// A value as an error may show it: a database URL can hold a password.
fn shown(name: &str, value: &str) -> String {
    if name == "database" { "…".into() } else { value.escape_debug().to_string() }
}
