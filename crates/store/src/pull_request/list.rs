//! Finding pull requests.

use super::request::{PullRequest, SourceBranch, request_from, select_request, source_from};
use crate::sql::{Row, args};
use crate::{Page, PageRequest, Result, Store};
use model::{ObjectId, PullRequestId, PullRequestState, RefName, RepositoryId, UserId};

/// Which pull requests are wanted: all that fit every part that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullRequestFilter {
    /// In one of these states; in any if there are none.
    pub states: Vec<PullRequestState>,
    /// From the branch of this name, wherever it is.
    pub source: Option<RefName>,
    /// Into the branch of this name.
    pub destination: Option<RefName>,
    pub author: Option<UserId>,
}

/// Where an open pull request comes from and goes to, with the tips as they were last seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenEnds {
    pub id: PullRequestId,
    pub repository: RepositoryId,
    pub number: i64,
    pub destination: RefName,
    pub destination_commit: ObjectId,
    pub source: SourceBranch,
}

fn ends_from(row: &Row) -> Result<OpenEnds> {
    let row = row.of("pull_request");
    let destination_commit =
        row.parsed("destination_commit", |it| ObjectId::parse(it.as_bytes()))?;
    Ok(OpenEnds {
        id: PullRequestId(row.int("id")?),
        repository: RepositoryId(row.int("repository_id")?),
        number: row.int("number")?,
        destination: row.parsed("destination_branch", |it| RefName::parse(it.as_bytes()))?,
        destination_commit,
        source: source_from(row)?,
    })
}

macro_rules! listed {
    () => {
        "where p.repository_id = $1 and ($2 = '' or $2 like '%|' || p.state || '|%')
           and ($3 is null or p.source_branch = $3) and ($4 is null or p.destination_branch = $4)
           and ($5 is null or (p.principal_kind = 'user' and p.principal_id = $5))"
    };
}

impl Store {
    /// A repository's pull request by its number.
    pub async fn find_pull_request(
        &self,
        repository: RepositoryId,
        number: i64,
    ) -> Result<Option<PullRequest>> {
        let sql = select_request!("where p.repository_id = $1 and p.number = $2");
        let row = self.database.optional(sql, args![repository.0, number]).await?;
        row.as_ref().map(request_from).transpose()
    }

    /// The same by its id.
    pub async fn find_pull_request_by_id(&self, id: PullRequestId) -> Result<Option<PullRequest>> {
        let row = self.database.optional(select_request!("where p.id = $1"), args![id.0]).await?;
        row.as_ref().map(request_from).transpose()
    }

    /// The pull requests into a repository, the newest first.
    pub async fn list_pull_requests(
        &self,
        repository: RepositoryId,
        filter: &PullRequestFilter,
        page: PageRequest,
    ) -> Result<Page<PullRequest>> {
        let rows = select_request!(listed!(), " order by p.number desc limit $6 offset $7");
        let count = concat!("select count(*) as size from pull_request p ", listed!());
        let states: String = filter.states.iter().map(|it| format!("|{it}|")).collect();
        let args = args![
            repository.0,
            &states,
            filter.source.as_ref().map(RefName::as_str),
            filter.destination.as_ref().map(RefName::as_str),
            filter.author.map(|it| it.0),
        ];
        self.page((rows, count), args, page, request_from).await
    }

    /// The open pull requests from or into a branch, the oldest first.
    pub async fn open_pull_requests_at(
        &self,
        repository: RepositoryId,
        branch: &RefName,
    ) -> Result<Vec<PullRequest>> {
        let sql = select_request!(
            "where p.state = 'OPEN'
               and ((p.repository_id = $1 and p.destination_branch = $2)
                 or (p.source_repository_id = $1 and p.source_branch = $2))
             order by p.id"
        );
        let rows = self.database.all(sql, args![repository.0, branch.as_str()]).await?;
        rows.iter().map(request_from).collect()
    }

    /// The open pull requests from or into any branch of a repository, the oldest first.
    pub async fn open_pull_requests_in(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<PullRequest>> {
        let sql = select_request!(
            "where p.state = 'OPEN' and (p.repository_id = $1 or p.source_repository_id = $1)
             order by p.id"
        );
        let rows = self.database.all(sql, args![repository.0]).await?;
        rows.iter().map(request_from).collect()
    }

    /// The ends of every open pull request, by repository and then the oldest first.
    pub async fn list_open_ends(&self) -> Result<Vec<OpenEnds>> {
        let sql = "select id, repository_id, number, destination_branch,
                       destination_commit, source_repository_id, source_branch, source_commit
                   from pull_request where state = 'OPEN' order by repository_id, id";
        let rows = self.database.all(sql, args![]).await?;
        rows.iter().map(ends_from).collect()
    }
}
