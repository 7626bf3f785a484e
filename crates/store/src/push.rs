//! Push records: every accepted push, exactly once, however often it is reported.

use crate::change::AuditNote;
use crate::owner::within;
use crate::sql::{Row, args};
use crate::{Actor, Owner, Page, PageRequest, PrincipalName, Result, Store};
use model::{
    Channel, CredentialKind, ObjectId, Operation, RefName, RepositoryId, RestrictionId, Timestamp,
};

/// One accepted push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRecord {
    /// Unique; the same in the journal of the repositories.
    pub id: String,
    pub repository: RepositoryId,
    pub principal: PrincipalName,
    /// The credential as people may see it. Never its secret.
    pub credential: String,
    /// What kind of credential it was; `None` in records of the time when that was not kept.
    pub credential_kind: Option<CredentialKind>,
    pub channel: Channel,
    /// The protocol spoken: `v0`, `v1`, `v2`, or what the channel calls it.
    pub protocol: String,
    pub at: Timestamp,
    pub updates: Vec<RefUpdateRecord>,
}

/// One ref that a push moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdateRecord {
    pub name: RefName,
    pub old: ObjectId,
    pub new: ObjectId,
    /// What it was: create, fast-forward, rewrite, delete or merge.
    pub operation: Operation,
}

/// A rule that a push passed only because the rule lists whoever pushed. Goes into the audit log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LetThrough {
    pub rule: RestrictionId,
    /// The ref it was about.
    pub reference: String,
    /// A sentence without a subject: `was let through rule 3 (force) as group devs: …`.
    pub what: String,
}

/// The condition of [`Store::list_pushes`]: `$2` is how the line of a ref ends. Written with
/// `replace`, because the databases disagree about the name of "contains" and `like` would give
/// `_` in a ref name a meaning.
macro_rules! listed {
    () => {
        "where repository_id = $1
           and ($2 is null or updates <> replace(updates, $2, ''))"
    };
}

/// The columns of a push.
macro_rules! select_push {
    ($($rest:expr),+) => {
        concat!(
            "select id, repository_id, principal_kind, principal_id, principal_name, credential,
                 credential_kind, channel, protocol, at, updates
             from push ",
            $($rest),+
        )
    };
}

/// One line per ref; it ends with a space, the name and a line break, and no name contains either.
fn update_line(it: &RefUpdateRecord) -> String {
    format!("{} {} {} {}\n", it.operation, it.old, it.new, it.name)
}

/// Reads a line of [`update_line`], without its end.
fn parse_update(line: &str) -> Option<RefUpdateRecord> {
    let mut words = line.split(' ');
    let update = RefUpdateRecord {
        operation: Operation::parse(words.next()?).ok()?,
        old: ObjectId::parse(words.next()?.as_bytes()).ok()?,
        new: ObjectId::parse(words.next()?.as_bytes()).ok()?,
        name: RefName::parse(words.next()?.as_bytes()).ok()?,
    };
    words.next().is_none().then_some(update)
}

fn push_from(row: &Row) -> Result<PushRecord> {
    let row = row.of("push");
    Ok(PushRecord {
        id: row.text("id")?,
        repository: RepositoryId(row.int("repository_id")?),
        principal: PrincipalName::from_columns(row)?,
        credential: row.text("credential")?,
        credential_kind: row.opt_parsed("credential_kind", CredentialKind::parse)?,
        channel: row.parsed("channel", Channel::parse)?,
        protocol: row.text("protocol")?,
        at: row.time("at")?,
        updates: row.parsed("updates", |text| {
            text.lines()
                .map(|line| parse_update(line).ok_or(()))
                .collect::<std::result::Result<_, _>>()
        })?,
    })
}

impl Store {
    /// Records a push; `false` if it was recorded before, which is no error: the journal is
    /// replayed after a crash. One statement, however many refs; where rules let somebody through
    /// whom they list, one more for each, and all or none.
    pub async fn record_push(&self, push: &PushRecord, let_through: &[LetThrough]) -> Result<bool> {
        let updates: String = push.updates.iter().map(update_line).collect();
        let sql = "insert into push (id, repository_id, principal_kind, principal_id,
                       principal_name, credential, credential_kind, channel, protocol, at,
                       updates)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
                   on conflict (id) do nothing";
        let args = args![
            &push.id,
            push.repository.0,
            push.principal.kind.as_str(),
            push.principal.id,
            &push.principal.name,
            &push.credential,
            push.credential_kind.map(CredentialKind::as_str),
            push.channel.as_str(),
            &push.protocol,
            push.at,
            &updates,
        ];
        if let_through.is_empty() {
            return Ok(self.database.write_record(sql, args).await? == 1);
        }
        let by = Actor {
            principal: push.principal.clone(),
            credential: push.credential.clone(),
            channel: push.channel,
            request_id: push.id.clone(),
            at: push.at,
        };
        let mut change = self.record(&by).await?;
        if change.execute(sql, args).await? == 0 {
            return Ok(false);
        }
        let notes = let_through.iter().map(|it| AuditNote {
            what: it.what.clone(),
            before: None,
            after: None,
        });
        change.commit_record(("repository", push.repository.0), notes.collect()).await?;
        Ok(true)
    }

    /// The pushes to a repository, the newest first; only those that moved one ref if it is named.
    pub async fn list_pushes(
        &self,
        repository: RepositoryId,
        name: Option<&RefName>,
        page: PageRequest,
    ) -> Result<Page<PushRecord>> {
        let rows = select_push!(listed!(), " order by at desc, id limit $3 offset $4");
        let count = concat!("select count(*) as size from push ", listed!());
        let line_end = name.map(|it| format!(" {it}\n"));
        self.page((rows, count), args![repository.0, &line_end], page, push_from).await
    }
    /// The newest pushes to a repository, or to all repositories in a project or workspace.
    pub async fn recent_pushes(&self, owner: Owner, most: u32) -> Result<Vec<PushRecord>> {
        let sql = within!(owner, select_push, "order by at desc, id limit $2");
        let rows = self.database.all(sql, args![owner.id(), i64::from(most)]).await?;
        rows.iter().map(push_from).collect()
    }
}
