//! One file of one commit, by its path.

use crate::objects::ObjectKind;
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
        let Some(root) = self.root_of(commit)? else { return Ok(None) };
        let found = self.entry_below(root, path)?.filter(|it| !it.is_folder());
        let Some(file) = found else { return Ok(None) };
        let file_at = |size| match size {
            Some(size) => FileAt::Blob { id: file.id, size },
            None => FileAt::Submodule,
        };
        Ok(Some(file_at(self.file_size(&file)?)))
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
