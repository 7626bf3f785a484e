//! Standard output of client commands: one JSON document with `--json`, else text for people.
//! A reader that closes the pipe early ends the output, not the program.

use crate::Error;
use crate::client::{Style, clean, readable};
use serde_json::Value;
use std::io::{ErrorKind, Write as _};

/// A label and the JSON pointer of what it labels.
pub type Field = (&'static str, &'static str);

/// Where a command's result goes.
#[derive(Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    /// One JSON document, or text.
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// Is one JSON document wanted?
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// A sentence; with `--json`, the server's answer (`null` where it has none).
    pub fn done(self, answer: &Value, sentence: &str) -> Result<(), Error> {
        if self.json { self.document(answer) } else { print(&format!("{}\n", clean(sentence))) }
    }

    /// One thing, a line for each field that it has.
    pub fn one(self, answer: &Value, fields: &[Field]) -> Result<(), Error> {
        if self.json {
            return self.document(answer);
        }
        let style = Style::of_stdout();
        let width = fields.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
        let lines = fields.iter().filter_map(|(label, pointer)| {
            let text = cell(answer.pointer(pointer)?);
            (!text.is_empty())
                .then(|| format!("{}  {text}\n", style.quiet(&format!("{label:<width$}"))))
        });
        print(&lines.collect::<String>())
    }

    /// A list: one row each, with a heading. With `--json`, an array.
    pub fn table(self, rows: Vec<Value>, columns: &[Field], empty: &str) -> Result<(), Error> {
        if self.json {
            return self.document(&Value::Array(rows));
        }
        if rows.is_empty() {
            return print(&format!("{empty}\n"));
        }
        print(&render_table(&rows, columns, Style::of_stdout()))
    }

    /// Text that was made for people; with `--json`, the answer it was made from.
    pub fn text(self, answer: &Value, text: &str) -> Result<(), Error> {
        if self.json { self.document(answer) } else { print(&format!("{text}\n")) }
    }

    /// The answer as it came.
    fn document(self, answer: &Value) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(answer)
            .map_err(|e| Error::Failed(format!("cannot write JSON: {e}")))?;
        print(&format!("{text}\n"))
    }
}

/// Prints to standard output.
pub fn print(text: &str) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Error::Failed(format!("cannot write to standard output: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Tells whoever is at the terminal what is being done, without touching standard output.
pub fn note(text: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "portcullis: {}", clean(text))
}

fn render_table(rows: &[Value], columns: &[Field], style: Style) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            columns
                .iter()
                .map(|(_, pointer)| row.pointer(pointer).map(cell).unwrap_or_default())
                .collect()
        })
        .collect();
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, (label, _))| {
            let widest = cells.iter().filter_map(|row| row.get(at)).map(|it| it.chars().count());
            widest.max().unwrap_or(0).max(label.len())
        })
        .collect();
    let line = |texts: &mut dyn Iterator<Item = &str>| {
        let padded = texts.zip(&widths).map(|(text, width)| format!("{text:<width$}  "));
        padded.collect::<String>().trim_end().to_owned()
    };
    let labels: Vec<String> = columns.iter().map(|(label, _)| label.to_uppercase()).collect();
    let mut text = style.quiet(&line(&mut labels.iter().map(String::as_str)));
    text.push('\n');
    for row in &cells {
        text.push_str(&line(&mut row.iter().map(String::as_str)));
        text.push('\n');
    }
    text
}

/// One value in a few words.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".into(),
        Value::Bool(false) => "no".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => readable(text),
        Value::Array(list) => list.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(_) => subject(value)
            .or_else(|| crate::client::matcher(value))
            .unwrap_or_else(|| clean(&value.to_string())),
    }
}

/// A subject as it is written on the command line: `group:devs`.
fn subject(value: &Value) -> Option<String> {
    let kind = value.get("type")?.as_str()?;
    if value.get("pattern").is_some() {
        return None;
    }
    let name = value.get("name").filter(|it| !it.is_null()).or_else(|| value.get("id"));
    Some(match name {
        Some(name) if !name.is_null() => format!("{}:{}", clean(kind), cell(name)),
        Some(_) | None => clean(kind),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn tables_line_up_and_never_carry_escape_sequences() {
        let rows = [
            json!({"name": "main", "subjects": [{"type": "user", "name": "ann"}, {"type": "everyone"}]}),
            json!({"name": "a\u{1b}[2Jlonger", "subjects": []}),
        ];
        let columns = [("name", "/name"), ("who", "/subjects")];
        assert_eq!(
            render_table(&rows, &columns, Style::PLAIN),
            "NAME         WHO\nmain         user:ann, everyone\na\u{fffd}[2Jlonger\n"
        );
    }
}
