//! Default reviewers: whom every new pull request of a repository, or of all repositories of a
//! project, asks for a review.

use crate::change::Audited;
use crate::owner::Owner;
use crate::sql::{Row, args};
use crate::user::user_from;
use crate::{Actor, Result, Store, User};
use model::{Level, RepositoryId};

/// A default reviewer, and whether the repository or its project has named them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefaultReviewer {
    pub user: User,
    /// `Repository` where both have.
    pub level: Level,
}

macro_rules! select_reviewer {
    ($($rest:expr),+) => {
        concat!(
            r#"select u.id, u.uuid, u.username, u.display_name, u.email, u.password_hash,
                   u.is_admin, u.active, u.created_at, d.level
               from default_reviewer d join "user" u on u.id = d.user_id "#,
            $($rest),+
        )
    };
}

fn reviewer_from(row: &Row) -> Result<DefaultReviewer> {
    let level = row.of("default_reviewer").parsed("level", Level::parse)?;
    Ok(DefaultReviewer { user: user_from(row)?, level })
}

impl Store {
    /// Whom a project or a repository itself has named, by user name.
    pub async fn list_default_reviewers(&self, owner: Owner) -> Result<Vec<User>> {
        let sql = select_reviewer!("where d.level = $1 and d.owner_id = $2 order by u.username");
        let rows = self.database.all(sql, args![owner.word(), owner.id()]).await?;
        rows.iter().map(user_from).collect()
    }

    /// Whom a repository and its project have named, each once, by user name.
    pub async fn effective_default_reviewers(
        &self,
        repository: RepositoryId,
    ) -> Result<Vec<DefaultReviewer>> {
        let sql = select_reviewer!(
            "join repository r on r.id = $1
             where (d.level = 'repository' and d.owner_id = r.id)
                or (d.level = 'project' and d.owner_id = r.project_id)
             order by u.username, case d.level when 'repository' then 0 else 1 end"
        );
        let rows = self.database.all(sql, args![repository.0]).await?;
        let mut all: Vec<_> = rows.iter().map(reviewer_from).collect::<Result<_>>()?;
        all.dedup_by_key(|it| it.user.id);
        Ok(all)
    }

    /// Adds a user to the default reviewers of a project or repository; nothing happens if they
    /// are among them.
    pub async fn add_default_reviewer(&self, by: &Actor, owner: Owner, user: &User) -> Result<()> {
        let mut change = self.change(by).await?;
        owner.must_exist(&mut change).await?;
        let sql = "insert into default_reviewer (level, owner_id, user_id) values ($1, $2, $3)
                   on conflict (level, owner_id, user_id) do nothing";
        if change.execute(sql, args![owner.word(), owner.id(), user.id.0]).await? == 0 {
            return Ok(());
        }
        let what = format!("added default reviewer `{}`", user.username);
        change.commit(about(owner, &what)).await
    }

    /// Takes a user from the default reviewers. `false` if they were not among them.
    pub async fn remove_default_reviewer(
        &self,
        by: &Actor,
        owner: Owner,
        user: &User,
    ) -> Result<bool> {
        let mut change = self.change(by).await?;
        let sql = "delete from default_reviewer
                   where level = $1 and owner_id = $2 and user_id = $3";
        if change.execute(sql, args![owner.word(), owner.id(), user.id.0]).await? == 0 {
            return Ok(false);
        }
        let what = format!("removed default reviewer `{}`", user.username);
        change.commit(about(owner, &what)).await?;
        Ok(true)
    }
}

fn about(owner: Owner, what: &str) -> Audited<'_> {
    Audited { what, subject: owner.audited(), before: None, after: None }
}
