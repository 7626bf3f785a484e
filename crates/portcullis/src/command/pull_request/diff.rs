//! The commits of a pull request themselves: what they change, printed, and checked out.

use super::which::One;
use crate::Error;
use crate::client::fetch_and_checkout;
use crate::command::output::{Field, note};
use crate::command::shared::Session;
use clap::Args;
use serde_json::Value;

const FILES: &[Field] = &[
    ("status", "/status"),
    ("added", "/lines_added"),
    ("removed", "/lines_removed"),
    ("from", "/old/path"),
    ("to", "/new/path"),
];

/// Arguments of `diff`.
#[derive(Args, Debug)]
pub struct Diff {
    #[command(flatten)]
    one: One,
    /// Only which files are changed, and by how many lines
    #[arg(long)]
    stat: bool,
}

impl Diff {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let path = self.one.path(session)?;
        if self.stat {
            let files = session.client.list(&session.client.led(&format!("{path}/diffstat"))?)?;
            return session.out.table(files, FILES, "no file is changed");
        }
        let at = session.client.led(&format!("{path}/diff"))?;
        session.out.diff(&session.client.get_bytes(&at)?)
    }
}

/// Leaves no branch behind that could be taken for somebody's own: the commit is checked out
/// as it is.
pub fn check_out(one: &One, session: &Session) -> Result<(), Error> {
    let answer = session.client.get(&one.path(session)?)?;
    let name = format!("refs/pull-requests/{}/from", one.number);
    fetch_and_checkout(&name)?;
    let title = answer.get("title").and_then(Value::as_str).unwrap_or_default();
    // Whoever closed standard error does not want to know.
    drop(note("to work on it: git switch -c NAME"));
    session.out.done(&answer, &format!("checked out #{}: {title}", one.number))
}
