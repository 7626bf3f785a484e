//! `portcullis project`: projects of a workspace.

use super::output::Field;
use super::shared::{ProjectPath, Session, given, project, workspace_slug};
use crate::Error;
use clap::{Args, Subcommand};
use model::WorkspaceSlug;

const FIELDS: &[Field] = &[
    ("key", "/key"),
    ("name", "/name"),
    ("private", "/is_private"),
    ("description", "/description"),
];

/// What can be done with projects.
#[derive(Subcommand, Debug)]
pub enum ProjectCommand {
    /// Create a project
    #[command(after_help = "Example:
  portcullis project create acme/CORE --name Core")]
    Create(Change),
    /// List the projects of a workspace
    List {
        /// The workspace
        #[arg(value_parser = workspace_slug)]
        workspace: WorkspaceSlug,
    },
    /// Show one project
    Show {
        /// The project
        #[arg(value_name = "WORKSPACE/KEY", value_parser = project)]
        project: ProjectPath,
    },
    /// Change a project; what is not given stays as it is
    Update(Change),
    /// Delete a project that has no repositories
    Delete {
        /// The project
        #[arg(value_name = "WORKSPACE/KEY", value_parser = project)]
        project: ProjectPath,
    },
}

/// A project and what it is to be like.
#[derive(Args, Debug)]
pub struct Change {
    /// The project
    #[arg(value_name = "WORKSPACE/KEY", value_parser = project)]
    project: ProjectPath,
    /// Name shown to people
    #[arg(long)]
    name: Option<String>,
    /// What it is about
    #[arg(long)]
    description: Option<String>,
    /// Hide it from those who are not signed in
    #[arg(long, value_name = "true|false")]
    private: Option<bool>,
}

impl ProjectCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create(it) => {
                let key = it.project.key.as_str();
                let body = given([
                    ("key", Some(key.into())),
                    ("name", Some(it.name.as_deref().unwrap_or(key).into())),
                    ("description", it.description.as_deref().map(Into::into)),
                    ("is_private", Some(it.private.unwrap_or(true).into())),
                ]);
                let path = format!("/2.0/workspaces/{}/projects", it.project.workspace);
                session.out.one(&session.client.post(&path, &body)?, FIELDS)
            }
            Self::List { workspace } => {
                let list = session.client.list(&format!("/2.0/workspaces/{workspace}/projects"))?;
                session.out.table(list, FIELDS, "no projects")
            }
            Self::Show { project } => {
                let answer = session.client.get(&format!("/2.0{}", project.path()))?;
                session.out.one(&answer, FIELDS)
            }
            Self::Update(it) => {
                let body = given([
                    ("name", it.name.as_deref().map(Into::into)),
                    ("description", it.description.as_deref().map(Into::into)),
                    ("is_private", it.private.map(Into::into)),
                ]);
                let path = format!("/2.0{}", it.project.path());
                session.out.one(&session.client.put(&path, &body)?, FIELDS)
            }
            Self::Delete { project } => {
                let answer = session.client.delete(&format!("/2.0{}", project.path()))?;
                session.out.done(&answer, &format!("deleted project {project}"))
            }
        }
    }
}
