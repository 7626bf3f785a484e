//! `portcullis branch`: branches of a repository, created and deleted under the same rules as by
//! a push.

use super::output::Field;
use super::shared::{Session, repository};
use crate::Error;
use crate::client::segment;
use clap::{Args, Subcommand};
use model::RepositoryPath;
use serde_json::json;

const FIELDS: &[Field] = &[("name", "/name"), ("commit", "/target/hash"), ("date", "/target/date")];

/// What can be done with branches.
#[derive(Subcommand, Debug)]
pub enum BranchCommand {
    /// List branches
    List {
        #[command(flatten)]
        of: Of,
    },
    /// Create a branch
    #[command(after_help = "Example:
  portcullis branch create release/2 main --repository acme/site")]
    Create {
        /// Its name, without refs/heads/
        name: String,
        /// Where it starts: a branch or a commit
        start: String,
        #[command(flatten)]
        of: Of,
    },
    /// Delete a branch
    Delete {
        /// Its name, without refs/heads/
        name: String,
        #[command(flatten)]
        of: Of,
    },
}

/// A repository.
#[derive(Args, Debug)]
pub struct Of {
    /// The repository; the one that one stands in if not given
    #[arg(long, value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: Option<RepositoryPath>,
}

impl Of {
    fn path(&self, session: &Session) -> Result<String, Error> {
        let path = session.repository(self.repository.as_ref())?;
        Ok(format!("/2.0/repositories/{path}/refs/branches"))
    }
}

impl BranchCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::List { of } => {
                let list = session.client.list(&of.path(session)?)?;
                session.out.table(list, FIELDS, "no branches")
            }
            Self::Create { name, start, of } => {
                let body = json!({ "name": name, "target": { "hash": start } });
                session.out.one(&session.client.post(&of.path(session)?, &body)?, FIELDS)
            }
            Self::Delete { name, of } => {
                let parts: Vec<_> = name.split('/').map(segment).collect();
                let path = format!("{}/{}", of.path(session)?, parts.join("/"));
                let answer = session.client.delete(&path)?;
                session.out.done(&answer, &format!("deleted branch {name}"))
            }
        }
    }
}
