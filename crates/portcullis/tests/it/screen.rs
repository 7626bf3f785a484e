//! Commands about pull requests as somebody who lives in a terminal meets them: each with all that
//! it prints and the code it ends with. What tests share; no tests.

use crate::pull_requests::{REQUESTS, world};
use crate::session::{programs, same};
use serde_json::{Value, json};
use testkit::{Server, WorkTree, normalised};

/// People at one clone, and what they have typed and read so far.
pub struct Screen<'a> {
    server: &'a Server,
    tree: &'a WorkTree,
    pub told: String,
}

impl<'a> Screen<'a> {
    pub fn new(server: &'a Server, tree: &'a WorkTree) -> Self {
        Self { server, tree, told: String::new() }
    }

    /// Somebody types a command; its text is read together with its code.
    pub fn types(&mut self, name: &str, arguments: &str) -> &mut Self {
        let (url, secret) = (self.server.url(), self.server.login(name).secret);
        let line = format!(
            "PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret} portcullis pull-request \
             {arguments} 2>&1; echo \"[$?]\""
        );
        let said = self.tree.pasted(&line, programs()).stdout();
        self.told.push_str(&format!("{name}$ {arguments}\n{}\n", timeless(&normalised(&said))));
        self
    }

    /// The document that a command prints.
    pub fn json(&self, name: &str, arguments: &str) -> Value {
        let (url, secret) = (self.server.url(), self.server.login(name).secret);
        let line = format!(
            "PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret} portcullis pull-request \
             {arguments} --json"
        );
        let said = self.tree.pasted(&line, programs()).stdout();
        serde_json::from_str(&said).unwrap_or_else(|why| panic!("{arguments}: {why}\n{said}"))
    }

    /// All that was typed and read since the last time.
    #[track_caller]
    pub fn reads(&mut self, expected: &str) {
        let commit = self.tree.id("topic");
        let told = std::mem::take(&mut self.told).replace(&commit, "COMMIT");
        let told = told.replace(&commit[..12], "COMMIT");
        same(told.trim_end(), expected);
    }
}

/// Without the time of the day.
fn timeless(text: &str) -> String {
    let mut parts = text.split("DAY ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("DAY");
        out.push_str(part.split_once(" UTC").map_or(part, |(_, rest)| rest));
    }
    out
}

/// Ann's request #1, from `topic` into `main`; bea is asked.
pub fn opened() -> (Server, WorkTree) {
    let (server, tree) = world();
    tree.commit_file("login.rs", b"one\ntwo\n", "five");
    tree.push("topic").accepted();
    let body = json!({ "title": "Log in", "description": "At last",
        "source": { "branch": { "name": "topic" } }, "reviewers": [{ "username": "bea" }] });
    server.rest_as("ann").post(REQUESTS, &body).expect(201);
    (server, tree)
}
