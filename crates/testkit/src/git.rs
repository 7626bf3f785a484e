//! A git program, started so that nothing of the machine's or the user's configuration matters.

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Which git, by the path of its program.
#[derive(Clone, Debug)]
pub struct Git {
    program: PathBuf,
    /// What it reaches servers over SSH with.
    ssh: Option<String>,
}

impl Git {
    /// The distribution's.
    pub fn system() -> Self {
        Self { program: "git".into(), ssh: None }
    }

    /// One newer than the distribution's. `cargo xtask test` fetches it and says where it is.
    pub fn newer() -> Self {
        let program = provided("PORTCULLIS_TEST_NEWER_GIT", "newer-git/bin/git");
        Self { program, ssh: None }
    }

    /// The same, with this command line for SSH.
    pub fn over_ssh(self, command: &str) -> Self {
        Self { ssh: Some(command.to_owned()), ..self }
    }

    /// Both, for a test that has to hold for either.
    pub fn all() -> [Self; 2] {
        [Self::system(), Self::newer()]
    }

    /// `git VERB …` in a folder, ready to be run or changed.
    pub fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        hermetic(&mut command);
        command.envs(self.over()).current_dir(folder);
        command
    }

    /// What the environment of any git has to say for it to reach servers as this one does.
    pub(crate) fn over(&self) -> Option<(&'static str, &str)> {
        self.ssh.as_deref().map(|it| ("GIT_SSH_COMMAND", it))
    }

    /// Runs it to the end.
    pub fn run<S: AsRef<OsStr>>(&self, folder: &Path, args: &[S]) -> Output {
        let mut command = self.command(folder);
        command.args(args);
        command.output().unwrap_or_else(|e| panic!("{}: {e}", self.program.display()))
    }

    /// Runs what must succeed, and returns what it printed without the last line break.
    pub fn ok<S: AsRef<OsStr> + std::fmt::Debug>(&self, folder: &Path, args: &[S]) -> String {
        let out = self.run(folder, args);
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "git {args:?}: {}\n{said}", out.status);
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }
}

/// Leaves nothing in the command's environment that could change what git does: no
/// configuration, no prompts, fixed names and dates, English, no colours.
pub fn hermetic(command: &mut Command) {
    command.env_clear();
    for kept in ["PATH", "PORTCULLIS_CRASH_AT"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command.envs([
        ("HOME", "/nonexistent"),
        ("GIT_CONFIG_GLOBAL", "/dev/null"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", "true"),
        ("GIT_AUTHOR_NAME", "Ann Lee"),
        ("GIT_AUTHOR_EMAIL", "ann@example.org"),
        ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
        ("GIT_COMMITTER_NAME", "Ann Lee"),
        ("GIT_COMMITTER_EMAIL", "ann@example.org"),
        ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
        ("GIT_EDITOR", "true"),
        ("LC_ALL", "C"),
        ("TERM", "dumb"),
    ]);
}

/// Something `cargo xtask test` provides: where the variable says, else where it was put last
/// time. Its absence is a failure, because a test that silently did less would look the same.
pub fn provided(variable: &str, below_target: &str) -> PathBuf {
    if let Some(path) = std::env::var_os(variable) {
        return path.into();
    }
    let target = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target"), PathBuf::from);
    let path = target.join(below_target);
    assert!(
        path.exists(),
        "{variable} is not set and {} is not there: run `cargo xtask test` once, which fetches it",
        path.display()
    );
    path
}

/// Runs a command that must succeed with this text as its input.
#[track_caller]
pub fn feed(command: &mut Command, input: &str) {
    let mut child = command.stdin(Stdio::piped()).spawn().expect("a command that starts");
    let mut stdin = child.stdin.take().expect("its input is piped");
    stdin.write_all(input.as_bytes()).expect("a command that reads");
    drop(stdin);
    let status = child.wait().expect("a command that ends");
    assert!(status.success(), "{command:?}: {status}");
}
