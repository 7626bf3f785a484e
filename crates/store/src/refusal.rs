//! Refusal records: what was refused to whom, so that `explain` can tell it again.

use crate::owner::within;
use crate::sql::{Row, args};
use crate::{Owner, Page, PageRequest, PrincipalName, Result, Store};
use model::{RepositoryId, Timestamp, UserId, WorkspaceId};

/// One refusal, as recorded. What it says is the payload, which belongs to `app`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusalRecord {
    /// `R-7KQ2M9`: short, unguessable, unique.
    pub id: String,
    /// `PC-REF-PUSH`.
    pub code: String,
    pub workspace: Option<WorkspaceId>,
    /// `None` when the refusal was not about a repository that exists.
    pub repository: Option<RepositoryId>,
    pub principal: PrincipalName,
    pub at: Timestamp,
    /// Users who may see it besides admins: those the credential or the push belongs to.
    pub viewers: Vec<UserId>,
    /// JSON, written and read by `app`.
    pub payload: String,
}

macro_rules! select_refusal {
    ($($rest:expr),+) => {
        concat!(
            "select id, code, workspace_id, repository_id, principal_kind, principal_id,
                 principal_name, at, viewers, payload
             from refusal ",
            $($rest),+
        )
    };
}

/// The condition of [`Store::list_refusals`].
macro_rules! listed {
    () => {
        "where repository_id = $1
           and ($2 is null or (principal_kind = $2 and principal_id = $3))"
    };
}

fn refusal_from(row: &Row) -> Result<RefusalRecord> {
    let row = row.of("refusal");
    Ok(RefusalRecord {
        id: row.text("id")?,
        code: row.text("code")?,
        workspace: row.opt_int("workspace_id")?.map(WorkspaceId),
        repository: row.opt_int("repository_id")?.map(RepositoryId),
        principal: PrincipalName::from_columns(row)?,
        at: row.time("at")?,
        viewers: row.parsed("viewers", |text| {
            text.split_whitespace()
                .map(|it| it.parse().map(UserId))
                .collect::<std::result::Result<_, _>>()
        })?,
        payload: row.text("payload")?,
    })
}

impl Store {
    /// Records the refusals of one push or request: all or none. [`crate::Error::Conflict`] if an
    /// id is taken: draw another.
    pub async fn insert_refusals(&self, refusals: &[RefusalRecord]) -> Result<()> {
        let mut tx = self.database.record().await?;
        for it in refusals {
            let viewers: Vec<_> = it.viewers.iter().map(|it| it.to_string()).collect();
            let viewers = viewers.join(" ");
            let sql = "insert into refusal (id, code, workspace_id, repository_id, principal_kind,
                           principal_id, principal_name, at, viewers, payload)
                       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
            let args = args![
                &it.id,
                &it.code,
                it.workspace.map(|it| it.0),
                it.repository.map(|it| it.0),
                it.principal.kind.as_str(),
                it.principal.id,
                &it.principal.name,
                it.at,
                &viewers,
                &it.payload,
            ];
            tx.execute(sql, args).await?;
        }
        tx.commit().await
    }

    /// The refusal by id. The id is compared as it stands: letters are upper case.
    pub async fn find_refusal(&self, id: &str) -> Result<Option<RefusalRecord>> {
        let row = self.database.optional(select_refusal!("where id = $1"), args![id]).await?;
        row.as_ref().map(refusal_from).transpose()
    }

    /// The refusals in a repository, the newest first; only those of one principal if one is named.
    /// A principal without a number (anonymous) has none of its own.
    pub async fn list_refusals(
        &self,
        repository: RepositoryId,
        only: Option<&PrincipalName>,
        page: PageRequest,
    ) -> Result<Page<RefusalRecord>> {
        let rows = select_refusal!(listed!(), " order by at desc, id limit $4 offset $5");
        let count = concat!("select count(*) as size from refusal ", listed!());
        let args = args![repository.0, only.map(|it| it.kind.as_str()), only.and_then(|it| it.id),];
        self.page((rows, count), args, page, refusal_from).await
    }
    /// The newest refusals in a repository, or in all repositories of a project or workspace.
    pub async fn recent_refusals(&self, owner: Owner, most: u32) -> Result<Vec<RefusalRecord>> {
        let sql = within!(owner, select_refusal, "order by at desc, id limit $2");
        let rows = self.database.all(sql, args![owner.id(), i64::from(most)]).await?;
        rows.iter().map(refusal_from).collect()
    }
}
