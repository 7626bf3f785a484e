//! Lists of commits: what some commits lead to and others do not, as `git log` has it.

use crate::git::{Git, Running};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;
use std::time::Duration;

/// How long it may take.
pub(crate) const TIME: Duration = Duration::from_secs(60);

/// Which commits to list. All of those named must be there.
#[derive(Clone, Debug, Default)]
pub struct LogQuery<'a> {
    /// These and their ancestors; none means nothing.
    pub include: &'a [ObjectId],
    /// But not these and their ancestors.
    pub exclude: &'a [ObjectId],
    /// Only what changes one of these files or folders, written as they are: no character means
    /// anything else. None means everything.
    pub paths: &'a [String],
}

impl Repository {
    /// The commits, newest first, none before one of its children. The cost grows with the
    /// history that is looked at.
    pub fn log(&self, query: &LogQuery<'_>) -> Result<Vec<ObjectId>> {
        let paths: Vec<&str> = query.paths.iter().filter_map(|it| path_in_tree(it)).collect();
        let finds_nothing = paths.is_empty() && !query.paths.is_empty();
        if query.include.is_empty() || finds_nothing {
            return Ok(Vec::new());
        }
        let mut command = Git::command(self.git_dir(), "rev-list");
        command.env("GIT_LITERAL_PATHSPECS", "1").args(["--date-order", "--stdin", "--"]);
        command.args(paths).stdin(Stdio::piped());
        let mut input = String::new();
        for (mark, ids) in [("", query.include), ("^", query.exclude)] {
            for id in ids {
                // Writing to a `String` cannot fail.
                let _infallible = writeln!(input, "{mark}{id}");
            }
        }
        let mut running = Running::start("rev-list", command)?.bounded(TIME)?;
        if let Some(mut stdin) = running.child().stdin.take() {
            // It reads everything before it says anything.
            stdin.write_all(input.as_bytes()).map_err(Error::io("write to", self.git_dir()))?;
        }
        let mut found = Vec::new();
        if let Some(stdout) = running.child().stdout.take() {
            for line in BufReader::new(stdout).split(b'\n') {
                let line = line.map_err(Error::io("read from", self.git_dir()))?;
                // A last line that was cut off is told by the exit code.
                found.extend(ObjectId::parse(&line).ok());
            }
        }
        running.finish()?;
        Ok(found)
    }
}

/// The path as a tree can hold it; `None` where no tree can, so that nothing is found.
pub(crate) fn path_in_tree(path: &str) -> Option<&str> {
    let path = path.trim_matches('/');
    let possible = |it: &str| !matches!(it, "" | "." | "..");
    (!path.contains('\0') && path.split('/').all(possible)).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_tree_can_hold_is_looked_for() {
        for (path, in_tree) in [
            ("src/lib.rs", Some("src/lib.rs")),
            ("/src/", Some("src")),
            (":(top)*", Some(":(top)*")),
            ("../etc/passwd", None),
            ("a//b", None),
            ("a/./b", None),
            ("", None),
            ("a\0b", None),
        ] {
            assert_eq!(path_in_tree(path), in_tree, "{path:?}");
        }
    }
}
