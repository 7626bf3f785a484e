//! `portcullis pull-request`: opened, looked at, reviewed, talked about and merged from where the
//! work is done. Each verb is a call of the server's or shows what it said; none of them decides.

mod change;
mod comment;
mod create;
mod diff;
mod later;
mod list;
mod merge;
mod mergeable;
mod review;
mod show;
mod task;
mod threads;
mod which;

use super::shared::Session;
use crate::Error;
use clap::Subcommand;
use which::One;

/// What can be done with pull requests.
#[derive(Subcommand, Debug)]
pub enum PullRequestCommand {
    /// Open a pull request for a branch that is pushed already
    #[command(after_help = "Example:
  portcullis pull-request create --destination main --reviewer bea

Where one is open between the same branches, nothing is changed.
To push and open one in a single step: git push origin HEAD:refs/for/main")]
    Create(create::Create),
    /// List pull requests
    List(list::List),
    /// Show one pull request: who said what of it, its builds, what is missing
    Show(One),
    /// Print what a pull request changes
    #[command(after_help = "Examples:
  portcullis pull-request diff 12
  portcullis pull-request diff 12 --stat
  portcullis pull-request diff 12 | git apply --check

On a terminal it comes in colours; elsewhere byte for byte.")]
    Diff(diff::Diff),
    /// Fetch the commits of a pull request into the clone one stands in, and check them out
    Checkout(One),
    /// Change a pull request; what is not given stays as it is
    #[command(after_help = "Examples:
  portcullis pull-request update 12 --title 'Log in again' --destination release/2.0
  portcullis pull-request update 12 --add-reviewer cleo --remove-reviewer bea")]
    Update(change::Update),
    /// Make a draft ready to be merged
    Ready(One),
    /// Make a pull request a draft: it cannot be merged until it is ready
    Draft(One),
    /// Say what has to be merged before a pull request
    #[command(after_help = "Example:
  portcullis pull-request depend 7 --on 5

Rules of the kind require_all_dependencies_merged wait for it.")]
    Depend(change::Depend),
    /// Approve a pull request
    Approve(review::Review),
    /// Ask for changes of a pull request
    RequestChanges(review::Review),
    /// Say something about a pull request, or about lines of it
    #[command(after_help = "Examples:
  portcullis pull-request comment 12 'Looks good'
  portcullis pull-request comment 12 'Why?' --file src/login.rs --line 40
  portcullis pull-request comment 12 'Because.' --reply-to 3
  portcullis pull-request comment 12 - < notes.txt")]
    Comment(comment::Comment),
    /// List what was said about a pull request, in threads
    Comments(One),
    /// Settle a thread of comments
    Resolve(comment::Resolve),
    /// Ask for something to be done before a pull request is merged
    Task(task::NewTask),
    /// List the tasks of a pull request
    Tasks(One),
    /// Say that a task is done
    Complete(task::Complete),
    /// May a pull request be merged now? The exit code says it
    #[command(
        after_help = "Exit codes: 0 it can be merged; 1 it cannot, with everything that is missing on standard error
(or the question could not be asked); 2 bad usage; 3 nothing is known to be missing, but rules about
content have to see the merge itself."
    )]
    Mergeable(One),
    /// Merge a pull request, now or later
    #[command(after_help = "Examples:
  portcullis pull-request merge 12
  portcullis pull-request merge 12 --auto     # as soon as nothing is missing
  portcullis pull-request merge 12 --queue    # in its turn, as it was built
  portcullis pull-request merge 12 --cancel   # neither, any more")]
    Merge(merge::Merge),
    /// List what waits in the merge queue of a branch
    Queue(list::Queue),
    /// Decline a pull request: nothing is merged
    Decline(change::Decline),
}

impl PullRequestCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create(it) => it.run(session),
            Self::List(it) => it.run(session),
            Self::Show(one) => show::show(one, session),
            Self::Diff(it) => it.run(session),
            Self::Checkout(one) => diff::check_out(one, session),
            Self::Update(it) => it.run(session),
            Self::Ready(one) => change::set_draft(one, session, false),
            Self::Draft(one) => change::set_draft(one, session, true),
            Self::Depend(it) => it.run(session),
            Self::Approve(it) => it.run(session, review::APPROVAL),
            Self::RequestChanges(it) => it.run(session, review::REQUEST_FOR_CHANGES),
            Self::Comment(it) => it.run(session),
            Self::Comments(one) => comment::list(one, session),
            Self::Resolve(it) => it.run(session),
            Self::Task(it) => it.run(session),
            Self::Tasks(one) => task::list(one, session),
            Self::Complete(it) => it.run(session),
            Self::Mergeable(one) => mergeable::ask(one, session),
            Self::Merge(it) => it.run(session),
            Self::Queue(it) => it.run(session),
            Self::Decline(it) => it.run(session),
        }
    }
}
