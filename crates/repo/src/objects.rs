//! Reading objects: the repository's own, through gix's object database. One [`Objects`] belongs
//! to one thread and one operation; opening one costs next to nothing.

use crate::recent::Recent;
use crate::{Error, Result};
use gix_object::Find as _;
use gix_odb::Header as _;
use model::ObjectId;
use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

/// What kind of object.
pub use gix_object::Kind as ObjectKind;

/// An object's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its content without git's header.
    pub data: Vec<u8>,
}

/// What can be asked for objects: a repository, or a quarantine on top of one.
pub(crate) trait Lookup {
    /// Reads an object; `None` when it is not there.
    fn find(&self, id: &ObjectId) -> Result<Option<Object>>;
    /// Kind and size.
    fn find_header(&self, id: &ObjectId) -> Result<Option<(ObjectKind, u64)>>;
}

impl Lookup for Objects {
    fn find(&self, id: &ObjectId) -> Result<Option<Object>> {
        self.find(id)
    }

    fn find_header(&self, id: &ObjectId) -> Result<Option<(ObjectKind, u64)>> {
        self.find_header(id)
    }
}

/// A reader of one repository's objects.
pub struct Objects {
    handle: gix_odb::store::Handle<Arc<gix_odb::Store>>,
    recent: Arc<Recent>,
    lookups: Cell<u64>,
}

impl Objects {
    pub(crate) fn new(store: &Arc<gix_odb::Store>, recent: Arc<Recent>) -> Self {
        Self { handle: store.to_handle_arc(), recent, lookups: Cell::new(0) }
    }

    /// A reader of a quarantine's folder.
    pub(crate) fn over(folder: &Path) -> Result<Self> {
        let options = gix_odb::store::init::Options {
            slots: gix_odb::store::init::Slots::Given(4),
            ..Default::default()
        };
        let none = &mut std::iter::empty();
        let store = gix_odb::Store::at_opts(folder.to_owned(), gix_hash::Kind::Sha1, none, options)
            .map_err(Error::io("open", folder))?;
        Ok(Self::new(&Arc::new(store), Arc::default()))
    }

    /// Reads an object; `None` when it is not there.
    pub fn find(&self, id: &ObjectId) -> Result<Option<Object>> {
        self.count();
        if let Some(object) = self.recent.find(id) {
            return Ok(Some(object));
        }
        let mut data = Vec::new();
        let found = self.handle.try_find(&to_gix(id), &mut data).map_err(unreadable(id))?;
        let Some(kind) = found.map(|it| it.kind) else { return Ok(None) };
        Ok(Some(Object { kind, data }))
    }

    /// Kind and size of an object, without reading all of it.
    pub fn find_header(&self, id: &ObjectId) -> Result<Option<(ObjectKind, u64)>> {
        self.count();
        if let Some(header) = self.recent.find_header(id) {
            return Ok(Some(header));
        }
        let header = self.handle.try_header(&to_gix(id)).map_err(unreadable(id))?;
        Ok(header.map(|it| (it.kind(), it.size())))
    }

    /// Is it there? A repository that cannot be read has nothing, which fails closed.
    pub fn contains(&self, id: &ObjectId) -> bool {
        self.count();
        self.recent.find_header(id).is_some()
            || gix_object::Exists::exists(&self.handle, &to_gix(id))
    }

    /// The ids that start with these hexadecimal digits (4 to 40), at most a few.
    pub fn with_prefix(&self, hex: &str) -> Result<Vec<ObjectId>> {
        let Ok(prefix) = gix_hash::Prefix::from_hex(hex) else { return Ok(Vec::new()) };
        let mut candidates = std::collections::HashSet::new();
        self.handle
            .lookup_prefix(prefix, Some(&mut candidates))
            .map_err(unreadable(&ObjectId::ZERO))?;
        Ok(candidates.iter().map(|it| from_gix(it)).collect())
    }

    /// How often something was looked up.
    pub(crate) fn lookups(&self) -> u64 {
        self.lookups.get()
    }

    fn count(&self) {
        self.lookups.set(self.lookups.get() + 1);
    }
}

fn unreadable<E: std::fmt::Display>(id: &ObjectId) -> impl FnOnce(E) -> Error {
    let id = *id;
    move |error| Error::Object { id, why: error.to_string() }
}

pub(crate) fn to_gix(id: &ObjectId) -> gix_hash::ObjectId {
    gix_hash::ObjectId::Sha1(*id.as_bytes())
}

pub(crate) fn from_gix(id: &gix_hash::oid) -> ObjectId {
    let mut bytes = [0; 20];
    bytes.iter_mut().zip(id.as_bytes()).for_each(|(to, from)| *to = *from);
    ObjectId::from_bytes(bytes)
}
