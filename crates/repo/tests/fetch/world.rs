//! A repository to fetch from, and clients that fetch from it.

use crate::server::Server;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// The first commit's time; each further one is a day later.
const START: u64 = 1_700_000_000;
const DAY: u64 = 86_400;

pub struct World {
    pub dir: TempDir,
    pub git_dir: PathBuf,
    pub server: Server,
    commits: u64,
}

impl World {
    /// Empty, `main` unborn.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let git_dir = dir.path().join("server.git");
        succeed(git(dir.path()).args(["init", "-q", "--bare", "-b", "main"]).arg(&git_dir));
        // For the stock side of comparisons; our side has these without being asked.
        for key in ["uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"] {
            succeed(git(&git_dir).args(["config", key, "true"]));
        }
        let server = Server::start(&git_dir);
        Self { dir, git_dir, server, commits: 0 }
    }

    /// `main` with a merge of `topic`, which goes on beside it; an annotated tag `v1`, a light one
    /// `v0`, a tag of a tag `vv`.
    pub fn with_history() -> Self {
        let mut world = Self::new();
        world.grow("main", 6);
        world.import("reset refs/heads/topic\nfrom refs/heads/main^0\n\n");
        world.grow("topic", 3);
        world.grow("main", 3);
        world.merge("topic", "main");
        world.grow("main", 3);
        world.grow("topic", 2);
        world.import("reset refs/tags/v0\nfrom refs/heads/main~2\n\n");
        world.tag("v1", "refs/heads/main~1");
        world.tag("vv", "refs/tags/v1");
        world
    }

    /// An annotated tag.
    pub fn tag(&self, name: &str, target: &str) {
        succeed(git(&self.git_dir).args(["tag", "-a", "-m", name, name, target]));
    }

    /// Adds commits to a branch: each changes a file of its own, a shared one and one below.
    pub fn grow(&mut self, branch: &str, count: u64) {
        // Within one stream a branch goes on by itself.
        let mut from = self.has_branch(branch).then(|| format!("refs/heads/{branch}^0"));
        let commits = (0..count).map(|_| self.commit(branch, from.take().as_deref(), None));
        let stream: String = commits.collect();
        self.import(&stream);
    }

    fn merge(&mut self, other: &str, into: &str) {
        let (from, other) = (format!("refs/heads/{into}^0"), format!("refs/heads/{other}^0"));
        let commit = self.commit(into, Some(&from), Some(&other));
        self.import(&commit);
    }

    fn has_branch(&self, branch: &str) -> bool {
        self.git_dir.join("refs/heads").join(branch).exists()
    }

    /// The next commit as a fast-import command.
    fn commit(&mut self, branch: &str, from: Option<&str>, merge: Option<&str>) -> String {
        self.commits += 1;
        let (n, time) = (self.commits, START + self.commits * DAY);
        let mut text = format!("commit refs/heads/{branch}\ncommitter A <a@x> {time} +0000\n");
        write!(text, "data 2\n{n:02}\n").unwrap();
        for (word, other) in [("from", from), ("merge", merge)] {
            if let Some(other) = other {
                writeln!(text, "{word} {other}").unwrap();
            }
        }
        let files =
            [(format!("{branch}-{n}"), n), ("shared".into(), 300), ("sub/deep/x".into(), 40)];
        for (path, count) in files {
            let content = format!("{n} ").repeat(usize::try_from(count).unwrap());
            write!(text, "M 644 inline {path}\ndata {}\n{content}\n", content.len()).unwrap();
        }
        text.push('\n');
        text
    }

    /// Runs a `git fast-import` stream on the server's repository.
    pub fn import(&self, stream: &str) {
        let mut child = git(&self.git_dir)
            .args(["fast-import", "--quiet", "--force"])
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(stream.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success(), "{stream}");
    }

    /// A revision of the server's repository as an id.
    pub fn id(&self, revision: &str) -> String {
        succeed(git(&self.git_dir).args(["rev-parse", revision])).trim().to_owned()
    }
}

/// `git` in a folder, hearing nothing of this machine's settings.
pub fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .env("HOME", folder);
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "A").env(format!("GIT_{who}_EMAIL"), "a@x");
        command.env(format!("GIT_{who}_DATE"), "1800000000 +0000");
    }
    command
}

/// What it printed; the test fails with what it said if it does not succeed.
pub fn succeed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let said = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {said}");
    String::from_utf8(stdout).unwrap()
}

/// What it said on stderr; the test fails if it succeeds.
pub fn fail(command: &mut Command) -> String {
    let Output { status, stderr, .. } = command.output().unwrap();
    assert!(!status.success(), "{command:?} was expected to fail");
    String::from_utf8_lossy(&stderr).into_owned()
}
