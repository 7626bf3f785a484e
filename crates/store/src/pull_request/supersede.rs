//! One pull request taking the place of another one of its repository.

use super::dependency::{lock, waits_for};
use super::request::PullRequest;
use super::write::{Closing, close, finish};
use crate::sql::{Tx, args};
use crate::{Actor, Error, Result, Store};
use model::{ActivityKind, PullRequestId, PullRequestState};

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Superseding {
    /// The request as it is now.
    Done(Box<PullRequest>),
    /// Somebody waits for it and is waited for by the other one. The numbers on the way from the
    /// other one to whoever waits, both among them.
    Circle(Vec<i64>),
}

/// What becomes of the requests that wait for one whose place another one takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiters {
    /// They wait for the other one.
    Follow,
    /// They wait on for the one that has ended.
    Stay,
}

impl Store {
    /// Ends an open request because another one takes its place. [`Error::Moved`] if it is not open
    /// any more, or the other one has ended without being merged.
    pub async fn supersede_pull_request(
        &self,
        by: &Actor,
        before: &PullRequest,
        with: &PullRequest,
        waiters: Waiters,
        payload: &str,
    ) -> Result<Superseding> {
        let mut tx = self.database.change().await?;
        lock(&mut tx, before.repository).await?;
        if waiters == Waiters::Follow
            && let Some(way) = circle(&mut tx, before, with).await?
        {
            return Ok(Superseding::Circle(way));
        }
        let closing = Closing {
            state: PullRequestState::Superseded,
            kind: ActivityKind::Superseded,
            reason: String::new(),
            merged: None,
        };
        if !close(&mut tx, by, before, &closing).await? {
            return Err(Error::Moved);
        }
        let sql = "update pull_request set superseded_by = $3
                   where id = $1 and repository_id = $4 and exists (
                       select 1 from pull_request o
                       where o.id = $2 and o.state in ('OPEN', 'MERGED'))";
        let args = args![before.id.0, with.id.0, with.number, before.repository.0];
        if tx.execute(sql, args).await? == 0 {
            return Err(Error::Moved);
        }
        if waiters == Waiters::Follow {
            move_dependencies(&mut tx, before.id, with.id).await?;
        }
        let place = (before.repository, before.id);
        let after = finish(tx, by, place, closing.kind, payload).await?;
        Ok(Superseding::Done(Box::new(after)))
    }
}

/// Would somebody who waits for one request and is to wait for the other be waited for by that?
async fn circle(tx: &mut Tx, before: &PullRequest, with: &PullRequest) -> Result<Option<Vec<i64>>> {
    let waits = waits_for(tx, before.repository).await?;
    let sql = "select p.id, p.number from pull_request_dependency d
               join pull_request p on p.id = d.pull_request_id
               where d.depends_on_id = $1 and p.state = 'OPEN' and p.id <> $2 order by p.number";
    for row in &tx.all(sql, args![before.id.0, with.id.0]).await? {
        let row = row.of("pull_request");
        let waiting = (PullRequestId(row.int("id")?), row.int("number")?);
        if let Some(way) = waits.way((with.id, with.number), waiting) {
            return Ok(Some(way));
        }
    }
    Ok(None)
}

async fn move_dependencies(tx: &mut Tx, from: PullRequestId, to: PullRequestId) -> Result<()> {
    let sql = "insert into pull_request_dependency (pull_request_id, depends_on_id)
               select pull_request_id, $2 from pull_request_dependency
               where depends_on_id = $1 and pull_request_id <> $2
               on conflict (pull_request_id, depends_on_id) do nothing";
    tx.execute(sql, args![from.0, to.0]).await?;
    let sql = "delete from pull_request_dependency where depends_on_id = $1";
    tx.execute(sql, args![from.0]).await.map(drop)
}
