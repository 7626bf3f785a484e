//! Which merge strategies are allowed, by repository and class of branch: stored and changed here.
//! Which of them counts for a branch is `app`'s to say.

use crate::change::{Audited, Change};
use crate::sql::{Row, args};
use crate::{Actor, Owner, Result, Store};
use model::{BranchClass, MergeStrategy, RepositoryId};

/// What is allowed into the branches of a class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrategiesOf {
    /// `None`: into every branch that nothing else is about.
    pub class: Option<BranchClass>,
    /// Never empty.
    pub allowed: Vec<MergeStrategy>,
    /// One of those allowed.
    pub usual: MergeStrategy,
}

fn strategies_from(row: &Row) -> Result<StrategiesOf> {
    let row = row.of("merge_strategy");
    let class = |text: &str| match text {
        "" => Ok(None),
        word => BranchClass::parse(word).map(Some),
    };
    let words = |text: &str| {
        text.split(' ').map(MergeStrategy::parse).collect::<std::result::Result<_, _>>()
    };
    Ok(StrategiesOf {
        class: row.parsed("class", class)?,
        allowed: row.parsed("allowed", words)?,
        usual: row.parsed("usual", MergeStrategy::parse)?,
    })
}

fn words(strategies: &[MergeStrategy]) -> String {
    strategies.iter().map(|it| it.as_str()).collect::<Vec<_>>().join(" ")
}

fn class_word(class: Option<BranchClass>) -> &'static str {
    class.map_or("", BranchClass::as_str)
}

const SELECT: &str = "select class, allowed, usual from merge_strategy where repository_id = $1
    order by class";

impl Store {
    /// What a repository says of merge strategies; nothing when it says nothing.
    pub async fn merge_strategies(&self, repository: RepositoryId) -> Result<Vec<StrategiesOf>> {
        let rows = self.database.all(SELECT, args![repository.0]).await?;
        rows.iter().map(strategies_from).collect()
    }

    /// Says it anew, all of it.
    pub async fn set_merge_strategies(
        &self,
        by: &Actor,
        repository: RepositoryId,
        new: &[StrategiesOf],
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        Owner::Repository(repository).must_exist(&mut change).await?;
        let before = change.all(SELECT, args![repository.0]).await?;
        let before: Vec<_> = before.iter().map(strategies_from).collect::<Result<_>>()?;
        forget_merge_strategies(&mut change, repository).await?;
        for it in new {
            let sql = "insert into merge_strategy (repository_id, class, allowed, usual)
                       values ($1, $2, $3, $4)";
            let allowed = words(&it.allowed);
            let args = args![repository.0, class_word(it.class), &allowed, it.usual.as_str()];
            change.execute(sql, args).await?;
        }
        let (was, is) = (audit_text(&before), audit_text(new));
        let audited = Audited {
            what: "changed the merge strategies",
            subject: ("repository", repository.0),
            before: Some(&was),
            after: Some(&is),
        };
        change.commit(audited).await
    }
}

/// Forgets what a repository that is about to go has said.
pub(crate) async fn forget_merge_strategies(
    change: &mut Change<'_>,
    repository: RepositoryId,
) -> Result<()> {
    let sql = "delete from merge_strategy where repository_id = $1";
    change.execute(sql, args![repository.0]).await.map(drop)
}

fn audit_text(strategies: &[StrategiesOf]) -> String {
    let line = |it: &StrategiesOf| {
        let class = it.class.map_or("any", BranchClass::as_str);
        format!("{class}: {} (usual: {})", words(&it.allowed), it.usual)
    };
    strategies.iter().map(line).collect::<Vec<_>>().join("; ")
}
