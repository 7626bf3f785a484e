//! Trees as maps from names to what they stand for.

use crate::objects::{Lookup, ObjectKind, from_gix};
use crate::{Error, Result};
use model::ObjectId;
use std::collections::BTreeMap;

/// What a name stands for in a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TreeEntry {
    pub mode: u16,
    pub id: ObjectId,
}

/// A tree by name, in the order of bytes.
pub(crate) type Names = BTreeMap<Vec<u8>, TreeEntry>;

impl TreeEntry {
    const TREE: u16 = 0o040_000;
    const SUBMODULE: u16 = 0o160_000;

    /// The folder that is this tree.
    pub(crate) const fn tree(id: ObjectId) -> Self {
        Self { mode: Self::TREE, id }
    }

    pub(crate) fn is_tree(self) -> bool {
        self.mode == Self::TREE
    }

    /// A file, and not a link.
    pub(crate) fn is_file(self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }

    pub(crate) fn is_submodule(self) -> bool {
        self.mode == Self::SUBMODULE
    }

    /// What is here to be read; nothing is of a submodule.
    pub(crate) fn blob(self) -> Option<ObjectId> {
        (!self.is_submodule()).then_some(self.id)
    }
}

/// Reads a tree.
pub(crate) fn read(objects: &dyn Lookup, id: &ObjectId) -> Result<Names> {
    let damaged = |why: String| Error::Object { id: *id, why };
    let object = objects.find(id)?.ok_or_else(|| damaged("it is missing".into()))?;
    if object.kind != ObjectKind::Tree {
        return Err(damaged("it is no tree".into()));
    }
    gix_object::TreeRefIter::from_bytes(&object.data, gix_hash::Kind::Sha1)
        .map(|it| {
            let it = it.map_err(|error| damaged(error.to_string()))?;
            let entry = TreeEntry { mode: it.mode.value(), id: from_gix(it.oid) };
            Ok((it.filename.to_vec(), entry))
        })
        .collect()
}

/// The content of a tree, its names in git's order: a folder stands where its name with a `/`
/// after it would.
pub(crate) fn write(names: &Names) -> Vec<u8> {
    let mut entries: Vec<(&Vec<u8>, &TreeEntry)> = names.iter().collect();
    entries.sort_by_cached_key(|(name, entry)| {
        let end: &[u8] = if entry.is_tree() { b"/" } else { b"" };
        [name.as_slice(), end].concat()
    });
    let mut content = Vec::new();
    for (name, entry) in entries {
        content.extend_from_slice(format!("{:o} ", entry.mode).as_bytes());
        content.extend_from_slice(name);
        content.push(0);
        content.extend_from_slice(entry.id.as_bytes());
    }
    content
}
