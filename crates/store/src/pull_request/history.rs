//! What happened to pull requests: lines of history for people, events for programs.

pub(super) use crate::event::next_id;
use crate::event::write_event;
use crate::sql::{Row, Tx, args};
use crate::{Actor, Page, PageRequest, PrincipalName, Result, Store};
use model::{ActivityKind, CommentId, PullRequestId, RepositoryId, Timestamp};

/// One line of a pull request's history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    pub id: i64,
    pub request: PullRequestId,
    pub by: PrincipalName,
    pub at: Timestamp,
    pub kind: ActivityKind,
    /// The comment it is about, where it is about one.
    pub comment: Option<CommentId>,
    /// JSON, written and read by `app`: what changed.
    pub payload: String,
}

/// What is written down of a change.
pub(super) struct Line<'a> {
    pub repository: RepositoryId,
    pub request: PullRequestId,
    pub kind: ActivityKind,
    pub comment: Option<CommentId>,
    pub payload: &'a str,
}

/// Writes the line and the event of a change. The last thing its transaction does: the sequences
/// are taken in one order.
pub(super) async fn write(tx: &mut Tx, by: &Actor, line: &Line<'_>) -> Result<()> {
    let id = next_id(tx, "activity").await?;
    let principal = &by.principal;
    let sql = "insert into pull_request_activity (id, pull_request_id, principal_kind,
                   principal_id, principal_name, at, kind, comment_id, payload)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let args = args![
        id,
        line.request.0,
        principal.kind.as_str(),
        principal.id,
        &principal.name,
        by.at,
        line.kind.as_str(),
        line.comment.map(|it| it.0),
        line.payload,
    ];
    tx.execute(sql, args).await?;
    let name = format!("pullrequest:{}", line.kind);
    let comment = line.comment.map_or_else(String::new, |it| format!(r#","comment":{it}"#));
    let change = line.payload;
    let payload = format!(r#"{{"pull_request":{}{comment},"change":{change}}}"#, line.request);
    write_event(tx, by, line.repository, &name, &payload).await
}

fn activity_from(row: &Row) -> Result<Activity> {
    let row = row.of("pull_request_activity");
    Ok(Activity {
        id: row.int("id")?,
        request: PullRequestId(row.int("pull_request_id")?),
        by: PrincipalName::from_columns(row)?,
        at: row.time("at")?,
        kind: row.parsed("kind", ActivityKind::parse)?,
        comment: row.opt_int("comment_id")?.map(CommentId),
        payload: row.text("payload")?,
    })
}

impl Store {
    /// What happened to the pull requests of a repository, or to one of them, the newest first;
    /// only what is of these kinds. Comments that were deleted since are passed over.
    pub async fn list_activity(
        &self,
        repository: RepositoryId,
        request: Option<PullRequestId>,
        kinds: &[ActivityKind],
        page: PageRequest,
    ) -> Result<Page<Activity>> {
        macro_rules! from {
            () => {
                "from pull_request_activity a join pull_request p on p.id = a.pull_request_id
                 where p.repository_id = $1 and ($2 is null or p.id = $2)
                   and $3 like '%|' || a.kind || '|%'
                   and (a.kind <> 'comment_created' or not exists (
                       select 1 from pull_request_comment c
                       where c.id = a.comment_id and c.deleted = 1))"
            };
        }
        let rows = concat!(
            "select a.id, a.pull_request_id, a.principal_kind, a.principal_id, a.principal_name,
                 a.at, a.kind, a.comment_id, a.payload ",
            from!(),
            " order by a.id desc limit $4 offset $5"
        );
        let count = concat!("select count(*) as size ", from!());
        let kinds: String = kinds.iter().map(|it| format!("|{it}|")).collect();
        let args = args![repository.0, request.map(|it| it.0), &kinds];
        self.page((rows, count), args, page, activity_from).await
    }
}
