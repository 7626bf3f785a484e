//! Custom checks and size limits: what a check is told, what its answers do, and that no answer is
//! never a yes.

use crate::session::SITE;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use testkit::{Database, Server, WorkTree};

const PEOPLE: &str = "user ann\n grant ann write";

/// Shell scripts by name, each attached to the branch of its name.
fn with_scripts(scripts: &[(&str, &str)]) -> Server {
    let mut file = String::new();
    for (name, script) in scripts {
        file += &format!(
            "[checks.{name}]\ncommand = [\"/bin/sh\", \"-c\", {script:?}, \"HOME\"]\ntimeout = \"2s\"\n"
        );
    }
    let server = Server::with_file(Database::Sqlite, PEOPLE, &file);
    scripts.iter().for_each(|(name, _)| attach(&server, name, name, "enforce"));
    server
}

fn attach(server: &Server, check: &str, branch: &str, mode: &str) {
    let body = json!({
        "kind": "custom-check", "argument": check, "mode": mode,
        "matcher": { "type": "glob", "pattern": branch },
    });
    server.restrict(SITE, &body);
}

fn clone(server: &Server) -> WorkTree {
    let tree = server.clone_as("ann", SITE);
    tree.commit("three");
    tree
}

#[test]
fn a_check_says_yes_or_no_and_anything_else_is_no() {
    let server = with_scripts(&[
        ("yes", r#"echo '{"verdict":"allow"}'"#),
        ("no", r#"printf '{"verdict":"refuse","reason":"no\\u001b[2J licence"}'"#),
        ("silent", "true"),
        ("broken", "echo '{\"verdict\":\"allow\"}'; exit 3"),
        ("killed", "kill -9 $$"),
        ("slow", "sleep 1000 & sleep 1000"),
        ("loud", "yes '{\"verdict\":\"allow\"}' | head -c 1000000"),
    ]);
    let tree = clone(&server);
    tree.push("yes").accepted();
    let before = server.holdings(SITE);
    tree.push("no").refused(&[
        "PC-CONTENT-CHECK  The check no refuses this: no\\u{1b}[2J licence",
        "  rule    custom-check on \"no\", repository acme/site, rule 2 (admin, just now)",
        "  you     ann, by API token \"laptop\" (…XXXX)",
        "  next    ask a repository admin: let ann through rule 2 until DAY:",
        "            portcullis restriction update 2 --add-subject user:ann,until=DAY --repository acme/site",
        "  more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX",
        " ! [remote rejected] HEAD -> no (PC-CONTENT-CHECK: refused by check no, R-XXXXXX)",
    ]);
    for (name, why) in [
        ("silent", "did not answer in JSON"),
        ("broken", "ended with exit code 3"),
        ("killed", "was ended by a signal"),
        ("slow", "took longer than 2s"),
        ("loud", "wrote more than 65536 bytes"),
    ] {
        let told = tree.push(name).told();
        let told = told.split_whitespace().collect::<Vec<_>>().join(" ");
        let no_answer = format!("PC-CONTENT-CHECK-FAILED The check {name} gave no answer");
        assert!(told.contains(&no_answer), "{told}");
        assert!(told.contains(why), "{name}: {told}");
        assert!(told.contains(&format!("check {name} gave no answer, R-XXXXXX")), "{told}");
    }
    assert_eq!(server.holdings(SITE), before);
    // Branches that no rule means are not asked about.
    tree.push("free").accepted();
}

#[test]
fn a_check_is_told_what_comes_and_sees_the_objects() {
    let script = r#"cat > "$0/told"
        git log -1 --format=%s "$(grep -o '"new":"[0-9a-f]*"' "$0/told" | cut -d'"' -f4)" > "$0/seen"
        git cat-file -e HEAD || exit 1
        echo '{"verdict":"allow"}'"#;
    let server = with_scripts(&[("look", script)]);
    let tree = clone(&server);
    // Only what passes everything else, once, and never for a name it does not mean.
    tree.push_with(&["-o", "word"], &["look", "other"]).accepted();
    let told = std::fs::read_to_string(server.home().join("told")).unwrap();
    let mut told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(std::fs::read_to_string(server.home().join("seen")).unwrap(), "three\n");
    for member in ["push", "git_dir", "quarantine"] {
        assert!(told[member].take().as_str().is_some_and(|it| !it.is_empty()), "{member}");
    }
    let expected = json!({
        "version": 1, "check": "look", "push": null, "repository": "acme/site",
        "principal": { "type": "user", "name": "ann" }, "credential": "api_token",
        "channel": "git-http", "atomic": false, "push_options": ["word"], "git_dir": null,
        "quarantine": null,
        "refs": [{
            "name": "refs/heads/look", "old": "0".repeat(40), "new": tree.id("HEAD"),
            "change": "create",
        }],
    });
    assert_eq!(told, expected);
    // A deletion is told, too, and a branch made by REST is a push like any other.
    tree.push(":look").accepted();
    let told = std::fs::read_to_string(server.home().join("told")).unwrap();
    assert!(told.contains("\"change\":\"delete\""), "{told}");
    let body = json!({ "name": "look", "target": { "hash": "main" } });
    let branches = format!("/2.0/repositories/{SITE}/refs/branches");
    server.rest_as("ann").post(&branches, &body).expect(201);
    let told = std::fs::read_to_string(server.home().join("told")).unwrap();
    assert!(told.contains("\"channel\":\"rest\""), "{told}");
    server.is_sound(SITE);
}

/// The documented example, and somebody who has another commit stand in for theirs.
#[test]
fn a_check_sees_what_was_pushed_whatever_stands_in_for_it() {
    let guide = include_str!("../../../../docs/admin/checks.md");
    let script = guide.split("```sh\n#!/bin/sh\n").nth(1).unwrap().split("```").next().unwrap();
    let server = with_scripts(&[("keys", script)]);
    let rule = json!({ "kind": "custom-check", "argument": "keys", "matcher": { "type": "any" } });
    server.restrict(SITE, &rule);
    let tree = clone(&server);
    let good = tree.id("HEAD");
    tree.commit_file("server.pem", b"secret", "four");
    let evil = tree.id("HEAD");
    tree.push("HEAD:refs/heads/evil").fails_with("keys do not belong into git");
    tree.push(&format!("{good}:refs/replace/{evil}")).accepted();
    tree.push("HEAD:refs/heads/evil").fails_with("keys do not belong into git");
    // Every ref of a push is looked at, and removing one is no harm.
    let both = [format!("{good}:refs/heads/aaa"), format!("{evil}:refs/heads/zzz")];
    let mixed = tree.push_with(&[], &[&both[0], &both[1]]);
    assert!(mixed.stderr().contains("keys do not belong into git"), "{}", mixed.stderr());
    tree.push(&both[0]).accepted();
    tree.push(":refs/heads/aaa").accepted();
}

#[test]
fn an_endpoint_is_asked_with_a_signature() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/check", listener.local_addr().unwrap());
    let (tell, hear) = mpsc::channel();
    std::thread::spawn(move || {
        let answers = [
            ("200 OK", r#"{"verdict":"allow"}"#),
            ("200 OK", r#"{"verdict":"refuse","reason":"not today"}"#),
            ("500 Oops", r#"{"verdict":"allow"}"#),
            ("302 Found\r\nlocation: http://127.0.0.1:1/", r#"{"verdict":"allow"}"#),
        ];
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut piece = [0; 4096];
            while !String::from_utf8_lossy(&request).ends_with('}') {
                let count = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..count]);
            }
            let length = body.len();
            let answer = format!(
                "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(answer.as_bytes()).unwrap();
            tell.send(String::from_utf8(request).unwrap()).unwrap();
        }
    });
    let file = format!(
        "[checks.hook]\nurl = {url:?}\nsecret = \"sixteen characters\"\ntimeout = \"5s\"\n"
    );
    let server = Server::with_file(Database::Sqlite, PEOPLE, &file);
    attach(&server, "hook", "main", "enforce");
    let tree = clone(&server);
    tree.push("main").accepted();
    let request = hear.recv().unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with("post /check http/1.1"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    let signature = head.split("x-portcullis-signature: sha256=").nth(1).unwrap();
    assert_eq!(signature.split("\r\n").next().unwrap().len(), 64, "{head}");
    assert_eq!(serde_json::from_str::<Value>(body).unwrap()["check"], "hook");
    tree.commit("four");
    tree.push("main").fails_with("The check hook refuses this: not today");
    tree.push("main").fails_with("answered 500");
    tree.push("main").fails_with("answered 302");
    // By now nobody listens.
    tree.push("main").fails_with("PC-CONTENT-CHECK-FAILED: check hook gave no answer");
    assert_eq!(server.tip(SITE, "main").as_deref(), Some("three"));
}

#[test]
fn a_check_that_is_tried_out_or_gone_says_so() {
    let refuse = r#"echo '{"verdict":"refuse","reason":"no"}'"#;
    let file = format!("[checks.trial]\ncommand = [\"/bin/sh\", \"-c\", {refuse:?}]\n");
    let mut server = Server::with_file(Database::Sqlite, PEOPLE, &file);
    attach(&server, "trial", "main", "evaluate");
    let tree = clone(&server);
    let said = tree.push("main");
    assert!(said.success(), "{}", said.stderr());
    assert!(said.told().contains("PC-CONTENT-CHECK  only noted: The check trial refuses this: no"));
    attach(&server, "trial", "other", "enforce");
    std::fs::write(server.home().join("portcullis.toml"), "").unwrap();
    server.restart_with(&[]);
    tree.follow(&server.url_as("ann", SITE));
    tree.commit("four");
    tree.push("other").fails_with("PC-CONTENT-CHECK-FAILED: check trial gave no answer");
}

/// Rule 94: a repository over its limit takes deletions and going back, and nothing that adds.
#[test]
fn rule_094_a_full_repository_takes_the_way_back() {
    let server = Server::with(PEOPLE);
    let tree = clone(&server);
    tree.push("side").accepted();
    let path = format!("/api/v1/repositories/{SITE}");
    let noise: Vec<u8> =
        (0..100_000_u32).flat_map(|it| it.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
    // Only who runs the server says how much there is room for.
    server.grant(SITE, &json!({ "type": "user", "name": "ann" }), "admin");
    let body = json!({ "size_limit": 200_000 });
    let refused = server.rest_as("ann").put(&path, &body);
    assert_eq!(refused.status, 403, "{}", refused.text);
    assert_eq!(server.admin().put(&path, &body).expect(200)["size_limit"], 200_000);
    tree.commit_file("noise", &noise, "noise");
    let before = server.holdings(SITE);
    tree.push("main").refused(&[
        "PC-REPO-QUOTA  The repository is over its size limit; only what adds nothing is",
        "               taken.",
        "  you     ann, by API token \"laptop\" (…XXXX)",
        "  next    ask an instance admin: raise the size limit of the repository",
        "  more    portcullis explain R-XXXXXX   or the page .../refusals/R-XXXXXX",
        " ! [remote rejected] HEAD -> main (PC-REPO-QUOTA: repository is over its size limit, R-XXXXXX)",
    ]);
    assert_eq!(server.holdings(SITE), before);
    let smaller = json!({ "size_limit": 1 });
    server.admin().put(&path, &smaller).expect(200);
    tree.push("main").fails_with("PC-REPO-QUOTA");
    tree.push("HEAD~1:refs/heads/copy").accepted();
    tree.push("+HEAD~2:refs/heads/side").accepted();
    tree.push(":copy").accepted();
    // The configuration's limit holds where there is no other.
    server.admin().put(&path, &json!({ "size_limit": 0 })).expect(200);
    tree.push("main").accepted();
    let mut server = server;
    server.restart_with(&["limits.repository-size=1K"]);
    tree.follow(&server.url_as("ann", SITE));
    tree.commit("five");
    tree.push("main").fails_with("PC-REPO-QUOTA");
    server.is_sound(SITE);
}

#[test]
fn a_check_that_cannot_work_stops_the_start() {
    let home = tempfile::tempdir().unwrap();
    for (file, said) in [
        ("checks = 1", "write a table"),
        ("[checks.A]\nurl = 'https://x'", "name it with lower-case letters"),
        ("[checks.a]", "give it a `command` or a `url`"),
        ("[checks.a]\nurl = 'https://x'\ncommand = ['/x']", "give it a `command` or a `url`"),
        ("[checks.a]\ncommand = 'x'", "write a list of texts"),
        ("[checks.a]\ncommand = ['check']", "the program with its whole path first"),
        ("[checks.a]\ncommand = ['/x']\nsecret = 'x'", "a `secret` signs requests"),
        ("[checks.a]\nurl = 'https://x'\nsecret = 'x'", "at least 16 characters"),
        ("[checks.a]\nurl = 'ftp://x'", "`url`: "),
        ("[checks.a]\nurl = 'https://x'\ntimeout = '1h'", "at most `5m`"),
        ("[checks.a]\nurl = 'https://x'\ntimeuot = '1s'", "did you mean `timeout`?"),
    ] {
        let path = home.path().join("x.toml");
        std::fs::write(&path, file).unwrap();
        let sources = portcullis::config::Sources { file: Some(path), ..Default::default() };
        let error = portcullis::config::Config::load(&sources).unwrap_err().to_string();
        assert!(error.contains(said), "{file}: {error}");
        assert!(!error.contains("secret = "), "{error}");
    }
}
