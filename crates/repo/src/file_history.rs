//! Which commits have changed one file, and what it was called then, as `git log --follow` has it.

use crate::git::{Git, Running};
use crate::log::{LogQuery, TIME, path_in_tree};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::io::{BufRead as _, BufReader};

/// A commit that changed a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileVersion {
    pub commit: ObjectId,
    /// Where the file is in that commit, from the root, as git keeps it.
    pub path: Vec<u8>,
}

impl Repository {
    /// The commits up to `commit` that have changed the file at `path`, newest first; with
    /// `renames`, also those from when it had other names. The cost grows with the history.
    pub fn file_history(
        &self,
        commit: &ObjectId,
        path: &str,
        renames: bool,
    ) -> Result<Vec<FileVersion>> {
        let Some(path) = path_in_tree(path) else { return Ok(Vec::new()) };
        if !renames {
            let (include, paths) = ([*commit], [path.to_owned()]);
            let found = self.log(&LogQuery { include: &include, exclude: &[], paths: &paths })?;
            let version = |commit| FileVersion { commit, path: path.as_bytes().to_vec() };
            return Ok(found.into_iter().map(version).collect());
        }
        let mut command = Git::command(self.git_dir(), "log");
        command.env("GIT_LITERAL_PATHSPECS", "1");
        // One name is followed, so each commit names one file: what it is called from then on.
        command.args(["--follow", "--date-order", "--name-only", "-z", "--format=tformat:%H"]);
        // What a repository says about its own files must start no program here.
        command.args(["--no-ext-diff", "--no-textconv", "--no-color", "--no-mailmap"]);
        command.arg(commit.to_string()).arg("--").arg(path);
        let mut running = Running::start("log", command)?.bounded(TIME)?;
        let mut found = Vec::new();
        if let Some(stdout) = running.child().stdout.take() {
            let mut last = None;
            for word in BufReader::new(stdout).split(0) {
                let word = word.map_err(Error::io("read from", self.git_dir()))?;
                match (word.strip_prefix(b"\n"), last) {
                    (Some(path), Some(commit)) => {
                        found.push(FileVersion { commit, path: path.to_vec() });
                    }
                    // A commit; what was cut off is told by the exit code.
                    (Some(_) | None, _) => last = ObjectId::parse(&word).ok(),
                }
            }
        }
        running.finish()?;
        Ok(found)
    }
}
