//! Pull requests merged: now, later, or not later any more.

use super::later::waits;
use super::show::SHOWN;
use super::which::One;
use crate::Error;
use crate::command::answer::text;
use crate::command::shared::{Session, given};
use clap::Args;
use serde_json::Value;

/// How a pull request is merged.
#[derive(Args, Debug)]
pub struct Merge {
    #[command(flatten)]
    one: One,
    /// `merge_commit`, `squash`, `fast_forward`, `squash_fast_forward`, `rebase_fast_forward` or
    /// `rebase_merge`; the repository's default if not given
    #[arg(long)]
    strategy: Option<String>,
    /// The message of the new commit
    #[arg(long)]
    message: Option<String>,
    /// Remove the source branch afterwards, whatever the request says
    #[arg(long, value_name = "true|false")]
    close_source_branch: Option<bool>,
    /// Merge it as soon as nothing is missing, where the branch permits it
    #[arg(long, conflicts_with_all = ["queue", "cancel"])]
    auto: bool,
    /// Put it at the end of the merge queue of its branch
    #[arg(long, conflicts_with = "cancel")]
    queue: bool,
    /// Take back that it is to be merged later
    #[arg(long, conflicts_with_all = ["strategy", "message", "close_source_branch"])]
    cancel: bool,
}

impl Merge {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        if self.cancel {
            return self.take_back(session);
        }
        let body = given([
            ("merge_strategy", self.strategy.as_deref().map(Into::into)),
            ("message", self.message.as_deref().map(Into::into)),
            ("close_source_branch", self.close_source_branch.map(Into::into)),
        ]);
        if self.auto || self.queue {
            let way = if self.auto { "auto-merge" } else { "queue" };
            return self.ask(session, way, &body);
        }
        let path = format!("{}/merge", self.one.path(session)?);
        session.out.one(&session.client.post(&path, &body)?, SHOWN)
    }

    fn ask(&self, session: &Session, way: &str, body: &Value) -> Result<(), Error> {
        let path = format!("{}/{way}", self.one.own_path(session)?);
        let answer = session.client.post(&path, body)?;
        let number = format!("#{}", self.one.number);
        let told = waits(&number, &answer).unwrap_or_else(|| {
            let commit = text(&answer, "/merge_commit");
            format!("{number} is merged as {commit}: nothing was missing")
        });
        session.out.text(&answer, &told)
    }

    /// Whichever of the two it waits for.
    fn take_back(&self, session: &Session) -> Result<(), Error> {
        let later = self.one.own_path(session)?;
        let found = session.client.get(&format!("{later}/mergeable"))?;
        let number = self.one.number;
        let way = match found.pointer("/waiting/way").and_then(Value::as_str) {
            Some("queue") => "queue",
            Some(_) => "auto-merge",
            None => return Err(Error::Usage(format!("#{number} does not wait to be merged"))),
        };
        let answer = session.client.delete(&format!("{later}/{way}"))?;
        session.out.done(&answer, &format!("#{number} does not wait to be merged any more"))
    }
}
