//! Which pull request, of which repository: arguments that every verb has, and where both APIs have
//! it.

use crate::Error;
use crate::command::shared::{OfRepository, Session};
use clap::Args;

/// A pull request.
#[derive(Args, Debug)]
pub struct One {
    /// Its number
    pub number: i64,
    #[command(flatten)]
    pub of: OfRepository,
}

/// All pull requests of a repository, in Bitbucket's API.
pub fn requests(of: &OfRepository, session: &Session) -> Result<String, Error> {
    Ok(format!("/2.0/repositories/{}/pullrequests", of.name(session)?))
}

impl One {
    /// In Bitbucket's API.
    pub fn path(&self, session: &Session) -> Result<String, Error> {
        Ok(format!("{}/{}", requests(&self.of, session)?, self.number))
    }

    /// Where Bitbucket has nothing: our own API.
    pub fn own_path(&self, session: &Session) -> Result<String, Error> {
        let path = self.of.name(session)?;
        Ok(format!("/api/v1/repositories/{path}/pull-requests/{}", self.number))
    }
}
