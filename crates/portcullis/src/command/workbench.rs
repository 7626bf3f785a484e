//! `portcullis restriction matches` and `check`: the pattern workbench. Shows what the server
//! found; changes nothing.

use super::answer::{list, text};
use super::restriction::{Refs, WHICH, list_path};
use super::shared::{OfRepository, Place, Session};
use crate::Error;
use crate::client::{Style, clean};
use clap::Args;
use serde_json::{Value, json};

/// Arguments of `restriction matches`.
#[derive(Args, Debug)]
pub struct MatchesArgs {
    #[command(flatten)]
    refs: Refs,
    #[command(flatten)]
    of: OfRepository,
}

impl MatchesArgs {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let Some(matcher) = self.refs.matcher() else {
            return Err(Error::Usage(WHICH.into()));
        };
        let place = self.of.name(session)?;
        let body = json!({ "matcher": matcher, "on": self.refs.on });
        let path = format!("/api/v1/repositories/{place}/matches");
        let answer = session.client.post(&path, &body)?;
        session.out.text(&answer, &render_matches(&answer, Style::of_stdout()))
    }
}

/// Arguments of `restriction check`.
#[derive(Args, Debug)]
pub struct CheckArgs {
    #[command(flatten)]
    place: Place,
}

impl CheckArgs {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let answer = session.client.get(&format!("{}/check", list_path(session, &self.place)?))?;
        session.out.text(&answer, &render_check(&answer))
    }
}

fn render_matches(answer: &Value, style: Style) -> String {
    let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or(0);
    let mut lines = vec![format!("matches {} of {} refs", count("size"), count("looked_at"))];
    lines.extend(
        list(answer, "matches").filter_map(Value::as_str).map(|it| format!("  {}", clean(it))),
    );
    if count("near_misses_size") > 0 {
        lines.push(style.quiet("near misses"));
    }
    for miss in list(answer, "near_misses") {
        lines.push(format!("  {}: {}", text(miss, "/ref"), text(miss, "/words")));
    }
    lines.join("\n")
}

fn render_check(answer: &Value) -> String {
    let idle = list(answer, "idle").map(|it| {
        let rule = &it["restriction"];
        let matcher = crate::client::matcher(&rule["matcher"]).unwrap_or_default();
        format!("rule {}, {} on {matcher}: {}", rule["id"], text(rule, "/kind"), text(it, "/words"))
    });
    let idle: Vec<_> = idle.collect();
    if idle.is_empty() { "every rule here can decide something".into() } else { idle.join("\n") }
}
