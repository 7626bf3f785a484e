//! Merging a pull request.

use super::close_branch::SourceBranchFate;
use super::facts::BuildsOf;
use super::{Obstacle, message};
use crate::error::{Error, Fields, Result};
use crate::open::{MergingPullRequest, OpenRepository};
use crate::pull_request::PullRequestView;
use crate::{App, Asker, PlaceName};
use model::{
    ActivityKind, Channel, MergeStrategy, ObjectId, PullRequestId, PullRequestState, Timestamp,
};
use repo::{MadeMerge, MergeAnswer, MergePlan, Signature};
use serde_json::json;
use std::sync::Arc;
use store::{Actor, Closing, PrincipalKind, PrincipalName, PullRequest};

/// How to merge, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Merge {
    /// One of the words of [`MergeStrategy`]; `None` for the usual one of the destination.
    pub strategy: Option<String>,
    pub message: Option<String>,
    /// `None` for what the pull request says.
    pub close_source_branch: Option<bool>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct MergedView {
    pub request: PullRequestView,
    pub source_branch: SourceBranchFate,
}

/// A merge on its way through the push path: what the judge needs to know of it.
#[derive(Clone, Debug)]
pub(crate) struct MergeOrder {
    pub request: PullRequest,
    /// Where the destination is.
    pub target: ObjectId,
    pub builds: BuildsOf,
}

impl App {
    /// Merges an open pull request.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything that is missing; [`Error::Invalid`] for a strategy that
    /// is not allowed here; [`Error::Conflicting`] where it does not fit together; [`Error::State`]
    /// where there is nothing to merge, or a branch has moved meanwhile.
    pub async fn merge_pull_request(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        merge: Merge,
    ) -> Result<MergedView> {
        self.merge_commits(who, place, number, (merge, None)).await
    }

    /// The same, unless the request brings other commits than were meant.
    pub(crate) async fn merge_commits(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        (merge, meant): (Merge, Option<ObjectId>),
    ) -> Result<MergedView> {
        let mut who = who.clone();
        who.who.channel = Channel::Merge;
        let open = self.open_repository::<MergingPullRequest>(&who, place).await?;
        let request = self.find_request(&open, number).await?;
        let merging = self.merge_held(&open, place, number, (merge, meant));
        self.while_held(&open, &request, merging).await
    }

    /// Does a part of merging a request, while nobody else merges it.
    pub(crate) async fn while_held<A, T>(
        self: &Arc<Self>,
        open: &OpenRepository<A>,
        request: &PullRequest,
        work: impl Future<Output = Result<T>> + Send,
    ) -> Result<T> {
        let held = self.hold_request(request)?;
        let done = Box::pin(work).await;
        drop(held);
        if done.is_err() {
            // What pushes have done meanwhile was left to be noted here.
            if let Err(error) = self.follow(&open.by, request.clone()).await {
                // Why nothing was merged is what somebody waits for.
                let request = request.id;
                tracing::error!(%error, %request, "a request does not follow its branches");
            }
        }
        done
    }

    async fn merge_held(
        self: &Arc<Self>,
        open: &OpenRepository<MergingPullRequest>,
        place: &PlaceName,
        number: i64,
        (merge, meant): (Merge, Option<ObjectId>),
    ) -> Result<MergedView> {
        let who = &open.who;
        // Again, now that nobody else can have begun.
        let request = self.find_request(open, number).await?;
        must_be_mergeable(&request)?;
        if meant.is_some_and(|it| it != request.source.commit) {
            return Err(Obstacle::SourceMoved.into());
        }
        let mut fields = Fields::default();
        let strategy = self.chosen_strategy(open, &request, merge.strategy, &mut fields).await?;
        let message = message::checked(merge.message, &mut fields);
        fields.check()?;
        let target = self.target_of(&request).await?;
        // Before anything is made, so that all that is missing is told at once.
        let order = MergeOrder { request: request.clone(), target, builds: BuildsOf::Source };
        let judged = Box::pin(self.judge_merge(who, place, &order)).await?;
        if let Some(refused) = self.refused_merge(who, place, &order, &judged).await {
            return Err(refused);
        }
        let view = self
            .view_request(who, (&open.workspace, &open.repository), request.clone(), true)
            .await?;
        let message = message.unwrap_or_else(|| message::usual(&view));
        let made = self.make_merge(open, &request, (strategy, target), message).await?;
        self.land_merge(open, order, made).await?;
        let close = merge.close_source_branch.unwrap_or(request.close_source_branch);
        let source_branch = match close {
            true => self.close_source_branch(who, &request).await,
            false => SourceBranchFate::Stays,
        };
        let after = self.find_request(open, number).await?;
        let here = (&open.workspace, &open.repository);
        Ok(MergedView { request: self.view_request(who, here, after, true).await?, source_branch })
    }

    /// Where the destination is now. The source must be where the request has it: the one who
    /// merges has seen that.
    pub(crate) async fn target_of(self: &Arc<Self>, request: &PullRequest) -> Result<ObjectId> {
        Ok(self.find_target(request).await??)
    }

    /// The same, with what keeps it from being merged into.
    pub(super) async fn find_target(
        self: &Arc<Self>,
        request: &PullRequest,
    ) -> Result<std::result::Result<ObjectId, Obstacle>> {
        if let Some(from) = request.source.repository
            && let Some(tip) = self.tip(from, &request.source.branch).await?
            && tip != request.source.commit
        {
            return Ok(Err(Obstacle::SourceMoved));
        }
        let tip = self.tip(request.repository, &request.destination).await?;
        let into = || request.destination.short().to_owned();
        Ok(tip.ok_or_else(|| Obstacle::DestinationGone { into: into() }))
    }

    async fn make_merge(
        self: &Arc<Self>,
        open: &OpenRepository<MergingPullRequest>,
        request: &PullRequest,
        (strategy, target): (MergeStrategy, ObjectId),
        message: String,
    ) -> Result<MadeMerge> {
        let committer = open.who.signature(open.by.at);
        match self.make_commits(request, (strategy, target), message, committer).await? {
            MergeAnswer::Made(made) => Ok(made),
            MergeAnswer::Not(why) => {
                let obstacle = Obstacle::of_merge(&why, strategy, request);
                Err(obstacle.with_way_on(request, &open.clone_url()))
            }
        }
    }

    /// Makes what merging a request onto a commit would land. No ref moves.
    pub(crate) async fn make_commits(
        self: &Arc<Self>,
        request: &PullRequest,
        (strategy, target): (MergeStrategy, ObjectId),
        message: String,
        committer: Signature,
    ) -> Result<MergeAnswer> {
        let author = self.author_of(request, strategy, &committer).await?;
        let (app, id, source) = (Arc::clone(self), request.repository, request.source.commit);
        let made = tokio::task::spawn_blocking(move || {
            let (author, committer) = (&author, &committer);
            let plan = MergePlan { strategy, target, source, message: &message, author, committer };
            app.repositories.repository(id)?.make_merge(&plan)
        });
        Ok(made.await??)
    }

    /// Many commits that become one are their author's; a commit that only joins two lines is of
    /// whoever merges.
    async fn author_of(
        &self,
        request: &PullRequest,
        strategy: MergeStrategy,
        committer: &Signature,
    ) -> Result<Signature> {
        let squashes = match strategy {
            MergeStrategy::Squash | MergeStrategy::SquashFastForward => true,
            MergeStrategy::MergeCommit
            | MergeStrategy::FastForward
            | MergeStrategy::RebaseFastForward
            | MergeStrategy::RebaseMerge => false,
        };
        if !squashes {
            return Ok(committer.clone());
        }
        let author = self.user_signature(&request.author, committer.seconds).await?;
        Ok(author.unwrap_or_else(|| committer.clone()))
    }

    /// As git names somebody who is named in a row. Tokens have no address.
    pub(crate) async fn signature_of(
        &self,
        name: &PrincipalName,
        at: Timestamp,
    ) -> Result<Signature> {
        let seconds = at.0.div_euclid(1000);
        let (name_only, email) = (name.name.clone(), String::new());
        let user = self.user_signature(name, seconds).await?;
        Ok(user.unwrap_or(Signature { name: name_only, email, seconds, offset_minutes: 0 }))
    }

    async fn user_signature(
        &self,
        name: &PrincipalName,
        seconds: i64,
    ) -> Result<Option<Signature>> {
        let (PrincipalKind::User, Some(id)) = (name.kind, name.id) else { return Ok(None) };
        let version = self.store.facts_version().await?;
        let account = self.account(model::UserId(id), version).await?;
        Ok(account.map(|it| Signature {
            name: it.user.display_name.to_string(),
            email: it.user.email.to_string(),
            seconds,
            offset_minutes: 0,
        }))
    }

    /// Pushes from inside what was made, as a push of one command.
    pub(crate) async fn land_merge(
        self: &Arc<Self>,
        open: &OpenRepository<MergingPullRequest>,
        order: MergeOrder,
        made: MadeMerge,
    ) -> Result<()> {
        let (name, target) = (&order.request.destination, order.target);
        let command = format!("{target} {} {name}\0report-status agent=merge", made.tip);
        let mut input = Vec::new();
        wire::put_text(&mut input, &command);
        wire::put_flush(&mut input);
        input.extend(made.pack.as_deref().unwrap_or(crate::branches::EMPTY_PACK));
        let open = open.clone();
        let turn = self.turns.merge().await?;
        let received = tokio::task::spawn_blocking(move || {
            let _until_landed = turn;
            open.receive_merge(order, &mut input.as_slice())
        });
        match received.await??.into_error() {
            None => Ok(()),
            Some(Error::Conflict { .. }) => Err(Error::State {
                field: "destination",
                message: "somebody has changed the destination just now: try again".into(),
            }),
            Some(error) => Err(error),
        }
    }

    /// Notes that a request was merged by moving its destination; noted before, or by somebody
    /// else's push, is no error.
    pub(crate) async fn note_merge(
        &self,
        by: &Actor,
        id: PullRequestId,
        (before, after): (ObjectId, ObjectId),
    ) -> Result<()> {
        // Gone with its repository.
        let Some(request) = self.store.find_pull_request_by_id(id).await? else { return Ok(()) };
        let closing = Closing {
            state: PullRequestState::Merged,
            kind: ActivityKind::Merged,
            reason: String::new(),
            merged: Some((after, before)),
        };
        let payload = json!({ "merge_commit": after.to_string() }).to_string();
        self.store.close_pull_request(by, &request, &closing, &payload).await?;
        self.landings.poke(request.repository);
        Ok(())
    }
}

/// Nothing that has ended or is a draft is merged, nor waits for it.
pub(crate) fn must_be_mergeable(request: &PullRequest) -> Result<()> {
    Obstacle::of_request(request).next().map_or(Ok(()), |it| Err(it.into()))
}
