//! The tables `[checks.NAME]`: custom checks. Unlike other keys they have names of the operator's
//! choosing, so they stand in the configuration file only.

use super::layers::ConfigError;
use super::value;
use std::time::Duration;

/// How long a check may take when nothing is said.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The longest that anybody who pushes can be made to wait for a check.
const LONGEST: Duration = Duration::from_secs(300);
const MEMBERS: [&str; 4] = ["command", "url", "timeout", "secret"];

/// A custom check, as configured.
#[derive(Clone, Debug)]
pub struct CheckConfig {
    pub name: String,
    pub how: CheckDoor,
    pub timeout: Duration,
}

/// How a check is asked.
#[derive(Clone)]
pub enum CheckDoor {
    /// A program and its arguments.
    Command(Vec<String>),
    Endpoint {
        /// `http://…` or `https://…`.
        url: String,
        /// What requests are signed with.
        secret: Option<String>,
    },
}

// By hand, so that a secret never ends up in a log.
impl std::fmt::Debug for CheckDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Command(command) => f.debug_tuple("Command").field(command).finish(),
            Self::Endpoint { url, secret } => {
                write!(f, "Endpoint({url}, signed: {})", secret.is_some())
            }
        }
    }
}

/// Reads the table `checks` of the file at `place`.
pub(super) fn read(checks: &toml::Value, place: &str) -> Result<Vec<CheckConfig>, ConfigError> {
    let bad = |name: &str, why: String| {
        let place = place.to_owned();
        ConfigError::BadCheck { name: name.escape_debug().to_string(), place, why }
    };
    let toml::Value::Table(checks) = checks else {
        return Err(bad("", "write a table, `[checks.NAME]`".into()));
    };
    checks.iter().map(|(name, table)| one(name, table).map_err(|why| bad(name, why))).collect()
}

fn one(name: &str, table: &toml::Value) -> Result<CheckConfig, String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 60 || !name.chars().all(is_plain) {
        return Err("name it with lower-case letters, digits and `-`, at most 60".into());
    }
    let toml::Value::Table(table) = table else { return Err("write a table".into()) };
    if let Some(unknown) = table.keys().find(|it| !MEMBERS.contains(&it.as_str())) {
        let hint = app::nearest(unknown, MEMBERS.into_iter());
        let hint = hint.map(|it| format!(": did you mean `{it}`?")).unwrap_or_default();
        return Err(format!("unknown key `{}`{hint}", unknown.escape_debug()));
    }
    let text = |key: &str| match table.get(key) {
        None => Ok(None),
        Some(toml::Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(format!("`{key}` must be a text")),
    };
    let timeout = text("timeout")?.map_or(Ok(TIMEOUT), value::parse_duration);
    let timeout = timeout.map_err(|why| format!("`timeout`: {why}"))?;
    if timeout.is_zero() || timeout > LONGEST {
        return Err("`timeout`: write more than nothing and at most `5m`".into());
    }
    let secret = text("secret")?.map(str::to_owned);
    let how = match (table.get("command"), text("url")?) {
        (Some(command), None) if secret.is_none() => CheckDoor::Command(program(command)?),
        (Some(_), None) => return Err("a `secret` signs requests to a `url`".into()),
        (None, Some(url)) => {
            let url = value::parse_url(url).map_err(|why| format!("`url`: {why}"))?;
            if secret.as_ref().is_some_and(|it| it.len() < 16) {
                return Err("`secret`: write at least 16 characters".into());
            }
            CheckDoor::Endpoint { url, secret }
        }
        (Some(_), Some(_)) | (None, None) => {
            return Err("give it a `command` or a `url`, one of them".into());
        }
    };
    Ok(CheckConfig { name: name.to_owned(), how, timeout })
}

fn program(command: &toml::Value) -> Result<Vec<String>, String> {
    let form = "`command`: write a list of texts, the program with its whole path first";
    let toml::Value::Array(words) = command else { return Err(form.into()) };
    let words = words.iter().map(|it| it.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    match words {
        Some(words) if words.first().is_some_and(|it| it.starts_with('/')) => Ok(words),
        Some(_) | None => Err(form.into()),
    }
}
