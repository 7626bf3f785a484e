//! Pull requests that are to be merged later: what was asked, by whom, and how far it is. Nothing
//! is merged here, and nobody is asked whether it may be.

use super::history::{self, Line, next_id};
use super::request::PullRequest;
use crate::event::write_event;
use crate::sql::{Columns, Row, args};
use crate::{Actor, Page, PageRequest, PrincipalName, Result, Store};
use model::{
    ActivityKind, MergeStrategy, ObjectId, PullRequestId, RefName, RepositoryId, Timestamp,
    WaitingWay,
};

/// A pull request that waits to be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingMerge {
    pub request: PullRequestId,
    /// The request's number in its repository.
    pub number: i64,
    /// The destination's.
    pub repository: RepositoryId,
    /// How it was to be merged when it was asked for.
    pub terms: WaitingTerms,
    /// Grows with each one that is asked for; never given out twice.
    pub position: i64,
    pub asked_by: PrincipalName,
    pub asked_at: Timestamp,
    /// What was made for the queue, if anything was.
    pub queued: Option<QueuedCommit>,
    /// What was missing when it was last looked at: a sentence each line.
    pub missing: String,
}

/// What somebody asks for who wants a pull request merged later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingTerms {
    pub way: WaitingWay,
    /// Into this branch, by its whole ref name, and into no other.
    pub destination: RefName,
    /// These commits, and no others.
    pub source_commit: ObjectId,
    /// The credential it was asked for with: written and read by `app`. No secret.
    pub proof: String,
    /// The address it was asked for from.
    pub address: Option<String>,
    /// `None` for the usual one.
    pub strategy: Option<MergeStrategy>,
    /// `None` for the usual one.
    pub message: Option<String>,
    /// As it was when it was asked for: it goes with the rights of whoever asked.
    pub close_source_branch: bool,
}

/// What would land.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueuedCommit {
    /// What it was made on.
    pub base: ObjectId,
    pub commit: ObjectId,
}

macro_rules! select_waiting {
    ($($rest:expr),+) => {
        concat!(
            "select w.pull_request_id, p.number, w.repository_id, w.destination_branch, w.position,
                 w.way, w.principal_kind, w.principal_id, w.principal_name, w.proof, w.address,
                 w.asked_at, w.source_commit, w.strategy, w.message, w.close_source_branch,
                 w.base_commit, w.queued_commit, w.missing
             from waiting_merge w join pull_request p on p.id = w.pull_request_id ",
            $($rest),+
        )
    };
}

macro_rules! in_queue {
    () => {
        "where w.repository_id = $1 and w.destination_branch = $2 and w.way = 'queue'
             and p.state = 'OPEN'"
    };
}

fn waiting_from(row: &Row) -> Result<WaitingMerge> {
    let row = row.of("waiting_merge");
    Ok(WaitingMerge {
        request: PullRequestId(row.int("pull_request_id")?),
        number: row.int("number")?,
        repository: RepositoryId(row.int("repository_id")?),
        terms: WaitingTerms {
            way: row.parsed("way", WaitingWay::parse)?,
            destination: row.parsed("destination_branch", |it| RefName::parse(it.as_bytes()))?,
            source_commit: row.parsed("source_commit", |it| ObjectId::parse(it.as_bytes()))?,
            proof: row.text("proof")?,
            address: row.opt_text("address")?,
            strategy: row.opt_parsed("strategy", MergeStrategy::parse)?,
            message: row.opt_text("message")?,
            close_source_branch: row.flag("close_source_branch")?,
        },
        position: row.int("position")?,
        asked_by: PrincipalName::from_columns(row)?,
        asked_at: row.time("asked_at")?,
        queued: queued_from(row)?,
        missing: row.text("missing")?,
    })
}

fn queued_from(row: Columns<'_>) -> Result<Option<QueuedCommit>> {
    let object = |column| row.opt_parsed(column, |it| ObjectId::parse(it.as_bytes()));
    let found = (object("base_commit")?, object("queued_commit")?);
    Ok(found.0.zip(found.1).map(|(base, commit)| QueuedCommit { base, commit }))
}

impl Store {
    /// Notes that an open request waits from now on; `false` if it waits already, or has ended or
    /// changed its commits in the meantime.
    pub async fn add_waiting_merge(
        &self,
        by: &Actor,
        request: &PullRequest,
        terms: &WaitingTerms,
    ) -> Result<bool> {
        let mut tx = self.database.change().await?;
        let position = next_id(&mut tx, "waiting_merge").await?;
        let sql = "insert into waiting_merge (pull_request_id, repository_id, destination_branch,
                       position, way, principal_kind, principal_id, principal_name, proof, address,
                       asked_at, source_commit, strategy, message, close_source_branch, missing)
                   select p.id, p.repository_id, p.destination_branch, $4, $5, $6, $7, $8, $9, $10,
                       $11, p.source_commit, $12, $13, $14, ''
                   from pull_request p
                   where p.id = $1 and p.state = 'OPEN' and p.source_commit = $2
                       and p.destination_branch = $3
                   on conflict (pull_request_id) do nothing";
        let source = terms.source_commit.to_string();
        let args = args![
            request.id.0,
            &source,
            terms.destination.as_str(),
            position,
            terms.way.as_str(),
            by.principal.kind.as_str(),
            by.principal.id,
            &by.principal.name,
            &terms.proof,
            &terms.address,
            by.at,
            terms.strategy.map(MergeStrategy::as_str),
            &terms.message,
            i64::from(terms.close_source_branch),
        ];
        if tx.execute(sql, args).await? == 0 {
            return Ok(false);
        }
        let kind = match terms.way {
            WaitingWay::Auto => ActivityKind::AutoMergeAsked,
            WaitingWay::Queue => ActivityKind::Queued,
        };
        let (repository, request) = (request.repository, request.id);
        let line = Line { repository, request, kind, comment: None, payload: "{}" };
        history::write(&mut tx, by, &line).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// What a request waits for; `None` when for nothing, as far as it is open.
    pub async fn find_waiting_merge(&self, request: PullRequestId) -> Result<Option<WaitingMerge>> {
        let sql = select_waiting!("where w.pull_request_id = $1");
        self.database.optional(sql, args![request.0]).await?.as_ref().map(waiting_from).transpose()
    }

    /// All that wait in a repository, in the order in which they were asked for, and what is left
    /// of those that have ended.
    pub async fn list_waiting_merges(&self, repository: RepositoryId) -> Result<Vec<WaitingMerge>> {
        let sql = select_waiting!("where w.repository_id = $1 order by w.position");
        let rows = self.database.all(sql, args![repository.0]).await?;
        rows.iter().map(waiting_from).collect()
    }

    /// Those that wait in the queue of a branch, the next one first.
    pub async fn list_merge_queue(
        &self,
        repository: RepositoryId,
        branch: &RefName,
        page: PageRequest,
    ) -> Result<Page<WaitingMerge>> {
        let count = concat!(
            "select count(*) as size
             from waiting_merge w join pull_request p on p.id = w.pull_request_id ",
            in_queue!()
        );
        let args = args![repository.0, branch.as_str()];
        let rows = select_waiting!(in_queue!(), " order by w.position limit $3 offset $4");
        self.page((rows, count), args, page, waiting_from).await
    }

    /// The repositories in which something waits.
    pub async fn repositories_with_waiting_merges(&self) -> Result<Vec<RepositoryId>> {
        let sql = "select distinct repository_id from waiting_merge order by repository_id";
        let rows = self.database.all(sql, args![]).await?;
        rows.iter()
            .map(|it| Ok(RepositoryId(it.of("waiting_merge").int("repository_id")?)))
            .collect()
    }

    /// Notes what was made for the queue, and tells programs of it. `None` where nothing could be.
    pub async fn set_queued_commit(
        &self,
        by: &Actor,
        waiting: &WaitingMerge,
        queued: Option<QueuedCommit>,
    ) -> Result<()> {
        let mut tx = self.database.change().await?;
        let sql = "update waiting_merge set base_commit = $3, queued_commit = $4
                   where pull_request_id = $1 and position = $2";
        let base = queued.map(|it| it.base.to_string());
        let commit = queued.map(|it| it.commit.to_string());
        let args = args![waiting.request.0, waiting.position, &base, &commit];
        if tx.execute(sql, args).await? == 0 {
            return Ok(());
        }
        if let Some(commit) = commit {
            let payload = format!(r#"{{"pull_request":{},"commit":"{commit}"}}"#, waiting.request);
            let name = "pullrequest:queue_commit_created";
            write_event(&mut tx, by, waiting.repository, name, &payload).await?;
        }
        tx.commit().await
    }

    /// Notes what is missing, a sentence each line. No event: nothing has happened.
    pub async fn note_missing(&self, waiting: &WaitingMerge, missing: &str) -> Result<()> {
        if waiting.missing == missing {
            return Ok(());
        }
        let sql = "update waiting_merge set missing = $3
                   where pull_request_id = $1 and position = $2";
        let args = args![waiting.request.0, waiting.position, missing];
        self.database.write_record(sql, args).await.map(drop)
    }

    /// Forgets what is left of a request that has ended.
    pub async fn forget_waiting_merge(&self, waiting: &WaitingMerge) -> Result<()> {
        let sql = "delete from waiting_merge where pull_request_id = $1 and position = $2";
        let args = args![waiting.request.0, waiting.position];
        self.database.write_record(sql, args).await.map(drop)
    }

    /// An open request waits no longer; `payload` says why. `false` if it did not wait any more.
    pub async fn remove_waiting_merge(
        &self,
        by: &Actor,
        waiting: &WaitingMerge,
        payload: &str,
    ) -> Result<bool> {
        let mut tx = self.database.change().await?;
        let sql = "delete from waiting_merge where pull_request_id = $1 and position = $2";
        if tx.execute(sql, args![waiting.request.0, waiting.position]).await? == 0 {
            return Ok(false);
        }
        let kind = match waiting.terms.way {
            WaitingWay::Auto => ActivityKind::AutoMergeEnded,
            WaitingWay::Queue => ActivityKind::Unqueued,
        };
        let (repository, request) = (waiting.repository, waiting.request);
        history::write(&mut tx, by, &Line { repository, request, kind, comment: None, payload })
            .await?;
        tx.commit().await?;
        Ok(true)
    }
}
