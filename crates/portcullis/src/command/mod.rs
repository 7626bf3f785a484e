//! The command line: what can be asked, and how an answer becomes an exit code. Each noun has a
//! module of its own; none of them decides anything, they ask the server.

mod answer;
mod audit;
mod branch;
mod branching_model;
mod can;
mod explain;
mod grant;
mod group;
mod help;
mod key;
mod login;
mod output;
mod plumbing;
mod policy;
mod preview;
mod project;
mod pull_request;
mod refusal;
mod repository;
mod restriction;
mod serve;
mod shared;
mod token;
mod user;
mod workbench;
mod workspace;

use crate::Error;
use crate::client::{Connection, Style};
use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::Shell;
use shared::Session;
use std::io::Write as _;
use std::process::ExitCode;

/// A Git server whose every refusal explains itself.
#[derive(Parser, Debug)]
#[command(name = "portcullis", version, about, after_help = help::EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
#[command(disable_help_subcommand = false)]
enum Command {
    /// Run the server
    #[command(after_help = help::SERVE)]
    Serve(serve::ServeArgs),
    /// Explain a refusal, or what would be decided now
    #[command(after_help = help::EXPLAIN)]
    Explain(Asking<explain::ExplainArgs>),
    /// May somebody do this to a ref? The exit code says it
    #[command(after_help = help::CAN)]
    Can(Asking<can::CanArgs>),
    /// Who changed what (instance administrators)
    #[command(after_help = help::AUDIT)]
    Audit(Asking<audit::AuditArgs>),
    /// What was refused lately
    Refusal(Noun<refusal::RefusalCommand>),
    /// People
    User(Noun<user::UserCommand>),
    /// Workspaces and who is in them
    Workspace(Noun<workspace::WorkspaceCommand>),
    /// Groups of a workspace's members
    Group(Noun<group::GroupCommand>),
    /// Projects of a workspace
    Project(Noun<project::ProjectCommand>),
    /// Repositories
    Repository(Noun<repository::RepositoryCommand>),
    /// Branches, under the same rules as a push
    Branch(Noun<branch::BranchCommand>),
    /// Pull requests
    PullRequest(Noun<pull_request::PullRequestCommand>),
    /// What branches are called, for rules about classes of them
    BranchingModel(Noun<branching_model::BranchingModelCommand>),
    /// Who has which permission on what
    Grant(Noun<grant::GrantCommand>),
    /// Rules that take operations on refs away
    Restriction(Noun<restriction::RestrictionCommand>),
    /// Grants and restrictions of a place as one text
    Policy(Noun<policy::PolicyCommand>),
    /// SSH keys and access keys
    Key(Noun<key::KeyCommand>),
    /// API tokens and access tokens
    Token(Noun<token::TokenCommand>),
    /// Remember a server and a secret for it
    #[command(after_help = help::LOGIN)]
    Login(login::LoginArgs),
    /// Forget a server's secret
    Logout(login::LogoutArgs),
    /// Print a completion script for a shell
    #[command(after_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Git's protocol on standard input and output, over a plain bare repository
    #[command(subcommand)]
    Plumbing(plumbing::PlumbingCommand),
}

/// A noun: a verb, and where to ask.
#[derive(Args, Debug)]
struct Noun<V: Subcommand> {
    #[command(subcommand)]
    verb: V,
    #[command(flatten)]
    connection: Connection,
}

/// A command of its own that asks a server.
#[derive(Args, Debug)]
struct Asking<A: Args> {
    #[command(flatten)]
    what: A,
    #[command(flatten)]
    connection: Connection,
}

impl Command {
    fn run(&self) -> Result<(), Error> {
        match self {
            Self::Serve(it) => it.run(),
            Self::Explain(it) => it.what.run(&Session::open(&it.connection)?),
            Self::Can(it) => it.what.run(&Session::open(&it.connection)?),
            Self::Audit(it) => it.what.run(&Session::open(&it.connection)?),
            Self::Refusal(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::User(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Workspace(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Group(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Project(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Repository(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Branch(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::PullRequest(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::BranchingModel(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Grant(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Restriction(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Policy(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Key(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Token(it) => it.verb.run(&Session::open(&it.connection)?),
            Self::Login(it) => it.run(),
            Self::Logout(it) => it.run(),
            Self::Completions { shell } => completions(*shell),
            Self::Plumbing(it) => it.run(),
        }
    }

    /// Was `--json` asked for? Then an error is a JSON document on standard output, too.
    fn wants_json(&self) -> bool {
        match self {
            Self::Explain(it) => it.connection.json,
            Self::Can(it) => it.connection.json,
            Self::Audit(it) => it.connection.json,
            Self::Refusal(it) => it.connection.json,
            Self::User(it) => it.connection.json,
            Self::Workspace(it) => it.connection.json,
            Self::Group(it) => it.connection.json,
            Self::Project(it) => it.connection.json,
            Self::Repository(it) => it.connection.json,
            Self::Branch(it) => it.connection.json,
            Self::PullRequest(it) => it.connection.json,
            Self::BranchingModel(it) => it.connection.json,
            Self::Grant(it) => it.connection.json,
            Self::Restriction(it) => it.connection.json,
            Self::Policy(it) => it.connection.json,
            Self::Key(it) => it.connection.json,
            Self::Token(it) => it.connection.json,
            Self::Login(_)
            | Self::Logout(_)
            | Self::Serve(_)
            | Self::Completions { .. }
            | Self::Plumbing(_) => false,
        }
    }
}

/// The whole program: reads the arguments, runs the command, says what went wrong.
pub fn main() -> ExitCode {
    let matches = help::grouped(Cli::command()).try_get_matches();
    let cli = match matches.and_then(|it| Cli::from_arg_matches(&it)) {
        Ok(cli) => cli,
        Err(error) => {
            // Help that cannot be printed has nobody to tell.
            drop(error.print());
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match cli.command.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error, cli.command.wants_json());
            ExitCode::from(error.exit_code())
        }
    }
}

/// The reason on standard error; with `--json`, the server's document on standard output, too.
fn report(error: &Error, json: bool) {
    let text = match error {
        Error::Server(answer) => {
            if json && answer.document.is_object() {
                // Should this fail, the reason below is still told.
                drop(output::print(&format!("{:#}\n", answer.document)));
            }
            answer.render(Style::of_stderr())
        }
        other => other.to_string(),
    };
    // Whoever closed standard error does not want to know.
    drop(writeln!(std::io::stderr(), "portcullis: {text}"));
}

fn completions(shell: Shell) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "portcullis", &mut script);
    output::print(&String::from_utf8_lossy(&script))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        help::grouped(Cli::command()).debug_assert();
    }

    #[test]
    fn every_command_stands_in_exactly_one_group_of_the_help() {
        let mut grouped: Vec<_> =
            help::GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        let command = Cli::command();
        let mut known: Vec<_> = command.get_subcommands().map(clap::Command::get_name).collect();
        grouped.sort_unstable();
        known.sort_unstable();
        assert_eq!(grouped, known);
    }
}
