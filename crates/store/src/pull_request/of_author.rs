//! What one user has opened, over all repositories of a workspace.

use super::request::{PullRequest, request_from, select_request};
use crate::repository::{repository_from, select_repository};
use crate::sql::args;
use crate::{Page, PageRequest, Repository, Result, Store};
use model::{PullRequestState, RepositoryId, UserId, WorkspaceId};

macro_rules! opened {
    () => {
        "where p.principal_kind = 'user' and p.principal_id = $1
           and $2 like '%|' || p.repository_id || '|%'
           and ($3 = '' or $3 like '%|' || p.state || '|%')"
    };
}

impl Store {
    /// The repositories of a workspace into which a user has opened pull requests, by number.
    pub async fn list_repositories_asked_by(
        &self,
        workspace: WorkspaceId,
        author: UserId,
    ) -> Result<Vec<Repository>> {
        let sql = select_repository!(
            "where r.workspace_id = $1 and exists (
                 select 1 from pull_request p
                 where p.repository_id = r.id and p.principal_kind = 'user'
                     and p.principal_id = $2)
             order by r.id"
        );
        let rows = self.database.all(sql, args![workspace.0, author.0]).await?;
        rows.iter().map(|it| repository_from(it.of("repository"))).collect()
    }

    /// The pull requests that a user has opened into these repositories, the newest first; those
    /// in one of the states, or in any if there are none.
    pub async fn list_pull_requests_of(
        &self,
        author: UserId,
        repositories: &[RepositoryId],
        states: &[PullRequestState],
        page: PageRequest,
    ) -> Result<Page<PullRequest>> {
        let rows = select_request!(opened!(), " order by p.id desc limit $4 offset $5");
        let count = concat!("select count(*) as size from pull_request p ", opened!());
        let repositories: String = repositories.iter().map(|it| format!("|{it}|")).collect();
        let states: String = states.iter().map(|it| format!("|{it}|")).collect();
        self.page((rows, count), args![author.0, &repositories, &states], page, request_from).await
    }
}
