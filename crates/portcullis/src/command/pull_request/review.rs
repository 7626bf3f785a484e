//! What whoever asks thinks of a pull request. The last word counts, and can be taken back.

use super::which::One;
use crate::Error;
use crate::command::shared::Session;
use clap::Args;
use serde_json::json;

/// Arguments of `approve` and `request-changes`.
#[derive(Args, Debug)]
pub struct Review {
    #[command(flatten)]
    one: One,
    /// Take it back
    #[arg(long)]
    undo: bool,
}

/// A word on a pull request.
#[derive(Clone, Copy)]
pub struct Word {
    /// Where it is said.
    path: &'static str,
    /// `approved`, before the number.
    said: &'static str,
    /// `the approval`.
    noun: &'static str,
}

/// It may be merged.
pub const APPROVAL: Word = Word { path: "approve", said: "approved", noun: "the approval" };

/// It may not be merged as it is.
pub const REQUEST_FOR_CHANGES: Word =
    Word { path: "request-changes", said: "asked for changes of", noun: "the request for changes" };

impl Review {
    /// Says it, or takes it back.
    pub fn run(&self, session: &Session, word: Word) -> Result<(), Error> {
        let number = self.one.number;
        let path = format!("{}/{}", self.one.path(session)?, word.path);
        if self.undo {
            let answer = session.client.delete(&path)?;
            return session.out.done(&answer, &format!("took {} of #{number} back", word.noun));
        }
        let answer = session.client.post(&path, &json!({}))?;
        session.out.done(&answer, &format!("{} #{number}", word.said))
    }
}
