//! Administrative changes: a change, its audit line and the new version of the facts are one
//! transaction. There is no other way to write to the tables that decisions are made from.
//!
//! They are made one at a time, on either database: what a change finds out before it writes (is the
//! subject there, is this the last owner, is the project private) is so until it is committed. Most
//! of what hangs on what has no foreign key that would say it.

use crate::sql::{Arg, Row, Tx, args};
use crate::{PrincipalKind, PrincipalName, Result, Store};
use model::{Channel, Timestamp};
use std::sync::atomic::Ordering;

/// Who asks for a change, with what, through which door and when. Goes into the audit line.
#[derive(Clone, Debug)]
pub struct Actor {
    pub principal: PrincipalName,
    /// The credential as people may see it: `API token "laptop" (…k3Qz)`. Never its secret.
    pub credential: String,
    pub channel: Channel,
    /// The id of the request, as in the log.
    pub request_id: String,
    /// When: the store has no clock of its own.
    pub at: Timestamp,
}

impl Actor {
    /// The system itself: the first start, the demo, reconciliation.
    pub fn system(at: Timestamp) -> Self {
        Self {
            principal: PrincipalName {
                kind: PrincipalKind::System,
                id: None,
                name: "system".into(),
            },
            credential: "none".into(),
            channel: Channel::Rest,
            request_id: String::new(),
            at,
        }
    }
}

/// What a change was about, for the audit line.
pub(crate) struct Audited<'a> {
    /// A sentence without a subject: ``removed restriction 12 from `acme/site` ``.
    pub what: &'a str,
    /// What was changed: `repository`, and its id.
    pub subject: (&'static str, i64),
    /// What it was and what it is, as text, where that is worth keeping. Never a secret.
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
}

/// A line of [`Audited`] that is kept until the end of a change.
pub(crate) struct AuditNote {
    pub what: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A transaction that changes facts. Dropped without [`Change::commit`], it changes nothing.
pub(crate) struct Change<'s> {
    store: &'s Store,
    by: &'s Actor,
    tx: Tx,
}

impl Store {
    pub(crate) async fn change<'s>(&'s self, by: &'s Actor) -> Result<Change<'s>> {
        let mut tx = self.database.change().await?;
        // PostgreSQL keeps others off a row that was written; SQLite has one writer anyway.
        tx.execute("update facts_version set version = version where id = 1", &[]).await?;
        Ok(Change { store: self, by, tx })
    }

    /// For what happened rather than what is so now, such as a push: holds nobody up, and is ended
    /// with [`Change::commit_record`].
    pub(crate) async fn record<'s>(&'s self, by: &'s Actor) -> Result<Change<'s>> {
        Ok(Change { store: self, by, tx: self.database.change().await? })
    }
}

impl<'s> Change<'s> {
    /// Who asked for it.
    pub(crate) fn by(&self) -> &'s Actor {
        self.by
    }

    pub(crate) async fn execute(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        self.tx.execute(sql, args).await
    }

    pub(crate) async fn all(&mut self, sql: &'static str, args: &[Arg<'_>]) -> Result<Vec<Row>> {
        self.tx.all(sql, args).await
    }

    pub(crate) async fn optional(
        &mut self,
        sql: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>> {
        self.tx.optional(sql, args).await
    }

    /// The next id of a noun. Never given out twice, also when the row is removed later.
    pub(crate) async fn next_id(&mut self, noun: &'static str) -> Result<i64> {
        let sql = "update sequence set last = last + 1 where noun = $1 returning last";
        let row = self.tx.optional(sql, args![noun]).await?;
        row.ok_or(crate::Error::NotFound { what: "sequence" })?.of("sequence").int("last")
    }

    /// [`Error::Moved`](crate::Error::Moved) unless the facts are still those of this version. Asked
    /// first: what a change would trip over may be gone by now.
    pub(crate) async fn expect_version(&mut self, version: i64) -> Result<()> {
        if crate::facts::version(&mut self.tx).await? == version {
            Ok(())
        } else {
            Err(crate::Error::Moved)
        }
    }

    /// Writes the audit line and the new version, and commits.
    pub(crate) async fn commit(mut self, audited: Audited<'_>) -> Result<()> {
        self.audit(audited).await?;
        self.commit_audited().await
    }

    /// The same for several lines about one subject. Written last, because everything takes the
    /// sequence of the audit lines last: in another order, two could wait for each other.
    pub(crate) async fn commit_all(
        mut self,
        subject: (&'static str, i64),
        notes: &[AuditNote],
    ) -> Result<()> {
        for AuditNote { what, before, after } in notes {
            let (before, after) = (before.as_deref(), after.as_deref());
            self.audit(Audited { what, subject, before, after }).await?;
        }
        self.commit_audited().await
    }

    /// Commits what happened rather than what is so now: no fact that decisions are made from, and
    /// no new version of them.
    pub(crate) async fn commit_record(
        mut self,
        subject: (&'static str, i64),
        notes: Vec<AuditNote>,
    ) -> Result<()> {
        for AuditNote { what, before, after } in &notes {
            let (before, after) = (before.as_deref(), after.as_deref());
            self.audit(Audited { what, subject, before, after }).await?;
        }
        self.tx.commit().await
    }

    async fn commit_audited(mut self) -> Result<()> {
        let sql = "update facts_version set version = version + 1 where id = 1 returning version";
        let row = self.tx.optional(sql, &[]).await?;
        let version = row
            .ok_or(crate::Error::NotFound { what: "version" })?
            .of("facts_version")
            .int("version")?;
        self.store.version.doubt();
        self.tx.commit().await?;
        self.store.version.settle(version);
        Ok(())
    }

    /// One more line, for a change that is about several things.
    pub(crate) async fn audit(&mut self, audited: Audited<'_>) -> Result<()> {
        let id = self.next_id("audit").await?;
        let Actor { principal, credential, channel, request_id, at } = self.by;
        self.tx
            .execute(
                "insert into audit (id, at, principal_kind, principal_id, principal_name,
                     credential, channel, request_id, what, subject_kind, subject_id, before, after)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
                args![
                    id,
                    *at,
                    principal.kind.as_str(),
                    principal.id,
                    &principal.name,
                    credential,
                    channel.as_str(),
                    request_id,
                    audited.what,
                    audited.subject.0,
                    audited.subject.1,
                    audited.before,
                    audited.after,
                ],
            )
            .await?;
        Ok(())
    }
}

/// The version of the facts as far as this process knows it without asking.
///
/// Only SQLite's is remembered, because only there no other process writes. It is unknown from just
/// before a commit until that commit is known to have succeeded: a request that is dropped in
/// between (its client went away) leaves it unknown, and readers ask the database until the next
/// change settles it. Remembering too little costs a statement; remembering too long would keep a
/// revoked token alive.
#[derive(Default)]
pub(crate) struct KnownVersion(std::sync::atomic::AtomicI64);

impl KnownVersion {
    const UNKNOWN: i64 = 0;

    pub(crate) fn get(&self) -> Option<i64> {
        match self.0.load(Ordering::SeqCst) {
            Self::UNKNOWN => None,
            version => Some(version),
        }
    }

    fn doubt(&self) {
        self.0.store(Self::UNKNOWN, Ordering::SeqCst);
    }

    pub(crate) fn settle(&self, version: i64) {
        self.0.store(version, Ordering::SeqCst);
    }
}
