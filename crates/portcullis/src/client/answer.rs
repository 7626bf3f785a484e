//! What a server answers when it does not do what was asked: both APIs' error shape, read without
//! trusting it.

use super::refusal::{render_refusal, render_way_on};
use super::terminal::{Style, clean};
use serde_json::Value;
use std::fmt::Write as _;

/// A request that was refused or failed on the server.
#[derive(Debug)]
pub struct ServerError {
    /// The HTTP status.
    pub status: u16,
    /// The whole answer, if it was JSON; for `--json`.
    pub document: Value,
    message: String,
}

impl ServerError {
    /// Reads an answer; one that is not ours still says its status and first line, or the URL that
    /// it leads to.
    pub fn read(base: &str, status: u16, leads_to: Option<&str>, text: &str) -> Self {
        let document: Value = serde_json::from_str(text).unwrap_or(Value::Null);
        let said = document.pointer("/error/message").and_then(Value::as_str);
        let message = match (said, leads_to) {
            (Some(message), _) => clean(message),
            (None, Some(link)) => format!(
                "`{base}` answered {status} and leads to `{}`: give the address of the server \
                 itself with --server",
                clean(link)
            ),
            (None, None) => {
                let line = clean(text.lines().next().unwrap_or_default().trim());
                let line: String = line.chars().take(200).collect();
                format!("`{base}` answered {status} {line}").trim_end().to_owned()
            }
        };
        Self { status, document, message }
    }

    /// For a terminal: the sentence and its code, if it has one of its own, what is wrong with which
    /// field, the refusal, and the id to look for in the server's log when the fault is the server's.
    pub fn render(&self, style: Style) -> String {
        let mut text = style.strong(&self.message);
        // Other codes are words for the status, for programs.
        let code = self.ours("code").and_then(Value::as_str).unwrap_or_default();
        if code.starts_with("PC-") {
            let _: std::fmt::Result =
                write!(text, " {}", style.quiet(&format!("({})", clean(code))));
        }
        if let Some(Value::Object(fields)) = self.document.pointer("/error/fields") {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_by_key(|it| line_of(it.0));
            for (field, why) in fields {
                let why = match why {
                    Value::Array(list) => {
                        list.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("; ")
                    }
                    Value::String(one) => one.clone(),
                    other => other.to_string(),
                };
                let why = clean(&why);
                let line = format!("{}: {why}", clean(field));
                // Where that is all there is to say, it has been said.
                if why == self.message || line == self.message {
                    continue;
                }
                let _: std::fmt::Result = write!(text, "\n  {line}");
            }
        }
        if code.starts_with("PC-CONFIRM-") {
            text.push_str("\n  next  the same command with --yes");
        }
        match self.ours("refusal") {
            Some(refusal) if refusal.is_object() => {
                let _: std::fmt::Result = write!(text, "\n{}", render_refusal(refusal, style));
            }
            Some(_) | None => {}
        }
        for refusal in self.ours("also").and_then(Value::as_array).into_iter().flatten() {
            let _: std::fmt::Result = write!(text, "\n{}", render_refusal(refusal, style));
        }
        let commands: Vec<_> = self
            .ours("commands")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if !commands.is_empty() {
            let _: std::fmt::Result = write!(text, "\n{}", render_way_on(&commands, style));
        }
        let id = self.ours("request_id").and_then(Value::as_str).map(clean);
        if let (500.., Some(id)) = (self.status, id) {
            let _: std::fmt::Result = write!(text, "\n  the server's log has it as request {id}");
        }
        text.trim_end().to_owned()
    }

    /// A member that is ours: beside the message in our own API, in `data` in Bitbucket's.
    fn ours(&self, name: &str) -> Option<&Value> {
        let error = self.document.get("error")?;
        error.get(name).or_else(|| error.get("data")?.get(name))
    }
}

/// The number of the line that a field of a file is on: line 12 is told before line 105.
fn line_of(field: &str) -> Option<u64> {
    field.strip_prefix("line ")?.split(',').next()?.parse().ok()
}

impl std::fmt::Display for ServerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.render(Style::PLAIN))
    }
}

impl std::error::Error for ServerError {}
