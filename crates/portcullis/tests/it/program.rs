//! The program as a process: started hermetically, asked, stopped. What tests share; no tests.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// The program, with an environment that holds nothing of whoever runs the tests.
pub fn program(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    hermetic(&mut command, home);
    command
}

/// Clears the environment but for what finding programs needs.
pub fn hermetic(command: &mut Command, home: &Path) {
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .current_dir(home);
}

/// A process that ended: exit code, standard output, standard error.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Ended {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    Ended {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// A running `portcullis serve`. Killed when dropped.
pub struct Server {
    child: Child,
    out: BufReader<std::process::ChildStdout>,
    /// The line it printed first.
    pub ready: String,
    pub data: PathBuf,
}

impl Server {
    /// Starts it on a free port, with further arguments, and waits for its first line.
    pub fn start(home: &Path, arguments: &[&str]) -> Self {
        Self::start_with(home, arguments, &[])
    }

    /// The same with this in its environment.
    pub fn start_with(home: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let data = home.join("data");
        let mut child = program(home)
            .args(["serve", "--http", "127.0.0.1:0", "--data"])
            .arg(&data)
            // Whoever says where the SSH door is means it.
            .args(if arguments.contains(&"--ssh") { &[][..] } else { &["--ssh", "127.0.0.1:0"] })
            .args(arguments)
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(home.join("server.log")).unwrap())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        out.read_line(&mut ready).unwrap();
        assert!(ready.starts_with("ready "), "{ready:?}\n{}", log(home));
        Self { child, out, ready: ready.trim_end().to_owned(), data }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        let url = self.ready.strip_prefix("ready http=").unwrap();
        url.split(' ').next().unwrap()
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.url().split_once("://").unwrap().1
    }

    /// The same of the SSH door.
    pub fn ssh_address(&self) -> &str {
        self.ready.rsplit_once("ssh=ssh://").unwrap().1
    }

    /// Reads on to the end of the line that holds these words; all that was read.
    pub fn read_until(&mut self, words: &str) -> String {
        let mut text = String::new();
        while !text.contains(words) {
            assert_ne!(self.out.read_line(&mut text).unwrap(), 0, "`{words}` never came:\n{text}");
        }
        text
    }

    /// A signal by its name: `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }

    /// Waits for its end: exit code, and what else it printed.
    pub fn wait(mut self) -> (Option<i32>, String) {
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().code(), rest)
    }

    /// Stops it as an operator would.
    pub fn stop(self) -> String {
        self.signal("TERM");
        let (code, rest) = self.wait();
        assert_eq!(code, Some(0));
        rest
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is what most tests are about.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a server in this home has logged.
pub fn log(home: &Path) -> String {
    std::fs::read_to_string(home.join("server.log")).unwrap_or_default()
}

/// Compares a text with a committed file, or writes the file when `PORTCULLIS_BLESS` is set, as
/// `cargo xtask bless` does.
pub fn committed(path: &str, text: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        return std::fs::write(file, text).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(there == text, "{path} is out of date: run `cargo xtask bless` and read the diff");
}
