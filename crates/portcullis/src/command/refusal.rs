//! `portcullis refusal`: what was refused lately.

use super::output::Field;
use super::shared::{Session, repository};
use crate::Error;
use crate::client::{Style, render_refusal, segment};
use clap::Subcommand;
use model::RepositoryPath;

const COLUMNS: &[Field] = &[
    ("id", "/id"),
    ("code", "/code"),
    ("mode", "/mode"),
    ("operation", "/operation"),
    ("ref", "/ref"),
    ("who", "/principal/name"),
    ("when", "/at"),
];

/// What can be done with refusals.
#[derive(Subcommand, Debug)]
pub enum RefusalCommand {
    /// Show one refusal (`explain` shows everything that was weighed, too)
    Show {
        /// Its id, such as R-7KQ2M9
        id: String,
    },
    /// List the recent refusals of a repository: admins see all, others their own
    List {
        /// The repository; the one that one stands in if not given
        #[arg(value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
        repository: Option<RepositoryPath>,
    },
}

impl RefusalCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Show { id } => {
                let answer = session.client.get(&format!("/api/v1/refusals/{}", segment(id)))?;
                session.out.text(&answer, &render_refusal(&answer, Style::of_stdout()))
            }
            Self::List { repository } => {
                let path = session.repository(repository.as_ref())?;
                let path = format!("/api/v1/repositories/{path}/refusals");
                session.out.table(session.client.list(&path)?, COLUMNS, "no refusals")
            }
        }
    }
}
