//! Opening a pull request.

use super::input;
use super::text::text;
use super::update::PullRequestChange;
use super::view::PullRequestView;
use crate::code_owners::Ends;
use crate::error::{Error, Fields, Result};
use crate::open::{CreatingPullRequest, OpenRepository};
use crate::{App, Asker, PlaceName};
use model::{RepositoryId, UserId};
use serde_json::json;
use std::sync::Arc;
use store::{PullRequest, SourceBranch};

/// The field that names where the commits come from.
const SOURCE: &str = "source.branch.name";

/// What a new pull request needs, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct NewPullRequest {
    pub title: String,
    pub description: String,
    /// The short name of the branch whose commits are to be taken.
    pub source: String,
    /// Where that branch is; `None` for the same repository.
    pub source_repository: Option<PlaceName>,
    /// The short name of the branch that is to take them; `None` for the main branch.
    pub destination: Option<String>,
    pub close_source_branch: bool,
    pub draft: bool,
    /// User names or `{uuid}`s; the default reviewers are added.
    pub reviewers: Vec<String>,
    /// Leave a request that is open between the two branches as it is, and say so.
    pub only_new: bool,
}

impl App {
    /// Opens a pull request. Where one is open between the two branches already, that one gets
    /// the texts and reviewers of this, unless only a new one is wanted.
    ///
    /// # Errors
    /// [`Error::Invalid`] names what does not fit: a branch that is not there, both ends the same,
    /// nothing to merge, a reviewer who cannot be one. [`Error::State`] names the request that is
    /// open, where only a new one is wanted.
    pub async fn create_pull_request(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        new: NewPullRequest,
    ) -> Result<PullRequestView> {
        let open = self.open_repository::<CreatingPullRequest>(who, place).await?;
        let (reviewers, only_new) = (new.reviewers.clone(), new.only_new);
        // On the heap, as are the other long ways below: whoever pushes or merges waits inside of
        // this with a stack of 2 MiB.
        let checked = Box::pin(self.checked_request(&open, new)).await?;
        let payload = json!({ "title": checked.title, "source": checked.source.commit.to_string(),
            "destination": checked.destination_commit.to_string() });
        let made = self.store.create_pull_request(&open.by, &checked, &payload.to_string()).await;
        let request = match made {
            // As in Bitbucket: a request that is open between the two is meant, then.
            Err(store::Error::Conflict { what: "open pull request" }) => {
                let there = self.open_between(&checked).await?;
                if only_new {
                    return Err(open_already(&there));
                }
                return Box::pin(self.go_on(who, place, (there, checked), reviewers)).await;
            }
            made => made?,
        };
        self.keep_request_refs(&request).await?;
        self.release_commits(&request).await?;
        let here = (&open.workspace, &open.repository);
        self.view_request(who, here, request, true).await
    }

    async fn checked_request(
        self: &Arc<Self>,
        open: &OpenRepository<CreatingPullRequest>,
        new: NewPullRequest,
    ) -> Result<store::NewPullRequest> {
        let mut fields = Fields::default();
        let title = fields.take("title", input::title(&new.title));
        let description = fields.take("description", text(new.description));
        let from = self.source_of(open, new.source_repository.as_ref(), &mut fields).await?;
        let source = match from {
            Some(from) => {
                let name = (SOURCE, new.source.as_str());
                input::branch(open, from, name, &mut fields).await?
            }
            None => None,
        };
        let main = open.repository.main_branch.clone();
        let into = new.destination.or(main).unwrap_or_default();
        let here = open.repository.id;
        let name = ("destination.branch.name", into.as_str());
        let destination = input::branch(open, here, name, &mut fields).await?;
        let author = &open.by.principal;
        let asked = self.reviewers(open, author, &new.reviewers, &mut fields).await?;
        let (Some(title), Some(description), Some(from), Some(source), Some(destination)) =
            (title, description, from, source, destination)
        else {
            return Err(Error::Invalid(fields));
        };
        fields.check()?;
        self.must_differ(open, (from, &source), &destination).await?;
        let ends = Ends { source: source.tip, destination: destination.tip };
        let reviewers = self.with_usual_reviewers(open, asked, ends).await?;
        Ok(store::NewPullRequest {
            repository: here,
            title,
            description,
            draft: new.draft,
            source: SourceBranch {
                repository: Some(from),
                branch: source.name,
                commit: source.tip,
            },
            destination: destination.name,
            destination_commit: destination.tip,
            close_source_branch: new.close_source_branch,
            reviewers,
        })
    }

    /// The repository the commits are in.
    async fn source_of(
        &self,
        open: &OpenRepository<CreatingPullRequest>,
        named: Option<&PlaceName>,
        fields: &mut Fields,
    ) -> Result<Option<RepositoryId>> {
        let Some(named) = named else { return Ok(Some(open.repository.id)) };
        let field = "source.repository.full_name";
        let Some(found) = self.look_at_repository(&open.who, named).await? else {
            fields.add(field, format!("there is no repository `{named}` for you to see"));
            return Ok(None);
        };
        if found.is_related_to(&open.repository) {
            return Ok(Some(found.id));
        }
        fields.add(field, format!("`{named}` is not a fork of `{}`", open.path()));
        Ok(None)
    }

    /// There must be something to merge, from somewhere else.
    async fn must_differ(
        self: &Arc<Self>,
        open: &OpenRepository<CreatingPullRequest>,
        (from, source): (RepositoryId, &input::BranchAt),
        destination: &input::BranchAt,
    ) -> Result<()> {
        let here = open.repository.id;
        let (short, into) = (source.name.short(), destination.name.short());
        if from == here && source.name == destination.name {
            let message = format!("it is `{short}`, as the source is: name two branches");
            return Err(Fields::one("destination.branch.name", message));
        }
        if from != here {
            self.hold_commits(here, (from, source.tip)).await?;
        }
        if self.leads_to(here, (source.tip, destination.tip)).await? {
            let message = format!("`{into}` has every commit of `{short}` already");
            return Err(Fields::one(SOURCE, message));
        }
        Ok(())
    }

    /// Those who were asked, those whom the repository and its project always ask, and the owners
    /// of what the request changes.
    async fn with_usual_reviewers(
        &self,
        open: &OpenRepository<CreatingPullRequest>,
        mut reviewers: Vec<UserId>,
        ends: Ends,
    ) -> Result<Vec<UserId>> {
        let place = PlaceName::from(open.path());
        let author = open.who.user_id();
        let always = self.effective_default_reviewers(&place).await?;
        let owners = self.code_owners(open, ends, &open.by.principal).await?;
        for user in always.into_iter().chain(owners.users) {
            if Some(user) != author && !reviewers.contains(&user) {
                reviewers.push(user);
            }
        }
        Ok(reviewers)
    }

    /// The request that is open between the branches of what was to be a new one.
    async fn open_between(&self, new: &store::NewPullRequest) -> Result<PullRequest> {
        let there = self.store.open_pull_requests_at(new.repository, &new.destination).await?;
        let same = |it: &PullRequest| {
            it.destination == new.destination
                && it.source.branch == new.source.branch
                && it.source.repository == new.source.repository
        };
        // It has ended in the moment between.
        there.into_iter().find(same).ok_or_else(|| {
            let message = "a pull request between these branches was open: try again".to_owned();
            Error::State { field: SOURCE, message }
        })
    }

    /// What was to be a new request changes the one that is open between the same branches.
    async fn go_on(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        (there, new): (PullRequest, store::NewPullRequest),
        reviewers: Vec<String>,
    ) -> Result<PullRequestView> {
        let change = PullRequestChange {
            title: Some(new.title),
            description: Some(new.description),
            destination: None,
            close_source_branch: Some(new.close_source_branch),
            draft: Some(new.draft),
            reviewers: (!reviewers.is_empty()).then_some(reviewers),
            version: None,
        };
        self.update_pull_request(who, place, there.number, change).await
    }
}

/// Whoever wants a new one is told of the one that is there, and how to change that.
fn open_already(there: &PullRequest) -> Error {
    let (number, source) = (there.number, there.source.branch.short());
    let message = format!(
        "#{number} is open already, from `{source}` into `{}`; nothing was changed: \
         `portcullis pull-request update {number}` changes it",
        there.destination.short()
    );
    Error::State { field: SOURCE, message }
}
