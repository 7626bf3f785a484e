//! Files and folders as they are at a commit.

use crate::error::{Error, Result};
use crate::open::{OpenRepository, SeesContent};
use crate::revisions::find_commits;
use model::ObjectId;
use repo::{Repository, TreeEntry};
use std::io::Write;

/// A file or folder that is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub entry: TreeEntry,
    /// In bytes; none of folders and submodules.
    pub size: Option<u64>,
}

/// What there is at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    File(Entry),
    /// What is in it, as git orders it.
    Folder(TreeEntry, Vec<TreeEntry>),
}

impl<A: SeesContent> OpenRepository<A> {
    /// What a commit has at a path, and which commit that is. Of a folder, what is in it, down to
    /// `depth` levels.
    pub async fn source(&self, commit: &str, path: &str, depth: u32) -> Result<(ObjectId, Source)> {
        let (name, path) = (commit.to_owned(), path.to_owned());
        let found = self.on_disk(move |repository| {
            let commit = find_commits(repository, &[name])?;
            let commit = *commit.first().ok_or(Error::NotFound { what: "commit" })?;
            let entry = repository.entry_at(&commit, &path)?;
            let entry = entry.ok_or(Error::NotFound { what: "file or folder at this commit" })?;
            if entry.is_folder() {
                let inside = repository.list_folder(&entry, depth)?;
                return Ok((commit, Source::Folder(entry, inside)));
            }
            Ok((commit, Source::File(measure(repository, entry)?)))
        });
        found.await
    }

    /// The same entries with the sizes of files.
    pub async fn measured(&self, entries: Vec<TreeEntry>) -> Result<Vec<Entry>> {
        let found = self.on_disk(move |repository| {
            entries.into_iter().map(|it| measure(repository, it)).collect()
        });
        found.await
    }

    /// Writes the content of a file. Sync: the caller brings a thread that may block.
    pub fn write_file(&self, file: &TreeEntry, output: &mut dyn Write) -> Result<()> {
        let repository = self.app.repositories.repository(self.repository.id)?;
        Ok(repository.write_file(file, output)?)
    }
}

fn measure(repository: &Repository, entry: TreeEntry) -> Result<Entry> {
    let size = if entry.is_folder() { None } else { repository.file_size(&entry)? };
    Ok(Entry { entry, size })
}
