//! A person's clone: what they do in it reads like what they would type.

use crate::git::{Git, hermetic};
use crate::push::Pushed;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A clone with a working tree, on `main`, whose `origin` is the server.
pub struct WorkTree {
    git: Git,
    folder: TempDir,
}

impl WorkTree {
    /// Clones `url`; an empty repository is on `main`, too.
    #[track_caller]
    pub fn clone(git: Git, url: &str) -> Self {
        Self::clone_by(git, url, &[])
    }

    /// Clones `url` with options of `git clone`, `-c protocol.version=0` among them.
    #[track_caller]
    pub fn clone_by(git: Git, url: &str, options: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fixed = ["-c", "init.defaultBranch=main", "clone", "--quiet"];
        let args: Vec<&str> = fixed.iter().chain(options).chain(&[url, "."]).copied().collect();
        git.ok(folder.path(), &args);
        Self { git, folder }
    }

    /// A working tree of its own that knows `url` as `origin` and has not asked it anything.
    #[track_caller]
    pub fn beside(git: Git, url: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tree = Self { git, folder };
        tree.git(&["init", "--quiet", "--initial-branch=main"]);
        tree.git(&["remote", "add", "origin", url]);
        tree
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs what must succeed and returns what it printed.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        self.git.ok(self.path(), args)
    }

    /// A command that is still to be given its environment.
    pub fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.git.command(self.path());
        command.args(args);
        command
    }

    /// Commits one file named after the message, and returns the new id.
    #[track_caller]
    pub fn commit(&self, message: &str) -> String {
        self.commit_file(&format!("{message}.txt"), message.as_bytes(), message)
    }

    /// Commits this file with this content.
    #[track_caller]
    pub fn commit_file(&self, name: &str, content: &[u8], message: &str) -> String {
        let path: PathBuf = self.path().join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).expect("a folder in the working tree");
        }
        fs::write(&path, content).expect("a file in the working tree");
        self.git(&["add", "--", name]);
        self.git(&["commit", "--quiet", "-m", message]);
        self.id("HEAD")
    }

    /// Replaces the last commit, so that the next push is a rewrite.
    #[track_caller]
    pub fn amend(&self, message: &str) -> String {
        self.git(&["commit", "--quiet", "--amend", "--allow-empty", "-m", message]);
        self.id("HEAD")
    }

    /// The object id something is a name of.
    #[track_caller]
    pub fn id(&self, name: &str) -> String {
        self.git(&["rev-parse", "--verify", name])
    }

    /// `git push origin REFSPEC`: a bare name pushes `HEAD` to that branch, `+name` by force, a
    /// name that starts with `:` deletes; anything with a colon inside is taken as it is.
    pub fn push(&self, refspec: &str) -> Pushed {
        self.push_with(&[], &[refspec])
    }

    /// The same with options and several refspecs.
    pub fn push_with(&self, options: &[&str], refspecs: &[&str]) -> Pushed {
        let refspecs: Vec<String> = refspecs.iter().map(|it| in_full(it)).collect();
        let mut args = vec!["push"];
        args.extend(options);
        args.push("origin");
        args.extend(refspecs.iter().map(String::as_str));
        Pushed::new(&self.git.run(self.path(), &args))
    }

    /// The same as [`push_with`](Self::push_with), and every HTTP request of it with the status
    /// it was answered with: `POST 200`.
    pub fn push_watched(&self, options: &[&str], refspecs: &[&str]) -> (Pushed, Vec<String>) {
        let log = self.path().join(".git/http.log");
        let refspecs: Vec<String> = refspecs.iter().map(|it| in_full(it)).collect();
        let mut command = self.git.command(self.path());
        command.env("GIT_TRACE_CURL", &log).env("GIT_TRACE_CURL_NO_DATA", "1");
        command.arg("push").args(options).arg("origin").args(&refspecs);
        let pushed = Pushed::new(&command.output().expect("a git that starts"));
        let text = fs::read_to_string(&log).expect("git wrote down its requests");
        fs::remove_file(&log).expect("nobody else writes there");
        let mut asked = Vec::new();
        for line in text.lines() {
            if let Some((_, sent)) = line.split_once("=> Send header: ")
                && let Some((method, _)) = sent.split_once(" /")
            {
                asked.push(method.to_owned());
            } else if let Some((_, status)) = line.split_once("<= Recv header: HTTP/1.1 ") {
                let last = asked.last_mut().expect("an answer to a request");
                last.push(' ');
                last.push_str(status.get(..3).expect("a status"));
            }
        }
        (pushed, asked)
    }

    /// `sh -c LINE` in the working tree, as somebody pastes it who has `programs` in their path.
    pub fn pasted(&self, line: &str, programs: &Path) -> Ended {
        let mut command = std::process::Command::new("sh");
        hermetic(&mut command);
        let found = std::env::var("PATH").expect("a path in UTF-8");
        command.env("PATH", format!("{}:{found}", programs.display()));
        command.envs(self.git.over()).current_dir(self.path()).args(["-c", line]);
        Ended(command.output().expect("a shell"))
    }

    /// From now on, this git works here, and `origin` is there: what
    /// [`Server::reach`](crate::Server::reach) gives.
    #[track_caller]
    pub fn come_by(&mut self, (git, url): (Git, String)) {
        self.git = git;
        self.follow(&url);
    }

    /// From now on, `origin` is there.
    #[track_caller]
    pub fn follow(&self, url: &str) {
        self.git(&["remote", "set-url", "origin", url]);
    }

    /// `git fetch origin`, which must succeed.
    #[track_caller]
    pub fn fetch(&self) {
        self.git(&["fetch", "--quiet", "origin"]);
    }

    /// `git fetch` with these arguments, and what came of it.
    pub fn try_fetch(&self, args: &[&str]) -> Pushed {
        let args: Vec<&str> = ["fetch"].iter().chain(args).copied().collect();
        Pushed::new(&self.git.run(self.path(), &args))
    }

    /// What `git fsck` has against this clone must be nothing.
    #[track_caller]
    pub fn is_sound(&self) {
        self.git(&["fsck", "--full", "--strict", "--no-dangling"]);
    }
}

/// How a command ended.
pub struct Ended(std::process::Output);

impl Ended {
    /// Did it exit with 0?
    pub fn success(&self) -> bool {
        self.0.status.success()
    }

    /// What it printed to stdout.
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).trim_end().to_owned()
    }

    /// What it printed to stderr.
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }
}

fn in_full(refspec: &str) -> String {
    if refspec.contains(':') {
        return refspec.to_owned();
    }
    match refspec.strip_prefix('+') {
        Some(branch) => format!("+HEAD:refs/heads/{branch}"),
        None => format!("HEAD:refs/heads/{refspec}"),
    }
}
