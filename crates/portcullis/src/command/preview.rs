//! `portcullis restriction preview`: what a rule would have done to the pushes and refusals of late.
//! Shows what the server found; changes nothing.

use super::answer::{list, text};
use super::restriction::{KINDS, Rule, changed_rule, list_path, new_rule};
use super::shared::{Place, Session};
use crate::Error;
use crate::client::{Style, clean, readable};
use clap::Args;
use serde_json::{Value, json};

/// Arguments of `restriction preview`.
#[derive(Args, Debug)]
pub struct PreviewArgs {
    /// What the rule would take away; with --instead-of, that of the present rule if not given
    #[arg(value_parser = KINDS, required_unless_present_any = ["instead_of", "without"])]
    kind: Option<String>,
    /// Change the rule of this number; what is not given stays as it is
    #[arg(long, value_name = "ID")]
    instead_of: Option<i64>,
    /// Take the rule of this number away
    #[arg(long, value_name = "ID", conflicts_with_all = ["kind", "instead_of", "matcher", "except", "on", "subjects", "mode", "note"])]
    without: Option<i64>,
    /// How many pushes and refusals to look at, the newest first (1 to 1000)
    #[arg(long, value_name = "NUMBER", default_value_t = 200)]
    last: u32,
    #[command(flatten)]
    rule: Rule,
    #[command(flatten)]
    place: Place,
}

impl PreviewArgs {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let path = list_path(session, &self.place)?;
        let rule = match (&self.kind, self.instead_of) {
            (kind, Some(id)) => {
                let mut rule = changed_rule(session, &format!("{path}/{id}"), &self.rule)?;
                if let Some(kind) = kind {
                    rule["kind"] = kind.as_str().into();
                }
                rule
            }
            (Some(kind), None) => new_rule(kind, &self.rule)?,
            (None, None) => Value::Null,
        };
        let body = json!({
            "rule": rule, "instead_of": self.instead_of.or(self.without), "last": self.last,
        });
        let answer = session.client.post(&format!("{path}/preview"), &body)?;
        session.out.text(&answer, &render(&answer, Style::of_stdout()))
    }
}

fn moment(value: &Value, pointer: &str) -> String {
    readable(&text(value, pointer))
}

/// The counts, then who and where, then each event, then what is not known.
fn render(answer: &Value, style: Style) -> String {
    let looked = answer.pointer("/looked_at/count").and_then(Value::as_u64).unwrap_or(0);
    let mut lines = vec![match looked {
        0 => "nothing was pushed or refused here yet".to_owned(),
        _ => format!(
            "looked at {looked} pushes and refusals, {} to {}",
            moment(answer, "/looked_at/oldest"),
            moment(answer, "/looked_at/newest")
        ),
    }];
    lines.push(format!("  {}", tally(&answer["total"])));
    for (title, name) in [("by principal", "by_principal"), ("by ref", "by_ref")] {
        let rows: Vec<_> = list(answer, name).collect();
        if !rows.is_empty() {
            lines.push(style.quiet(title));
        }
        for row in rows {
            let what = if name == "by_ref" { place(row) } else { principal(row) };
            lines.push(format!("  {what}: {}", tally(row)));
        }
    }
    let events: Vec<_> = list(answer, "events").collect();
    if !events.is_empty() {
        lines.push(style.quiet("one by one, the newest first"));
    }
    lines.extend(events.into_iter().map(|it| event(it, style)));
    let left_out = answer["events_left_out"].as_u64().unwrap_or(0);
    if left_out > 0 {
        lines.push(format!("  and {left_out} more"));
    }
    lines.push(style.quiet("what this cannot know"));
    lines.extend(
        list(answer, "limits").filter_map(Value::as_str).map(|it| format!("  {}", clean(it))),
    );
    lines.join("\n")
}

/// `2 would be refused, 1 would pass, 7 the same`.
fn tally(row: &Value) -> String {
    let count = |name: &str| row.get(name).and_then(Value::as_u64).unwrap_or(0);
    let same = count("passing") + count("still_refused");
    let told = [
        (count("refused"), "would be refused"),
        (count("admitted"), "would pass that were refused"),
        (count("noted"), "would pass with a notice"),
        (count("unknown"), "not known"),
        (same, "the same as now"),
    ];
    let told = told.into_iter().filter(|(count, _)| *count > 0);
    let told: Vec<_> = told.map(|(count, what)| format!("{count} {what}")).collect();
    if told.is_empty() { "nothing".into() } else { told.join(", ") }
}

fn principal(row: &Value) -> String {
    match (text(row, "/principal/type").as_str(), text(row, "/principal/name")) {
        ("user", name) => name,
        (kind, name) => format!("{kind}:{name}"),
    }
}

fn place(row: &Value) -> String {
    format!("{} {}", text(row, "/repository"), text(row, "/ref"))
}

fn event(it: &Value, style: Style) -> String {
    let would = match text(it, "/would_be").as_str() {
        "refused" => style.bad(&format!("would be refused, {}", text(it, "/code"))),
        "admitted" => style.good("would pass"),
        "noted" => format!("would pass with a notice, {}", text(it, "/code")),
        _ => format!("not known: {}", text(it, "/unknown_because")),
    };
    let codes: Vec<_> = list(it, "codes").filter_map(Value::as_str).map(clean).collect();
    let was = match codes.as_slice() {
        [] => "landed".to_owned(),
        codes => format!("was refused, {}", codes.join(", ")),
    };
    format!(
        "  {}  {} ({})  {} {}  {was}  {would}",
        moment(it, "/at"),
        principal(it),
        text(it, "/credential"),
        text(it, "/change"),
        place(it),
    )
}
