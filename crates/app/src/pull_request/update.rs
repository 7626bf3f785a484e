//! Changing an open pull request: its texts, its reviewers, where it goes.

use super::input;
use super::merging::Obstacle;
use super::text::text;
use super::view::PullRequestView;
use crate::error::{Error, Fields, Result};
use crate::open::{
    OpenRepository, ReadingPullRequests, RepositoryAct, UpdatingOthersPullRequest,
    UpdatingOwnPullRequest,
};
use crate::{App, Asker, PlaceName};
use model::{RefName, ReviewBehaviour};
use serde_json::json;
use std::sync::Arc;
use store::{PullRequest, PullRequestUpdate, ReviewReset};

/// What to change, as it was typed; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct PullRequestChange {
    pub title: Option<String>,
    pub description: Option<String>,
    pub destination: Option<String>,
    pub close_source_branch: Option<bool>,
    pub draft: Option<bool>,
    /// The reviewers from now on: user names or `{uuid}`s.
    pub reviewers: Option<Vec<String>>,
    /// The version that was seen; [`Error::State`] if it is not that any more.
    pub version: Option<i64>,
}

impl App {
    /// Changes an open pull request; the request as it is now.
    pub async fn update_pull_request(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        change: PullRequestChange,
    ) -> Result<PullRequestView> {
        let open = self.open_repository::<ReadingPullRequests>(who, place).await?;
        let request = self.find_request(&open, number).await?;
        if input::is_own(who, &request.author) {
            let open = self.open_repository::<UpdatingOwnPullRequest>(who, place).await?;
            Box::pin(self.update_opened(&open, request, change)).await
        } else {
            let open = self.open_repository::<UpdatingOthersPullRequest>(who, place).await?;
            Box::pin(self.update_opened(&open, request, change)).await
        }
    }

    async fn update_opened<A: RepositoryAct + Send + Sync + 'static>(
        self: &Arc<Self>,
        open: &OpenRepository<A>,
        before: PullRequest,
        change: PullRequestChange,
    ) -> Result<PullRequestView> {
        must_be_open(&before)?;
        if change.version.is_some_and(|it| it != before.version) {
            return Err(moved(&before));
        }
        let turns = change.destination.is_some() || change.draft == Some(true);
        let held = turns.then(|| self.hold_request(&before)).transpose()?;
        let update = self.checked_change(open, &before, change).await?;
        let payload = json!({ "title": update.title, "description": update.description,
            "destination": update.destination.as_ref().map(|it| it.short().to_owned()) });
        let after = self
            .store
            .update_pull_request(&open.by, &before, &update, &payload.to_string())
            .await
            .map_err(|error| if_moved(error, &before))?;
        drop(held);
        if after.destination != before.destination {
            self.keep_request_refs(&after).await?;
        }
        if turns {
            // What pushes have done meanwhile was left to be noted here.
            self.follow(&open.by, after.clone()).await?;
        }
        self.landings.poke(after.repository);
        self.view_request(&open.who, (&open.workspace, &open.repository), after, true).await
    }

    async fn checked_change<A: RepositoryAct + Send + Sync + 'static>(
        self: &Arc<Self>,
        open: &OpenRepository<A>,
        before: &PullRequest,
        change: PullRequestChange,
    ) -> Result<PullRequestUpdate> {
        let mut fields = Fields::default();
        let title = change.title.map(|it| fields.take("title", input::title(&it)));
        let description = change.description.map(|it| fields.take("description", text(it)));
        let here = open.repository.id;
        let destination = match change.destination {
            Some(name) => {
                let name = ("destination.branch.name", name.as_str());
                input::branch(open, here, name, &mut fields).await?
            }
            None => None,
        };
        let reviewers = match &change.reviewers {
            Some(names) => Some(self.reviewers(open, &before.author, names, &mut fields).await?),
            None => None,
        };
        if let Some(it) = &destination
            && before.source.repository == Some(here)
            && it.name == before.source.branch
        {
            fields.add("destination.branch.name", "it is the source, too: name another branch");
        }
        if let Some(it) = &destination
            && it.name != before.destination
            && self.leads_to(here, (before.source.commit, it.tip)).await?
        {
            let message = "it has every commit of the source already: name another branch";
            fields.add("destination.branch.name", message);
        }
        fields.check()?;
        let reset = match &destination {
            Some(it) if it.name != before.destination => {
                self.reset_for_destination(before, &it.name).await?
            }
            Some(_) | None => ReviewReset::default(),
        };
        Ok(PullRequestUpdate {
            title: title.flatten(),
            description: description.flatten(),
            draft: change.draft,
            close_source_branch: change.close_source_branch,
            source_commit: None,
            destination_commit: destination.as_ref().map(|it| it.tip),
            destination: destination.map(|it| it.name),
            reviewers,
            reset,
        })
    }

    /// What was reviewed was the way into another branch, by the rules there: a destination that
    /// drops reviews of anything else drops these, too.
    async fn reset_for_destination(
        &self,
        before: &PullRequest,
        destination: &RefName,
    ) -> Result<ReviewReset> {
        let there = PullRequest { destination: destination.clone(), ..before.clone() };
        let behaviours = self.behaviours(&there).await?;
        let any = |all: &[ReviewBehaviour]| all.iter().any(|it| behaviours.contains(it));
        Ok(ReviewReset {
            approvals: any(&[
                ReviewBehaviour::ResetApprovals,
                ReviewBehaviour::SmartResetApprovals,
            ]),
            changes_requested: any(&[ReviewBehaviour::ResetChangesRequested]),
        })
    }
}

/// Only an open request changes.
pub(crate) fn must_be_open(request: &PullRequest) -> Result<()> {
    if request.state == model::PullRequestState::Open {
        return Ok(());
    }
    Err(Obstacle::Ended { number: request.number, state: request.state }.into())
}

/// Somebody else was faster.
pub(crate) fn moved(request: &PullRequest) -> Error {
    let message =
        format!("pull request #{} has changed since you saw it: look at it again", request.number);
    Error::State { field: "version", message }
}

pub(crate) fn if_moved(error: store::Error, request: &PullRequest) -> Error {
    match error {
        store::Error::Moved => moved(request),
        store::Error::Conflict { what: "open pull request" } => Fields::one(
            "destination.branch.name",
            "a pull request between these branches is open already",
        ),
        other => other.into(),
    }
}
