//! Merges that nobody waits for: because it was asked so, or because the client has gone.

use crate::session::{SITE, until};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use testkit::{Answer, Database, Rest, Server, WorkTree};

const REQUESTS: &str = "/2.0/repositories/acme/site/pullrequests";
const PEOPLE: &str = "user ann\n grant ann write";

/// A branch `topic` that is one commit ahead, and a request to merge it.
fn propose(server: &Server) -> (WorkTree, Rest) {
    let tree = server.clone_as("ann", SITE);
    tree.git(&["checkout", "-q", "-b", "topic"]);
    tree.commit("three");
    tree.push("topic").accepted();
    let ann = server.rest_as("ann");
    let body = json!({ "title": "Topic", "source": { "branch": { "name": "topic" } } });
    ann.post(REQUESTS, &body).expect(201);
    (tree, ann)
}

/// Begins a merge and waits for its end, as whoever asks for it is told.
fn merged_later(ann: &Rest, number: i64, base: &str) -> Answer {
    let begun = ann.post(&format!("{REQUESTS}/{number}/merge?async=true"), &json!({}));
    assert_eq!((begun.status, begun.text.as_str()), (202, ""));
    let at = begun.header("location").unwrap().strip_prefix(base).unwrap().to_owned();
    until("the end of the merge", || {
        let answer = ann.get(&at);
        let pending = answer.status == 200 && answer.json()["task_status"] == "PENDING";
        (!pending).then_some(answer)
    })
}

#[test]
fn a_merge_that_nobody_waits_for_answers_like_any_other() {
    let server = Server::with(PEOPLE);
    let (_tree, ann) = propose(&server);
    let base = server.url().to_owned();
    for kind in ["require_approvals_to_merge", "enforce_merge_checks"] {
        let value = (kind == "require_approvals_to_merge").then_some(1);
        let matcher = json!({ "type": "glob", "pattern": "main" });
        server.restrict(SITE, &json!({ "kind": kind, "matcher": matcher, "value": value }));
    }
    let told = merged_later(&ann, 1, &base);
    assert_eq!(told.status, 403, "{}", told.text);
    let (later, now) = (told.json(), ann.post(&format!("{REQUESTS}/1/merge"), &json!({})));
    let now = now.expect(403);
    let refusal = |it: &Value| it["error"]["data"]["refusal"].clone();
    assert_eq!(refusal(&later)["code"], "PC-MERGE-APPROVALS", "{later}");
    assert_eq!(later["error"]["message"], now["error"]["message"]);
    for part in ["code", "rule", "remedies"] {
        assert_eq!(refusal(&later)[part], refusal(&now)[part], "{part}");
        assert!(!refusal(&now)[part].is_null(), "{part}: {now}");
    }
    let id = refusal(&later)["id"].as_str().unwrap().to_owned();
    server.rest_as("ann").get(&format!("/api/v1/refusals/{id}")).expect(200);

    let rules = format!("/api/v1/repositories/{SITE}/restrictions");
    for rule in server.admin().get(&rules).expect(200)["values"].as_array().unwrap() {
        let gone = server.admin().delete(&format!("{rules}/{}", rule["id"]));
        assert_eq!(gone.status, 204, "{}", gone.text);
    }
    let told = merged_later(&ann, 1, &base).expect(200);
    assert_eq!(told["task_status"], "SUCCESS", "{told}");
    assert_eq!(told["merge_result"]["state"], "MERGED");
    // What has ended is not merged again, and says so.
    let again = merged_later(&ann, 1, &base);
    assert_eq!(again.status, 400, "{}", again.text);
    assert!(again.text.contains("is merged: only an open one changes"), "{}", again.text);
    ann.get(&format!("{REQUESTS}/1/merge/task-status/nonsense")).expect(404);
}

/// A check that says when it is asked, and waits to be told what to answer.
struct Gate {
    asked: PathBuf,
    answer: PathBuf,
}

impl Gate {
    fn new(home: &Path) -> Self {
        let (asked, answer) = (home.join("asked"), home.join("answer"));
        for pipe in [&asked, &answer] {
            assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
        }
        Self { asked, answer }
    }

    /// The configuration of the server.
    fn file(&self) -> String {
        let script = format!(
            "echo now > {}; read word < {}; echo \"{{\\\"verdict\\\":\\\"$word\\\"}}\"",
            self.asked.display(),
            self.answer.display()
        );
        format!("[checks.gate]\ncommand = [\"/bin/sh\", \"-c\", {script:?}]\ntimeout = \"100s\"\n")
    }

    /// Waits until the check is asked.
    fn is_asked(&self) {
        let mut line = String::new();
        let asked = std::fs::File::open(&self.asked).unwrap();
        BufReader::new(asked).read_line(&mut line).unwrap();
        assert_eq!(line, "now\n");
    }

    fn answers(&self, word: &str) {
        std::fs::write(&self.answer, format!("{word}\n")).unwrap();
    }
}

/// Asks for a merge, and is not there for the answer.
fn merge_and_leave(server: &Server, secret: &str, gate: &Gate) {
    let address = server.url().strip_prefix("http://").unwrap().to_owned();
    let mut client = TcpStream::connect(&address).unwrap();
    write!(
        client,
        "POST {REQUESTS}/1/merge HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {secret}\r\n\
         Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    )
    .unwrap();
    gate.is_asked();
    drop(client);
}

/// Attack: begin a merge, push to its source, go away. The request kept its old commits for ever.
#[test]
fn a_client_that_goes_away_during_a_merge_leaves_nothing_half_done() {
    let home = tempfile::tempdir().unwrap();
    let gate = Gate::new(home.path());
    let server = Server::with_file(Database::Sqlite, PEOPLE, &gate.file());
    let (tree, ann) = propose(&server);
    let matcher = json!({ "type": "glob", "pattern": "main" });
    let rule = json!({ "kind": "custom-check", "argument": "gate", "matcher": matcher });
    server.restrict(SITE, &rule);
    let token = server.create_token(
        "ann",
        "merger",
        &["read:pullrequest:bitbucket", "write:pullrequest:bitbucket"],
    );
    let secret = token["token"].as_str().unwrap().to_owned();

    merge_and_leave(&server, &secret, &gate);
    let tip = tree.commit("four");
    tree.push("topic").accepted();
    let source =
        || ann.get(&format!("{REQUESTS}/1")).expect(200)["source"]["commit"]["hash"].clone();
    assert_ne!(source(), tip[..12], "whoever merges notes it");
    gate.answers("refuse");
    until("the push", || (source() == tip[..12]).then_some(()));
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("two"));

    merge_and_leave(&server, &secret, &gate);
    gate.answers("allow");
    until("the merge", || {
        let state = ann.get(&format!("{REQUESTS}/1")).expect(200)["state"].clone();
        (state == "MERGED").then_some(())
    });
    let log = tree.git(&["ls-remote", "origin", "main"]);
    assert!(!log.contains(&tip), "a merge commit: {log}");
}
