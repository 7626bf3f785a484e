//! `portcullis branch`: branches of a repository, created and deleted under the same rules as by
//! a push.

use super::output::Field;
use super::shared::{OfRepository, Session};
use crate::Error;
use crate::client::segment;
use clap::Subcommand;
use serde_json::json;

const FIELDS: &[Field] = &[("name", "/name"), ("commit", "/target/hash"), ("date", "/target/date")];

/// What can be done with branches.
#[derive(Subcommand, Debug)]
pub enum BranchCommand {
    /// List branches
    List {
        #[command(flatten)]
        of: OfRepository,
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
        of: OfRepository,
    },
    /// Delete a branch
    Delete {
        /// Its name, without refs/heads/
        name: String,
        #[command(flatten)]
        of: OfRepository,
    },
}

/// All branches of a repository.
fn branches(of: &OfRepository, session: &Session) -> Result<String, Error> {
    Ok(format!("/2.0/repositories/{}/refs/branches", of.name(session)?))
}

impl BranchCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::List { of } => {
                let list = session.client.list(&branches(of, session)?)?;
                session.out.table(list, FIELDS, "no branches")
            }
            Self::Create { name, start, of } => {
                let body = json!({ "name": name, "target": { "hash": start } });
                session.out.one(&session.client.post(&branches(of, session)?, &body)?, FIELDS)
            }
            Self::Delete { name, of } => {
                let parts: Vec<_> = name.split('/').map(segment).collect();
                let path = format!("{}/{}", branches(of, session)?, parts.join("/"));
                let answer = session.client.delete(&path)?;
                session.out.done(&answer, &format!("deleted branch {name}"))
            }
        }
    }
}
