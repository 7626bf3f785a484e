//! Programs of whoever runs the server, started for one question: input in, answer out, and
//! nothing left behind. Bounded in time and output; everything they started ends with them.

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::ffi::OsStr;
use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// What is read of an answer, in bytes. More is no answer.
const OUTPUT: u64 = 64 << 10;

/// How long the end of its output is waited for once it has ended and its group was ended.
const GRACE: Duration = Duration::from_secs(2);

/// How a program is started.
#[derive(Clone, Debug)]
pub struct Program<'a> {
    /// The program and its arguments. No shell looks at them.
    pub command: &'a [String],
    /// Besides `PATH` and `LC_ALL`, all of its environment.
    pub environment: &'a [(&'a str, &'a OsStr)],
    /// Where it runs.
    pub folder: &'a Path,
    /// What it reads on standard input.
    pub input: &'a [u8],
    /// How long it may take.
    pub timeout: Duration,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub output: Vec<u8>,
    /// The last of what it wrote to standard error, for the log.
    pub errors: String,
}

/// Why there is no end of a program to tell of.
#[derive(Debug, thiserror::Error)]
pub enum ProgramFailed {
    /// Nobody said which.
    #[error("no program is named")]
    Nothing,
    /// It is not there, or may not be run.
    #[error("could not be started")]
    NotStarted(#[source] io::Error),
    /// It took longer than it may.
    #[error("took longer than {0:?}")]
    TimedOut(Duration),
    /// It wrote more than anybody reads.
    #[error("wrote more than {OUTPUT} bytes")]
    TooMuch,
    /// Something it started has left its group and holds its output open.
    #[error("left something running that holds its output open")]
    Detached,
    /// It could not be watched.
    #[error("could not be waited for")]
    Lost(#[source] io::Error),
}

impl Program<'_> {
    /// Runs it to its end.
    pub fn run(&self) -> Result<Ended, ProgramFailed> {
        let (name, arguments) = self.command.split_first().ok_or(ProgramFailed::Nothing)?;
        let mut command = Command::new(name);
        command.args(arguments).current_dir(self.folder).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("LC_ALL", "C.UTF-8")
            .envs(self.environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A group of its own, so that what it starts can be ended with it.
            .process_group(0);
        let child = command.spawn().map_err(ProgramFailed::NotStarted)?;
        let mut group = Group(child);
        let (stdin, input) = (group.0.stdin.take(), self.input.to_vec());
        // One that does not read its input is nobody's fault: its answer counts.
        thread::spawn(move || stdin.map(|mut it| it.write_all(&input)));
        let (output, errors) = (read(group.0.stdout.take()), read(group.0.stderr.take()));
        let ended = group.wait(self.timeout);
        // Whatever it left running holds the pipes open.
        group.end();
        let code = ended?;
        let output = output.recv_timeout(GRACE).map_err(|_| ProgramFailed::Detached)?;
        if output.len() as u64 > OUTPUT {
            return Err(ProgramFailed::TooMuch);
        }
        let errors = errors.recv_timeout(GRACE).unwrap_or_default();
        let errors = String::from_utf8_lossy(&errors).trim().to_owned();
        Ok(Ended { code, output, errors })
    }
}

/// Reads what counts and passes over the rest, so that nobody waits for us to read it. On a
/// thread of its own, which a program that got away from its group can hold up and nobody else.
fn read(pipe: Option<impl Read + Send + 'static>) -> mpsc::Receiver<Vec<u8>> {
    let (tell, hear) = mpsc::channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut pipe) = pipe
            && (&mut pipe).take(OUTPUT + 1).read_to_end(&mut kept).is_ok()
        {
            // What is passed over is too much already.
            let _passed = io::copy(&mut pipe, &mut io::sink());
        }
        // Nobody listens any more after the time is over.
        let _late = tell.send(kept);
    });
    hear
}

/// A program and everything that it started, as long as we care.
struct Group(Child);

impl Group {
    fn pid(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.0.id()).ok()?)
    }

    /// Waits for the program's end, without letting go of its id: nothing else can be named like
    /// it before [`Group::end`].
    fn wait(&mut self, timeout: Duration) -> Result<Option<i32>, ProgramFailed> {
        let lost = || ProgramFailed::Lost(io::Error::other("it has no id"));
        let pid = self.pid().ok_or_else(lost)?;
        let (tell, hear) = mpsc::channel();
        thread::spawn(move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            // Nobody listens any more after the time is over.
            let _late = tell.send(waitid(WaitId::Pid(pid), options));
        });
        match hear.recv_timeout(timeout) {
            Ok(Ok(status)) => Ok(status.and_then(|it| it.exit_status())),
            Ok(Err(error)) => Err(ProgramFailed::Lost(error.into())),
            Err(_) => Err(ProgramFailed::TimedOut(timeout)),
        }
    }

    fn end(&mut self) {
        if let Some(pid) = self.pid()
            && let Err(error) = kill_process_group(pid, Signal::KILL)
        {
            tracing::debug!(%error, "a program had ended with all that it started");
        }
        if let Err(error) = self.0.wait() {
            tracing::warn!(%error, "a program could not be waited for");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn run(script: &str, timeout: Duration) -> Result<Ended, ProgramFailed> {
        let command = ["sh", "-c", script].map(str::to_owned);
        let environment = [("GIVEN", OsStr::new("this"))];
        let folder = Path::new("/");
        let (command, environment) = (&command[..], &environment[..]);
        Program { command, environment, folder, input: b"the question", timeout }.run()
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_program_is_told_and_heard_and_sees_nothing_else() {
        let ended = run("cat; echo \" $GIVEN $HOME$USER\"; echo why >&2; exit 3", LONG).unwrap();
        let output = String::from_utf8(ended.output).unwrap();
        assert_eq!(output, "the question this \n");
        assert_eq!((ended.code, ended.errors.as_str()), (Some(3), "why"));
        assert_eq!(run("kill -9 $$", LONG).unwrap().code, None);
        // What is not read is not missed.
        assert_eq!(run("exec <&-; echo yes", LONG).unwrap().output, b"yes\n");
    }

    #[test]
    fn a_program_that_does_not_end_is_ended_with_all_that_it_started() {
        let started = Instant::now();
        let failed = run("sleep 1000 & sleep 1000", Duration::from_millis(100)).unwrap_err();
        assert_eq!(failed.to_string(), "took longer than 100ms");
        // Its child holds the pipe, too, and would hold us.
        assert_eq!(run("sleep 1000 & echo done", LONG).unwrap().output, b"done\n");
        assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
    }

    #[test]
    fn too_much_and_nothing_are_no_answers() {
        let failed = run("yes | head -c 10000000", LONG).unwrap_err();
        assert_eq!(failed.to_string(), "wrote more than 65536 bytes");
        let nothing = Program {
            command: &["/nonexistent/check".to_owned()],
            environment: &[],
            folder: Path::new("/"),
            input: b"",
            timeout: LONG,
        };
        assert!(matches!(nothing.run(), Err(ProgramFailed::NotStarted(_))));
        assert!(matches!(Program { command: &[], ..nothing }.run(), Err(ProgramFailed::Nothing)));
    }
}
