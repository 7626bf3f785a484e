//! What may be open to everybody. A private project keeps what is in it from the public, and so does
//! a fork policy with a private repository: there is no public repository in the one, and no grant
//! to `anyone` on either. What is closed later is looked at in the same way as what is opened.

use crate::change::Change;
use crate::sql::args;
use crate::{Error, Owner, Repository, Result};
use model::ProjectId;

/// A private repository that its fork policy, or that of what it is a fork of, keeps private.
macro_rules! kept_by_forks {
    () => {
        " r.is_private = 1 and (r.fork_policy = 'no_public_forks'
              or (r.fork_policy = 'no_forks' and r.parent_id is not null)) "
    };
}

/// An error if this must not be open to `anyone`.
pub(crate) async fn may_be_given_to_anyone(change: &mut Change<'_>, owner: Owner) -> Result<()> {
    let (sql, why) = match owner {
        // All that is in it would be, whatever its projects say.
        Owner::Instance | Owner::Workspace(_) => {
            let why = "give read to anyone on the projects or repositories that are to be public";
            return Err(Error::KeptPrivate { why });
        }
        Owner::Project(_) => (
            concat!(
                "select p.id from project p where p.id = $1 and (p.is_private = 1 or exists (
                     select r.id from repository r where r.project_id = p.id and ",
                kept_by_forks!(),
                "))"
            ),
            "the project is private, or the fork policy of a repository in it keeps that private",
        ),
        Owner::Repository(_) => (
            concat!(
                "select r.id from repository r join project p on p.id = r.project_id
                 where r.id = $1 and (p.is_private = 1 or (",
                kept_by_forks!(),
                "))"
            ),
            "its project is private, or its fork policy keeps it private",
        ),
    };
    match change.optional(sql, args![owner.id()]).await? {
        Some(_) => Err(Error::KeptPrivate { why }),
        None => Ok(()),
    }
}

/// An error if something in a project that is private now is open to everybody.
pub(crate) async fn is_closed(change: &mut Change<'_>, project: ProjectId) -> Result<()> {
    let sql = "select id from repository where project_id = $1 and is_private = 0 limit 1";
    if change.optional(sql, args![project.0]).await?.is_some() {
        return Err(Error::PublicInPrivate);
    }
    let sql = r#"select level from "grant" where subject_kind = 'anyone'
                     and ((level = 'project' and owner_id = $1)
                       or (level = 'repository' and owner_id in (
                               select id from repository where project_id = $1))) limit 1"#;
    match change.optional(sql, args![project.0]).await? {
        Some(_) => Err(Error::OpenToAnyone),
        None => Ok(()),
    }
}

/// An error if a repository, as it is in the database now, is more open than its project and its
/// fork policy let it be.
pub(crate) async fn fits_its_place(change: &mut Change<'_>, it: &Repository) -> Result<()> {
    let sql = "select p.id from project p where p.id = $1 and p.is_private = 1";
    let in_private = change.optional(sql, args![it.project.0]).await?.is_some();
    if in_private && !it.is_private {
        return Err(Error::PublicInPrivate);
    }
    let sql = concat!("select r.id from repository r where r.id = $1 and ", kept_by_forks!());
    if !in_private && change.optional(sql, args![it.id.0]).await?.is_none() {
        return Ok(());
    }
    let sql = r#"select level from "grant" where subject_kind = 'anyone'
                     and ((level = 'repository' and owner_id = $1)
                       or (level = 'project' and owner_id = $2)) limit 1"#;
    match change.optional(sql, args![it.id.0, it.project.0]).await? {
        Some(_) => Err(Error::OpenToAnyone),
        None => Ok(()),
    }
}
