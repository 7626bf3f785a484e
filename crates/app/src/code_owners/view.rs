//! Whom the code owners' file names for a pull request, for whoever wants to know beforehand or
//! wonders why somebody was asked, or was not.

use super::parse::Fault;
use super::pick::Ends;
use crate::error::Result;
use crate::open::ReadingPullRequests;
use crate::pull_request::Person;
use crate::{App, Asker, PlaceName};
use std::sync::Arc;
use store::{PrincipalKind, PrincipalName};

/// The code owners of what a pull request changes.
#[derive(Clone, Debug, Default)]
pub struct CodeOwnersView {
    /// In the order of the lines that name them; without the author.
    pub owners: Vec<Person>,
    /// What in the file cannot be read, or means nobody.
    pub faults: Vec<Fault>,
}

impl App {
    /// The code owners of a request as its commits and the file are now.
    pub async fn code_owners_of_request(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
    ) -> Result<CodeOwnersView> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        let ends = Ends { source: request.source.commit, destination: request.destination_commit };
        let picked = self.code_owners(&open, ends, &request.author).await?;
        let mut view = CodeOwnersView { owners: Vec::new(), faults: picked.faults };
        for user in picked.users {
            let (kind, name) = (PrincipalKind::User, String::new());
            view.owners.push(self.person(&PrincipalName { kind, id: Some(user.0), name }).await?);
        }
        Ok(view)
    }
}
