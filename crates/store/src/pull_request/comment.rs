//! What people write about a pull request. A draft is there for its author alone and leaves no
//! trace before it is published; a deleted comment loses its text and stays while something hangs
//! on it.

use super::history::{self, Line, next_id};
use super::participant::note_participant;
use super::request::PullRequest;
use crate::sql::{Columns, Row, Tx, args};
use crate::{Actor, Error, Page, PageRequest, PrincipalName, Result, Store};
use model::{ActivityKind, CommentId, ObjectId, PullRequestId, Timestamp};

/// A comment on a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    pub id: CommentId,
    pub request: PullRequestId,
    /// What it answers; `None` for one that began a thread.
    pub parent: Option<CommentId>,
    pub by: PrincipalName,
    /// As it was typed; empty once deleted.
    pub raw: String,
    /// The lines it is about; `None` for the request as a whole.
    pub anchor: Option<Anchor>,
    /// The tips of source and destination when it was written: the lines are theirs.
    pub source_commit: ObjectId,
    pub destination_commit: ObjectId,
    /// A draft.
    pub pending: bool,
    pub deleted: bool,
    pub resolved: Option<Resolved>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Lines of a file, counted from 1: `from` in the destination's version, `to` in the source's.
/// None of them means the whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Anchor {
    /// From the root, as git writes it.
    pub path: String,
    /// The last line on that side.
    pub from: Option<i64>,
    pub to: Option<i64>,
    /// The first line, where it is about more than one.
    pub start_from: Option<i64>,
    pub start_to: Option<i64>,
}

/// Who settled a thread or a task, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    pub by: PrincipalName,
    pub at: Timestamp,
}

/// What a new comment needs. Its commits are those of the request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewComment {
    pub parent: Option<CommentId>,
    pub raw: String,
    pub anchor: Option<Anchor>,
    pub pending: bool,
}

/// The columns of a comment, from `pull_request_comment c`.
macro_rules! select_comment {
    ($($rest:expr),+) => {
        concat!(
            "select c.id, c.pull_request_id, c.parent_id, c.principal_kind, c.principal_id,
                 c.principal_name, c.raw, c.path, c.from_line, c.to_line, c.start_from_line,
                 c.start_to_line, c.source_commit, c.destination_commit, c.pending, c.deleted,
                 c.resolved_kind, c.resolved_id, c.resolved_name, c.resolved_at, c.created_at,
                 c.updated_at
             from pull_request_comment c ",
            $($rest),+
        )
    };
}

/// Those of request `$1` that the principal `$2`, `$3` may see.
macro_rules! seen {
    () => {
        "where c.pull_request_id = $1
           and (c.pending = 0 or (c.principal_kind = $2 and c.principal_id = $3))
           and (c.deleted = 0
             or exists (select 1 from pull_request_comment r
                where r.parent_id = c.id and r.pending = 0)
             or exists (select 1 from pull_request_task t
                where t.comment_id = c.id and t.pending = 0))"
    };
}

fn comment_from(row: &Row) -> Result<Comment> {
    let row = row.of("pull_request_comment");
    let object = |it: &str| ObjectId::parse(it.as_bytes());
    Ok(Comment {
        id: CommentId(row.int("id")?),
        request: PullRequestId(row.int("pull_request_id")?),
        parent: row.opt_int("parent_id")?.map(CommentId),
        by: PrincipalName::from_columns(row)?,
        raw: row.text("raw")?,
        anchor: anchor_from(row)?,
        source_commit: row.parsed("source_commit", object)?,
        destination_commit: row.parsed("destination_commit", object)?,
        pending: row.flag("pending")?,
        deleted: row.flag("deleted")?,
        resolved: resolved_from(row)?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

fn anchor_from(row: Columns<'_>) -> Result<Option<Anchor>> {
    let Some(path) = row.opt_text("path")? else { return Ok(None) };
    Ok(Some(Anchor {
        path,
        from: row.opt_int("from_line")?,
        to: row.opt_int("to_line")?,
        start_from: row.opt_int("start_from_line")?,
        start_to: row.opt_int("start_to_line")?,
    }))
}

/// Reads `resolved_…`.
pub(super) fn resolved_from(row: Columns<'_>) -> Result<Option<Resolved>> {
    let Some(at) = row.opt_time("resolved_at")? else { return Ok(None) };
    let by = PrincipalName::from_named(row, ["resolved_kind", "resolved_id", "resolved_name"])?;
    Ok(Some(Resolved { by, at }))
}

impl Store {
    /// The comments on a request that somebody may see, the oldest first.
    pub async fn list_comments(
        &self,
        request: PullRequestId,
        reader: &PrincipalName,
        page: PageRequest,
    ) -> Result<Page<Comment>> {
        let rows = select_comment!(seen!(), " order by c.id limit $4 offset $5");
        let count = concat!("select count(*) as size from pull_request_comment c ", seen!());
        let args = args![request.0, reader.kind.as_str(), reader.id];
        self.page((rows, count), args, page, comment_from).await
    }

    /// One of them.
    pub async fn find_comment(
        &self,
        request: PullRequestId,
        reader: &PrincipalName,
        id: CommentId,
    ) -> Result<Option<Comment>> {
        let sql = select_comment!(seen!(), " and c.id = $4");
        let args = args![request.0, reader.kind.as_str(), reader.id, id.0];
        let row = self.database.optional(sql, args).await?;
        row.as_ref().map(comment_from).transpose()
    }

    /// Writes a comment. Only one that is no draft makes its author a participant and is told of.
    pub async fn create_comment(
        &self,
        by: &Actor,
        request: &PullRequest,
        new: &NewComment,
    ) -> Result<Comment> {
        let mut tx = self.database.change().await?;
        let id = CommentId(next_id(&mut tx, "comment").await?);
        insert(&mut tx, by, (request, id), new).await?;
        if !new.pending {
            note_participant(&mut tx, request.id, by).await?;
            tell(&mut tx, by, request, (id, ActivityKind::Commented)).await?;
        }
        read_and_commit(tx, id).await
    }

    /// Changes the text of a comment, and publishes a draft where `publish` says so.
    /// [`Error::NotFound`] once it is deleted.
    pub async fn update_comment(
        &self,
        by: &Actor,
        request: &PullRequest,
        before: &Comment,
        (raw, publish): (&str, bool),
    ) -> Result<Comment> {
        let mut tx = self.database.change().await?;
        let sql = "update pull_request_comment set raw = $2, pending = $3, updated_at = $4
                   where id = $1 and deleted = 0 and pending = $5 and pull_request_id = $6";
        let pending = before.pending && !publish;
        let args = args![before.id.0, raw, pending, by.at, before.pending, request.id.0];
        if tx.execute(sql, args).await? == 0 {
            return Err(Error::NotFound { what: "comment" });
        }
        if !pending {
            note_participant(&mut tx, request.id, by).await?;
            let kind = match before.pending {
                true => ActivityKind::Commented,
                false => ActivityKind::CommentUpdated,
            };
            tell(&mut tx, by, request, (before.id, kind)).await?;
        }
        read_and_commit(tx, before.id).await
    }

    /// Takes the text of a comment away for good. [`Error::NotFound`] if that was done already.
    pub async fn delete_comment(
        &self,
        by: &Actor,
        request: &PullRequest,
        before: &Comment,
    ) -> Result<()> {
        let mut tx = self.database.change().await?;
        let sql = "update pull_request_comment set raw = '', deleted = 1, updated_at = $2
                   where id = $1 and deleted = 0 and pull_request_id = $3";
        if tx.execute(sql, args![before.id.0, by.at, request.id.0]).await? == 0 {
            return Err(Error::NotFound { what: "comment" });
        }
        if !before.pending {
            let told = (before.id, ActivityKind::CommentDeleted);
            tell(&mut tx, by, request, told).await?;
        }
        tx.commit().await
    }

    /// Settles a thread, or opens it again. [`Error::Moved`] if it is so already.
    pub async fn resolve_comment(
        &self,
        by: &Actor,
        request: &PullRequest,
        (id, resolved): (CommentId, bool),
    ) -> Result<Comment> {
        let mut tx = self.database.change().await?;
        let kind = by.principal.kind.as_str();
        let (changed, told) = if resolved {
            let sql = "update pull_request_comment set resolved_kind = $2, resolved_id = $3,
                           resolved_name = $4, resolved_at = $5
                       where id = $1 and resolved_at is null and deleted = 0
                           and pull_request_id = $6";
            let (who, name) = (by.principal.id, &by.principal.name);
            let args = args![id.0, kind, who, name, by.at, request.id.0];
            (tx.execute(sql, args).await?, ActivityKind::CommentResolved)
        } else {
            let sql = "update pull_request_comment set resolved_kind = null, resolved_id = null,
                           resolved_name = null, resolved_at = null
                       where id = $1 and resolved_at is not null and deleted = 0
                           and pull_request_id = $2";
            (tx.execute(sql, args![id.0, request.id.0]).await?, ActivityKind::CommentReopened)
        };
        if changed == 0 {
            return Err(Error::Moved);
        }
        tell(&mut tx, by, request, (id, told)).await?;
        read_and_commit(tx, id).await
    }
}

async fn insert(
    tx: &mut Tx,
    by: &Actor,
    (request, id): (&PullRequest, CommentId),
    new: &NewComment,
) -> Result<()> {
    let sql = "insert into pull_request_comment (id, pull_request_id, parent_id, principal_kind,
                   principal_id, principal_name, raw, path, from_line, to_line, start_from_line,
                   start_to_line, source_commit, destination_commit, pending, deleted, created_at,
                   updated_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 0, $16,
                   $16)";
    let anchor = new.anchor.as_ref();
    let source = request.source.commit.to_string();
    let destination = request.destination_commit.to_string();
    let args = args![
        id.0,
        request.id.0,
        new.parent.map(|it| it.0),
        by.principal.kind.as_str(),
        by.principal.id,
        &by.principal.name,
        &new.raw,
        anchor.map(|it| it.path.as_str()),
        anchor.and_then(|it| it.from),
        anchor.and_then(|it| it.to),
        anchor.and_then(|it| it.start_from),
        anchor.and_then(|it| it.start_to),
        &source,
        &destination,
        new.pending,
        by.at,
    ];
    tx.execute(sql, args).await.map(drop)
}

async fn tell(
    tx: &mut Tx,
    by: &Actor,
    request: &PullRequest,
    (comment, kind): (CommentId, ActivityKind),
) -> Result<()> {
    let (repository, request) = (request.repository, request.id);
    let line = Line { repository, request, kind, comment: Some(comment), payload: "{}" };
    history::write(tx, by, &line).await
}

async fn read_and_commit(mut tx: Tx, id: CommentId) -> Result<Comment> {
    let row = tx.optional(select_comment!("where c.id = $1"), args![id.0]).await?;
    let comment = comment_from(&row.ok_or(Error::NotFound { what: "comment" })?)?;
    tx.commit().await?;
    Ok(comment)
}
