//! What is different between two commits: as text, as a list of files, as patches. git finds it;
//! its text goes out as it comes, so that nothing grows with the size of the answer.

mod stat;
mod without_binary;

pub use stat::{FileSide, FileStat, FileStatus, escaped_path};

use crate::git::{Git, Running};
use crate::log::path_in_tree;
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::io::{self, Read as _, Write};
use std::process::Command;
use std::time::Duration;
use without_binary::WithoutBinary;

/// How long a text may take, with a client that reads slowly.
const TEXT_TIME: Duration = Duration::from_secs(600);
/// How long a list of files may take.
const STAT_TIME: Duration = Duration::from_secs(60);
/// The longest list of files that is read, in bytes as git writes it: some 400,000 files.
const STAT_SIZE: u64 = 64 << 20;
/// Of more files than this on either side, only those that are renamed and not changed are
/// found. The cost is their product.
const RENAMES: &str = "-l400";
/// The tree of nothing, which git knows without being told.
const NOTHING: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// How to show what is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiffOptions {
    /// Lines around each change; none for git's three.
    pub context: Option<u32>,
    /// Only these files and what is in these folders, written as they are; none for everything.
    pub paths: Vec<String>,
    /// Lines that differ in white space only are the same.
    pub ignore_whitespace: bool,
    /// Mention files that are no text.
    pub binary: bool,
    /// Show a file that was renamed as one, not as two.
    pub renames: bool,
}

impl Default for DiffOptions {
    fn default() -> Self {
        Self {
            context: None,
            paths: Vec::new(),
            ignore_whitespace: false,
            binary: true,
            renames: true,
        }
    }
}

impl Repository {
    /// Writes what is different in `new` from `old`, or from nothing at all, as `git diff` does.
    pub fn diff(
        &self,
        old: Option<&ObjectId>,
        new: &ObjectId,
        options: &DiffOptions,
        output: &mut dyn Write,
    ) -> Result<()> {
        let mut command = self.compare(options);
        command.arg("-p");
        if let Some(lines) = options.context {
            command.arg(format!("-U{lines}"));
        }
        let Some(command) = sides(command, old, new, options) else { return Ok(()) };
        if options.binary {
            return send(command, output);
        }
        let mut filter = WithoutBinary::new(output);
        send(command, &mut filter)?;
        filter.finish().map_err(Error::Peer)
    }

    /// The files that are different in `new` from `old`, by path.
    pub fn diffstat(
        &self,
        old: Option<&ObjectId>,
        new: &ObjectId,
        options: &DiffOptions,
    ) -> Result<Vec<FileStat>> {
        let mut command = self.compare(options);
        command.args(["--raw", "--numstat", "--no-abbrev", "-z"]);
        let Some(command) = sides(command, old, new, options) else { return Ok(Vec::new()) };
        let mut running = Running::start("diff-tree", command)?.bounded(STAT_TIME)?;
        let mut output = Vec::new();
        if let Some(stdout) = running.child().stdout.take() {
            let mut stdout = stdout.take(STAT_SIZE);
            stdout.read_to_end(&mut output).map_err(Error::io("read from", self.git_dir()))?;
        }
        if output.len() as u64 == STAT_SIZE {
            return Err(Error::TookTooLong { verb: "diff-tree" });
        }
        running.finish()?;
        let mut files = stat::parse(&output)?;
        files.retain(|it| options.binary || !it.binary);
        Ok(files)
    }

    /// Writes the commits that lead to `new` and not to `since`, oldest first, each as a mail with
    /// its patch; without `since`, `new` alone. Merges bring nothing of their own, unless one is
    /// asked for alone: then it is what it changes in its first parent.
    pub fn patch(
        &self,
        since: Option<&ObjectId>,
        new: &ObjectId,
        output: &mut dyn Write,
    ) -> Result<()> {
        let mut command = Git::command(self.git_dir(), "log");
        command.args(["--reverse", "--pretty=email", "--patch-with-stat", "--binary"]);
        command.args([
            "--no-ext-diff",
            "--no-textconv",
            "--no-color",
            "--no-mailmap",
            "-M",
            RENAMES,
        ]);
        match since {
            Some(since) => command.args(["--no-merges".to_owned(), format!("^{since}")]),
            None => command.args(["-1", "-m", "--first-parent"]),
        };
        command.arg(new.to_string()).arg("--");
        send(command, output)
    }

    fn compare(&self, options: &DiffOptions) -> Command {
        let mut command = Git::command(self.git_dir(), "diff-tree");
        command.env("GIT_LITERAL_PATHSPECS", "1");
        // What a repository says about its own files must start no program here.
        command.args(["-r", "--no-ext-diff", "--no-textconv", "--no-color"]);
        if options.renames {
            command.args(["-M", RENAMES]);
        } else {
            command.arg("--no-renames");
        }
        if options.ignore_whitespace {
            command.arg("-w");
        }
        command
    }
}

/// Adds what is compared; `None` when nothing can be different, because no file can have one of
/// the paths.
fn sides(
    mut command: Command,
    old: Option<&ObjectId>,
    new: &ObjectId,
    options: &DiffOptions,
) -> Option<Command> {
    let paths: Vec<_> = options.paths.iter().filter_map(|it| path_in_tree(it)).collect();
    if paths.is_empty() && !options.paths.is_empty() {
        return None;
    }
    let old = old.map_or_else(|| NOTHING.to_owned(), ObjectId::to_string);
    command.arg(old).arg(new.to_string()).arg("--").args(paths);
    Some(command)
}

/// Sends what the command says. A reader that goes away takes git with it.
fn send(command: Command, output: &mut dyn Write) -> Result<()> {
    let mut running = Running::start("diff", command)?.bounded(TEXT_TIME)?;
    if let Some(mut stdout) = running.child().stdout.take() {
        io::copy(&mut stdout, output).map_err(Error::Peer)?;
    }
    running.finish()
}
