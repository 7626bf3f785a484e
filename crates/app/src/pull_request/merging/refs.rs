//! The refs of pull requests: `refs/pull-requests/N/from` is what a request brings, and
//! `…/merge` what its destination would be with it. Anybody who may read the repository may fetch
//! them, and while they are there, nothing they lead to is lost.

use crate::App;
use crate::error::{Fields, Result};
use crate::ground::Ground;
use model::{MergeStrategy, ObjectId, PullRequestState, RefName, RepositoryId};
use repo::{
    Failure, FailureCode, Limits, MergeAnswer, MergePlan, ObjectsFrom, Repository, Signature,
};
use std::sync::Arc;
use store::PullRequest;

/// What the destination would be.
const MERGE: &str = "merge";

/// What would land of an entry of the merge queue.
pub(crate) const QUEUE: &str = "queue";

impl App {
    /// Brings the refs of a request up to date, and the commits of a fork into the repository.
    pub(crate) async fn keep_request_refs(self: &Arc<Self>, request: &PullRequest) -> Result<()> {
        let (app, request) = (Arc::clone(self), request.clone());
        let limit = self.size_limit_of(request.repository).await?;
        let kept = tokio::task::spawn_blocking(move || app.keep_refs(&request, limit));
        Ok(kept.await??)
    }

    /// The most a repository may have, in bytes.
    async fn size_limit_of(&self, id: RepositoryId) -> Result<Option<u64>> {
        let Some(facts) = self.store.facts_of_id(id).await? else { return Ok(None) };
        Ok(self.size_limit(&Ground::of_repository(facts)?).map(|it| it.1))
    }

    /// What a pack with commits of a fork may have: whoever reads may propose, and must not fill
    /// the repository for those who write.
    fn room_in(&self, repository: &Repository, limit: Option<u64>) -> repo::Result<Limits> {
        let mut limits = self.options.limits.clone();
        if let Some(limit) = limit {
            let room = limit.saturating_sub(repository.size_on_disk()?);
            limits.pack_bytes = limits.pack_bytes.min(room);
        }
        Ok(limits)
    }

    /// Sets refs of the server's own. What comes with them is kept fast like what is pushed.
    pub(crate) fn set_own_refs(
        &self,
        repository: &Repository,
        refs: &[(RefName, ObjectId)],
        objects: ObjectsFrom<'_>,
        limits: &Limits,
    ) -> repo::Result<()> {
        repository.set_own_refs(refs, objects, limits)?;
        if let Some(id) = repository.id() {
            self.note_grown(id);
        }
        Ok(())
    }

    /// Copies the commits of a fork here, for a request that is about to be opened: whatever is
    /// asked about it is asked here. A ref of the server's own holds them until the request has
    /// its refs; one that stays because the process died holds what is of no use and harms nobody.
    pub(crate) async fn hold_commits(
        self: &Arc<Self>,
        here: RepositoryId,
        (from, tip): (RepositoryId, ObjectId),
    ) -> Result<()> {
        let app = Arc::clone(self);
        let limit = self.size_limit_of(here).await?;
        let held = tokio::task::spawn_blocking(move || {
            let fork = app.repositories.repository(from)?;
            let held = [(held_name(tip)?, tip)];
            let repository = app.repositories.repository(here)?;
            let limits = app.room_in(&repository, limit)?;
            app.set_own_refs(&repository, &held, ObjectsFrom::Other(&fork), &limits)
        });
        match held.await? {
            Err(repo::Error::Failed(Failure { code: FailureCode::PackTooLarge, .. })) => {
                let message = "its commits are more than the repository has room for";
                Err(Fields::one("source.branch.name", message))
            }
            ended => Ok(ended?),
        }
    }

    /// The request has refs: what held its commits until then goes.
    pub(crate) async fn release_commits(self: &Arc<Self>, request: &PullRequest) -> Result<()> {
        if request.source.repository == Some(request.repository) {
            return Ok(());
        }
        let (app, here, tip) = (Arc::clone(self), request.repository, request.source.commit);
        let gone = tokio::task::spawn_blocking(move || {
            let gone = [(held_name(tip)?, ObjectId::ZERO)];
            let repository = app.repositories.repository(here)?;
            app.set_own_refs(&repository, &gone, ObjectsFrom::Here, &app.options.limits)
        });
        Ok(gone.await??)
    }

    fn keep_refs(&self, request: &PullRequest, limit: Option<u64>) -> repo::Result<()> {
        let repository = self.repositories.repository(request.repository)?;
        let from = (request_ref(request.number, "from")?, request.source.commit);
        let fork = request.source.repository.filter(|it| *it != request.repository);
        match fork {
            Some(fork) => {
                let fork = self.repositories.repository(fork)?;
                let limits = self.room_in(&repository, limit)?;
                self.set_own_refs(&repository, &[from], ObjectsFrom::Other(&fork), &limits)?;
            }
            None => {
                let limits = &self.options.limits;
                self.set_own_refs(&repository, &[from], ObjectsFrom::Here, limits)?;
            }
        }
        // Nobody's push fails because there is no preview.
        if let Err(error) = self.keep_preview(request, &repository) {
            tracing::warn!(%error, request = %request.id, "the preview of a merge is not up to date");
        }
        Ok(())
    }

    /// Brings the preview of a request up to date, if it is not.
    pub(crate) fn keep_preview_of(&self, request: &PullRequest) -> repo::Result<()> {
        let repository = self.repositories.repository(request.repository)?;
        match self.is_preview_of_now(request, &repository)? {
            true => Ok(()),
            false => self.keep_preview(request, &repository),
        }
    }

    fn is_preview_of_now(
        &self,
        request: &PullRequest,
        repository: &Repository,
    ) -> repo::Result<bool> {
        let refs = repository.refs()?;
        let shown = refs.find(request_ref(request.number, MERGE)?.as_str());
        let target = refs.find(request.destination.as_str());
        let (Some(shown), Some(target)) = (shown, target) else { return Ok(false) };
        let commit = repository.commit_info(&shown.id)?;
        let now = [target.id, request.source.commit];
        let is_open = request.state == PullRequestState::Open;
        Ok(is_open && commit.is_some_and(|it| it.parents == now))
    }

    fn keep_preview(&self, request: &PullRequest, repository: &Repository) -> repo::Result<()> {
        let limits = &self.options.limits;
        let merge = request_ref(request.number, MERGE)?;
        match self.merge_of(request, repository)? {
            Some((tip, pack)) => {
                let objects = pack.as_deref().map_or(ObjectsFrom::Here, ObjectsFrom::Pack);
                self.set_own_refs(repository, &[(merge, tip)], objects, limits)
            }
            None => {
                let gone = [(merge, ObjectId::ZERO)];
                self.set_own_refs(repository, &gone, ObjectsFrom::Here, limits)
            }
        }
    }

    /// What an open request would make of its destination; `None` where there is nothing to show.
    fn merge_of(
        &self,
        request: &PullRequest,
        repository: &Repository,
    ) -> repo::Result<Option<(ObjectId, Option<Vec<u8>>)>> {
        if request.state != PullRequestState::Open {
            return Ok(None);
        }
        let refs = repository.refs()?;
        let Some(target) = refs.find(request.destination.as_str()) else { return Ok(None) };
        // The same as long as nothing changes, so that nothing has to be written.
        let server = Signature {
            name: "Portcullis".into(),
            email: String::new(),
            seconds: request.created_at.0.div_euclid(1000),
            offset_minutes: 0,
        };
        let message = format!("Preview of pull request #{}", request.number);
        let plan = MergePlan {
            strategy: MergeStrategy::MergeCommit,
            target: target.id,
            source: request.source.commit,
            message: &message,
            author: &server,
            committer: &server,
        };
        Ok(match repository.make_merge(&plan)? {
            MergeAnswer::Made(made) => Some((made.tip, made.pack)),
            MergeAnswer::Not(_) => None,
        })
    }
}

fn held_name(tip: ObjectId) -> repo::Result<RefName> {
    ref_name(format!("{}held/{tip}", policy::HIDDEN_REFS))
}

/// The ref of this kind of the request with this number.
pub(crate) fn request_ref(number: i64, kind: &str) -> repo::Result<RefName> {
    ref_name(format!("{}{number}/{kind}", policy::PULL_REQUEST_REFS))
}

fn ref_name(name: String) -> repo::Result<RefName> {
    let unfit = |_| Failure { code: FailureCode::RefName, detail: name.clone().into() };
    Ok(RefName::parse(name.as_bytes()).map_err(unfit)?)
}
