//! What builds say of commits, and whom the keys are kept for under which they say it.

use crate::change::{Audited, Change};
use crate::event::{next_id, write_event};
use crate::names::{name_subject, subject_name_columns, subject_name_joins};
use crate::owner::{subject_from, subject_id};
use crate::sql::{Row, args};
use crate::{Actor, Error, Names, PrincipalName, Result, Store};
use model::{BuildState, ObjectId, RepositoryId, Subject, Timestamp};

/// What one build says of one commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildStatus {
    /// Lower case, hyphenated, without braces.
    pub uuid: String,
    pub commit: ObjectId,
    /// Names the build; the commit has one word of it.
    pub key: String,
    pub state: BuildState,
    /// Where to read more; may be empty.
    pub url: String,
    pub name: String,
    pub description: String,
    /// The branch it was built for, where that was said.
    pub refname: Option<String>,
    /// Who said so last.
    pub by: PrincipalName,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a build has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBuildStatus {
    pub commit: ObjectId,
    pub key: String,
    pub state: BuildState,
    pub url: String,
    pub name: String,
    pub description: String,
    pub refname: Option<String>,
}

/// Builds of a commit by how they went; each key counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BuildCounts {
    pub successful: u32,
    pub failed: u32,
    pub in_progress: u32,
    pub stopped: u32,
}

/// Keys that only one subject may post, besides administrators.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BuildKey {
    /// A glob over whole keys.
    pub pattern: String,
    pub subject: Subject,
}

macro_rules! select_status {
    ($rest:literal) => {
        concat!(
            "select uuid, commit_id, key, state, url, name, description, refname, principal_kind,
                 principal_id, principal_name, created_at, updated_at
             from build_status where repository_id = $1 and commit_id = $2 ",
            $rest
        )
    };
}

fn status_from(row: &Row) -> Result<BuildStatus> {
    let row = row.of("build_status");
    Ok(BuildStatus {
        uuid: row.text("uuid")?,
        commit: row.parsed("commit_id", |it| ObjectId::parse(it.as_bytes()))?,
        key: row.text("key")?,
        state: row.parsed("state", BuildState::parse)?,
        url: row.text("url")?,
        name: row.text("name")?,
        description: row.text("description")?,
        refname: row.opt_text("refname")?,
        by: PrincipalName::from_columns(row)?,
        created_at: row.time("created_at")?,
        updated_at: row.time("updated_at")?,
    })
}

fn build_key_from(row: &Row) -> Result<BuildKey> {
    let row = row.of("build_key");
    Ok(BuildKey { pattern: row.text("pattern")?, subject: subject_from(row)? })
}

fn audit_text(keys: &[BuildKey]) -> String {
    let line = |it: &BuildKey| {
        format!("{:?} {} {}", it.pattern, it.subject.kind(), subject_id(it.subject))
    };
    keys.iter().map(line).collect::<Vec<_>>().join("; ")
}

impl Store {
    /// What builds say of a commit, in the order in which they began to.
    pub async fn list_build_statuses(
        &self,
        repository: RepositoryId,
        commit: &ObjectId,
    ) -> Result<Vec<BuildStatus>> {
        let sql = select_status!("order by id");
        let rows = self.database.all(sql, args![repository.0, &commit.to_string()]).await?;
        rows.iter().map(status_from).collect()
    }

    /// What one build says of a commit.
    pub async fn find_build_status(
        &self,
        repository: RepositoryId,
        commit: &ObjectId,
        key: &str,
    ) -> Result<Option<BuildStatus>> {
        let sql = select_status!("and key = $3");
        let commit = commit.to_string();
        let args = args![repository.0, &commit, key];
        self.database.optional(sql, args).await?.as_ref().map(status_from).transpose()
    }

    /// Writes what a build says, in the place of what it said before, and the event. No change of
    /// a setting: no audit line.
    pub async fn put_build_status(
        &self,
        by: &Actor,
        repository: RepositoryId,
        new: NewBuildStatus,
    ) -> Result<BuildStatus> {
        let mut tx = self.database.change().await?;
        let id = next_id(&mut tx, "build_status").await?;
        let (uuid, commit) = (crate::store::new_uuid(), new.commit.to_string());
        let sql = "insert into build_status (id, uuid, repository_id, commit_id, key, state, url,
                       name, description, refname, principal_kind, principal_id, principal_name,
                       created_at, updated_at)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14)
                   on conflict (repository_id, commit_id, key) do update set
                       state = excluded.state, url = excluded.url, name = excluded.name,
                       description = excluded.description, refname = excluded.refname,
                       principal_kind = excluded.principal_kind,
                       principal_id = excluded.principal_id,
                       principal_name = excluded.principal_name,
                       updated_at = excluded.updated_at";
        let args = args![
            id,
            &uuid,
            repository.0,
            &commit,
            &new.key,
            new.state.as_str(),
            &new.url,
            &new.name,
            &new.description,
            &new.refname,
            by.principal.kind.as_str(),
            by.principal.id,
            &by.principal.name,
            by.at,
        ];
        tx.execute(sql, args).await?;
        let key = args![repository.0, &commit, &new.key];
        let row = tx.optional(select_status!("and key = $3"), key).await?;
        let status = status_from(&row.ok_or(Error::NotFound { what: "build status" })?)?;
        let first = status.uuid == uuid;
        let name = if first { "repo:commit_status_created" } else { "repo:commit_status_updated" };
        let payload = format!(r#"{{"commit":"{commit}","status":"{}"}}"#, status.uuid);
        write_event(&mut tx, by, repository, name, &payload).await?;
        tx.commit().await?;
        Ok(status)
    }

    /// How the builds of a commit went: those for one of these refs, and those for none in
    /// particular. Branches by their short names.
    pub async fn count_builds(
        &self,
        repository: RepositoryId,
        commit: &ObjectId,
        refs: &[&str],
    ) -> Result<BuildCounts> {
        let mut counts = BuildCounts::default();
        for it in self.list_build_statuses(repository, commit).await? {
            if !it.is_for_one_of(refs) {
                continue;
            }
            match it.state {
                BuildState::Successful => counts.successful += 1,
                BuildState::Failed => counts.failed += 1,
                BuildState::InProgress => counts.in_progress += 1,
                BuildState::Stopped => counts.stopped += 1,
            }
        }
        Ok(counts)
    }

    /// Whom the keys of a repository are kept for, by pattern, and what they are called.
    pub async fn list_build_keys(
        &self,
        repository: RepositoryId,
    ) -> Result<(Vec<BuildKey>, Names)> {
        let sql = concat!(
            "select b.pattern, b.subject_kind, b.subject_id, ",
            subject_name_columns!(),
            " from build_key b",
            subject_name_joins!("b"),
            "where b.repository_id = $1 order by b.pattern, b.subject_kind, b.subject_id"
        );
        let (mut keys, mut names) = (Vec::new(), Names::new());
        for row in self.database.all(sql, args![repository.0]).await? {
            // One whose subject is gone stays: what is kept for nobody is nobody's to post.
            name_subject(&row, &mut names)?;
            keys.push(build_key_from(&row)?);
        }
        Ok((keys, names))
    }

    /// Says anew whom keys are kept for, all of them.
    pub async fn set_build_keys(
        &self,
        by: &Actor,
        repository: RepositoryId,
        keys: &[BuildKey],
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        crate::Owner::Repository(repository).must_exist(&mut change).await?;
        let sql = "select pattern, subject_kind, subject_id from build_key where repository_id = $1
                   order by pattern, subject_kind, subject_id";
        let before = change.all(sql, args![repository.0]).await?;
        let before: Vec<_> = before.iter().map(build_key_from).collect::<Result<_>>()?;
        let sql = "delete from build_key where repository_id = $1";
        change.execute(sql, args![repository.0]).await?;
        for BuildKey { pattern, subject } in keys {
            crate::grant::must_exist(&mut change, *subject).await?;
            let sql = "insert into build_key (repository_id, pattern, subject_kind, subject_id)
                       values ($1, $2, $3, $4)
                       on conflict (repository_id, pattern, subject_kind, subject_id) do nothing";
            let (kind, id) = (subject.kind(), subject_id(*subject));
            change.execute(sql, args![repository.0, pattern, kind, id]).await?;
        }
        let what = "said whom build keys are kept for";
        let subject = ("repository", repository.0);
        let (was, is) = (audit_text(&before), audit_text(keys));
        change.commit(Audited { what, subject, before: Some(&was), after: Some(&is) }).await
    }
}

impl BuildStatus {
    /// Is it about this branch, or about none in particular? Without a branch, anything will do.
    pub fn is_for(&self, branch: Option<&str>) -> bool {
        branch.is_none_or(|it| self.is_for_one_of(&[it]))
    }

    fn is_for_one_of(&self, refs: &[&str]) -> bool {
        let Some(refname) = self.refname.as_deref() else { return true };
        refs.contains(&refname.strip_prefix("refs/heads/").unwrap_or(refname))
    }
}

/// Removes what builds said in a repository that is about to go.
pub(crate) async fn forget_builds(change: &mut Change<'_>, repository: RepositoryId) -> Result<()> {
    for sql in [
        "delete from build_status where repository_id = $1",
        "delete from build_key where repository_id = $1",
    ] {
        change.execute(sql, args![repository.0]).await?;
    }
    Ok(())
}
