//! Tasks: what has to be done before a pull request is merged.

use super::which::One;
use crate::Error;
use crate::command::output::Field;
use crate::command::shared::{Session, given};
use clap::Args;
use serde_json::{Value, json};

const LISTED: &[Field] = &[
    ("task", "/id"),
    ("state", "/state"),
    ("what", "/content/raw"),
    ("by", "/creator/nickname"),
    ("comment", "/comment/id"),
    ("done by", "/resolved_by/nickname"),
];

/// Arguments of `task`.
#[derive(Args, Debug)]
pub struct NewTask {
    #[command(flatten)]
    one: One,
    /// What is to be done
    text: String,
    /// The number of the comment it came up in
    #[arg(long, value_name = "COMMENT")]
    comment: Option<i64>,
}

/// Arguments of `complete`.
#[derive(Args, Debug)]
pub struct Complete {
    #[command(flatten)]
    one: One,
    /// The number of the task
    task: i64,
    /// It is not done after all
    #[arg(long)]
    undo: bool,
}

impl NewTask {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let body = given([
            ("content", Some(json!({ "raw": self.text }))),
            ("comment", self.comment.map(|it| json!({ "id": it }))),
        ]);
        let answer = session.client.post(&format!("{}/tasks", self.one.path(session)?), &body)?;
        let id = answer.get("id").and_then(Value::as_i64).unwrap_or_default();
        session.out.done(&answer, &format!("task {id} of #{}", self.one.number))
    }
}

/// All of them, the oldest first.
pub fn list(one: &One, session: &Session) -> Result<(), Error> {
    let tasks = session.client.list(&format!("{}/tasks", one.path(session)?))?;
    session.out.table(tasks, LISTED, &format!("#{} has no tasks", one.number))
}

impl Complete {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let path = format!("{}/tasks/{}", self.one.path(session)?, self.task);
        let (state, word) =
            if self.undo { ("UNRESOLVED", "open again") } else { ("RESOLVED", "done") };
        let answer = session.client.put(&path, &json!({ "state": state }))?;
        session.out.done(&answer, &format!("task {} of #{} is {word}", self.task, self.one.number))
    }
}
