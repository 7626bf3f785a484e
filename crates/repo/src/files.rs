//! Files and folders as they are at a commit.

use crate::git::{Git, Running};
use crate::log::path_in_tree;
use crate::objects::{ObjectKind, Objects, from_gix};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::Duration;

/// Larger files are passed on by git, piece by piece, and never held.
const HELD: u64 = 4 << 20;
/// How long sending one file may take, with a client that reads slowly.
const TIME: Duration = Duration::from_secs(600);
/// The most that is listed at once.
const ENTRIES: usize = 100_000;

/// A file, a folder or something else that a tree names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// From the root, as git keeps it; empty for the root.
    pub path: Vec<u8>,
    /// As git keeps it: `0o100644`.
    pub mode: u32,
    pub id: ObjectId,
}

impl TreeEntry {
    const FOLDER: u32 = 0o040_000;

    /// Does it hold others?
    pub fn is_folder(&self) -> bool {
        self.mode == Self::FOLDER
    }

    /// Is it a commit of another repository, which is not here?
    pub fn is_submodule(&self) -> bool {
        self.mode == 0o160_000
    }

    /// Does its content say where it leads?
    pub fn is_link(&self) -> bool {
        self.mode == 0o120_000
    }

    /// A file that can be run.
    pub fn is_executable(&self) -> bool {
        self.mode == 0o100_755
    }
}

impl Repository {
    /// What a commit has at a path; the empty one is its root. `None` when there is nothing.
    pub fn entry_at(&self, commit: &ObjectId, path: &str) -> Result<Option<TreeEntry>> {
        let Some(root) = self.root_of(commit)? else { return Ok(None) };
        if path.trim_matches('/').is_empty() {
            return Ok(Some(root));
        }
        let Some(path) = path_in_tree(path) else { return Ok(None) };
        self.entry_below(root, path.as_bytes())
    }

    /// The root folder of a commit; `None` when that is not there.
    pub(crate) fn root_of(&self, commit: &ObjectId) -> Result<Option<TreeEntry>> {
        let root = |id| TreeEntry { path: Vec::new(), mode: TreeEntry::FOLDER, id };
        Ok(self.commit_info(commit)?.map(|it| root(it.tree)))
    }

    /// What a folder has at a path that begins in it.
    pub(crate) fn entry_below(&self, folder: TreeEntry, path: &[u8]) -> Result<Option<TreeEntry>> {
        let objects = self.objects();
        let mut here = folder;
        for name in path.split(|&b| b == b'/') {
            if !here.is_folder() {
                return Ok(None);
            }
            let wanted = |it: &TreeEntry| it.path.rsplit(|&b| b == b'/').next() == Some(name);
            match children(&objects, &here)?.into_iter().find(wanted) {
                Some(found) => here = found,
                None => return Ok(None),
            }
        }
        Ok(Some(here))
    }

    /// What is in a folder, as git orders it; with a depth of more than one, what is in its
    /// folders after that, and so on.
    pub fn list_folder(&self, folder: &TreeEntry, depth: u32) -> Result<Vec<TreeEntry>> {
        let objects = self.objects();
        let mut waiting = VecDeque::from([(folder.clone(), depth)]);
        let mut found = Vec::new();
        while let Some((folder, depth)) = waiting.pop_front() {
            for entry in children(&objects, &folder)? {
                if entry.is_folder() && depth > 1 {
                    waiting.push_back((entry.clone(), depth - 1));
                }
                found.push(entry);
            }
            if found.len() > ENTRIES {
                return Err(Error::TookTooLong { verb: "ls-tree" });
            }
        }
        Ok(found)
    }

    /// The size of a file in bytes; of a submodule, none.
    pub fn file_size(&self, file: &TreeEntry) -> Result<Option<u64>> {
        if file.is_submodule() {
            return Ok(None);
        }
        let header = self.objects().find_header(&file.id)?;
        let (_, size) = header.ok_or_else(|| missing(&file.id))?;
        Ok(Some(size))
    }

    /// Writes the content of a file; of a submodule, the id of its commit.
    pub fn write_file(&self, file: &TreeEntry, output: &mut dyn Write) -> Result<()> {
        match self.file_size(file)? {
            None => output.write_all(file.id.to_string().as_bytes()).map_err(Error::Peer),
            Some(size) if size <= HELD => {
                let object = self.objects().find(&file.id)?.ok_or_else(|| missing(&file.id))?;
                output.write_all(&object.data).map_err(Error::Peer)
            }
            Some(_) => {
                let mut command = Git::command(self.git_dir(), "cat-file");
                command.args(["blob", &file.id.to_string()]);
                let mut running = Running::start("cat-file", command)?.bounded(TIME)?;
                if let Some(mut stdout) = running.child().stdout.take() {
                    io::copy(&mut stdout, output).map_err(Error::Peer)?;
                }
                running.finish()
            }
        }
    }
}

fn missing(id: &ObjectId) -> Error {
    Error::Object { id: *id, why: "it is missing".into() }
}

fn children(objects: &Objects, folder: &TreeEntry) -> Result<Vec<TreeEntry>> {
    let id = folder.id;
    let object = objects.find(&id)?.ok_or_else(|| missing(&id))?;
    if object.kind != ObjectKind::Tree {
        return Err(Error::Object { id, why: "it is no tree".into() });
    }
    let entries = gix_object::TreeRefIter::from_bytes(&object.data, gix_hash::Kind::Sha1);
    let entries = entries.map(|it| {
        let it = it.map_err(|error| Error::Object { id, why: error.to_string() })?;
        let path = match folder.path.as_slice() {
            [] => it.filename.to_vec(),
            folder => [folder, b"/", it.filename].concat(),
        };
        Ok(TreeEntry { path, mode: u32::from(it.mode.value()), id: from_gix(it.oid) })
    });
    entries.collect()
}
