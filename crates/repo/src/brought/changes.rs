//! Which files a commit changes: its tree beside those of its parents. Equal folders are not
//! opened, so the cost follows the change and not the size of the tree.

use super::resolution::Resolution;
use crate::Result;
use crate::failure::FailureCode;
use crate::objects::ObjectKind;
use crate::quarantine::Quarantine;
use crate::tree::{self, Names, TreeEntry};
use model::ObjectId;
use std::collections::BTreeSet;
use std::rc::Rc;

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
    /// The parent, counted from one, as in which it would be no change; `None` when there is none
    /// such: at the beginning of a history, or where two sides of a merge changed it.
    pub belongs: Option<usize>,
    /// Is it as in one of the parents all the same? Then the merge leaves out what another did.
    pub as_in_parent: bool,
}

/// A name with what it stands for in each tree.
struct Place {
    path: Vec<u8>,
    entries: Vec<Option<TreeEntry>>,
}

pub(super) struct Walk<'a> {
    objects: &'a Quarantine<'a>,
    resolution: Resolution,
    compared: u64,
}

impl<'a> Walk<'a> {
    pub(super) fn new(objects: &'a Quarantine<'a>, resolution: Resolution) -> Self {
        Self { objects, resolution, compared: 0 }
    }

    /// Shows what is not as the resolution has it. `trees`: in the resolution's order.
    pub(super) fn compare(
        mut self,
        trees: impl Iterator<Item = Option<ObjectId>>,
        show: &mut dyn FnMut(FileChange<'_>) -> Result<()>,
    ) -> Result<()> {
        let entries = trees.map(|it| it.map(TreeEntry::tree)).collect();
        let mut waiting = vec![Place { path: Vec::new(), entries }];
        // Not by recursion: how deep it goes is for whoever pushes to say.
        while let Some(place) = waiting.pop() {
            if self.resolution.is_kept(&place.entries) {
                continue;
            }
            if let Some(change) = self.change(&place) {
                show(change)?;
            }
            self.open(&place, &mut waiting)?;
        }
        Ok(())
    }

    /// Shows every file of a tree, or the blob.
    pub(super) fn list(
        objects: &'a Quarantine<'a>,
        id: ObjectId,
        show: &mut dyn FnMut(FileChange<'_>) -> Result<()>,
    ) -> Result<()> {
        match objects.find_header(&id)? {
            Some((ObjectKind::Tree, _)) => Self::new(objects, Resolution::beginning())
                .compare([Some(id), None].into_iter(), show),
            Some((ObjectKind::Blob | ObjectKind::Commit | ObjectKind::Tag, _)) | None => {
                let (path, blob) = (&b""[..], Some(id));
                show(FileChange { path, blob, belongs: None, as_in_parent: false })
            }
        }
    }

    /// The change of a file, where it is one. A folder is no file.
    fn change<'p>(&self, place: &'p Place) -> Option<FileChange<'p>> {
        let files: Vec<_> = place.entries.iter().map(|it| it.filter(|it| !it.is_tree())).collect();
        (!self.resolution.is_kept(&files)).then(|| FileChange {
            path: &place.path,
            blob: files.first().copied().flatten().and_then(TreeEntry::blob),
            belongs: self.resolution.belongs(&files),
            as_in_parent: self.resolution.is_as_in_parent(&files),
        })
    }

    /// Puts everything below a name on the list, if it is or was a folder.
    fn open(&mut self, place: &Place, waiting: &mut Vec<Place>) -> Result<()> {
        let mut trees: Vec<Rc<Names>> = Vec::with_capacity(place.entries.len());
        for (at, entry) in place.entries.iter().enumerate() {
            let same = place.entries.iter().position(|it| it == entry).filter(|it| *it < at);
            trees.push(match same.and_then(|it| trees.get(it)) {
                Some(known) => Rc::clone(known),
                None => Rc::new(self.names(*entry)?),
            });
        }
        let all: BTreeSet<&Vec<u8>> = trees.iter().flat_map(|it| it.keys()).collect();
        self.count(all.len(), trees.len().saturating_sub(1))?;
        // The last is visited first.
        for name in all.into_iter().rev() {
            let path = match place.path.as_slice() {
                [] => name.clone(),
                folder => [folder, b"/", name].concat(),
            };
            if path.len() > PATH {
                return Err(FailureCode::ObjectBad.because("a path in it is too long").into());
            }
            let entries = trees.iter().map(|it| it.get(name).copied()).collect();
            waiting.push(Place { path, entries });
        }
        Ok(())
    }

    fn count(&mut self, names: usize, others: usize) -> Result<()> {
        self.compared += names.saturating_mul(others) as u64;
        if self.compared > NAMES + PER_OBJECT * self.objects.count() {
            let why = "its trees lead to more paths than that";
            return Err(FailureCode::TooMuch.because(why).into());
        }
        Ok(())
    }

    fn names(&self, entry: Option<TreeEntry>) -> Result<Names> {
        match entry.filter(|it| it.is_tree()) {
            Some(folder) => tree::read(self.objects, &folder.id),
            None => Ok(Names::new()),
        }
    }
}
