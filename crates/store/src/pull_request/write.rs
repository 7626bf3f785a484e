//! Making pull requests, changing and ending them. Whoever changes one says which version of it
//! they saw, so that two never overwrite each other's work.

use super::history::{self, Line};
use super::participant::{ReviewReset, reset_reviews, set_reviewers};
use super::request::{PullRequest, SourceBranch, request_from, select_request};
use crate::change::Change;
use crate::sql::{Tx, args};
use crate::{Actor, Error, Result, Store};
use model::{
    ActivityKind, ObjectId, PullRequestId, PullRequestState, RefName, RepositoryId, UserId,
};

/// A statement names so many requests at most.
const AT_ONCE: usize = 200;

/// What a new pull request needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPullRequest {
    pub repository: RepositoryId,
    pub title: String,
    pub description: String,
    pub draft: bool,
    pub source: SourceBranch,
    pub destination: RefName,
    pub destination_commit: ObjectId,
    pub close_source_branch: bool,
    pub reviewers: Vec<UserId>,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullRequestUpdate {
    pub title: Option<String>,
    pub description: Option<String>,
    pub draft: Option<bool>,
    pub close_source_branch: Option<bool>,
    pub source_commit: Option<ObjectId>,
    pub destination: Option<RefName>,
    pub destination_commit: Option<ObjectId>,
    pub reviewers: Option<Vec<UserId>>,
    pub reset: ReviewReset,
}

/// How a pull request ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Anything but open.
    pub state: PullRequestState,
    pub kind: ActivityKind,
    pub reason: String,
    /// What the merge made of the destination, and what that was before.
    pub merged: Option<(ObjectId, ObjectId)>,
}

impl Store {
    /// Opens a pull request; its number is the next of its repository. [`Error::Conflict`] where
    /// one is open between the same branches already.
    pub async fn create_pull_request(
        &self,
        by: &Actor,
        new: &NewPullRequest,
        payload: &str,
    ) -> Result<PullRequest> {
        let mut tx = self.database.change().await?;
        let sql = "update repository set last_pull_request = last_pull_request + 1 where id = $1
                   returning last_pull_request";
        let row = tx.optional(sql, args![new.repository.0]).await?;
        let row = row.ok_or(Error::NotFound { what: "repository" })?;
        let number = row.of("repository").int("last_pull_request")?;
        let id = PullRequestId(history::next_id(&mut tx, "pull_request").await?);
        insert(&mut tx, by, (id, number), new).await?;
        set_reviewers(&mut tx, id, &new.reviewers).await?;
        finish(tx, by, (new.repository, id), ActivityKind::Created, payload).await
    }

    /// Changes an open pull request. [`Error::Moved`] if it is not open or not that version.
    pub async fn update_pull_request(
        &self,
        by: &Actor,
        before: &PullRequest,
        update: &PullRequestUpdate,
        payload: &str,
    ) -> Result<PullRequest> {
        let mut tx = self.database.change().await?;
        let sql = "update pull_request set title = $3, description = $4, draft = $5,
                       close_source_branch = $6, source_commit = $7, destination_branch = $8,
                       destination_commit = $9, updated_at = $10, version = version + 1
                   where id = $1 and version = $2 and repository_id = $11 and state = 'OPEN'";
        let source = update.source_commit.unwrap_or(before.source.commit).to_string();
        let destination = update.destination_commit.unwrap_or(before.destination_commit);
        let destination = destination.to_string();
        let args = args![
            before.id.0,
            before.version,
            update.title.as_ref().unwrap_or(&before.title),
            update.description.as_ref().unwrap_or(&before.description),
            update.draft.unwrap_or(before.draft),
            update.close_source_branch.unwrap_or(before.close_source_branch),
            &source,
            update.destination.as_ref().unwrap_or(&before.destination).as_str(),
            &destination,
            by.at,
            before.repository.0,
        ];
        if tx.execute(sql, args).await? == 0 {
            return Err(Error::Moved);
        }
        if let Some(reviewers) = &update.reviewers {
            set_reviewers(&mut tx, before.id, reviewers).await?;
        }
        reset_reviews(&mut tx, before.id, update.reset).await?;
        finish(tx, by, (before.repository, before.id), ActivityKind::Updated, payload).await
    }

    /// Notes where the destination of these requests is: no change of theirs, and no event.
    pub async fn note_destinations(&self, requests: &[PullRequestId], tip: ObjectId) -> Result<()> {
        let sql = "update pull_request set destination_commit = $4
                   where id between $1 and $2 and $3 like '%|' || id || '|%' and state = 'OPEN'";
        let tip = tip.to_string();
        let mut ids: Vec<i64> = requests.iter().map(|it| it.0).collect();
        ids.sort_unstable();
        for some in ids.chunks(AT_ONCE) {
            let (Some(first), Some(last)) = (some.first(), some.last()) else { continue };
            let named: String = some.iter().map(|it| format!("|{it}|")).collect();
            self.database.write_record(sql, args![*first, *last, &named, &tip]).await?;
        }
        Ok(())
    }

    /// Ends an open pull request; `None` if it was not open any more, which is no error: a merge
    /// is noted again after a crash. A merge counts although somebody has declined the request in
    /// the same moment: the commits are there.
    pub async fn close_pull_request(
        &self,
        by: &Actor,
        before: &PullRequest,
        closing: &Closing,
        payload: &str,
    ) -> Result<Option<PullRequest>> {
        let mut tx = self.database.change().await?;
        if !close(&mut tx, by, before, closing).await? {
            return Ok(None);
        }
        let place = (before.repository, before.id);
        finish(tx, by, place, closing.kind, payload).await.map(Some)
    }
}

/// Ends a request, without the line of history; `false` if it cannot be ended so any more.
pub(super) async fn close(
    tx: &mut Tx,
    by: &Actor,
    before: &PullRequest,
    closing: &Closing,
) -> Result<bool> {
    let sql = "update pull_request set state = $2, reason = $3, merge_commit = $4,
                   destination_commit = $5, closed_kind = $6, closed_id = $7,
                   closed_name = $8, closed_at = $9, updated_at = $9, superseded_by = null,
                   version = version + 1
               where id = $1 and repository_id = $10
                   and (state = 'OPEN' or ($2 = 'MERGED' and state <> 'MERGED'))";
    let merge_commit = closing.merged.map(|it| it.0.to_string());
    let destination = closing.merged.map_or(before.destination_commit, |it| it.1).to_string();
    let args = args![
        before.id.0,
        closing.state.as_str(),
        &closing.reason,
        &merge_commit,
        &destination,
        by.principal.kind.as_str(),
        by.principal.id,
        &by.principal.name,
        by.at,
        before.repository.0,
    ];
    Ok(tx.execute(sql, args).await? > 0)
}

async fn insert(
    tx: &mut Tx,
    by: &Actor,
    (id, number): (PullRequestId, i64),
    new: &NewPullRequest,
) -> Result<()> {
    let sql = "insert into pull_request (id, repository_id, number, title, description, state,
                   draft, principal_kind, principal_id, principal_name, source_repository_id,
                   source_branch, source_commit, destination_branch, destination_commit,
                   close_source_branch, reason, created_at, updated_at, version)
               values ($1, $2, $3, $4, $5, 'OPEN', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15,
                   '', $16, $16, 1)";
    let (source, destination) = (new.source.commit.to_string(), new.destination_commit.to_string());
    let args = args![
        id.0,
        new.repository.0,
        number,
        &new.title,
        &new.description,
        new.draft,
        by.principal.kind.as_str(),
        by.principal.id,
        &by.principal.name,
        new.source.repository.map(|it| it.0),
        new.source.branch.as_str(),
        &source,
        new.destination.as_str(),
        &destination,
        new.close_source_branch,
        by.at,
    ];
    tx.execute(sql, args).await.map(drop)
}

/// Writes history and event, commits, and reads what came of it.
pub(super) async fn finish(
    mut tx: Tx,
    by: &Actor,
    (repository, request): (RepositoryId, PullRequestId),
    kind: ActivityKind,
    payload: &str,
) -> Result<PullRequest> {
    history::write(&mut tx, by, &Line { repository, request, kind, comment: None, payload })
        .await?;
    let row = tx.optional(select_request!("where p.id = $1"), args![request.0]).await?;
    let after = request_from(&row.ok_or(Error::NotFound { what: "pull request" })?)?;
    tx.commit().await?;
    Ok(after)
}

/// Removes the pull requests into a repository that is about to go, and forgets it as a source.
pub(crate) async fn forget_pull_requests(
    change: &mut Change<'_>,
    repository: RepositoryId,
) -> Result<()> {
    for sql in [
        "delete from pull_request_task where pull_request_id in
             (select id from pull_request where repository_id = $1)",
        "update pull_request_comment set parent_id = null where pull_request_id in
             (select id from pull_request where repository_id = $1)",
        "delete from pull_request where repository_id = $1",
        "delete from event where repository_id = $1",
        "update pull_request set source_repository_id = null where source_repository_id = $1",
    ] {
        change.execute(sql, args![repository.0]).await?;
    }
    Ok(())
}
