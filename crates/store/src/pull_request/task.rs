//! What somebody asks to be done before a pull request is merged. A draft is there for its author
//! alone and counts for nothing.

use super::comment::{Resolved, resolved_from};
use super::history::{self, Line, next_id};
use super::participant::note_participant;
use super::request::PullRequest;
use crate::sql::{Row, Tx, args};
use crate::{Actor, Error, Page, PageRequest, PrincipalName, Result, Store};
use model::{ActivityKind, CommentId, PullRequestId, TaskId, Timestamp};

/// A task of a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    pub request: PullRequestId,
    /// The comment it came up in.
    pub comment: Option<CommentId>,
    pub by: PrincipalName,
    /// As it was typed.
    pub raw: String,
    /// A draft.
    pub pending: bool,
    pub resolved: Option<Resolved>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a new task needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewTask {
    pub comment: Option<CommentId>,
    pub raw: String,
    pub pending: bool,
}

/// What to change; `None` leaves a field as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaskUpdate {
    pub raw: Option<String>,
    /// Done, or open again.
    pub resolved: Option<bool>,
    /// Make a draft into a task that others see.
    pub publish: bool,
}

/// The columns of a task, from `pull_request_task t`.
macro_rules! select_task {
    ($($rest:expr),+) => {
        concat!(
            "select t.id, t.pull_request_id, t.comment_id, t.principal_kind, t.principal_id,
                 t.principal_name, t.raw, t.pending, t.resolved_kind, t.resolved_id,
                 t.resolved_name, t.resolved_at, t.created_at, t.updated_at
             from pull_request_task t ",
            $($rest),+
        )
    };
}

/// Those of request `$1` that the principal `$2`, `$3` may see.
macro_rules! seen {
    () => {
        "where t.pull_request_id = $1
           and (t.pending = 0 or (t.principal_kind = $2 and t.principal_id = $3))"
    };
}

fn task_from(row: &Row) -> Result<Task> {
    let row = row.of("pull_request_task");
    Ok(Task {
        id: TaskId(row.int("id")?),
        request: PullRequestId(row.int("pull_request_id")?),
        comment: row.opt_int("comment_id")?.map(CommentId),
        by: PrincipalName::from_columns(row)?,
        raw: row.text("raw")?,
        pending: row.flag("pending")?,
        resolved: resolved_from(row)?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

impl Store {
    /// The tasks of a request that somebody may see, the oldest first.
    pub async fn list_tasks(
        &self,
        request: PullRequestId,
        reader: &PrincipalName,
        page: PageRequest,
    ) -> Result<Page<Task>> {
        let rows = select_task!(seen!(), " order by t.id limit $4 offset $5");
        let count = concat!("select count(*) as size from pull_request_task t ", seen!());
        let args = args![request.0, reader.kind.as_str(), reader.id];
        self.page((rows, count), args, page, task_from).await
    }

    /// One of them.
    pub async fn find_task(
        &self,
        request: PullRequestId,
        reader: &PrincipalName,
        id: TaskId,
    ) -> Result<Option<Task>> {
        let sql = select_task!(seen!(), " and t.id = $4");
        let args = args![request.0, reader.kind.as_str(), reader.id, id.0];
        let row = self.database.optional(sql, args).await?;
        row.as_ref().map(task_from).transpose()
    }

    /// Asks for something. Only what is no draft is told of.
    pub async fn create_task(
        &self,
        by: &Actor,
        request: &PullRequest,
        new: &NewTask,
    ) -> Result<Task> {
        let mut tx = self.database.change().await?;
        let id = TaskId(next_id(&mut tx, "task").await?);
        let sql = "insert into pull_request_task (id, pull_request_id, comment_id, principal_kind,
                       principal_id, principal_name, raw, pending, created_at, updated_at)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)";
        let args = args![
            id.0,
            request.id.0,
            new.comment.map(|it| it.0),
            by.principal.kind.as_str(),
            by.principal.id,
            &by.principal.name,
            &new.raw,
            new.pending,
            by.at,
        ];
        tx.execute(sql, args).await?;
        if !new.pending {
            tell(&mut tx, by, request, (id, new.comment, ActivityKind::TaskCreated)).await?;
        }
        read_and_commit(tx, id).await
    }

    /// Changes what is given, and nothing that somebody else changes at the same time. A task that
    /// is done already keeps who did it. [`Error::NotFound`] once it is gone, or no draft any more.
    pub async fn update_task(
        &self,
        by: &Actor,
        request: &PullRequest,
        before: &Task,
        update: &TaskUpdate,
    ) -> Result<Task> {
        let mut tx = self.database.change().await?;
        let pending = before.pending && !update.publish;
        let sql = "update pull_request_task set raw = coalesce($3, raw), pending = $4,
                       updated_at = $5
                   where id = $1 and pull_request_id = $2 and pending = $6";
        let args = args![before.id.0, request.id.0, &update.raw, pending, by.at, before.pending];
        if tx.execute(sql, args).await? == 0 {
            return Err(Error::NotFound { what: "task" });
        }
        if let Some(resolved) = update.resolved {
            resolve(&mut tx, by, (request.id, before.id), resolved).await?;
        }
        if !pending {
            let kind = match before.pending {
                true => ActivityKind::TaskCreated,
                false => ActivityKind::TaskUpdated,
            };
            tell(&mut tx, by, request, (before.id, before.comment, kind)).await?;
        }
        read_and_commit(tx, before.id).await
    }

    /// Removes a task. [`Error::NotFound`] if it is gone.
    pub async fn delete_task(
        &self,
        by: &Actor,
        request: &PullRequest,
        before: &Task,
    ) -> Result<()> {
        let mut tx = self.database.change().await?;
        let sql = "delete from pull_request_task where id = $1 and pull_request_id = $2";
        if tx.execute(sql, args![before.id.0, request.id.0]).await? == 0 {
            return Err(Error::NotFound { what: "task" });
        }
        if !before.pending {
            let told = (before.id, before.comment, ActivityKind::TaskDeleted);
            tell(&mut tx, by, request, told).await?;
        }
        tx.commit().await
    }
}

/// Makes a task done, or open again; nothing where it is so already.
async fn resolve(
    tx: &mut Tx,
    by: &Actor,
    (request, task): (PullRequestId, TaskId),
    resolved: bool,
) -> Result<()> {
    if resolved {
        let sql = "update pull_request_task set resolved_kind = $3, resolved_id = $4,
                       resolved_name = $5, resolved_at = $6
                   where id = $1 and pull_request_id = $2 and resolved_at is null";
        let (kind, name) = (by.principal.kind.as_str(), &by.principal.name);
        let args = args![task.0, request.0, kind, by.principal.id, name, by.at];
        tx.execute(sql, args).await.map(drop)
    } else {
        let sql = "update pull_request_task set resolved_kind = null, resolved_id = null,
                       resolved_name = null, resolved_at = null
                   where id = $1 and pull_request_id = $2";
        tx.execute(sql, args![task.0, request.0]).await.map(drop)
    }
}

async fn tell(
    tx: &mut Tx,
    by: &Actor,
    request: &PullRequest,
    (task, comment, kind): (TaskId, Option<CommentId>, ActivityKind),
) -> Result<()> {
    note_participant(tx, request.id, by).await?;
    let (repository, request) = (request.repository, request.id);
    let payload = format!(r#"{{"task":{task}}}"#);
    let line = Line { repository, request, kind, comment, payload: &payload };
    history::write(tx, by, &line).await
}

async fn read_and_commit(mut tx: Tx, id: TaskId) -> Result<Task> {
    let row = tx.optional(select_task!("where t.id = $1"), args![id.0]).await?;
    let task = task_from(&row.ok_or(Error::NotFound { what: "task" })?)?;
    tx.commit().await?;
    Ok(task)
}
