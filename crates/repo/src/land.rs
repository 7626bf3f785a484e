//! Landing: objects become visible and refs move, all in one step that is durable before anybody
//! is told. Used by pushes and by branches made through the API alike. Judges nothing.

use crate::crash::crash_point;
use crate::failure::{Failure, FailureCode};
use crate::ingest::ReadyPack;
use crate::journal::{JournaledUpdate, Landing};
use crate::objects::Lookup;
use crate::push::PushId;
use crate::refs::{Edit, Edits, LockedRefs, RefSnapshot};
use crate::repository::Repository;
use crate::staged_pack::StagedPack;
use crate::{Error, ObjectKind, Result};
use model::{ObjectId, RefName};
use std::collections::BTreeSet;

/// A ref that shall move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// Which ref.
    pub name: RefName,
    /// What it must be now; zero: must not exist.
    pub old: ObjectId,
    /// What it shall be; zero: gone.
    pub new: ObjectId,
}

/// What shall land together.
pub(crate) struct Order<'a> {
    pub push: PushId,
    pub moves: &'a [Move],
    /// All or nothing.
    pub atomic: bool,
    pub pack: Option<ReadyPack>,
    /// For the record; `None` when nobody makes one.
    pub meta: Option<Vec<u8>>,
    pub objects: &'a dyn Lookup,
}

/// What came of it: one result for each move, and how many refs the snapshot wrote anew.
pub(crate) struct Landed {
    pub results: Vec<Result<(), Failure>>,
    pub refs_rewritten: u64,
}

/// Moves refs. An error means that nothing has moved, except after the commit point, when the
/// journal brings it about at the next start.
pub(crate) fn land(repository: &Repository, order: Order<'_>) -> Result<Landed> {
    let moves = order.moves;
    let pack = StagedPack::stage(repository, order.push, order.pack)?;
    crash_point("pack-synced");
    let names: Vec<&RefName> = moves.iter().map(|it| &it.name).collect();
    let mut locks = repository.ref_store().lock(&names)?;
    let snapshot = repository.refs()?;
    let mut results = verify(&locks, moves, &snapshot)?;
    if order.atomic && results.iter().any(Result::is_err) {
        return Ok(nothing(results));
    }
    let mut edits = edits(moves, &results, order.objects)?;
    for (name, failure) in locks.stage(&mut edits, &snapshot)? {
        let place = moves.iter().position(|it| it.name.as_str() == name);
        if let Some(result) = place.and_then(|at| results.get_mut(at)) {
            *result = Err(failure);
        }
    }
    crash_point("refs-locked");
    if results.iter().all(Result::is_err) || (order.atomic && results.iter().any(Result::is_err)) {
        return Ok(nothing(results));
    }
    let updates = journaled(moves, &results);
    let landing = Landed { results, refs_rewritten: 0 };
    commit(
        repository,
        Commit { push: order.push, meta: order.meta, updates, pack, locks, edits },
        landing,
    )
}

/// Nothing lands: for an atomic order, those that could have say why they do not.
fn nothing(results: Vec<Result<(), Failure>>) -> Landed {
    let results = results
        .into_iter()
        .map(|it| it.and_then(|()| Err(FailureCode::AtomicFailed.because(""))))
        .collect();
    Landed { results, refs_rewritten: 0 }
}

/// Compares each ref with what it must be, and its name with the other refs' names.
fn verify(
    locks: &LockedRefs<'_>,
    moves: &[Move],
    snapshot: &RefSnapshot,
) -> Result<Vec<Result<(), Failure>>> {
    let mut results = Vec::with_capacity(moves.len());
    for it in moves {
        results.push(match locks.current(&it.name, snapshot) {
            Ok(current) if current == it.old => Ok(()),
            Ok(current) => Err(stale(&current)),
            Err(Error::Failed(failure)) => Err(failure),
            Err(error) => return Err(error),
        });
    }
    let passing = moves.iter().zip(&results).filter(|it| it.1.is_ok()).map(|it| it.0);
    let names = Names::new(passing.map(|it| (&it.name, it.old, it.new)));
    for (it, result) in moves.iter().zip(&mut results).filter(|it| it.0.old.is_zero()) {
        if result.is_ok() {
            *result = names.check(&it.name, snapshot);
        }
    }
    Ok(results)
}

/// The failure of a command whose old value is not the ref's.
pub(crate) fn stale(current: &ObjectId) -> Failure {
    FailureCode::RefStale.because(match current.is_zero() {
        true => "it does not exist".to_owned(),
        false => format!("it is at {current}"),
    })
}

/// The names that come and go together.
pub(crate) struct Names<'a> {
    created: BTreeSet<&'a str>,
    deleted: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    /// From names with their old and new values.
    pub(crate) fn new(moves: impl Iterator<Item = (&'a RefName, ObjectId, ObjectId)>) -> Self {
        let (mut created, mut deleted) = (BTreeSet::new(), BTreeSet::new());
        for (name, old, new) in moves {
            match (old.is_zero(), new.is_zero()) {
                (true, _) => created.insert(name.as_str()),
                (false, true) => deleted.insert(name.as_str()),
                (false, false) => false,
            };
        }
        Self { created, deleted }
    }

    /// A new name must be one that git makes, and fit beside those that exist and stay, and those
    /// that come with it.
    pub(crate) fn check(&self, name: &RefName, snapshot: &RefSnapshot) -> Result<(), Failure> {
        if name.is_ambiguous() {
            let detail = "its short name is taken for an option, the HEAD, a full name or a commit";
            return Err(FailureCode::RefName.because(detail));
        }
        let folder = format!("{name}/");
        let below = self.created.range(folder.as_str()..).next();
        let below = below.copied().filter(|it| it.starts_with(&folder));
        let mut parents = name.as_str().match_indices('/').map(|it| name.as_str().split_at(it.0).0);
        let other = snapshot
            .conflicts(name.as_str())
            .find(|it| !self.deleted.contains(it))
            .or(below)
            .or_else(|| parents.find(|it| self.created.contains(it)));
        match other {
            Some(other) => Err(FailureCode::RefConflict.because(other.to_owned())),
            None => Ok(()),
        }
    }
}

fn edits(moves: &[Move], results: &[Result<(), Failure>], objects: &dyn Lookup) -> Result<Edits> {
    let mut edits = Edits::new();
    for (it, _) in moves.iter().zip(results).filter(|it| it.1.is_ok()) {
        let edit = if it.new.is_zero() {
            None
        } else if it.name.branch_name().is_some() {
            Some(Edit { id: it.new, peeled: None, packed: false })
        } else {
            let peeled = crate::tag::peel(&it.new, objects)?;
            Some(Edit { id: it.new, peeled, packed: false })
        };
        edits.insert(it.name.as_str().to_owned(), edit);
    }
    Ok(edits)
}

fn journaled(moves: &[Move], results: &[Result<(), Failure>]) -> Vec<JournaledUpdate> {
    let landing = moves.iter().zip(results).filter(|it| it.1.is_ok());
    landing
        .map(|(it, _)| JournaledUpdate { name: it.name.clone(), old: it.old, new: it.new })
        .collect()
}

struct Commit<'a> {
    push: PushId,
    meta: Option<Vec<u8>>,
    updates: Vec<JournaledUpdate>,
    pack: StagedPack,
    locks: LockedRefs<'a>,
    edits: Edits,
}

fn commit(repository: &Repository, work: Commit<'_>, mut landed: Landed) -> Result<Landed> {
    let Commit { push, meta, updates, mut pack, locks, edits } = work;
    let has_pack = pack.is_some();
    let (Some(journal), Some(id)) = (repository.journal(), repository.id()) else {
        pack.publish(repository, true)?;
        landed.refs_rewritten = locks.publish(&edits)?;
        return after(repository, has_pack, landed);
    };
    pack.publish_synced(repository)?;
    crash_point("pack-moved");
    let small = pack.small();
    let needs_record = meta.is_some();
    let meta = meta.unwrap_or_default();
    let landing = Landing { push, repository: id, updates, meta, needs_record, pack: small };
    let pending = journal.commit(landing)?;
    crash_point("journal-synced");
    let applied = pack.publish(repository, false).and_then(|()| {
        crash_point("small-pack-moved");
        locks.publish(&edits)
    });
    match applied {
        Ok(rewritten) => landed.refs_rewritten = rewritten,
        Err(error) => {
            tracing::error!(%push, %error, "a durable push could not be applied");
            pending.abandon();
            repository.ref_store().forget();
            return Err(Error::Unapplied);
        }
    }
    crash_point("refs-renamed");
    drop(pending);
    after(repository, has_pack, landed)
}

fn after(repository: &Repository, has_pack: bool, landed: Landed) -> Result<Landed> {
    if has_pack {
        repository.note_new_pack();
    }
    Ok(landed)
}

impl Repository {
    /// Moves refs to objects that are here already, all or none, through the same landing as a
    /// push. The landing stays [`unrecorded`](crate::Journal::unrecorded) until the caller marks
    /// it.
    pub fn update_refs(&self, push: PushId, moves: &[Move], meta: Vec<u8>) -> Result<()> {
        let objects = self.objects();
        for it in moves.iter().filter(|it| !it.new.is_zero()) {
            match objects.find_header(&it.new)? {
                None => {
                    return Err(FailureCode::PackMissingObject.because(it.new.to_string()).into());
                }
                Some((kind, _))
                    if it.name.branch_name().is_some() && kind != ObjectKind::Commit =>
                {
                    return Err(FailureCode::RefTarget.because(format!("it is a {kind}")).into());
                }
                Some(_) => {}
            }
        }
        let meta = Some(meta);
        let order = Order { push, moves, atomic: true, pack: None, meta, objects: &objects };
        let landed = land(self, order)?;
        let failed = landed.results.into_iter().filter_map(Result::err);
        match failed.min_by_key(|it| it.code == FailureCode::AtomicFailed) {
            Some(failure) => Err(failure.into()),
            None => Ok(()),
        }
    }
}
