//! Review groups: groups of a workspace of which one approval is wanted, for a repository or for
//! all repositories of a project.

use crate::change::Audited;
use crate::group::group_from;
use crate::owner::Owner;
use crate::sql::{Row, args};
use crate::{Actor, Group, Result, Store};
use model::{Level, RepositoryId};

/// A review group, and whether the repository or its project has named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewGroup {
    pub group: Group,
    /// `Repository` where both have.
    pub level: Level,
}

macro_rules! select_group {
    ($($rest:expr),+) => {
        concat!(
            r#"select g.id, g.workspace_id, g.slug, g.name, g.default_permission, d.level
               from review_group d join "group" g on g.id = d.group_id "#,
            $($rest),+
        )
    };
}

fn review_group_from(row: &Row) -> Result<ReviewGroup> {
    let level = row.of("review_group").parsed("level", Level::parse)?;
    Ok(ReviewGroup { group: group_from(row)?, level })
}

impl Store {
    /// The groups that a project or a repository itself has named, by slug.
    pub async fn list_review_groups(&self, owner: Owner) -> Result<Vec<ReviewGroup>> {
        let sql = select_group!("where d.level = $1 and d.owner_id = $2 order by g.slug");
        let rows = self.database.all(sql, args![owner.word(), owner.id()]).await?;
        rows.iter().map(review_group_from).collect()
    }

    /// The groups that a repository and its project have named, each once, by slug.
    pub async fn effective_review_groups(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<ReviewGroup>> {
        let sql = select_group!(
            "join repository r on r.id = $1
             where (d.level = 'repository' and d.owner_id = r.id)
                or (d.level = 'project' and d.owner_id = r.project_id)
             order by g.slug, case d.level when 'repository' then 0 else 1 end"
        );
        let rows = self.database.all(sql, args![repository.0]).await?;
        let mut all: Vec<_> = rows.iter().map(review_group_from).collect::<Result<_>>()?;
        all.dedup_by_key(|it| it.group.id);
        Ok(all)
    }

    /// Adds a group to the review groups of a project or repository; nothing happens if it is
    /// among them.
    pub async fn add_review_group(&self, by: &Actor, owner: Owner, group: &Group) -> Result<()> {
        let mut change = self.change(by).await?;
        owner.must_exist(&mut change).await?;
        let sql = "insert into review_group (level, owner_id, group_id) values ($1, $2, $3)
                   on conflict (level, owner_id, group_id) do nothing";
        if change.execute(sql, args![owner.word(), owner.id(), group.id.0]).await? == 0 {
            return Ok(());
        }
        let what = format!("added review group `{}`", group.slug);
        change.commit(about(owner, &what)).await
    }

    /// Takes a group from the review groups. `false` if it was not among them.
    pub async fn remove_review_group(
        &self,
        by: &Actor,
        owner: Owner,
        group: &Group,
    ) -> Result<bool> {
        let mut change = self.change(by).await?;
        let sql = "delete from review_group where level = $1 and owner_id = $2 and group_id = $3";
        if change.execute(sql, args![owner.word(), owner.id(), group.id.0]).await? == 0 {
            return Ok(false);
        }
        let what = format!("removed review group `{}`", group.slug);
        change.commit(about(owner, &what)).await?;
        Ok(true)
    }
}

fn about(owner: Owner, what: &str) -> Audited<'_> {
    Audited { what, subject: owner.audited(), before: None, after: None }
}
