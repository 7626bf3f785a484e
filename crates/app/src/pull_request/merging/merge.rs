//! Merging a pull request.

use super::close_branch::SourceBranchFate;
use super::message;
use crate::error::{Error, Fields, Result};
use crate::open::{MergingPullRequest, OpenRepository};
use crate::pull_request::PullRequestView;
use crate::pull_request::update::must_be_open;
use crate::render::visible;
use crate::{App, Asker, PlaceName};
use model::{ActivityKind, Channel, MergeStrategy, ObjectId, PullRequestId, PullRequestState};
use repo::{Conflicts, MadeMerge, MergeAnswer, MergePlan, NotMergeable, Signature};
use serde_json::json;
use std::sync::Arc;
use store::{Actor, Closing, PrincipalKind, PullRequest};

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
}

/// A conflict is told with so many paths.
const TOLD: usize = 10;

impl App {
    /// Merges an open pull request.
    ///
    /// # Errors
    /// [`Error::Refused`] with everything that is missing; [`Error::Invalid`] for a strategy that
    /// is not allowed here; [`Error::Conflict`] where there is nothing to merge, it does not fit
    /// together, or a branch has moved meanwhile.
    pub async fn merge_pull_request(
        self: &Arc<Self>,
        who: &Asker,
        place: &PlaceName,
        number: i64,
        merge: Merge,
    ) -> Result<MergedView> {
        let mut who = who.clone();
        who.who.channel = Channel::Merge;
        let open = self.open_repository::<MergingPullRequest>(&who, place).await?;
        let request = self.find_request(&open, number).await?;
        let Some(held) = self.merges.hold(request.id) else {
            let message = format!("pull request #{number} is being merged by somebody else");
            return Err(Error::Conflict { field: "state", message });
        };
        let merged = Box::pin(self.merge_held(&open, place, number, merge)).await;
        drop(held);
        if merged.is_err() {
            // What pushes have done meanwhile was left to be noted here.
            let branches = [request.destination].into();
            self.follow_branches(&open.by, open.repository.id, &branches).await?;
        }
        merged
    }

    async fn merge_held(
        self: &Arc<Self>,
        open: &OpenRepository<MergingPullRequest>,
        place: &PlaceName,
        number: i64,
        merge: Merge,
    ) -> Result<MergedView> {
        let who = &open.who;
        // Again, now that nobody else can have begun.
        let request = self.find_request(open, number).await?;
        must_be_open(&request)?;
        must_be_ready(&request)?;
        let mut fields = Fields::default();
        let strategy = self.chosen_strategy(open, &request, merge.strategy, &mut fields).await?;
        let message = message::checked(merge.message, &mut fields);
        fields.check()?;
        let target = self.target_of(&request).await?;
        // Before anything is made, so that all that is missing is told at once.
        let judged = Box::pin(self.judge_merge(who, place, &request, target)).await?;
        if let Some(refused) = self.refused_merge(who, place, &request, target, &judged).await {
            return Err(refused);
        }
        let view = self
            .view_request(who, (&open.workspace, &open.repository), request.clone(), true)
            .await?;
        let message = message.unwrap_or_else(|| message::usual(&view));
        let made = self.make_merge(open, &request, (strategy, target), message).await?;
        self.land_merge(open, &request, target, made).await?;
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
    pub(super) async fn target_of(self: &Arc<Self>, request: &PullRequest) -> Result<ObjectId> {
        if let Some(from) = request.source.repository
            && let Some(tip) = self.tip(from, &request.source.branch).await?
            && tip != request.source.commit
        {
            let message = "the source branch has moved: look at what it brings now and try again";
            return Err(Error::Conflict { field: "source", message: message.into() });
        }
        self.tip(request.repository, &request.destination).await?.ok_or_else(|| Error::Conflict {
            field: "destination",
            message: format!("there is no branch `{}` any more", request.destination.short()),
        })
    }

    async fn make_merge(
        self: &Arc<Self>,
        open: &OpenRepository<MergingPullRequest>,
        request: &PullRequest,
        (strategy, target): (MergeStrategy, ObjectId),
        message: String,
    ) -> Result<MadeMerge> {
        let committer = open.who.signature(open.by.at);
        let author = self.author_of(request, strategy, &committer).await?;
        let source = request.source.commit;
        let made = open.on_disk(move |repository| {
            let (author, committer) = (&author, &committer);
            let plan = MergePlan { strategy, target, source, message: &message, author, committer };
            Ok(repository.make_merge(&plan)?)
        });
        match made.await? {
            MergeAnswer::Made(made) => Ok(made),
            MergeAnswer::Not(why) => Err(not_mergeable(&why, strategy, request)),
        }
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
        let author = &request.author;
        let (true, PrincipalKind::User, Some(id)) = (squashes, author.kind, author.id) else {
            return Ok(committer.clone());
        };
        let version = self.store.facts_version().await?;
        let account = self.account(model::UserId(id), version).await?;
        Ok(account.map_or_else(
            || committer.clone(),
            |it| Signature {
                name: it.user.display_name.to_string(),
                email: it.user.email.to_string(),
                ..committer.clone()
            },
        ))
    }

    /// Pushes from inside what was made, as a push of one command.
    async fn land_merge(
        self: &Arc<Self>,
        open: &OpenRepository<MergingPullRequest>,
        request: &PullRequest,
        target: ObjectId,
        made: MadeMerge,
    ) -> Result<()> {
        let name = &request.destination;
        let command = format!("{target} {} {name}\0report-status agent=merge", made.tip);
        let mut input = Vec::new();
        wire::put_text(&mut input, &command);
        wire::put_flush(&mut input);
        input.extend(made.pack.as_deref().unwrap_or(crate::branches::EMPTY_PACK));
        let (open, request) = (open.clone(), request.clone());
        let turn = self.turns.merge().await?;
        let received = tokio::task::spawn_blocking(move || {
            let _until_landed = turn;
            open.receive_merge(MergeOrder { request, target }, &mut input.as_slice())
        });
        match received.await??.into_error() {
            None => Ok(()),
            Some(Error::Conflict { .. }) => Err(Error::Conflict {
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
        Ok(())
    }
}

pub(super) fn must_be_ready(request: &PullRequest) -> Result<()> {
    if !request.draft {
        return Ok(());
    }
    let number = request.number;
    let message = format!("pull request #{number} is a draft: say first that it is ready");
    Err(Error::Conflict { field: "draft", message })
}

fn not_mergeable(why: &NotMergeable, strategy: MergeStrategy, request: &PullRequest) -> Error {
    let (source, into) = (request.source.branch.short(), request.destination.short());
    let (field, message) = match why {
        NotMergeable::Nothing => {
            ("source", format!("`{into}` has every change of `{source}` already"))
        }
        NotMergeable::NotFastForward { behind } => (
            "merge_strategy",
            format!(
                "`{strategy}` needs `{source}` to have all of `{into}`, and {behind} commits are \
                 missing: merge or rebase, or choose another strategy"
            ),
        ),
        NotMergeable::Unrelated => {
            ("source", format!("`{source}` and `{into}` have no common history"))
        }
        NotMergeable::Conflicting(conflicts) => {
            ("source", format!("`{source}` and `{into}` do not fit together: {}", told(conflicts)))
        }
        NotMergeable::RebaseConflicting { commit, conflicts } => (
            "source",
            format!("commit {commit} does not fit on top of `{into}`: {}", told(conflicts)),
        ),
    };
    Error::Conflict { field, message }
}

fn told(conflicts: &Conflicts) -> String {
    let path = |it: &repo::Conflict| {
        let path = String::from_utf8_lossy(&it.path).into_owned();
        format!("`{}` ({})", visible(&path), it.reason)
    };
    let mut told: Vec<String> = conflicts.listed.iter().take(TOLD).map(path).collect();
    let more = conflicts.total.saturating_sub(told.len());
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join(", ")
}
