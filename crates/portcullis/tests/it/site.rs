//! An installation that is worked on by the program alone, as its users call it. What tests share;
//! no tests.

use crate::program::{Ended, Server, hermetic, program, run};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A server, and a home from which the program is run.
pub struct Site {
    pub home: tempfile::TempDir,
    pub server: Server,
}

impl Site {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let server = Server::start(home.path(), &[]);
        Self { home, server }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// Runs a command as the administrator of the machine.
    pub fn admin(&self, line: &str) -> Ended {
        let mut command = program(self.home());
        run(command.args(split(line)).arg("--data").arg(&self.server.data))
    }

    /// The same, which must work; its JSON.
    pub fn done(&self, line: &str) -> Value {
        let ended = self.admin(&format!("{line} --json"));
        assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{line}");
        serde_json::from_str(&ended.out).unwrap()
    }

    /// Runs a command with a token.
    pub fn with_token(&self, token: &str, line: &str) -> Ended {
        let mut command = program(self.home());
        command.env("PORTCULLIS_SERVER", self.server.url()).env("PORTCULLIS_TOKEN", token);
        run(command.args(split(line)))
    }

    /// Runs git in a folder of the home.
    pub fn git(&self, folder: &str, line: &str) -> Ended {
        let mut command = Command::new("git");
        hermetic(&mut command, self.home());
        for person in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{person}_NAME"), "Ann");
            command.env(format!("GIT_{person}_EMAIL"), "ann@example.org");
        }
        run(command.arg("-C").arg(folder).args(split(line)))
    }

    /// Workspace `acme` with project `CORE`, repository `acme/site` and `ann`, who may write and
    /// whose token this is.
    pub fn with_ann(&self) -> String {
        self.done("user create ann --email ann@example.org");
        self.done("workspace create acme --name Acme");
        self.done("project create acme/CORE");
        self.done("repository create acme/site --project CORE");
        self.done("workspace member-set acme ann");
        self.done("grant set ann write --repository acme/site");
        let token = self.done(
            "token create laptop --user ann --scope read:repository:bitbucket \
             --scope write:repository:bitbucket --scope read:user:bitbucket",
        );
        token["token"].as_str().unwrap().to_owned()
    }

    /// A clone of `acme/site` with one commit on `main`, pushed by ann; its folder.
    pub fn clone_of_ann(&self, token: &str) -> &'static str {
        let url = format!("http://ann:{token}@{}/acme/site.git", self.server.address());
        assert_eq!(self.git(".", &format!("clone -q {url} clone")).code, Some(0));
        assert_eq!(self.git("clone", "checkout -q -b main").code, Some(0));
        assert_eq!(self.git("clone", "commit -q --allow-empty -m one").code, Some(0));
        let pushed = self.git("clone", "push -q origin main");
        assert_eq!(pushed.code, Some(0), "{}", pushed.err);
        "clone"
    }
}

/// Words of a line; `'…'` holds one together.
fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in line.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}
