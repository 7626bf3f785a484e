//! `portcullis audit`: who changed what.

use super::output::Field;
use super::shared::Session;
use crate::Error;
use crate::client::segment;
use clap::Args;
use serde_json::Value;

const COLUMNS: &[Field] = &[
    ("when", "/at"),
    ("who", "/principal/name"),
    ("by", "/credential"),
    ("through", "/channel"),
    ("what", "/what"),
];

/// What is asked of the audit log.
#[derive(Args, Debug)]
pub struct AuditArgs {
    /// All that happened from then on, such as 2026-11-22T08:00:00Z, instead of the last lines
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// How many lines at most, of the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 50,
          value_parser = clap::value_parser!(u32).range(1..=100), conflicts_with = "since")]
    last: u32,
}

impl AuditArgs {
    /// Lists it, newest first.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let lines = match &self.since {
            Some(since) => {
                session.client.list(&format!("/api/v1/audit?since={}", segment(since)))?
            }
            None => {
                let path = format!("/api/v1/audit?pagelen={}", self.last);
                let mut page = session.client.get(&path)?;
                match page.get_mut("values").map(Value::take) {
                    Some(Value::Array(lines)) => lines,
                    Some(_) | None => Vec::new(),
                }
            }
        };
        session.out.table(lines, COLUMNS, "nothing was changed")
    }
}
