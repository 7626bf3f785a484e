//! Other implementations of git do what they can do, through both doors: libgit2 (through pygit2),
//! and dulwich, over SSH with OpenSSH's client and with paramiko.
//!
//! Each is a session of its own in `tests/peers/`, which prints the name of everything that
//! worked and stops at the first thing that does not.

use serde_json::json;
use std::process::Command;
use testkit::{Server, hermetic, provided};

const SITE: &str = "acme/site";

/// How a script comes in.
#[derive(Clone, Copy)]
enum Way {
    Http,
    /// With what is given to the script in place of a user name.
    Ssh(&'static str),
}

fn session(script: &str, way: Way) -> (Server, String) {
    let server = Server::start();
    server.create_user("ann");
    server.create_repository(SITE);
    server.seed(SITE);
    server.grant(SITE, &json!({ "type": "user", "name": "ann" }), "write");
    let closed = json!({
        "kind": "push", "mode": "enforce", "on": "branches", "subjects": [],
        "matcher": { "type": "ref", "pattern": "refs/heads/closed" },
    });
    server.restrict(SITE, &closed);

    let folder = tempfile::tempdir().unwrap();
    let mut python = Command::new(provided("PORTCULLIS_TEST_PYTHON", "peers-venv/bin/python"));
    hermetic(&mut python);
    let arguments = match way {
        Way::Http => {
            let login = server.login("ann");
            [server.url_of(SITE), login.user, login.secret]
        }
        Way::Ssh(client) => {
            let key = server.create_key("ann", "ed25519");
            python.env("GIT_SSH_COMMAND", server.ssh_words(Some(&key)).join(" "));
            [server.ssh_url_of(SITE), client.to_owned(), key.path().display().to_string()]
        }
    };
    let out = python
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/").to_owned() + script)
        .args(arguments)
        .arg(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{script} worked as far as:\n{said}\n{complaint}");
    server.is_sound(SITE);
    (server, said)
}

/// What both scripts leave behind, without the thousands.
fn refs_afterwards(server: &Server) -> Vec<String> {
    let mut refs = server.refs(SITE);
    refs.retain(|it| !it.starts_with("refs/heads/topic/many/"));
    refs
}

const AFTERWARDS: [&str; 4] = [
    "refs/heads/main two",
    "refs/heads/topic/mixed first",
    "refs/heads/topic/options first",
    "refs/tags/v1 version one",
];

#[test]
fn libgit2_does_everything_it_can() {
    for way in [Way::Http, Way::Ssh("libssh2")] {
        let (server, said) = session("pygit2_peer.py", way);
        let expected = "clone\npush\nfetch\nshallow\nrewrite\ntag\npush options\nrefused\n\
                        per ref\ndelete\nthousands of refs\n";
        assert_eq!(said, expected);
        assert_eq!(refs_afterwards(&server), AFTERWARDS);
    }
}

#[test]
fn dulwich_does_everything_it_can() {
    let everything = "clone\npush\nfetch\nshallow\npartial\nforce with lease\ntag\n\
                      push options\nrefused\natomic\nper ref\ndelete\nthousands of refs\n";
    for (way, and) in
        [(Way::Http, "bad credential\n"), (Way::Ssh("openssh"), ""), (Way::Ssh("paramiko"), "")]
    {
        let (server, said) = session("dulwich_peer.py", way);
        assert_eq!(said, format!("{everything}{and}"));
        assert_eq!(refs_afterwards(&server), AFTERWARDS);
    }
}
