//! Restrictions: stored, listed and changed here; weighed by `policy`.
//!
//! Every statement carries the owner. A restriction's id alone finds nothing: an admin of one
//! repository must not reach another's rules by guessing numbers.

use crate::change::{AuditNote, Change};
use crate::names::name_subject;
use crate::owner::{Owner, subject_from, subject_id};
use crate::sql::{Columns, Row, Tx, args};
use crate::{Actor, Error, Names, PrincipalKind, Result, Store};
use model::{
    ListedSubject, Matcher, MatcherKind, Mode, RefKinds, Restriction, RestrictionId,
    RestrictionKind,
};
use std::collections::BTreeMap;

/// What creating or replacing a restriction needs. Also what is left of a [`Restriction`] when the
/// store's own columns are taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRestriction {
    pub kind: RestrictionKind,
    pub matcher: Matcher,
    pub on: RefKinds,
    pub subjects: Vec<ListedSubject>,
    pub mode: Mode,
    pub value: Option<i64>,
    pub argument: Option<String>,
    pub note: Option<String>,
}

impl NewRestriction {
    /// What would make a restriction like this one.
    pub fn like(it: &Restriction) -> Self {
        let it = it.clone();
        Self {
            kind: it.kind,
            matcher: it.matcher,
            on: it.on,
            subjects: it.subjects,
            mode: it.mode,
            value: it.value,
            argument: it.argument,
            note: it.note,
        }
    }

    /// The restriction that comes of it under this number.
    pub fn into_restriction(self, id: RestrictionId, owner: Owner, by: &Actor) -> Restriction {
        let is_system = by.principal.kind == PrincipalKind::System;
        Restriction {
            id,
            level: owner.level(),
            kind: self.kind,
            matcher: self.matcher,
            on: self.on,
            subjects: self.subjects,
            mode: self.mode,
            value: self.value,
            argument: self.argument,
            note: self.note,
            changed_at: by.at,
            changed_by: (!is_system).then(|| by.principal.name.clone()),
        }
    }
}

/// The condition that picks one owner's rows of `restriction r`.
macro_rules! of_owner {
    () => {
        " r.level = $1 and r.owner_id = $2 "
    };
}

/// The three queries that read restrictions whole, each with the same condition on
/// `restriction r`.
pub(crate) struct Queries {
    pub rows: &'static str,
    pub excepts: &'static str,
    pub subjects: &'static str,
}

/// [`Queries`] for a condition given as a literal.
macro_rules! restriction_queries {
    ($where:expr) => {
        $crate::restriction::Queries {
            rows: concat!(
                "select r.id, r.level, r.owner_id, r.kind, r.matcher, r.pattern, r.on_refs, r.mode,
                     r.value, r.argument, r.note, r.changed_at, r.changed_by
                 from restriction r where ",
                $where,
                " order by r.id"
            ),
            excepts: concat!(
                "select e.restriction_id, e.pattern
                 from restriction_except e join restriction r on r.id = e.restriction_id where ",
                $where,
                " order by e.restriction_id, e.position"
            ),
            subjects: concat!(
                "select s.restriction_id, s.subject_kind, s.subject_id, s.until, s.reason, ",
                $crate::names::subject_name_columns!(),
                " from restriction_subject s join restriction r on r.id = s.restriction_id ",
                $crate::names::subject_name_joins!("s"),
                " where ",
                $where,
                " order by s.restriction_id, s.subject_kind, s.subject_id"
            ),
        }
    };
}
pub(crate) use restriction_queries;

const OF_OWNER: Queries = restriction_queries!(of_owner!());
const ONE: Queries = restriction_queries!(concat!(of_owner!(), " and r.id = $3 "));

/// Restrictions as read, and what their subjects are called.
pub(crate) struct Read {
    pub restrictions: Vec<Restriction>,
    pub names: Names,
}

/// Reads restrictions whole, in three statements however many there are.
pub(crate) async fn read(
    tx: &mut Tx,
    queries: &Queries,
    args: &[crate::sql::Arg<'_>],
) -> Result<Read> {
    let rows = tx.all(queries.rows, args).await?;
    let excepts = tx.all(queries.excepts, args).await?;
    let subjects = tx.all(queries.subjects, args).await?;
    assemble(&rows, &excepts, &subjects)
}

/// A subject that is gone is on no list any more: it is let in nowhere, and exempt from nothing.
fn assemble(rows: &[Row], excepts: &[Row], subjects: &[Row]) -> Result<Read> {
    let mut patterns: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for row in excepts {
        let row = row.of("restriction_except");
        patterns.entry(row.int("restriction_id")?).or_default().push(row.text("pattern")?);
    }
    let mut listed: BTreeMap<i64, Vec<ListedSubject>> = BTreeMap::new();
    let mut names = Names::new();
    for row in subjects {
        if !name_subject(row, &mut names)? {
            continue;
        }
        let row = row.of("restriction_subject");
        let subject = ListedSubject {
            subject: subject_from(row)?,
            until: row.opt_time("until")?,
            reason: row.opt_text("reason")?,
        };
        listed.entry(row.int("restriction_id")?).or_default().push(subject);
    }
    let restrictions = rows
        .iter()
        .map(|row| {
            let row = row.of("restriction");
            let id = row.int("id")?;
            let except = patterns.remove(&id).unwrap_or_default();
            restriction_from(row, except, listed.remove(&id).unwrap_or_default())
        })
        .collect::<Result<_>>()?;
    Ok(Read { restrictions, names })
}

fn restriction_from(
    row: Columns<'_>,
    except: Vec<String>,
    subjects: Vec<ListedSubject>,
) -> Result<Restriction> {
    Ok(Restriction {
        id: RestrictionId(row.int("id")?),
        level: Owner::from_columns(row)?.level(),
        kind: row.parsed("kind", RestrictionKind::parse)?,
        matcher: Matcher {
            kind: row.parsed("matcher", MatcherKind::parse)?,
            pattern: row.text("pattern")?,
            except,
        },
        on: row.parsed("on_refs", RefKinds::parse)?,
        subjects,
        mode: row.parsed("mode", Mode::parse)?,
        value: row.opt_int("value")?,
        argument: row.opt_text("argument")?,
        note: row.opt_text("note")?,
        changed_at: row.time("changed_at")?,
        changed_by: row.opt_text("changed_by")?,
    })
}

impl Store {
    /// Puts a restriction on a workspace, project or repository. A subject may be listed once.
    /// `as_of`: the version of the facts that it was checked against; [`Error::Moved`] if they are
    /// no longer those, so that two cannot be made at once which do not go together.
    pub async fn create_restriction(
        &self,
        by: &Actor,
        owner: Owner,
        new: NewRestriction,
        as_of: Option<i64>,
    ) -> Result<Restriction> {
        let mut change = self.change(by).await?;
        if let Some(version) = as_of {
            change.expect_version(version).await?;
        }
        owner.must_exist(&mut change).await?;
        let (created, note) = create_in(&mut change, owner, new).await?;
        change.commit_all(owner.audited(), &[note]).await?;
        Ok(created)
    }

    /// The restrictions on one thing; those of the levels above are not among them.
    pub async fn list_restrictions(&self, owner: Owner) -> Result<Vec<Restriction>> {
        let mut tx = self.database.snapshot().await?;
        Ok(read(&mut tx, &OF_OWNER, args![owner.word(), owner.id()]).await?.restrictions)
    }

    /// An owner's restriction by number.
    pub async fn find_restriction(
        &self,
        owner: Owner,
        id: RestrictionId,
    ) -> Result<Option<Restriction>> {
        let mut tx = self.database.snapshot().await?;
        Ok(read(&mut tx, &ONE, args![owner.word(), owner.id(), id.0]).await?.restrictions.pop())
    }

    /// Replaces everything about a restriction but its number and its owner.
    /// [`Error::NotFound`] if the owner has no such restriction; `as_of` as for a new one.
    pub async fn update_restriction(
        &self,
        by: &Actor,
        owner: Owner,
        id: RestrictionId,
        new: NewRestriction,
        as_of: Option<i64>,
    ) -> Result<Restriction> {
        let mut change = self.change(by).await?;
        if let Some(version) = as_of {
            change.expect_version(version).await?;
        }
        let (after, note) = update_in(&mut change, owner, id, new).await?;
        change.commit_all(owner.audited(), &[note]).await?;
        Ok(after)
    }

    /// Removes a restriction. `false` if the owner has none by this number.
    pub async fn remove_restriction(
        &self,
        by: &Actor,
        owner: Owner,
        id: RestrictionId,
    ) -> Result<bool> {
        let mut change = self.change(by).await?;
        let Some(note) = remove_in(&mut change, owner, id).await? else {
            return Ok(false);
        };
        change.commit_all(owner.audited(), &[note]).await?;
        Ok(true)
    }
}

/// Creates a restriction within a change, and gives its audit line.
pub(crate) async fn create_in(
    change: &mut Change<'_>,
    owner: Owner,
    new: NewRestriction,
) -> Result<(Restriction, AuditNote)> {
    let id = RestrictionId(change.next_id("restriction").await?);
    let created = new.into_restriction(id, owner, change.by());
    let sql = "insert into restriction (id, level, owner_id, kind, matcher, pattern, on_refs,
                   mode, value, note, changed_at, changed_by, argument)
               values ($3, $1, $2, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    change.execute(sql, &columns(owner, &created)).await?;
    insert_lists(change, &created).await?;
    let (what, after) = (format!("created restriction {id}"), Some(audit_text(&created)));
    Ok((created, AuditNote { what, before: None, after }))
}

/// Replaces a restriction within a change, and gives its audit line.
pub(crate) async fn update_in(
    change: &mut Change<'_>,
    owner: Owner,
    id: RestrictionId,
    new: NewRestriction,
) -> Result<(Restriction, AuditNote)> {
    let before = find(change, owner, id).await?;
    let before = before.ok_or(Error::NotFound { what: "restriction" })?;
    let after = new.into_restriction(id, owner, change.by());
    let sql = "update restriction set kind = $4, matcher = $5, pattern = $6, on_refs = $7,
                   mode = $8, value = $9, note = $10, changed_at = $11, changed_by = $12,
                   argument = $13
               where level = $1 and owner_id = $2 and id = $3";
    change.execute(sql, &columns(owner, &after)).await?;
    remove_lists(change, owner, id).await?;
    insert_lists(change, &after).await?;
    let what = format!("changed restriction {id}");
    let (was, is) = (Some(audit_text(&before)), Some(audit_text(&after)));
    Ok((after, AuditNote { what, before: was, after: is }))
}

/// Removes a restriction within a change, and gives its audit line. `None` if the owner has none by
/// this number.
pub(crate) async fn remove_in(
    change: &mut Change<'_>,
    owner: Owner,
    id: RestrictionId,
) -> Result<Option<AuditNote>> {
    let Some(before) = find(change, owner, id).await? else {
        return Ok(None);
    };
    remove_lists(change, owner, id).await?;
    let sql = "delete from restriction where level = $1 and owner_id = $2 and id = $3";
    change.execute(sql, args![owner.word(), owner.id(), id.0]).await?;
    let (what, before) = (format!("removed restriction {id}"), Some(audit_text(&before)));
    Ok(Some(AuditNote { what, before, after: None }))
}

async fn find(
    change: &mut Change<'_>,
    owner: Owner,
    id: RestrictionId,
) -> Result<Option<Restriction>> {
    let key = args![owner.word(), owner.id(), id.0];
    let rows = change.all(ONE.rows, key).await?;
    let excepts = change.all(ONE.excepts, key).await?;
    let subjects = change.all(ONE.subjects, key).await?;
    Ok(assemble(&rows, &excepts, &subjects)?.restrictions.pop())
}

/// The columns of the table itself, the owner and the id first.
fn columns(owner: Owner, it: &Restriction) -> [crate::sql::Arg<'_>; 13] {
    [
        owner.word().into(),
        owner.id().into(),
        it.id.0.into(),
        it.kind.as_str().into(),
        it.matcher.kind.as_str().into(),
        (&it.matcher.pattern).into(),
        it.on.as_str().into(),
        it.mode.as_str().into(),
        it.value.into(),
        (&it.note).into(),
        it.changed_at.into(),
        (&it.changed_by).into(),
        (&it.argument).into(),
    ]
}

async fn insert_lists(change: &mut Change<'_>, it: &Restriction) -> Result<()> {
    for (position, pattern) in (0_i64..).zip(&it.matcher.except) {
        let sql = "insert into restriction_except (restriction_id, position, pattern)
                   values ($1, $2, $3)";
        change.execute(sql, args![it.id.0, position, pattern]).await?;
    }
    for listed in &it.subjects {
        crate::grant::must_exist(change, listed.subject).await?;
        let sql =
            "insert into restriction_subject (restriction_id, subject_kind, subject_id, until,
                       reason)
                   values ($1, $2, $3, $4, $5)";
        let (kind, id) = (listed.subject.kind(), subject_id(listed.subject));
        change.execute(sql, args![it.id.0, kind, id, listed.until, &listed.reason]).await?;
    }
    Ok(())
}

async fn remove_lists(change: &mut Change<'_>, owner: Owner, id: RestrictionId) -> Result<()> {
    let key = args![owner.word(), owner.id(), id.0];
    let sql = "delete from restriction_except where restriction_id in (
                   select id from restriction where level = $1 and owner_id = $2 and id = $3)";
    change.execute(sql, key).await?;
    let sql = "delete from restriction_subject where restriction_id in (
                   select id from restriction where level = $1 and owner_id = $2 and id = $3)";
    change.execute(sql, key).await?;
    Ok(())
}

/// All of it: a change that this does not show would be one that nobody finds again.
fn audit_text(it: &Restriction) -> String {
    let subjects: Vec<_> = it.subjects.iter().map(subject_text).collect();
    format!(
        "kind={} matcher={} pattern={:?} except={:?} on={} mode={} subjects={} value={:?} \
         argument={:?} note={:?}",
        it.kind,
        it.matcher.kind,
        it.matcher.pattern,
        it.matcher.except,
        it.on,
        it.mode,
        subjects.join(","),
        it.value,
        it.argument,
        it.note
    )
}

/// `user:7`, `group:3 until=1790000000000 reason="on call"`.
fn subject_text(it: &ListedSubject) -> String {
    let mut text = format!("{}:{}", it.subject.kind(), subject_id(it.subject));
    if let Some(until) = it.until {
        text.push_str(&format!(" until={}", until.0));
    }
    if let Some(reason) = &it.reason {
        text.push_str(&format!(" reason={reason:?}"));
    }
    text
}
