//! Which pull requests have to be merged before another one: always of the same repository, and
//! never in a circle.

use super::history::{self, Line};
use super::request::{PullRequest, request_from, select_request};
use crate::sql::{Tx, args};
use crate::{Actor, Error, Page, PageRequest, Result, Store};
use model::{ActivityKind, PullRequestId, RepositoryId};
use std::collections::{BTreeMap, BTreeSet};

/// What came of making one request depend on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Depending {
    /// It does so now.
    Noted,
    /// It did so before.
    Already,
    /// They would wait for each other. The numbers on the way from the other one back to the
    /// first, both among them.
    Circle(Vec<i64>),
}

impl Store {
    /// Makes an open request depend on another one of its repository. [`Error::Moved`] if it is not
    /// open any more.
    pub async fn add_dependency(
        &self,
        by: &Actor,
        request: &PullRequest,
        on: &PullRequest,
        payload: &str,
    ) -> Result<Depending> {
        let mut tx = self.database.change().await?;
        lock(&mut tx, request.repository).await?;
        if let Some(way) = waits_for(&mut tx, request.repository)
            .await?
            .way((on.id, on.number), (request.id, request.number))
        {
            return Ok(Depending::Circle(way));
        }
        let sql = "insert into pull_request_dependency (pull_request_id, depends_on_id)
                   values ($1, $2) on conflict (pull_request_id, depends_on_id) do nothing";
        if tx.execute(sql, args![request.id.0, on.id.0]).await? == 0 {
            return Ok(Depending::Already);
        }
        note(tx, by, request, payload).await?;
        Ok(Depending::Noted)
    }

    /// Takes a dependency back. `false` if there was none; [`Error::Moved`] if the request is not
    /// open any more.
    pub async fn remove_dependency(
        &self,
        by: &Actor,
        request: &PullRequest,
        on: &PullRequest,
        payload: &str,
    ) -> Result<bool> {
        let mut tx = self.database.change().await?;
        let sql = "delete from pull_request_dependency
                   where pull_request_id = $1 and depends_on_id = $2";
        if tx.execute(sql, args![request.id.0, on.id.0]).await? == 0 {
            return Ok(false);
        }
        note(tx, by, request, payload).await?;
        Ok(true)
    }

    /// What a request depends on, whatever became of it, by number.
    pub async fn list_dependencies(
        &self,
        request: PullRequestId,
        page: PageRequest,
    ) -> Result<Page<PullRequest>> {
        macro_rules! which {
            () => {
                "join pull_request_dependency d on d.depends_on_id = p.id
                 where d.pull_request_id = $1"
            };
        }
        let rows = select_request!(which!(), " order by p.number limit $2 offset $3");
        let count = concat!("select count(*) as size from pull_request p ", which!());
        self.page((rows, count), args![request.0], page, request_from).await
    }
}

/// Of two who draw a line each at the same time, the second sees that of the first: what was
/// looked at stays so until the commit.
pub(super) async fn lock(tx: &mut Tx, repository: RepositoryId) -> Result<()> {
    let sql = "update repository set last_pull_request = last_pull_request where id = $1";
    match tx.execute(sql, args![repository.0]).await? {
        0 => Err(Error::NotFound { what: "repository" }),
        _ => Ok(()),
    }
}

/// Writes that a request has changed, and commits. Its version stays: whoever edits its texts
/// overwrites nothing.
async fn note(mut tx: Tx, by: &Actor, request: &PullRequest, payload: &str) -> Result<()> {
    let sql = "update pull_request set updated_at = $2 where id = $1 and state = 'OPEN'";
    if tx.execute(sql, args![request.id.0, by.at]).await? == 0 {
        return Err(Error::Moved);
    }
    let (repository, request, kind) = (request.repository, request.id, ActivityKind::Updated);
    let line = Line { repository, request, kind, comment: None, payload };
    history::write(&mut tx, by, &line).await?;
    tx.commit().await
}

/// Which open request waits for which other: ids, the second with its number.
pub(super) struct Waits(BTreeMap<i64, Vec<(i64, i64)>>);

/// Those of a repository. What has ended waits for nothing.
pub(super) async fn waits_for(tx: &mut Tx, repository: RepositoryId) -> Result<Waits> {
    let sql = "select d.pull_request_id, d.depends_on_id, o.number
               from pull_request_dependency d
               join pull_request p on p.id = d.pull_request_id
               join pull_request o on o.id = d.depends_on_id
               where p.repository_id = $1 and p.state = 'OPEN' order by o.number";
    let mut waits = BTreeMap::<_, Vec<_>>::new();
    for row in &tx.all(sql, args![repository.0]).await? {
        let row = row.of("pull_request_dependency");
        let on = (row.int("depends_on_id")?, row.int("number")?);
        waits.entry(row.int("pull_request_id")?).or_default().push(on);
    }
    Ok(Waits(waits))
}

impl Waits {
    /// The numbers on the shortest way from one request to another, both among them.
    pub(super) fn way(
        &self,
        from: (PullRequestId, i64),
        to: (PullRequestId, i64),
    ) -> Option<Vec<i64>> {
        let mut ways = vec![(from.0.0, vec![from.1])];
        let mut seen = BTreeSet::from([from.0.0]);
        while !ways.is_empty() {
            if let Some((_, way)) = ways.iter().find(|it| it.0 == to.0.0) {
                return Some(way.clone());
            }
            let mut next = Vec::new();
            for (id, way) in ways {
                for (on, number) in self.0.get(&id).into_iter().flatten() {
                    if seen.insert(*on) {
                        next.push((*on, [way.as_slice(), &[*number]].concat()));
                    }
                }
            }
            ways = next;
        }
        None
    }
}
