//! `portcullis workspace`: the outermost owners of projects and people.

use super::output::Field;
use super::shared::{Session, username, workspace_slug};
use crate::Error;
use clap::{Subcommand, ValueEnum};
use model::{Username, WorkspaceSlug};
use serde_json::json;

const FIELDS: &[Field] = &[("slug", "/slug"), ("name", "/name"), ("uuid", "/uuid")];

const MEMBER: &[Field] =
    &[("user name", "/username"), ("name", "/display_name"), ("role", "/role")];

/// What can be done with workspaces.
#[derive(Subcommand, Debug)]
pub enum WorkspaceCommand {
    /// Create a workspace
    #[command(after_help = "Example:
  portcullis workspace create acme --name 'Acme Inc.'")]
    Create {
        /// Name in URLs
        #[arg(value_parser = workspace_slug)]
        slug: WorkspaceSlug,
        /// Name shown to people; the slug if not given
        #[arg(long)]
        name: Option<String>,
    },
    /// List the workspaces one is a member of
    List,
    /// Show one workspace
    Show {
        /// Name in URLs
        #[arg(value_parser = workspace_slug)]
        slug: WorkspaceSlug,
    },
    /// List the members of a workspace
    MemberList {
        /// Name of the workspace in URLs
        #[arg(value_parser = workspace_slug)]
        slug: WorkspaceSlug,
    },
    /// Make a user a member or an owner
    #[command(after_help = "Example:
  portcullis workspace member-set acme ann --role owner")]
    MemberSet {
        /// Name of the workspace in URLs
        #[arg(value_parser = workspace_slug)]
        slug: WorkspaceSlug,
        /// Login name
        #[arg(value_parser = username)]
        username: Username,
        /// What they are to be
        #[arg(long, value_enum, default_value_t = RoleArg::Member)]
        role: RoleArg,
    },
}

/// A person's role in a workspace.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum RoleArg {
    /// Has what grants give
    Member,
    /// Has admin on everything in it
    Owner,
}

impl WorkspaceCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create { slug, name } => {
                let name = name.as_deref().unwrap_or(slug.as_str());
                let body = json!({ "slug": slug.as_str(), "name": name });
                session.out.one(&session.client.post("/api/v1/workspaces", &body)?, FIELDS)
            }
            Self::List => {
                let list = session.client.list("/api/v1/workspaces")?;
                session.out.table(list, FIELDS, "no workspaces")
            }
            Self::Show { slug } => {
                let answer = session.client.get(&format!("/api/v1/workspaces/{slug}"))?;
                session.out.one(&answer, FIELDS)
            }
            Self::MemberList { slug } => {
                let path = format!("/api/v1/workspaces/{slug}/members");
                session.out.table(session.client.list(&path)?, MEMBER, "no members")
            }
            Self::MemberSet { slug, username, role } => {
                let role = match role {
                    RoleArg::Member => "member",
                    RoleArg::Owner => "owner",
                };
                let path = format!("/api/v1/workspaces/{slug}/members/{username}");
                let answer = session.client.put(&path, &json!({ "role": role }))?;
                session.out.done(&answer, &format!("{username} is {role} of {slug}"))
            }
        }
    }
}
