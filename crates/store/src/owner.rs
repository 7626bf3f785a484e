//! What grants, restrictions, access tokens and access keys hang on.

use crate::sql::Columns;
use crate::{Error, Result};
use model::{
    AccessKeyId, AccessTokenId, GroupId, Level, ProjectId, RepositoryId, Subject, UserId,
    WorkloadId, WorkspaceId,
};

/// The thing a grant, a restriction, an access token or an access key belongs to. Every statement about one of
/// these carries it, so that an id from elsewhere finds nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Owner {
    Instance,
    Workspace(WorkspaceId),
    Project(ProjectId),
    Repository(RepositoryId),
}

impl Owner {
    /// Which level it is on.
    pub const fn level(self) -> Level {
        match self {
            Self::Instance => Level::Instance,
            Self::Workspace(_) => Level::Workspace,
            Self::Project(_) => Level::Project,
            Self::Repository(_) => Level::Repository,
        }
    }

    /// Its number; 0 for the instance.
    pub const fn id(self) -> i64 {
        match self {
            Self::Instance => 0,
            Self::Workspace(id) => id.0,
            Self::Project(id) => id.0,
            Self::Repository(id) => id.0,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        self.level().as_str()
    }

    pub(crate) const fn audited(self) -> (&'static str, i64) {
        (self.word(), self.id())
    }

    /// Reads `level` and `owner_id`.
    pub(crate) fn from_columns(row: Columns<'_>) -> Result<Self> {
        let id = row.int("owner_id")?;
        Ok(match row.parsed("level", Level::parse)? {
            Level::Instance => Self::Instance,
            Level::Workspace => Self::Workspace(WorkspaceId(id)),
            Level::Project => Self::Project(ProjectId(id)),
            Level::Repository => Self::Repository(RepositoryId(id)),
        })
    }

    /// An error unless it is there: `level` and `owner_id` have no foreign key.
    pub(crate) async fn must_exist(self, change: &mut crate::change::Change<'_>) -> Result<()> {
        let sql = match self {
            Self::Instance => return Ok(()),
            Self::Workspace(_) => "select id from workspace where id = $1",
            Self::Project(_) => "select id from project where id = $1",
            Self::Repository(_) => "select id from repository where id = $1",
        };
        match change.optional(sql, crate::sql::args![self.id()]).await? {
            Some(_) => Ok(()),
            None => Err(Error::NotFound { what: self.word() }),
        }
    }
}

/// A query of the rows about the repositories in an owner, whose number is `$1`; `$select` is a
/// macro that writes the columns.
macro_rules! within {
    ($owner:expr, $select:ident, $rest:literal) => {
        match $owner {
            $crate::Owner::Repository(_) => $select!("where repository_id = $1 ", $rest),
            $crate::Owner::Project(_) => $select!(
                "where repository_id in (select id from repository where project_id = $1) ",
                $rest
            ),
            $crate::Owner::Workspace(_) => $select!(
                "where repository_id in (select id from repository where workspace_id = $1) ",
                $rest
            ),
            // Its number is 0, and it holds everything.
            $crate::Owner::Instance => $select!("where $1 = 0 ", $rest),
        }
    };
}
pub(crate) use within;

impl crate::Store {
    /// What a place is called: `repository acme/site`, `project acme/CORE`, `workspace acme`.
    /// `None` for the instance, and when there is no such place.
    pub async fn find_path(&self, owner: Owner) -> Result<Option<String>> {
        let sql = match owner {
            Owner::Instance => return Ok(None),
            Owner::Workspace(_) => "select slug as path from workspace where id = $1",
            Owner::Project(_) => {
                "select w.slug || '/' || p.key as path
                 from project p join workspace w on w.id = p.workspace_id where p.id = $1"
            }
            Owner::Repository(_) => {
                "select w.slug || '/' || r.slug as path
                 from repository r join workspace w on w.id = r.workspace_id where r.id = $1"
            }
        };
        let row = self.database.optional(sql, crate::sql::args![owner.id()]).await?;
        let path = row.map(|row| row.of("place").text("path")).transpose()?;
        Ok(path.map(|it| format!("{} {it}", owner.level())))
    }
}

/// The number that stands for a subject beside its kind; 0 for everyone and anyone.
pub(crate) const fn subject_id(subject: Subject) -> i64 {
    match subject {
        Subject::User(id) => id.0,
        Subject::Group(id) => id.0,
        Subject::AccessToken(id) => id.0,
        Subject::AccessKey(id) => id.0,
        Subject::Workload(id) => id.0,
        Subject::Everyone | Subject::Anyone => 0,
    }
}

/// Reads `subject_kind` and `subject_id`.
pub(crate) fn subject_from(row: Columns<'_>) -> Result<Subject> {
    let id = row.int("subject_id")?;
    let kind = row.text("subject_kind")?;
    Ok(match kind.as_str() {
        "user" => Subject::User(UserId(id)),
        "group" => Subject::Group(GroupId(id)),
        "access_token" => Subject::AccessToken(AccessTokenId(id)),
        "access_key" => Subject::AccessKey(AccessKeyId(id)),
        "workload" => Subject::Workload(WorkloadId(id)),
        "everyone" => Subject::Everyone,
        "anyone" => Subject::Anyone,
        _ => return Err(row.unreadable("subject_kind", kind)),
    })
}
