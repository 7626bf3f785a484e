//! What others think of a pull request and what it waits for, in numbers: for whether it may be
//! merged.

use super::request::PullRequest;
use crate::sql::{Columns, args};
use crate::{PrincipalKind, Result, Store};
use model::UserId;

/// What merge checks count of a pull request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReviewCounts {
    /// By anybody but its author.
    pub approvals: u32,
    /// Of these, those by users who are default reviewers of the repository or its project now.
    pub default_reviewer_approvals: u32,
    /// Review groups of the repository or its project with an approval of a member, the author's
    /// not counted.
    pub review_group_approvals: u32,
    /// By anybody but its author.
    pub changes_requested: u32,
    /// Tasks that are open; drafts do not count.
    pub open_tasks: u32,
    /// Comments that began a thread which nobody has resolved; neither deleted nor drafts.
    pub unresolved_comments: u32,
    /// Requests it depends on that are not merged, whatever else became of them.
    pub open_dependencies: u32,
}

const REVIEWS: &str = "select
        sum(case when m.review = 'approved' then 1 else 0 end) as approvals,
        sum(case when m.review = 'approved' and exists (
                select 1 from default_reviewer d where d.user_id = m.user_id
                    and ((d.level = 'repository' and d.owner_id = r.id)
                      or (d.level = 'project' and d.owner_id = r.project_id)))
            then 1 else 0 end) as default_reviewer_approvals,
        sum(case when m.review = 'changes_requested' then 1 else 0 end) as changes_requested
    from pull_request_participant m
    join pull_request p on p.id = m.pull_request_id
    join repository r on r.id = p.repository_id
    where m.pull_request_id = $1 and ($2 is null or m.user_id <> $2)
        and $3 not like '%|' || m.user_id || '|%'";

const GROUPS: &str = "select count(distinct d.group_id) as review_group_approvals
    from pull_request_participant m
    join pull_request p on p.id = m.pull_request_id
    join repository r on r.id = p.repository_id
    join group_member g on g.user_id = m.user_id
    join review_group d on d.group_id = g.group_id
        and ((d.level = 'repository' and d.owner_id = r.id)
          or (d.level = 'project' and d.owner_id = r.project_id))
    where m.pull_request_id = $1 and ($2 is null or m.user_id <> $2)
        and m.review = 'approved' and $3 not like '%|' || m.user_id || '|%'";

const TALK: &str = "select
        (select count(*) from pull_request_task t
            where t.pull_request_id = $1 and t.resolved_at is null and t.pending = 0) as open_tasks,
        (select count(*) from pull_request_comment c
            where c.pull_request_id = $1 and c.parent_id is null and c.resolved_at is null
                and c.deleted = 0 and c.pending = 0) as unresolved_comments,
        (select count(*) from pull_request_dependency d
            join pull_request o on o.id = d.depends_on_id
            where d.pull_request_id = $1 and o.state <> 'MERGED') as open_dependencies";

fn count(row: Columns<'_>, column: &'static str) -> Result<u32> {
    // The sum over no rows is null.
    let count = row.opt_int(column)?.unwrap_or(0);
    u32::try_from(count).map_err(|_| row.unreadable(column, count.to_string()))
}

impl Store {
    /// The numbers that count for merging a request, as one snapshot. What the users of `without`
    /// think of it does not count.
    pub async fn review_counts(
        &self,
        request: &PullRequest,
        without: &[UserId],
    ) -> Result<ReviewCounts> {
        let author = &request.author;
        let author = author.id.filter(|_| author.kind == PrincipalKind::User);
        let without: String = without.iter().map(|it| format!("|{}|", it.0)).collect();
        let mut tx = self.database.snapshot().await?;
        let mut counts = ReviewCounts::default();
        if let Some(row) = tx.optional(REVIEWS, args![request.id.0, author, &without]).await? {
            let row = row.of("pull_request_participant");
            counts.approvals = count(row, "approvals")?;
            counts.default_reviewer_approvals = count(row, "default_reviewer_approvals")?;
            counts.changes_requested = count(row, "changes_requested")?;
        }
        if let Some(row) = tx.optional(GROUPS, args![request.id.0, author, &without]).await? {
            let row = row.of("review_group");
            counts.review_group_approvals = count(row, "review_group_approvals")?;
        }
        if let Some(row) = tx.optional(TALK, args![request.id.0]).await? {
            let row = row.of("pull_request_task");
            counts.open_tasks = count(row, "open_tasks")?;
            counts.unresolved_comments = count(row, "unresolved_comments")?;
            counts.open_dependencies = count(row, "open_dependencies")?;
        }
        Ok(counts)
    }
}
