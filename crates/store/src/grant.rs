//! Grants: who holds which permission where.

use crate::change::{AuditNote, Change};
use crate::owner::{Owner, subject_from, subject_id};
use crate::sql::{Row, args};
use crate::{Actor, Result, Store};
use model::{Grant, Permission, Subject, WorkspaceId};

/// A grant together with the thing it is on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedGrant {
    pub owner: Owner,
    pub grant: Grant,
}

/// Reads `level`, `owner_id`, `subject_kind`, `subject_id` and `permission`.
pub(crate) fn grant_from(row: &Row) -> Result<OwnedGrant> {
    let row = row.of("grant");
    let owner = Owner::from_columns(row)?;
    let grant = Grant {
        level: owner.level(),
        subject: subject_from(row)?,
        permission: row.parsed("permission", Permission::parse)?,
    };
    Ok(OwnedGrant { owner, grant })
}

impl Store {
    /// Gives a subject a permission on something, instead of any it had there; `None` takes it
    /// away. What the subject holds elsewhere is not touched.
    pub async fn set_grant(
        &self,
        by: &Actor,
        owner: Owner,
        subject: Subject,
        permission: Option<Permission>,
    ) -> Result<()> {
        let mut change = self.change(by).await?;
        owner.must_exist(&mut change).await?;
        let note = set_grant_in(&mut change, owner, subject, permission).await?;
        change.commit_all(owner.audited(), &[note]).await
    }

    /// The grants on one thing; those of the levels above are not among them.
    pub async fn list_grants(&self, owner: Owner) -> Result<Vec<Grant>> {
        let sql = r#"select level, owner_id, subject_kind, subject_id, permission from "grant"
                     where level = $1 and owner_id = $2 order by subject_kind, subject_id"#;
        let rows = self.database.all(sql, args![owner.word(), owner.id()]).await?;
        rows.iter().map(|row| Ok(grant_from(row)?.grant)).collect()
    }

    /// Every grant on a workspace, its projects and its repositories: for lists that show what
    /// a principal may see, without asking for each item.
    pub async fn list_grants_within(&self, workspace: WorkspaceId) -> Result<Vec<OwnedGrant>> {
        let sql = r#"select level, owner_id, subject_kind, subject_id, permission from "grant"
                     where (level = 'workspace' and owner_id = $1)
                        or (level = 'project' and owner_id in (
                                select id from project where workspace_id = $1))
                        or (level = 'repository' and owner_id in (
                                select id from repository where workspace_id = $1))
                     order by level, owner_id, subject_kind, subject_id"#;
        let rows = self.database.all(sql, args![workspace.0]).await?;
        rows.iter().map(grant_from).collect()
    }
}

/// Gives a permission, or takes it away, within a change, and gives its audit line.
pub(crate) async fn set_grant_in(
    change: &mut Change<'_>,
    owner: Owner,
    subject: Subject,
    permission: Option<Permission>,
) -> Result<AuditNote> {
    must_exist(change, subject).await?;
    if subject == Subject::Anyone && permission.is_some() {
        crate::openness::may_be_given_to_anyone(change, owner).await?;
    }
    let (kind, id) = (subject.kind(), subject_id(subject));
    let key = args![owner.word(), owner.id(), kind, id];
    let sql = r#"select permission from "grant" where level = $1 and owner_id = $2
                     and subject_kind = $3 and subject_id = $4"#;
    let before = match change.optional(sql, key).await? {
        Some(row) => Some(row.of("grant").text("permission")?),
        None => None,
    };
    match permission {
        Some(permission) => put_grant(change, owner, subject, permission).await?,
        None => {
            let sql = r#"delete from "grant" where level = $1 and owner_id = $2
                             and subject_kind = $3 and subject_id = $4"#;
            change.execute(sql, key).await?;
        }
    }
    let what = format!("set the grant of {kind} {id} on {} {}", owner.word(), owner.id());
    let after = permission.map(|it| it.as_str().to_owned());
    Ok(AuditNote { what, before, after })
}

/// Writes a grant within a change, in the place of one that is there.
pub(crate) async fn put_grant(
    change: &mut Change<'_>,
    owner: Owner,
    subject: Subject,
    permission: Permission,
) -> Result<()> {
    let (kind, id) = (subject.kind(), subject_id(subject));
    let sql = r#"insert into "grant" (level, owner_id, subject_kind, subject_id, permission)
                 values ($1, $2, $3, $4, $5)
                 on conflict (level, owner_id, subject_kind, subject_id)
                 do update set permission = excluded.permission"#;
    let args = args![owner.word(), owner.id(), kind, id, permission.as_str()];
    change.execute(sql, args).await.map(drop)
}

/// An error unless the subject is there: a grant to nobody would wait for whoever comes to be
/// called by that number.
pub(crate) async fn must_exist(change: &mut Change<'_>, subject: Subject) -> Result<()> {
    let sql = match subject {
        Subject::User(_) => r#"select id from "user" where id = $1"#,
        Subject::Group(_) => r#"select id from "group" where id = $1"#,
        Subject::AccessToken(_) => "select id from access_token where id = $1",
        Subject::AccessKey(_) => "select id from access_key where id = $1",
        // There is no table of these yet; naming one is naming nobody.
        Subject::Workload(_) => {
            return Err(crate::Error::NotFound { what: subject.kind() });
        }
        Subject::Everyone | Subject::Anyone => return Ok(()),
    };
    match change.optional(sql, args![subject_id(subject)]).await? {
        Some(_) => Ok(()),
        None => Err(crate::Error::NotFound { what: subject.kind() }),
    }
}

/// Removes what refers to a subject that is about to go: its grants and its places in lists.
pub(crate) async fn forget_subject(
    change: &mut Change<'_>,
    kind: &'static str,
    id: i64,
) -> Result<()> {
    let sql = r#"delete from "grant" where subject_kind = $1 and subject_id = $2"#;
    change.execute(sql, args![kind, id]).await?;
    for sql in [
        "delete from restriction_subject where subject_kind = $1 and subject_id = $2",
        "delete from build_key where subject_kind = $1 and subject_id = $2",
    ] {
        change.execute(sql, args![kind, id]).await?;
    }
    Ok(())
}
