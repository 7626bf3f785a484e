//! Starting stock git, for bulk work only: the one place in Portcullis that starts a process.

use crate::watchdog::Watchdog;
use crate::{Error, Result};
use rustix::io::Errno;
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The oldest git that will do: Debian 12's. Tried 2026-11: `index-pack --strict` with message
/// ids, `repack --geometric` with bitmaps over a multi-pack index.
pub const MINIMUM_GIT: (u32, u32) = (2, 39);
/// The same for people.
const MINIMUM_TEXT: &str = "2.39";

/// How much of what a command says on stderr is kept.
const STDERR_KEPT: usize = 8192;

/// Commands over one repository.
pub struct Git;

impl Git {
    /// `git SUBCOMMAND` over a bare repository, shielded from its surroundings. Standard input is
    /// closed, output and errors are pipes; the caller changes what it needs.
    pub fn command(git_dir: &Path, subcommand: &'static str) -> Command {
        let mut command = Self::bare();
        // Explicit, so that nothing is searched for in parent folders.
        command.arg("--git-dir").arg(git_dir).arg(subcommand);
        command
    }

    fn bare() -> Command {
        let mut command = Command::new("git");
        // Nothing of ours is git's business, secrets in variables least of all.
        command.env_clear();
        // But git must be found, and find its own programs.
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            // Messages are matched and logged: one language.
            .env("LC_ALL", "C")
            // Behaviour must not depend on the machine or on who started the server.
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("HOME", "/nonexistent")
            // A question would wait for ever.
            .env("GIT_TERMINAL_PROMPT", "0")
            // A replaced object must not stand in for what is checked.
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            // Folders may belong to another user when the data folder was restored.
            .args(["-c", "safe.directory=*"])
            // Maintenance is decided by us, never started in the background.
            .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Is there a git, and is it new enough?
    pub(crate) fn check_version() -> Result<()> {
        let output = Self::bare()
            .arg("version")
            .output()
            .map_err(|source| Error::GitMissing { needed: MINIMUM_TEXT, source })?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        match parse_version(&text) {
            Some(version) if version >= MINIMUM_GIT => Ok(()),
            Some(_) | None => Err(Error::GitTooOld { found: text, needed: MINIMUM_TEXT }),
        }
    }

    /// Runs a command to its end; anything but exit code 0 is an error with what it said.
    pub(crate) fn run(verb: &'static str, command: &mut Command) -> Result<Output> {
        let output = command
            .output()
            .map_err(|source| Error::GitMissing { needed: MINIMUM_TEXT, source })?;
        if output.status.success() {
            return Ok(output);
        }
        let status = output.status.to_string();
        Err(Error::Git { verb, status, stderr: tail(&output.stderr) })
    }
}

/// Reads `git version 2.39.5` (or `2.39.5 (Apple Git-154)`).
fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.strip_prefix("git version ")?.split(['.', ' ']);
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

fn tail(stderr: &[u8]) -> String {
    let start = stderr.len().saturating_sub(STDERR_KEPT);
    String::from_utf8_lossy(stderr.get(start..).unwrap_or_default()).trim().to_owned()
}

/// How much memory git may take for one question, in bytes.
const MEMORY: u64 = 2 << 30;

/// What git says when there is no more.
const NO_MEMORY: &str = "Out of memory";

/// A child that does not outlive its owner, and whose errors are drained so that it never waits
/// for us to read them.
pub struct Running {
    child: Child,
    verb: &'static str,
    stderr: Option<std::thread::JoinHandle<String>>,
    watchdog: Option<Watchdog>,
    is_bounded: bool,
}

impl Running {
    /// Starts the command.
    pub fn start(verb: &'static str, command: Command) -> Result<Self> {
        Self::start_with(verb, command, |_| {})
    }

    /// Starts the command; `hear` is given what it says on stderr, piece by piece, on a thread
    /// of its own.
    pub fn start_with(
        verb: &'static str,
        mut command: Command,
        mut hear: impl FnMut(&[u8]) + Send + 'static,
    ) -> Result<Self> {
        let mut child =
            command.spawn().map_err(|source| Error::GitMissing { needed: MINIMUM_TEXT, source })?;
        let stderr = child.stderr.take().map(|mut stderr| {
            std::thread::spawn(move || {
                let (mut kept, mut piece) = (Vec::new(), [0; 4096]);
                loop {
                    match stderr.read(&mut piece) {
                        Ok(0) => break,
                        Ok(count) => {
                            let said = piece.get(..count).unwrap_or_default();
                            hear(said);
                            kept.extend_from_slice(said);
                            let excess = kept.len().saturating_sub(STDERR_KEPT);
                            kept.drain(..excess);
                        }
                        Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                        Err(error) => {
                            tracing::debug!(%error, "git's messages could not be read");
                            break;
                        }
                    }
                }
                tail(&kept)
            })
        });
        Ok(Self { child, verb, stderr, watchdog: None, is_bounded: false })
    }

    /// The same, ended when it has taken so long: its output ends, and [`finish`](Self::finish)
    /// says why.
    pub(crate) fn within(mut self, time: Duration) -> Self {
        self.watchdog = Some(Watchdog::over(&self.child, time));
        self
    }

    /// The same for what anybody may ask: it may take no more memory than [`MEMORY`], either. A few
    /// trees that hold one another many times over make git list more paths than a machine holds.
    pub(crate) fn bounded(self, time: Duration) -> Result<Self> {
        self.bounded_by(time, MEMORY)
    }

    fn bounded_by(mut self, time: Duration, memory: u64) -> Result<Self> {
        // Where the server has less, that holds; more than that nobody lets it give.
        let own = getrlimit(Resource::Data).maximum.unwrap_or(memory);
        let most = Some(memory.min(own));
        let most = Rlimit { current: most, maximum: most };
        let pid = Pid::from_child(&self.child);
        // Of its own and not of what it maps: packs may be as large as they are.
        match prlimit(Some(pid), Resource::Data, most) {
            // It has ended by itself.
            Ok(_) | Err(Errno::SRCH) => {}
            Err(error) => return Err(Error::Unbounded { verb: self.verb, source: error.into() }),
        }
        self.is_bounded = true;
        Ok(self.within(time))
    }

    /// The child, for its pipes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Waits for the end: `Ok` for exit code 0, else what it said.
    pub fn finish(self) -> Result<()> {
        self.finish_with(&[0]).map(drop)
    }

    /// Waits for the end, for a command that answers with its exit code: which of these it was.
    pub(crate) fn finish_with(mut self, answers: &[i32]) -> Result<i32> {
        drop(self.child.stdin.take());
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.await_end();
            if watchdog.leave() {
                return Err(Error::TookTooLong { verb: self.verb });
            }
        }
        let status = self
            .child
            .wait()
            .map_err(|source| Error::GitMissing { needed: MINIMUM_TEXT, source })?;
        let said = self.stderr.take().map(|it| it.join().unwrap_or_default()).unwrap_or_default();
        match status.code().filter(|it| answers.contains(it)) {
            Some(code) => Ok(code),
            None if self.is_bounded && said.contains(NO_MEMORY) => {
                Err(Error::TookTooLong { verb: self.verb })
            }
            None => Err(Error::Git { verb: self.verb, status: status.to_string(), stderr: said }),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(watchdog) = self.watchdog.take() {
            watchdog.leave();
        }
        // Already gone after `finish`; otherwise nobody waits for its answer any more.
        if let Ok(None) = self.child.try_wait() {
            if let Err(error) = self.child.kill() {
                tracing::debug!(%error, "git had ended by itself");
            }
            if let Err(error) = self.child.wait() {
                tracing::warn!(%error, "git could not be waited for");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_question_that_takes_too_much_memory_is_ended() {
        let mut command = Git::bare();
        // It keeps all it reads until the end.
        command.args(["hash-object", "--stdin"]).stdin(Stdio::piped());
        let running = Running::start("hash-object", command).unwrap();
        let mut running = running.bounded_by(Duration::from_secs(600), 32 << 20).unwrap();
        let mut input = running.child().stdin.take().unwrap();
        let piece = vec![0; 1 << 20];
        assert!((0..256).any(|_| input.write_all(&piece).is_err()), "256 MiB fit into 32");
        assert!(matches!(running.finish(), Err(Error::TookTooLong { verb: "hash-object" })));
    }

    #[test]
    fn versions_are_read_and_this_machines_git_will_do() {
        assert_eq!(parse_version("git version 2.39.5"), Some((2, 39)));
        assert_eq!(parse_version("git version 2.47.1.windows.1"), Some((2, 47)));
        assert_eq!(parse_version("git version 3.0 (Apple Git-154)"), Some((3, 0)));
        assert_eq!(parse_version("hg 6"), None);
        Git::check_version().unwrap();
    }
}
