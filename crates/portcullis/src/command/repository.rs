//! `portcullis repository`.

use super::output::Field;
use super::shared::{Session, given, repository, workspace_slug};
use crate::Error;
use clap::{Args, Subcommand};
use model::{RepositoryPath, WorkspaceSlug};
use serde_json::{Value, json};

const FIELDS: &[Field] = &[
    ("name", "/full_name"),
    ("project", "/project/key"),
    ("private", "/is_private"),
    ("main branch", "/mainbranch/name"),
    ("clone", "/links/clone/0/href"),
    ("description", "/description"),
    ("updated", "/updated_on"),
];

const COLUMNS: &[Field] = &[
    ("name", "/full_name"),
    ("project", "/project/key"),
    ("private", "/is_private"),
    ("main branch", "/mainbranch/name"),
    ("description", "/description"),
];

/// What can be done with repositories.
#[derive(Subcommand, Debug)]
pub enum RepositoryCommand {
    /// Create a repository
    #[command(after_help = "Example:
  portcullis repository create acme/site --project CORE")]
    Create(Change),
    /// List the repositories of a workspace that one may see
    List {
        /// The workspace
        #[arg(value_parser = workspace_slug)]
        workspace: WorkspaceSlug,
    },
    /// Show one repository
    Show(Which),
    /// Change a repository; what is not given stays as it is
    #[command(after_help = "Example:
  portcullis repository update acme/site --archived true")]
    Update {
        #[command(flatten)]
        change: Change,
        /// Archived repositories can be read and not changed
        #[arg(long, value_name = "true|false")]
        archived: Option<bool>,
        /// The most it may have: bytes, or `10G`; 0 for what the configuration says
        #[arg(long, value_name = "SIZE", value_parser = size_limit)]
        size_limit: Option<u64>,
    },
    /// Delete a repository with everything in it
    Delete {
        /// The repository: always named, because there is no way back
        #[arg(value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
        repository: RepositoryPath,
    },
    /// Repack now and write what makes reading fast; returns when it is done
    #[command(after_help = "Example, on the server's own machine:
  portcullis repository maintain acme/site --data /var/lib/portcullis")]
    Maintain(Which),
}

/// A repository.
#[derive(Args, Debug)]
pub struct Which {
    /// The repository; the one that one stands in if not given
    #[arg(value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: Option<RepositoryPath>,
}

/// A repository and what it is to be like.
#[derive(Args, Debug)]
pub struct Change {
    /// The repository
    #[arg(value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: RepositoryPath,
    /// Key of the project it belongs to
    #[arg(long, value_name = "KEY")]
    project: Option<String>,
    /// What it is about
    #[arg(long)]
    description: Option<String>,
    /// Hide it from those without a permission on it
    #[arg(long, value_name = "true|false")]
    private: Option<bool>,
    /// Who may fork it
    #[arg(long, value_name = "POLICY", value_parser = ["allow_forks", "no_public_forks", "no_forks"])]
    fork_policy: Option<String>,
}

impl Change {
    fn path(&self) -> String {
        format!("/2.0/repositories/{}", self.repository)
    }

    fn project(&self) -> Option<Value> {
        self.project.as_ref().map(|key| json!({ "key": key }))
    }
}

impl RepositoryCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create(it) => {
                let body = given([
                    ("scm", Some("git".into())),
                    ("is_private", Some(it.private.unwrap_or(true).into())),
                    ("project", it.project()),
                    ("description", it.description.as_deref().map(Into::into)),
                    ("fork_policy", it.fork_policy.as_deref().map(Into::into)),
                ]);
                session.out.one(&session.client.post(&it.path(), &body)?, FIELDS)
            }
            Self::List { workspace } => {
                let list = session.client.list(&format!("/2.0/repositories/{workspace}"))?;
                session.out.table(list, COLUMNS, "no repositories")
            }
            Self::Show(it) => {
                let path = session.repository(it.repository.as_ref())?;
                let answer = session.client.get(&format!("/2.0/repositories/{path}"))?;
                session.out.one(&answer, FIELDS)
            }
            Self::Update { change, archived, size_limit } => {
                update(session, change, *archived, *size_limit)
            }
            Self::Delete { repository } => {
                let answer = session.client.delete(&format!("/2.0/repositories/{repository}"))?;
                session.out.done(&answer, &format!("deleted repository {repository}"))
            }
            Self::Maintain(it) => {
                let path = session.repository(it.repository.as_ref())?;
                let url = format!("/api/v1/repositories/{path}/maintenance");
                let answer = session.client.post(&url, &json!({}))?;
                session.out.done(&answer, &format!("maintained repository {path}"))
            }
        }
    }
}

fn size_limit(text: &str) -> Result<u64, String> {
    if text == "0" { Ok(0) } else { crate::config::parse_size(text) }
}

/// `archived` and `size_limit` are words of our own API, the rest are Bitbucket's: up to two
/// requests.
fn update(
    session: &Session,
    change: &Change,
    archived: Option<bool>,
    size_limit: Option<u64>,
) -> Result<(), Error> {
    let body = given([
        ("is_private", change.private.map(Into::into)),
        ("project", change.project()),
        ("description", change.description.as_deref().map(Into::into)),
        ("fork_policy", change.fork_policy.as_deref().map(Into::into)),
    ]);
    let nothing = body.as_object().is_none_or(serde_json::Map::is_empty);
    let own =
        given([("archived", archived.map(Into::into)), ("size_limit", size_limit.map(Into::into))]);
    let has_own = archived.is_some() || size_limit.is_some();
    if nothing && !has_own {
        return Err(Error::Usage("nothing to change was given".into()));
    }
    if has_own {
        let path = format!("/api/v1/repositories/{}", change.repository);
        session.client.put(&path, &own)?;
    }
    let answer = if nothing {
        session.client.get(&change.path())?
    } else {
        session.client.put(&change.path(), &body)?
    };
    session.out.one(&answer, FIELDS)
}
