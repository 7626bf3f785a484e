//! `portcullis group`: groups of a workspace's members.

use super::grant::PermissionArg;
use super::output::Field;
use super::shared::{Session, given, slug, username, workspace_slug};
use crate::Error;
use clap::{Args, Subcommand};
use model::{Slug, Username, WorkspaceSlug};
use serde_json::json;

const FIELDS: &[Field] =
    &[("slug", "/slug"), ("name", "/name"), ("on new repositories", "/default_permission")];

const MEMBER: &[Field] = &[("user name", "/username"), ("name", "/display_name")];

/// What can be done with groups.
#[derive(Subcommand, Debug)]
pub enum GroupCommand {
    /// Create a group in a workspace
    #[command(after_help = "Example:
  portcullis group create acme/devs --name Developers")]
    Create {
        /// The group
        #[arg(value_name = "WORKSPACE/GROUP", value_parser = group)]
        group: GroupPath,
        /// Name shown to people; the slug if not given
        #[arg(long)]
        name: Option<String>,
        /// What it is granted on each new repository of the workspace
        #[arg(long, value_enum, value_name = "PERMISSION")]
        default: Option<PermissionArg>,
    },
    /// Change a group; what is not given stays as it is
    #[command(after_help = "Example:
  portcullis group update acme/devs --default write")]
    Update {
        /// The group
        #[arg(value_name = "WORKSPACE/GROUP", value_parser = group)]
        group: GroupPath,
        /// Name shown to people
        #[arg(long)]
        name: Option<String>,
        /// What it is granted on each new repository from now on
        #[arg(long, value_enum, value_name = "PERMISSION")]
        default: Option<PermissionArg>,
    },
    /// List the groups of a workspace
    List {
        /// The workspace
        #[arg(value_parser = workspace_slug)]
        workspace: WorkspaceSlug,
    },
    /// List who is in a group
    Members {
        /// The group
        #[arg(value_name = "WORKSPACE/GROUP", value_parser = group)]
        group: GroupPath,
    },
    /// Delete a group, with what it was granted
    Delete {
        /// The group
        #[arg(value_name = "WORKSPACE/GROUP", value_parser = group)]
        group: GroupPath,
    },
    /// Put a member of the workspace into a group
    #[command(after_help = "Example:
  portcullis group add acme/devs ann")]
    Add(Membership),
    /// Take somebody out of a group
    Remove(Membership),
}

/// A group and a person.
#[derive(Args, Debug)]
pub struct Membership {
    /// The group
    #[arg(value_name = "WORKSPACE/GROUP", value_parser = group)]
    group: GroupPath,
    /// Login name
    #[arg(value_parser = username)]
    username: Username,
}

/// A group as people write it: `acme/devs`.
#[derive(Clone, Debug)]
pub struct GroupPath {
    workspace: WorkspaceSlug,
    slug: Slug,
}

fn group(text: &str) -> Result<GroupPath, String> {
    let (workspace, name) = text.split_once('/').ok_or("write it as `WORKSPACE/GROUP`")?;
    Ok(GroupPath { workspace: workspace_slug(workspace)?, slug: slug(name)? })
}

impl Membership {
    fn path(&self) -> String {
        let GroupPath { workspace, slug } = &self.group;
        format!("/api/v1/workspaces/{workspace}/groups/{slug}/members/{}", self.username)
    }
}

impl GroupCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create { group: GroupPath { workspace, slug }, name, default } => {
                let body = given([
                    ("slug", Some(slug.as_str().into())),
                    ("name", Some(name.as_deref().unwrap_or(slug.as_str()).into())),
                    ("default_permission", default.map(|it| it.as_str().into())),
                ]);
                let path = format!("/api/v1/workspaces/{workspace}/groups");
                session.out.one(&session.client.post(&path, &body)?, FIELDS)
            }
            Self::Update { group: GroupPath { workspace, slug }, name, default } => {
                let body = given([
                    ("name", name.as_deref().map(Into::into)),
                    ("default_permission", default.map(|it| it.as_str().into())),
                ]);
                let path = format!("/api/v1/workspaces/{workspace}/groups/{slug}");
                session.out.one(&session.client.put(&path, &body)?, FIELDS)
            }
            Self::List { workspace } => {
                let path = format!("/api/v1/workspaces/{workspace}/groups");
                session.out.table(session.client.list(&path)?, FIELDS, "no groups")
            }
            Self::Members { group: GroupPath { workspace, slug } } => {
                let path = format!("/api/v1/workspaces/{workspace}/groups/{slug}/members");
                session.out.table(session.client.list(&path)?, MEMBER, "nobody is in it")
            }
            Self::Delete { group: GroupPath { workspace, slug } } => {
                let path = format!("/api/v1/workspaces/{workspace}/groups/{slug}");
                let answer = session.client.delete(&path)?;
                session.out.done(&answer, &format!("there is no group {workspace}/{slug} any more"))
            }
            Self::Add(it) => {
                let answer = session.client.put(&it.path(), &json!({}))?;
                session.out.done(&answer, &format!("{} is in {}", it.username, it.group.slug))
            }
            Self::Remove(it) => {
                let answer = session.client.delete(&it.path())?;
                session.out.done(&answer, &format!("{} is not in {}", it.username, it.group.slug))
            }
        }
    }
}
