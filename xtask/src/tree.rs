//! The files of the project, as git lists them: tracked and new ones, never ignored ones.

use crate::run::{output, root};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A text file of the project.
pub struct File {
    /// Relative to the root, with `/`.
    pub path: String,
    pub text: String,
}

impl File {
    /// Is it Rust?
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The crate's folder name; `xtask` for ours; empty for files outside crates.
    pub fn krate(&self) -> &str {
        match self.path.strip_prefix("crates/") {
            Some(rest) => rest.split('/').next().unwrap_or_default(),
            None if self.path.starts_with("xtask/") => "xtask",
            None => "",
        }
    }

    /// Is the whole file there only for tests?
    pub fn is_test(&self) -> bool {
        let tests = ["/tests/", "/benches/"].iter().any(|it| self.path.contains(it));
        tests
            || self.path.ends_with("/tests.rs")
            || ["testkit", "testpg", "scenario"].contains(&self.krate())
    }

    /// The lines that do not run in tests, with their numbers from 1. By convention the test
    /// module of a file comes last.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().take_while(|it| it.trim() != "#[cfg(test)]");
        lines.enumerate().filter(|_| !self.is_test()).map(|(at, line)| (at + 1, line))
    }

    /// The lines that run only in tests, with their numbers from 1.
    pub fn test_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.text.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.skip_while(|(_, line)| !self.is_test() && line.trim() != "#[cfg(test)]")
    }
}

/// Every text file of the project.
pub fn files() -> Result<Vec<File>> {
    let listed = output(
        Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root()),
    )?;
    let mut files = Vec::new();
    for path in listed.split('\0').filter(|it| !it.is_empty()) {
        let full = root().join(path);
        // Listed, but deleted in the working tree.
        if !full.is_file() {
            continue;
        }
        let bytes = fs::read(&full).with_context(|| format!("could not read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(File { path: path.to_owned(), text });
        }
    }
    Ok(files)
}

/// Whether `link`, written in the file `from`, leads to something that is there.
pub fn leads_somewhere(from: &str, link: &str) -> bool {
    let target = link.split('#').next().unwrap_or_default();
    let folder = Path::new(from).parent().map(PathBuf::from).unwrap_or_default();
    target.is_empty() || root().join(folder).join(target).exists()
}
