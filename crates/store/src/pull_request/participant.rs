//! Who takes part in a pull request, and what they think of it.

use super::history::{self, Line};
use super::request::PullRequest;
use crate::sql::{Row, Tx, args};
use crate::{Actor, Error, Result, Store};
use model::{ActivityKind, ParticipantRole, PullRequestId, ReviewState, Timestamp, UserId};

/// Somebody who takes part in a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    pub user: UserId,
    pub role: ParticipantRole,
    pub review: Option<ReviewState>,
    /// When they last reviewed or commented.
    pub at: Option<Timestamp>,
}

/// Which reviews are dropped when the commits of a pull request change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReviewReset {
    pub approvals: bool,
    pub changes_requested: bool,
}

fn participant_from(row: &Row) -> Result<(PullRequestId, Participant)> {
    let row = row.of("pull_request_participant");
    let participant = Participant {
        user: UserId(row.int("user_id")?),
        role: row.parsed("role", ParticipantRole::parse)?,
        review: row.opt_parsed("review", ReviewState::parse)?,
        at: row.opt_time("participated_at")?,
    };
    Ok((PullRequestId(row.int("pull_request_id")?), participant))
}

/// Makes these users, and nobody else, the reviewers. Who has taken part stays a participant.
pub(super) async fn set_reviewers(
    tx: &mut Tx,
    request: PullRequestId,
    reviewers: &[UserId],
) -> Result<()> {
    let sql = "delete from pull_request_participant
               where pull_request_id = $1 and role = 'REVIEWER' and participated_at is null";
    tx.execute(sql, args![request.0]).await?;
    let sql = "update pull_request_participant set role = 'PARTICIPANT' where pull_request_id = $1";
    tx.execute(sql, args![request.0]).await?;
    for user in reviewers {
        let sql = "insert into pull_request_participant (pull_request_id, user_id, role)
                   values ($1, $2, 'REVIEWER')
                   on conflict (pull_request_id, user_id) do update set role = 'REVIEWER'";
        tx.execute(sql, args![request.0, user.0]).await?;
    }
    Ok(())
}

/// Notes that a user has said something, so that they are among the participants.
pub(super) async fn note_participant(
    tx: &mut Tx,
    request: PullRequestId,
    by: &Actor,
) -> Result<()> {
    if by.principal.kind != crate::PrincipalKind::User {
        return Ok(());
    }
    let sql = "insert into pull_request_participant (pull_request_id, user_id, role,
                   participated_at)
               values ($1, $2, 'PARTICIPANT', $3)
               on conflict (pull_request_id, user_id) do update set
                   participated_at = excluded.participated_at";
    tx.execute(sql, args![request.0, by.principal.id, by.at]).await.map(drop)
}

/// Drops reviews, because what was reviewed has changed.
pub(super) async fn reset_reviews(
    tx: &mut Tx,
    request: PullRequestId,
    reset: ReviewReset,
) -> Result<()> {
    let dropped = [
        (reset.approvals, ReviewState::Approved),
        (reset.changes_requested, ReviewState::ChangesRequested),
    ];
    for (_, state) in dropped.into_iter().filter(|it| it.0) {
        let sql = "update pull_request_participant set review = null
                   where pull_request_id = $1 and review = $2";
        tx.execute(sql, args![request.0, state.as_str()]).await?;
    }
    Ok(())
}

impl Store {
    /// Everybody who takes part in these requests: reviewers first, then by who came first.
    pub async fn list_participants(&self, request: PullRequestId) -> Result<Vec<Participant>> {
        let sql = "select pull_request_id, user_id, role, review, participated_at
                   from pull_request_participant where pull_request_id = $1
                   order by case role when 'REVIEWER' then 0 else 1 end, user_id";
        let rows = self.database.all(sql, args![request.0]).await?;
        rows.iter().map(|it| Ok(participant_from(it)?.1)).collect()
    }

    /// Notes what the actor, a user, thinks of an open request now; `None` takes back what they
    /// thought. [`Error::Moved`] if the request is no longer open or its commits are others than
    /// the reviewer saw.
    pub async fn set_review(
        &self,
        by: &Actor,
        request: &PullRequest,
        (review, kind): (Option<ReviewState>, ActivityKind),
        payload: &str,
    ) -> Result<()> {
        let mut tx = self.database.change().await?;
        let sql = "update pull_request set updated_at = $2
                   where id = $1 and state = 'OPEN' and source_commit = $3
                       and repository_id = $4";
        let seen = request.source.commit.to_string();
        if tx.execute(sql, args![request.id.0, by.at, &seen, request.repository.0]).await? == 0 {
            return Err(Error::Moved);
        }
        note_participant(&mut tx, request.id, by).await?;
        let sql = "update pull_request_participant set review = $3
                   where pull_request_id = $1 and user_id = $2";
        let review = review.map(ReviewState::as_str);
        tx.execute(sql, args![request.id.0, by.principal.id, review]).await?;
        let (repository, request) = (request.repository, request.id);
        history::write(&mut tx, by, &Line { repository, request, kind, comment: None, payload })
            .await?;
        tx.commit().await
    }
}
