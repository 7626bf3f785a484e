//! What is said about a pull request: a comment, all comments, a thread settled.

use super::threads::threads;
use super::which::One;
use crate::Error;
use crate::client::Style;
use crate::command::shared::{Session, given};
use clap::Args;
use serde_json::{Value, json};

/// Arguments of `comment`.
#[derive(Args, Debug)]
pub struct Comment {
    #[command(flatten)]
    one: One,
    /// What to say; `-` reads it from standard input
    text: String,
    /// The file it is about
    #[arg(long, value_name = "PATH")]
    file: Option<String>,
    /// The line of that file, as the pull request has it
    #[arg(long, value_name = "LINE", requires = "file")]
    line: Option<i64>,
    /// The line of that file, as it was before
    #[arg(long, value_name = "LINE", requires = "file", conflicts_with = "line")]
    old_line: Option<i64>,
    /// The number of the comment that this one answers
    #[arg(long, value_name = "COMMENT", conflicts_with = "file")]
    reply_to: Option<i64>,
}

/// Arguments of `resolve`.
#[derive(Args, Debug)]
pub struct Resolve {
    #[command(flatten)]
    one: One,
    /// The number of the comment that began the thread
    comment: i64,
    /// Open the thread again
    #[arg(long)]
    undo: bool,
}

impl Comment {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let text = match self.text.as_str() {
            "-" => std::io::read_to_string(std::io::stdin())
                .map_err(|e| Error::Failed(format!("cannot read standard input: {e}")))?,
            text => text.to_owned(),
        };
        let inline = self.file.as_ref().map(|path| {
            let lines = [("to", self.line), ("from", self.old_line)];
            let lines = lines.map(|(name, it)| (name, it.map(Into::into)));
            given([("path", Some(path.as_str().into()))].into_iter().chain(lines))
        });
        let body = given([
            ("content", Some(json!({ "raw": text }))),
            ("inline", inline),
            ("parent", self.reply_to.map(|it| json!({ "id": it }))),
        ]);
        let path = format!("{}/comments", self.one.path(session)?);
        let answer = session.client.post(&path, &body)?;
        let id = answer.get("id").and_then(Value::as_i64).unwrap_or_default();
        session.out.done(&answer, &format!("comment {id} on #{}", self.one.number))
    }
}

/// All of them, thread by thread.
pub fn list(one: &One, session: &Session) -> Result<(), Error> {
    let comments = session.client.list(&format!("{}/comments", one.path(session)?))?;
    let text = match comments.as_slice() {
        [] => format!("nobody has said anything about #{}", one.number),
        comments => threads(comments, Style::of_stdout()),
    };
    session.out.text(&Value::Array(comments), &text)
}

impl Resolve {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let path = format!("{}/comments/{}/resolve", self.one.path(session)?, self.comment);
        let thread = format!("the thread of comment {} on #{}", self.comment, self.one.number);
        if self.undo {
            let answer = session.client.delete(&path)?;
            return session.out.done(&answer, &format!("opened {thread} again"));
        }
        let answer = session.client.post(&path, &json!({}))?;
        session.out.done(&answer, &format!("resolved {thread}"))
    }
}
