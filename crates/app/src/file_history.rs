//! Which commits have changed one file, and what it was called then.

use crate::error::{Error, Result};
use crate::open::{OpenRepository, SeesContent};
use crate::revisions::find_commits;
use repo::{CommitInfo, FileVersion};

impl<A: SeesContent> OpenRepository<A> {
    /// The commits up to this one that have changed the file at a path, newest first; with
    /// `renames`, also those from when it had other names. Not found where the commit has no such
    /// file.
    pub async fn file_history(
        &self,
        (commit, path): (&str, &str),
        renames: bool,
    ) -> Result<Vec<FileVersion>> {
        let (name, path) = (commit.to_owned(), path.to_owned());
        let found = self.on_disk(move |repository| {
            let commit = find_commits(repository, &[name])?;
            let commit = *commit.first().ok_or(Error::NotFound { what: "commit" })?;
            let entry = repository.entry_at(&commit, &path)?;
            entry
                .filter(|it| !it.is_folder())
                .ok_or(Error::NotFound { what: "file at this commit" })?;
            Ok(repository.file_history(&commit, &path, renames)?)
        });
        found.await
    }

    /// The same with what the commits say.
    pub async fn described(
        &self,
        versions: Vec<FileVersion>,
    ) -> Result<Vec<(FileVersion, CommitInfo)>> {
        let found = self.on_disk(move |repository| {
            let describe = |it: FileVersion| {
                let info = repository.commit_info(&it.commit)?;
                Ok((it, info.ok_or(Error::NotFound { what: "commit" })?))
            };
            versions.into_iter().map(describe).collect()
        });
        found.await
    }
}
