//! The audit log, read. Lines are written by the transaction of the change they tell of, and by
//! nothing else; nothing here changes or removes one.

use crate::sql::{Row, args};
use crate::{Owner, Page, PageRequest, PrincipalName, Result, Store};
use model::{Channel, Timestamp};

/// One change, and who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLine {
    pub id: i64,
    pub at: Timestamp,
    pub principal: PrincipalName,
    pub credential: String,
    pub channel: Channel,
    pub request_id: String,
    /// What was done, as a sentence without a subject.
    pub what: String,
    /// What was changed: `repository`, and its id.
    pub subject_kind: String,
    pub subject_id: i64,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Which lines are wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter {
    /// Only what was changed on this very thing.
    pub owner: Option<Owner>,
    /// Only what happened at or after this moment.
    pub since: Option<Timestamp>,
}

/// The condition of [`Store::list_audit`].
macro_rules! listed {
    () => {
        "where ($1 is null or (subject_kind = $1 and subject_id = $2))
           and ($3 is null or at >= $3)"
    };
}

fn line_from(row: &Row) -> Result<AuditLine> {
    let row = row.of("audit");
    Ok(AuditLine {
        id: row.int("id")?,
        at: row.time("at")?,
        principal: PrincipalName::from_columns(row)?,
        credential: row.text("credential")?,
        channel: row.parsed("channel", Channel::parse)?,
        request_id: row.text("request_id")?,
        what: row.text("what")?,
        subject_kind: row.text("subject_kind")?,
        subject_id: row.int("subject_id")?,
        before: row.opt_text("before")?,
        after: row.opt_text("after")?,
    })
}

impl Store {
    /// The audit log, the newest line first.
    pub async fn list_audit(
        &self,
        filter: AuditFilter,
        page: PageRequest,
    ) -> Result<Page<AuditLine>> {
        let rows = concat!(
            "select id, at, principal_kind, principal_id, principal_name, credential, channel,
                 request_id, what, subject_kind, subject_id, before, after
             from audit ",
            listed!(),
            " order by id desc limit $4 offset $5"
        );
        let count = concat!("select count(*) as size from audit ", listed!());
        let owner = filter.owner;
        let args = args![owner.map(Owner::word), owner.map(Owner::id), filter.since];
        self.page((rows, count), args, page, line_from).await
    }
}
