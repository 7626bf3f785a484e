//! `portcullis workspace`: the outermost owners of projects and people.

use super::output::Field;
use super::shared::{Session, given, username, workspace_slug};
use crate::Error;
use crate::client::segment;
use clap::{Subcommand, ValueEnum};
use model::{Username, WorkspaceSlug};
use serde_json::json;

const FIELDS: &[Field] = &[("slug", "/slug"), ("name", "/name"), ("uuid", "/uuid")];

const MEMBER: &[Field] =
    &[("user name", "/username"), ("name", "/display_name"), ("role", "/role")];

const NETWORK: &[Field] = &[
    ("allowed addresses", "/allowed_addresses"),
    ("second factor", "/require_two_factor"),
    ("your address", "/your_address"),
];

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
    /// Create a personal workspace: `~` and a user name
    #[command(after_help = "Examples:
  portcullis workspace personal
  portcullis workspace personal ann")]
    Personal {
        /// Whose; one's own if not given
        #[arg(value_parser = username)]
        username: Option<Username>,
    },
    /// Show or change from where and how what is private in a workspace may be used
    #[command(after_help = "Examples:
  portcullis workspace network acme
  portcullis workspace network acme --allow 10.0.0.0/8 --allow 2001:db8::/32
  portcullis workspace network acme --allow-anywhere
  portcullis workspace network acme --two-factor true")]
    Network {
        /// Name of the workspace in URLs
        #[arg(value_parser = workspace_slug)]
        slug: WorkspaceSlug,
        /// Let these addresses in, and no others; may be repeated
        #[arg(long, value_name = "BLOCK", conflicts_with = "allow_anywhere")]
        allow: Vec<String>,
        /// Let these addresses in besides; may be repeated
        #[arg(long, value_name = "BLOCK", conflicts_with_all = ["allow", "allow_anywhere"])]
        add: Vec<String>,
        /// Let every address in
        #[arg(long)]
        allow_anywhere: bool,
        /// Must people have a second factor?
        #[arg(long, value_name = "true|false")]
        two_factor: Option<bool>,
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
    /// Take somebody out of a workspace, with their groups and their own grants in it
    #[command(after_help = "Example:
  portcullis workspace member-remove acme ann")]
    MemberRemove {
        /// Name of the workspace in URLs
        #[arg(value_parser = workspace_slug)]
        slug: WorkspaceSlug,
        /// Login name
        #[arg(value_parser = username)]
        username: Username,
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
            Self::Personal { username } => {
                let name = match username {
                    Some(name) => name.to_string(),
                    None => session.own_name()?,
                };
                let path = format!("/api/v1/users/{}/workspace", segment(&name));
                session.out.one(&session.client.post(&path, &json!({}))?, FIELDS)
            }
            Self::Network { slug, allow, add, allow_anywhere, two_factor } => {
                let addresses = (*allow_anywhere || !allow.is_empty()).then(|| json!(allow));
                let body = given([
                    ("allowed_addresses", addresses),
                    ("add_allowed_addresses", (!add.is_empty()).then(|| json!(add))),
                    ("require_two_factor", two_factor.map(Into::into)),
                ]);
                let path = format!("/api/v1/workspaces/{slug}/network");
                let answer = if body.as_object().is_none_or(serde_json::Map::is_empty) {
                    session.client.get(&path)?
                } else {
                    session.client.put(&path, &body)?
                };
                session.out.one(&answer, NETWORK)
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
            Self::MemberRemove { slug, username } => {
                let path = format!("/api/v1/workspaces/{slug}/members/{username}");
                let answer = session.client.delete(&path)?;
                session.out.done(&answer, &format!("{username} is not in {slug}"))
            }
        }
    }
}
