//! Which files a commit changes: its tree beside those of its parents. Equal folders are not
//! opened, so the cost follows the change and not the size of the tree.

use crate::failure::FailureCode;
use crate::objects::{ObjectKind, from_gix};
use crate::quarantine::Quarantine;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::{BTreeMap, BTreeSet};

/// How many names are compared for one commit at most, whatever it consists of, besides
/// [`PER_OBJECT`]: a few trees that hold one another can pretend to be millions of folders.
const NAMES: u64 = 500_000;
/// Names that may be compared for each object of the push.
const PER_OBJECT: u64 = 100;
/// A longer path, in bytes, can be checked out nowhere.
const PATH: usize = 32 << 10;

/// A file, link or submodule that is not as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileChange<'a> {
    /// From the root, as git writes it.
    pub path: &'a [u8],
    /// Its content now; `None` when it is gone, or is a submodule.
    pub blob: Option<ObjectId>,
}

/// What a name stands for in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    mode: u16,
    id: ObjectId,
}

impl Entry {
    const TREE: u16 = 0o040_000;
    const SUBMODULE: u16 = 0o160_000;

    fn is_tree(self) -> bool {
        self.mode == Self::TREE
    }

    fn blob(self) -> Option<ObjectId> {
        (self.mode != Self::SUBMODULE).then_some(self.id)
    }
}

/// A name, as it is now and as it was in each parent.
struct Place {
    path: Vec<u8>,
    now: Option<Entry>,
    before: Vec<Option<Entry>>,
}

impl Place {
    /// Is it as in one of the parents?
    fn is_as_before(&self) -> bool {
        self.before.contains(&self.now)
    }

    /// The change of a file, where it is one: here is a file, or there was one everywhere.
    fn change(&self) -> Option<FileChange<'_>> {
        let path = self.path.as_slice();
        match self.now {
            Some(now) if !now.is_tree() => Some(FileChange { path, blob: now.blob() }),
            Some(_) | None => {
                let was_file = |it: &Option<Entry>| it.is_some_and(|it| !it.is_tree());
                let gone = self.before.iter().all(was_file);
                gone.then_some(FileChange { path, blob: None })
            }
        }
    }
}

pub(super) struct Walk<'a> {
    objects: &'a Quarantine<'a>,
    compared: u64,
}

type Names = BTreeMap<Vec<u8>, Entry>;

impl<'a> Walk<'a> {
    pub(super) fn new(objects: &'a Quarantine<'a>) -> Self {
        Self { objects, compared: 0 }
    }

    /// Shows what differs between a tree and every one of these.
    pub(super) fn compare(
        mut self,
        tree: ObjectId,
        parents: &[ObjectId],
        show: &mut dyn FnMut(FileChange<'_>) -> Result<()>,
    ) -> Result<()> {
        let root = |id: &ObjectId| Some(Entry { mode: Entry::TREE, id: *id });
        // The first commit of a history has nothing before it.
        let before =
            if parents.is_empty() { vec![None] } else { parents.iter().map(root).collect() };
        let mut waiting = vec![Place { path: Vec::new(), now: root(&tree), before }];
        // Not by recursion: how deep it goes is for whoever pushes to say.
        while let Some(place) = waiting.pop() {
            if place.is_as_before() {
                continue;
            }
            if let Some(change) = place.change() {
                show(change)?;
            }
            self.open(&place, &mut waiting)?;
        }
        Ok(())
    }

    /// Shows every file of a tree, or the blob.
    pub(super) fn list(
        self,
        id: ObjectId,
        show: &mut dyn FnMut(FileChange<'_>) -> Result<()>,
    ) -> Result<()> {
        match self.objects.find_header(&id)? {
            Some((ObjectKind::Tree, _)) => self.compare(id, &[], show),
            Some((ObjectKind::Blob | ObjectKind::Commit | ObjectKind::Tag, _)) | None => {
                show(FileChange { path: b"", blob: Some(id) })
            }
        }
    }

    /// Puts everything below a name on the list, if it is or was a folder.
    fn open(&mut self, place: &Place, waiting: &mut Vec<Place>) -> Result<()> {
        let now = self.names(place.now)?;
        let before: Vec<Names> =
            place.before.iter().map(|it| self.names(*it)).collect::<Result<_>>()?;
        let all: BTreeSet<&Vec<u8>> =
            now.keys().chain(before.iter().flat_map(BTreeMap::keys)).collect();
        self.count(all.len(), before.len())?;
        // The last is visited first.
        for name in all.into_iter().rev() {
            let path = match place.path.as_slice() {
                [] => name.clone(),
                folder => [folder, b"/", name].concat(),
            };
            if path.len() > PATH {
                return Err(FailureCode::ObjectBad.because("a path in it is too long").into());
            }
            let before = before.iter().map(|it| it.get(name).copied()).collect();
            waiting.push(Place { path, now: now.get(name).copied(), before });
        }
        Ok(())
    }

    fn count(&mut self, names: usize, parents: usize) -> Result<()> {
        self.compared += names.saturating_mul(parents) as u64;
        if self.compared > NAMES + PER_OBJECT * self.objects.count() {
            let why = "its trees lead to more paths than can be looked at";
            return Err(FailureCode::ObjectBad.because(why).into());
        }
        Ok(())
    }

    fn names(&self, entry: Option<Entry>) -> Result<Names> {
        let Some(Entry { id, .. }) = entry.filter(|it| it.is_tree()) else {
            return Ok(Names::new());
        };
        let damaged = |why: String| Error::Object { id, why };
        let object = self.objects.find(&id)?.ok_or_else(|| damaged("it is missing".into()))?;
        gix_object::TreeRefIter::from_bytes(&object.data, gix_hash::Kind::Sha1)
            .map(|it| {
                let it = it.map_err(|error| damaged(error.to_string()))?;
                let entry = Entry { mode: it.mode.value(), id: from_gix(it.oid) };
                Ok((it.filename.to_vec(), entry))
            })
            .collect()
    }
}
