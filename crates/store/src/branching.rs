//! Branching models: stored and changed here. What is in force from them is `app`'s to say.

use crate::change::{Audited, Change};
use crate::owner::Owner;
use crate::sql::{Row, Tx, args};
use crate::{Actor, PrincipalKind, Result, Store};
use model::{BranchClass, BranchType, BranchingSettings, Level, Production};
use std::fmt::Write as _;

/// What a project or a repository says about its branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredBranching {
    pub settings: BranchingSettings,
    /// Does it count? A repository may leave its own aside and inherit.
    pub in_force: bool,
}

/// What is stored for a place and for what contains it; `None` where nobody has said anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BranchingFacts {
    pub project: Option<StoredBranching>,
    pub repository: Option<StoredBranching>,
}

const MODELS: &str = "select level, in_force, development, production_enabled, production,
        delete_merged from branching_model
    where (level = 'project' and owner_id = $1) or (level = 'repository' and owner_id = $2)";

const TYPES: &str = "select level, class, enabled, prefix from branch_type
    where (level = 'project' and owner_id = $1) or (level = 'repository' and owner_id = $2)
    order by level, class";

/// Reads what counts for a project and, where given, a repository in it.
pub(crate) async fn branching_facts(
    tx: &mut Tx,
    project: Option<i64>,
    repository: Option<i64>,
) -> Result<BranchingFacts> {
    let models = tx.all(MODELS, args![project, repository]).await?;
    let types = tx.all(TYPES, args![project, repository]).await?;
    assemble(&models, &types)
}

fn assemble(models: &[Row], types: &[Row]) -> Result<BranchingFacts> {
    let mut facts = BranchingFacts::default();
    for row in models {
        let row = row.of("branching_model");
        let level = row.parsed("level", Level::parse)?;
        let stored = StoredBranching {
            settings: BranchingSettings {
                development: row.opt_text("development")?,
                production: Production {
                    enabled: row.flag("production_enabled")?,
                    name: row.opt_text("production")?,
                },
                types: types_of(level, types)?,
                delete_merged: row.flag("delete_merged")?,
            },
            in_force: row.flag("in_force")?,
        };
        if level == Level::Repository {
            facts.repository = Some(stored);
        } else {
            facts.project = Some(stored);
        }
    }
    Ok(facts)
}

/// One of each, in their order. One that is not stored is of a time when it was not there, and
/// disabled.
fn types_of(level: Level, rows: &[Row]) -> Result<Vec<BranchType>> {
    let disabled = |class| BranchType { class, enabled: false, prefix: String::new() };
    let mut types = BranchType::CLASSES.map(disabled).to_vec();
    for row in rows {
        let row = row.of("branch_type");
        let class = row.parsed("class", BranchClass::parse)?;
        let enabled = row.flag("enabled")?;
        let prefix = row.text("prefix")?;
        if row.parsed("level", Level::parse)? == level {
            types.retain(|it| it.class != class);
            types.push(BranchType { class, enabled, prefix });
        }
    }
    types.sort_by_key(|it| it.class);
    Ok(types)
}

impl Store {
    /// Says what the branches of a project or a repository are called.
    pub async fn set_branching(
        &self,
        by: &Actor,
        owner: Owner,
        new: &StoredBranching,
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        owner.must_exist(&mut change).await?;
        let before = find(&mut change, owner).await?;
        let is_system = by.principal.kind == PrincipalKind::System;
        let changed_by = (!is_system).then(|| by.principal.name.clone());
        let settings = &new.settings;
        let sql = "insert into branching_model (level, owner_id, in_force, development,
                       production_enabled, production, delete_merged, changed_at, changed_by)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
                   on conflict (level, owner_id) do update set in_force = excluded.in_force,
                       development = excluded.development,
                       production_enabled = excluded.production_enabled,
                       production = excluded.production, delete_merged = excluded.delete_merged,
                       changed_at = excluded.changed_at, changed_by = excluded.changed_by";
        let args = args![
            owner.word(),
            owner.id(),
            new.in_force,
            &settings.development,
            settings.production.enabled,
            &settings.production.name,
            settings.delete_merged,
            by.at,
            &changed_by,
        ];
        change.execute(sql, args).await?;
        for it in &settings.types {
            let sql = "insert into branch_type (level, owner_id, class, enabled, prefix)
                       values ($1, $2, $3, $4, $5)
                       on conflict (level, owner_id, class) do update set
                           enabled = excluded.enabled, prefix = excluded.prefix";
            let class = it.class.as_str();
            let args = args![owner.word(), owner.id(), class, it.enabled, &it.prefix];
            change.execute(sql, args).await?;
        }
        let (was, is) = (before.as_ref().map(audit_text), audit_text(new));
        let audited = Audited {
            what: "changed the branching model",
            subject: owner.audited(),
            before: was.as_deref(),
            after: Some(&is),
        };
        change.commit(audited).await
    }
}

async fn find(change: &mut Change<'_>, owner: Owner) -> Result<Option<StoredBranching>> {
    let id = |level| (owner.level() == level).then_some(owner.id());
    let (project, repository) = (id(Level::Project), id(Level::Repository));
    let models = change.all(MODELS, args![project, repository]).await?;
    let types = change.all(TYPES, args![project, repository]).await?;
    let facts = assemble(&models, &types)?;
    Ok(facts.project.or(facts.repository))
}

/// Removes what a project or a repository that is about to go has said.
pub(crate) async fn remove_branching(change: &mut Change<'_>, owner: Owner) -> Result<()> {
    let key = args![owner.word(), owner.id()];
    change.execute("delete from branch_type where level = $1 and owner_id = $2", key).await?;
    change.execute("delete from branching_model where level = $1 and owner_id = $2", key).await?;
    Ok(())
}

fn audit_text(it: &StoredBranching) -> String {
    let settings = &it.settings;
    let branch = |name: &Option<String>| match name {
        Some(name) => format!("{name:?}"),
        None => "main branch".to_owned(),
    };
    let mut text =
        format!("in_force={} development={}", it.in_force, branch(&settings.development));
    let production = &settings.production;
    let production = if production.enabled { branch(&production.name) } else { "none".into() };
    let _infallible = write!(text, " production={production}");
    for it in &settings.types {
        let prefix = if it.enabled { format!("{:?}", it.prefix) } else { "disabled".into() };
        let _infallible = write!(text, " {}={prefix}", it.class);
    }
    let _infallible = write!(text, " delete_merged={}", settings.delete_merged);
    text
}
