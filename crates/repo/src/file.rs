//! One file of one commit, by its path.

use crate::objects::{ObjectKind, from_gix};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;

/// What a path leads to, where that is no folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileAt {
    /// A file or a link, with its size in bytes.
    Blob { id: ObjectId, size: u64 },
    /// A submodule: nothing of it is here.
    Submodule,
}

impl Repository {
    /// The file at a path, from the root, of a commit; `None` when there is none, or a folder.
    pub fn find_file(&self, commit: &ObjectId, path: &[u8]) -> Result<Option<FileAt>> {
        let Some(info) = self.commit_info(commit)? else { return Ok(None) };
        let objects = self.objects();
        let mut tree = info.tree;
        let mut names = path.split(|&it| it == b'/').peekable();
        while let Some(name) = names.next() {
            let damaged = |why: String| Error::Object { id: tree, why };
            let object = objects.find(&tree)?.ok_or_else(|| damaged("it is missing".into()))?;
            let mut entries =
                gix_object::TreeRefIter::from_bytes(&object.data, gix_hash::Kind::Sha1);
            let found = entries.find(|it| it.as_ref().map_or(true, |it| it.filename == name));
            let Some(entry) = found else { return Ok(None) };
            let entry = entry.map_err(|error| damaged(error.to_string()))?;
            let (mode, id) = (entry.mode, from_gix(entry.oid));
            match (mode.is_tree(), names.peek().is_some()) {
                (true, true) => tree = id,
                (true, false) | (false, true) => return Ok(None),
                (false, false) if mode.is_commit() => return Ok(Some(FileAt::Submodule)),
                (false, false) => {
                    let (_, size) = objects.find_header(&id)?.ok_or(missing(id))?;
                    return Ok(Some(FileAt::Blob { id, size }));
                }
            }
        }
        Ok(None)
    }

    /// The content of a blob, all of it: ask for its size first.
    pub fn read_blob(&self, id: &ObjectId) -> Result<Vec<u8>> {
        let object = self.objects().find(id)?.filter(|it| it.kind == ObjectKind::Blob);
        Ok(object.ok_or(missing(*id))?.data)
    }
}

fn missing(id: ObjectId) -> Error {
    Error::Object { id, why: "it is missing".into() }
}
