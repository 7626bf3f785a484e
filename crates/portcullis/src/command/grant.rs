//! `portcullis grant`: who has which permission on what.

use super::output::Field;
use super::shared::{Place, Session, SubjectArg, subject};
use crate::Error;
use clap::{Subcommand, ValueEnum};
use serde_json::json;

const COLUMNS: &[Field] =
    &[("subject", "/subject"), ("permission", "/permission"), ("level", "/level")];

/// What can be done with grants.
#[derive(Subcommand, Debug)]
pub enum GrantCommand {
    /// Give a subject a permission, or take it away with `none`
    #[command(after_help = "Examples:
  portcullis grant set --repository acme/site ann write
  portcullis grant set --project acme/CORE group:devs read
  portcullis grant set --workspace acme everyone none")]
    Set {
        /// `NAME`, `group:NAME`, `access_token:NAME`, `everyone` or `anyone`
        #[arg(value_parser = subject)]
        subject: SubjectArg,
        /// What they may do
        #[arg(value_enum)]
        permission: PermissionArg,
        #[command(flatten)]
        place: Place,
    },
    /// List the grants made on a repository, project or workspace
    List {
        #[command(flatten)]
        place: Place,
    },
}

/// A permission, or none.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum PermissionArg {
    /// Take the grant away
    None,
    /// See it, clone it
    Read,
    /// Push to it
    Write,
    /// Create repositories in it (projects and workspaces)
    CreateRepository,
    /// Change its settings and rules
    Admin,
}

impl PermissionArg {
    /// The word in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Read => "read",
            Self::Write => "write",
            Self::CreateRepository => "create-repository",
            Self::Admin => "admin",
        }
    }
}

impl GrantCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Set { subject, permission, place } => {
                let body =
                    json!({ "subject": subject.to_json(), "permission": permission.as_str() });
                let path = format!("/api/v1{}/grants", place.path(session)?);
                let answer = session.client.put(&path, &body)?;
                session.out.done(&answer, &format!("the grant is now {}", permission.as_str()))
            }
            Self::List { place } => {
                let path = format!("/api/v1{}/grants", place.path(session)?);
                session.out.table(session.client.list(&path)?, COLUMNS, "no grants")
            }
        }
    }
}
