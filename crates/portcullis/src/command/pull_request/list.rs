//! Many pull requests: those of a repository, and those that wait to be merged into a branch.

use super::which::requests;
use crate::Error;
use crate::client::segment;
use crate::command::output::Field;
use crate::command::shared::{OfRepository, Session};
use clap::Args;
use serde_json::Value;

const LISTED: &[Field] = &[
    ("number", "/id"),
    ("state", "/state"),
    ("title", "/title"),
    ("author", "/author/nickname"),
    ("source", "/source/branch/name"),
    ("destination", "/destination/branch/name"),
];

const WAITING: &[Field] = &[
    ("place", "/position"),
    ("number", "/pull_request"),
    ("waits for", "/state"),
    ("commit", "/commit"),
    ("asked by", "/asked_by/name"),
    ("missing", "/missing/0"),
];

/// Arguments of `list`.
#[derive(Args, Debug)]
pub struct List {
    /// Which: `open`, `merged`, `declined`, `superseded` or `all`
    #[arg(long, default_value = "open")]
    state: String,
    #[command(flatten)]
    of: OfRepository,
}

/// Arguments of `queue`.
#[derive(Args, Debug)]
pub struct Queue {
    /// The branch; the main branch if not given
    branch: Option<String>,
    #[command(flatten)]
    of: OfRepository,
}

impl List {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let path = format!("{}?state={}", requests(&self.of, session)?, segment(&self.state));
        session.out.table(session.client.list(&path)?, LISTED, "no pull requests")
    }
}

impl Queue {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let path = self.of.name(session)?;
        let branch = match &self.branch {
            Some(branch) => branch.clone(),
            None => {
                let repository = session.client.get(&format!("/2.0/repositories/{path}"))?;
                let main = repository.pointer("/mainbranch/name").and_then(Value::as_str);
                let none = || Error::Usage("there is no main branch: name a branch".into());
                main.ok_or_else(none)?.to_owned()
            }
        };
        let parts: Vec<_> = branch.split('/').map(segment).collect();
        let queue = format!("/api/v1/repositories/{path}/merge-queue/{}", parts.join("/"));
        let empty = format!("nothing waits to be merged into {branch}");
        session.out.table(session.client.list(&queue)?, WAITING, &empty)
    }
}
