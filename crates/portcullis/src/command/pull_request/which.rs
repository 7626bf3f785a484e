//! Which pull request, of which repository: arguments that every verb has, and where both APIs have
//! it.

use crate::Error;
use crate::command::shared::{Session, repository};
use clap::Args;
use model::RepositoryPath;

/// A repository.
#[derive(Args, Debug)]
pub struct Of {
    /// The repository; the one that one stands in if not given
    #[arg(long, value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: Option<RepositoryPath>,
}

/// A pull request.
#[derive(Args, Debug)]
pub struct One {
    /// Its number
    pub number: i64,
    #[command(flatten)]
    pub of: Of,
}

impl Of {
    /// `acme/site`.
    pub fn name(&self, session: &Session) -> Result<RepositoryPath, Error> {
        session.repository(self.repository.as_ref())
    }

    /// All its pull requests, in Bitbucket's API.
    pub fn path(&self, session: &Session) -> Result<String, Error> {
        Ok(format!("/2.0/repositories/{}/pullrequests", self.name(session)?))
    }
}

impl One {
    /// In Bitbucket's API.
    pub fn path(&self, session: &Session) -> Result<String, Error> {
        Ok(format!("{}/{}", self.of.path(session)?, self.number))
    }

    /// Where Bitbucket has nothing: our own API.
    pub fn own_path(&self, session: &Session) -> Result<String, Error> {
        let path = self.of.name(session)?;
        Ok(format!("/api/v1/repositories/{path}/pull-requests/{}", self.number))
    }
}
