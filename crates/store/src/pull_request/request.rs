//! A pull request as a row.

use crate::sql::{Columns, Row};
use crate::{PrincipalName, Result};
use model::{ObjectId, PullRequestId, PullRequestState, RefName, RepositoryId, Timestamp};

/// A request to take the commits of one branch into another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRequest {
    pub id: PullRequestId,
    /// Where it is to be merged; it is a thing of this repository.
    pub repository: RepositoryId,
    /// What people call it by; unique in the repository, from 1.
    pub number: i64,
    pub title: String,
    pub description: String,
    pub state: PullRequestState,
    /// Not ready: nobody can merge it yet.
    pub draft: bool,
    pub author: PrincipalName,
    pub source: SourceBranch,
    /// A branch, by its whole ref name.
    pub destination: RefName,
    /// The tip of the destination as it was last seen; the tip before the merge, once merged.
    pub destination_commit: ObjectId,
    /// Remove the source branch after the merge.
    pub close_source_branch: bool,
    /// What the merge made of the destination.
    pub merge_commit: Option<ObjectId>,
    pub closed: Option<Closed>,
    /// The number of the request that took its place, of one that is superseded.
    pub superseded_by: Option<i64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// One more with each change of the request itself; comments do not count.
    pub version: i64,
    /// Comments that are neither deleted nor pending.
    pub comment_count: i64,
    /// Tasks that are open.
    pub task_count: i64,
    /// Is it in the merge queue of its destination?
    pub queued: bool,
}

/// Where the commits come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceBranch {
    /// `None` once that repository is gone.
    pub repository: Option<RepositoryId>,
    /// A branch, by its whole ref name.
    pub branch: RefName,
    /// Its tip as it was last seen.
    pub commit: ObjectId,
}

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closed {
    pub by: PrincipalName,
    pub at: Timestamp,
    /// In the words of whoever declined it; may be empty.
    pub reason: String,
}

/// The columns of a pull request, from `pull_request p`.
macro_rules! select_request {
    ($($rest:expr),+) => {
        concat!(
            "select p.id, p.repository_id, p.number, p.title, p.description, p.state, p.draft,
                 p.principal_kind, p.principal_id, p.principal_name, p.source_repository_id,
                 p.source_branch, p.source_commit, p.destination_branch, p.destination_commit,
                 p.close_source_branch, p.merge_commit, p.reason, p.closed_kind, p.closed_id,
                 p.closed_name, p.closed_at, p.superseded_by, p.created_at, p.updated_at, p.version,
                 (select count(*) from pull_request_comment c where c.pull_request_id = p.id
                     and c.deleted = 0 and c.pending = 0) as comment_count,
                 (select count(*) from pull_request_task t where t.pull_request_id = p.id
                     and t.resolved_at is null and t.pending = 0) as task_count,
                 (select count(*) from waiting_merge w where w.pull_request_id = p.id
                     and w.way = 'queue' and p.state = 'OPEN') as queued
             from pull_request p ",
            $($rest),+
        )
    };
}
pub(super) use select_request;

pub(super) fn request_from(row: &Row) -> Result<PullRequest> {
    let row = row.of("pull_request");
    let reference = |it: &str| RefName::parse(it.as_bytes());
    let object = |it: &str| ObjectId::parse(it.as_bytes());
    Ok(PullRequest {
        id: PullRequestId(row.int("id")?),
        repository: RepositoryId(row.int("repository_id")?),
        number: row.int("number")?,
        title: row.text("title")?,
        description: row.text("description")?,
        state: row.parsed("state", PullRequestState::parse)?,
        draft: row.flag("draft")?,
        author: PrincipalName::from_columns(row)?,
        source: source_from(row)?,
        destination: row.parsed("destination_branch", reference)?,
        destination_commit: row.parsed("destination_commit", object)?,
        close_source_branch: row.flag("close_source_branch")?,
        merge_commit: row.opt_parsed("merge_commit", object)?,
        closed: closed_from(row)?,
        superseded_by: row.opt_int("superseded_by")?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
        version: row.int("version")?,
        comment_count: row.int("comment_count")?,
        task_count: row.int("task_count")?,
        queued: row.flag("queued")?,
    })
}

pub(super) fn source_from(row: Columns<'_>) -> Result<SourceBranch> {
    Ok(SourceBranch {
        repository: row.opt_int("source_repository_id")?.map(RepositoryId),
        branch: row.parsed("source_branch", |it| RefName::parse(it.as_bytes()))?,
        commit: row.parsed("source_commit", |it| ObjectId::parse(it.as_bytes()))?,
    })
}

fn closed_from(row: Columns<'_>) -> Result<Option<Closed>> {
    let Some(at) = row.opt_time("closed_at")? else { return Ok(None) };
    let by = PrincipalName::from_named(row, ["closed_kind", "closed_id", "closed_name"])?;
    Ok(Some(Closed { by, at, reason: row.text("reason")? }))
}
