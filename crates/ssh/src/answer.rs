//! What came of a command, as text and an exit status. Prints what `app` said; adds nothing.

use crate::command::NotACommand;
use crate::quote::Unreadable;
use app::{Error, Failure};

/// The command did what was asked.
pub const DONE: u32 = 0;
/// It was refused, or has failed.
pub const REFUSED: u32 = 1;
/// It is not a command, or not used like this.
pub const USAGE: u32 = 2;
/// What git's own services end with when they cannot begin.
pub const DEAD: u32 = 128;

/// What can be run here.
pub const HELP: &str = "\
There is no shell here. Git uses this door by itself; besides, you can ask:

  whoami                          who the server thinks you are, and by which key
  repositories                    what you may see
  explain WORKSPACE/REPOSITORY REF [OPERATION]
                                  whether you may do it and why; an operation is read, create,
                                  fast-forward, rewrite, delete or merge
  refusal R-XXXXXXXX              a refusal again, with everything that was weighed
  help                            this list
";

/// What a person is told about an error.
pub fn text(error: &Error) -> String {
    match error {
        Error::Refused(refused) => app::door_text(&refused.records),
        Error::Failed(failure) => format!("{}  {}\n", failure.code, failure.sentence),
        Error::Invalid(_)
        | Error::Conflict { .. }
        | Error::State { .. }
        | Error::Conflicting { .. }
        | Error::Unconfirmed { .. }
        | Error::NotFound { .. }
        | Error::TooLarge { .. }
        | Error::TookTooLong => format!("{error}\n"),
    }
}

/// What a person is told who asked for something that is not run.
pub fn not_a_command(why: &NotACommand) -> String {
    match why {
        NotACommand::Unreadable(Unreadable::Open) => {
            "this command ends in the middle of a quote\n".into()
        }
        NotACommand::Unreadable(Unreadable::Shell(c)) => {
            format!(
                "there is no shell here that `{}` could mean something to\n\n{HELP}",
                c.escape_default()
            )
        }
        NotACommand::Usage(usage) => format!("use it like this: {usage}\n"),
        NotACommand::NotOffered(why) => format!("{why}\n"),
        NotACommand::Unknown(name) => {
            let start: String = name.chars().take(60).collect();
            let more = if start.len() < name.len() { "…" } else { "" };
            format!("no such command: `{}{more}`\n\n{HELP}", app::visible(&start))
        }
    }
}

/// Writes down, once, what is ours to mend; it is found by the id of the request.
pub fn log(error: &Error, request_id: &str) {
    if let Error::Failed(Failure { code, .. }) = error {
        tracing::error!(request_id, code, error = chain(error), "an SSH command failed");
    }
}

/// An error with what led to it.
pub fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause: Option<&dyn std::error::Error> = match error {
        Error::Failed(failure) => Some(&*failure.source),
        Error::Refused(_)
        | Error::Invalid(_)
        | Error::Conflict { .. }
        | Error::State { .. }
        | Error::Conflicting { .. }
        | Error::Unconfirmed { .. }
        | Error::NotFound { .. }
        | Error::TooLarge { .. }
        | Error::TookTooLong => None,
    };
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
