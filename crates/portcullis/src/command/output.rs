//! Standard output of client commands: one JSON document with `--json`, else text for people.
//! A reader that closes the pipe early ends the output, not the program.

use crate::Error;
use crate::client::{Style, clean, readable};
use serde_json::Value;
use std::io::{ErrorKind, IsTerminal as _, Write as _};

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

    /// One thing, a line for each field that it has; for a list of sentences or of subjects, a
    /// line each.
    pub fn one(self, answer: &Value, fields: &[Field]) -> Result<(), Error> {
        if self.json {
            return self.document(answer);
        }
        print(&render_one(answer, fields, Style::of_stdout()))
    }

    /// A diff: in colours on a terminal, byte for byte elsewhere. With `--json`, a string.
    pub fn diff(self, diff: &[u8]) -> Result<(), Error> {
        let text = String::from_utf8_lossy(diff);
        if self.json {
            return self.document(&Value::String(text.into_owned()));
        }
        if std::io::stdout().is_terminal() {
            return print(&render_diff(&text, Style::of_stdout()));
        }
        print_bytes(diff)
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
    print_bytes(text.as_bytes())
}

fn print_bytes(bytes: &[u8]) -> Result<(), Error> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
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

fn render_one(answer: &Value, fields: &[Field], style: Style) -> String {
    let width = fields.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (label, pointer) in fields {
        let Some(value) = answer.pointer(pointer) else { continue };
        let mut label = *label;
        for line in lines(value).iter().filter(|it| !it.is_empty()) {
            text.push_str(&format!("{}  {line}\n", style.quiet(&format!("{label:<width$}"))));
            label = "";
        }
    }
    text
}

/// A value on as many lines as it takes to keep its parts apart: sentences hold commas, and so
/// do reasons of exemptions.
fn lines(value: &Value) -> Vec<String> {
    let Value::Array(list) = value else { return vec![cell(value)] };
    let holds_commas = |it: &Value| match it {
        Value::String(text) => text.contains([' ', ',']),
        other => subject(other).is_some(),
    };
    if list.iter().any(holds_commas) {
        return list.iter().map(|it| exemption(it).unwrap_or_else(|| cell(it))).collect();
    }
    vec![cell(value)]
}

/// Every line as git shows it, without anything that a terminal would obey.
fn render_diff(text: &str, style: Style) -> String {
    let mut shown = String::new();
    for line in text.lines() {
        let cleaned = line.split('\t').map(clean).collect::<Vec<_>>().join("\t");
        shown.push_str(&match line.as_bytes() {
            [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] | [b'd', b'i', b'f', b'f', ..] => {
                style.strong(&cleaned)
            }
            [b'+', ..] => style.good(&cleaned),
            [b'-', ..] => style.bad(&cleaned),
            [b'@', ..] => style.quiet(&cleaned),
            _ => cleaned,
        });
        shown.push('\n');
    }
    shown
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

/// The same with when it ends and why it is there: `ann,until=2027-01-31T00:00:00Z,reason=leave`.
fn exemption(value: &Value) -> Option<String> {
    let mut text = subject(value)?;
    let said = |name| value.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
    if let Some(until) = said("until") {
        let moment = until.parse::<jiff::Timestamp>().map(|it| it.to_string());
        text.push_str(&format!(",until={}", moment.unwrap_or_else(|_| clean(until))));
    }
    if let Some(reason) = said("reason") {
        text.push_str(&format!(",reason={}", clean(reason)));
    }
    Some(text)
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
    #[test]
    fn what_holds_commas_gets_a_line_of_its_own() {
        let rule = json!({ "id": 4, "except": ["a", "b"], "subjects": [
            { "type": "group", "name": "devs" },
            { "type": "user", "name": "ann", "until": "2027-01-31T00:00:00Z", "reason": "a, b" },
        ], "warnings": ["It can never refuse.", ""] });
        let fields = [
            ("id", "/id"),
            ("left out", "/except"),
            ("subjects", "/subjects"),
            ("warnings", "/warnings"),
            ("note", "/note"),
        ];
        assert_eq!(
            render_one(&rule, &fields, Style::PLAIN),
            "id        4\nleft out  a, b\nsubjects  group:devs\n          \
             user:ann,until=2027-01-31T00:00:00Z,reason=a, b\nwarnings  It can never refuse.\n"
        );
    }

    #[test]
    fn a_diff_on_a_terminal_does_nothing_but_show() {
        let diff = "diff --git a/x b/x\n@@ -1 +1 @@\n-a\tb\n+\u{1b}[2Jc\n";
        assert_eq!(
            render_diff(diff, Style::PLAIN),
            "diff --git a/x b/x\n@@ -1 +1 @@\n-a\tb\n+\u{fffd}[2Jc\n"
        );
    }
}
