//! Following the branches that pull requests are about: what a push changed is noted in every open
//! request it concerns. Done after the push has landed and again at the start of the server, and
//! the same however often it is done: it goes by what the refs are, not by what somebody said.

use super::update::must_be_open;
use crate::error::Result;
use crate::{App, Asker, PlaceName, clock};
use model::{ActivityKind, ObjectId, PullRequestState, RefName, RepositoryId, ReviewBehaviour};
use policy::Act;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use store::{Actor, Closing, PullRequest, PullRequestUpdate, ReviewReset};

/// So many branches are asked about one by one; of more, all open requests are looked through.
const ONE_BY_ONE: usize = 8;

/// How often a request is read again that somebody else is changing.
const TRIES: usize = 8;

/// What came of looking at one request.
enum Followed {
    Noted,
    /// Somebody has changed it meanwhile: it is to be read again.
    Moved,
}

impl App {
    /// Notes in all open requests what became of these branches.
    pub(crate) async fn follow_branches(
        self: &Arc<Self>,
        by: &Actor,
        repository: RepositoryId,
        branches: &BTreeSet<RefName>,
    ) -> Result<()> {
        let mut requests = Vec::new();
        if branches.len() > ONE_BY_ONE {
            let concerns = |it: &PullRequest| {
                let (from, into) = (it.source.repository, it.repository);
                (into == repository && branches.contains(&it.destination))
                    || (from == Some(repository) && branches.contains(&it.source.branch))
            };
            requests = self.store.open_pull_requests_in(repository).await?;
            requests.retain(concerns);
        } else {
            for branch in branches {
                requests.extend(self.store.open_pull_requests_at(repository, branch).await?);
            }
        }
        for request in self.note_destinations(requests).await? {
            self.follow_if_it_can_be(by, request).await;
        }
        Ok(())
    }

    /// The same for every open request: a push may have landed just before the process died.
    pub(crate) async fn follow_all(self: &Arc<Self>) -> Result<()> {
        let by = Actor::system(clock::now());
        let all = self.store.list_open_ends().await?;
        // A preview may be from before a move that was noted.
        all.iter().for_each(|it| self.landings.renew_preview(it.id));
        for id in self.moved_requests(all).await? {
            if let Some(request) = self.store.find_pull_request_by_id(id).await? {
                self.follow_if_it_can_be(&by, request).await;
            }
        }
        Ok(())
    }

    /// One that cannot be brought up to date stays at the commits it has, which are not merged
    /// once its branch has others. It must not hold up the rest, nor the start of the server.
    async fn follow_if_it_can_be(self: &Arc<Self>, by: &Actor, request: PullRequest) {
        let (repository, number) = (request.repository, request.number);
        if let Err(error) = self.follow(by, request).await {
            tracing::error!(%error, %repository, number, "a pull request stays as it was");
        }
    }

    /// Brings one request up to date with its branches.
    pub(super) async fn follow(self: &Arc<Self>, by: &Actor, request: PullRequest) -> Result<()> {
        let id = request.id;
        if self.merges.contains(id) {
            // Whoever merges it notes what comes of it.
            return Ok(());
        }
        let mut request = Some(request);
        for _ in 0..TRIES {
            let Some(now) = request.filter(|it| must_be_open(it).is_ok()) else { return Ok(()) };
            let followed = Box::pin(self.follow_once(by, &now)).await;
            if !matches!(followed, Ok(Followed::Moved)) {
                self.landings.poke(now.repository);
                return followed.map(drop);
            }
            request = self.store.find_pull_request_by_id(id).await?;
        }
        // Whoever is changing it all the time will follow the branches, too.
        Ok(())
    }

    async fn follow_once(self: &Arc<Self>, by: &Actor, request: &PullRequest) -> Result<Followed> {
        let source = match request.source.repository {
            Some(from) => self.tip(from, &request.source.branch).await?,
            None => None,
        };
        let destination = self.tip(request.repository, &request.destination).await?;
        // A branch that is gone leaves the request with the commits it had.
        let source_tip = source.unwrap_or(request.source.commit);
        let destination_tip = destination.unwrap_or(request.destination_commit);
        let moved = source_tip != request.source.commit;
        if !moved && destination_tip == request.destination_commit {
            return Ok(Followed::Noted);
        }
        if self.is_newly_in(request, source_tip, destination_tip).await? {
            return self.note_merged(by, request, destination_tip).await;
        }
        let from_fork = request.source.repository != Some(request.repository);
        if moved && from_fork && !self.author_may_go_on(request).await? {
            // It stays at the commits that were proposed.
            return Ok(Followed::Noted);
        }
        if moved {
            return self.note_source(by, request, (source_tip, destination_tip)).await;
        }
        self.store.note_destinations(&[request.id], destination_tip).await?;
        self.landings.renew_preview(request.id);
        Ok(Followed::Noted)
    }

    /// May whoever opened a request still propose something here? A fork is somebody's own place:
    /// what is pushed there is asked about here, too.
    async fn author_may_go_on(&self, request: &PullRequest) -> Result<bool> {
        let Some(place) = self.place_of(request.repository).await? else { return Ok(false) };
        let Some(author) = self.recorded_asker(&request.author, &place).await? else {
            return Ok(false);
        };
        let judged = self.judge(&author, &place, &Act::CreatePullRequest).await?;
        Ok(judged.decision.is_allowed())
    }

    /// Where a repository is; `None` once it is gone.
    pub(super) async fn place_of(&self, repository: RepositoryId) -> Result<Option<PlaceName>> {
        let Some(facts) = self.store.facts_of_id(repository).await? else { return Ok(None) };
        let path = crate::ground::path(&facts.workspace, &facts.repository);
        Ok(Some(PlaceName::repository_path(&path.to_string())))
    }

    /// Does the destination have the source's commits now, and had them not before? A source that
    /// was put back to where the destination has been for long brings nothing and merges nothing.
    /// Commits of a fork that are not here yet are in no destination.
    async fn is_newly_in(
        self: &Arc<Self>,
        request: &PullRequest,
        source: ObjectId,
        destination: ObjectId,
    ) -> Result<bool> {
        let here = request.repository;
        Ok(destination != request.destination_commit
            && self.leads_to(here, (source, destination)).await?
            && !self.leads_to(here, (source, request.destination_commit)).await?)
    }

    /// The destination has every commit of the source: somebody has pushed the merge.
    async fn note_merged(
        self: &Arc<Self>,
        by: &Actor,
        request: &PullRequest,
        tip: ObjectId,
    ) -> Result<Followed> {
        let payload = json!({ "merge_commit": tip.to_string(), "by_push": true }).to_string();
        let closing = Closing {
            state: PullRequestState::Merged,
            kind: ActivityKind::Merged,
            reason: String::new(),
            merged: Some((tip, request.destination_commit)),
        };
        self.store.close_pull_request(by, request, &closing, &payload).await?;
        Ok(Followed::Noted)
    }

    async fn note_source(
        self: &Arc<Self>,
        by: &Actor,
        request: &PullRequest,
        (source, destination): (ObjectId, ObjectId),
    ) -> Result<Followed> {
        // First, so that what is new can be compared here.
        let mut next = request.clone();
        next.source.commit = source;
        self.keep_request_refs(&next).await?;
        let update = PullRequestUpdate {
            source_commit: Some(source),
            destination_commit: Some(destination),
            reset: self.reset_for(request, (source, destination)).await?,
            ..PullRequestUpdate::default()
        };
        let payload = json!({ "source": source.to_string(),
            "source_before": request.source.commit.to_string() });
        match self.store.update_pull_request(by, request, &update, &payload.to_string()).await {
            Err(store::Error::Moved) => return Ok(Followed::Moved),
            noted => noted?,
        };
        // The one just made may have been overtaken by one of the source as it was.
        self.landings.renew_preview(request.id);
        Ok(Followed::Noted)
    }

    /// Which reviews the rules of the destination drop when the commits change.
    async fn reset_for(
        self: &Arc<Self>,
        request: &PullRequest,
        tips: (ObjectId, ObjectId),
    ) -> Result<ReviewReset> {
        let behaviours = self.behaviours(request).await?;
        let approvals = behaviours.contains(&ReviewBehaviour::ResetApprovals)
            || (behaviours.contains(&ReviewBehaviour::SmartResetApprovals)
                && !self.brings_the_same(request, tips).await?);
        Ok(ReviewReset {
            approvals,
            changes_requested: behaviours.contains(&ReviewBehaviour::ResetChangesRequested),
        })
    }

    /// Would the destination, as it is now, become the same with the new source as with the one that
    /// was reviewed?
    async fn brings_the_same(
        self: &Arc<Self>,
        request: &PullRequest,
        (source, destination): (ObjectId, ObjectId),
    ) -> Result<bool> {
        let (app, id) = (Arc::clone(self), request.repository);
        let before = request.source.commit;
        let compared = tokio::task::spawn_blocking(move || {
            let repository = app.repositories.repository(id)?;
            repository.is_same_merge(&destination, &before, &source)
        });
        Ok(compared.await??)
    }

    /// What the rules make a request do by itself.
    pub(crate) async fn behaviours(
        &self,
        request: &PullRequest,
    ) -> Result<BTreeSet<ReviewBehaviour>> {
        let Some(place) = self.place_of(request.repository).await? else {
            return Ok(BTreeSet::new());
        };
        let (facts, _) = self.facts(&Asker::system(), &place).await?;
        Ok(facts.restrictions.behaviours(&request.destination, &facts.branching_model))
    }
}
