//! `serve --demo`: what it prints works as it stands, and a second start changes nothing.

use crate::program::{Ended, Server, hermetic, program, run};
use std::path::Path;
use std::process::Command;

/// Runs a printed command as a person would paste it into a shell in this folder.
fn paste(home: &Path, line: &str) -> Ended {
    let mut shell = Command::new("sh");
    hermetic(&mut shell, home);
    run(shell.args(["-c", line]))
}

/// The three commands: the lines that begin with `git`.
fn commands(text: &str) -> [String; 3] {
    let lines = text.lines().map(str::trim).filter(|it| it.starts_with("git "));
    lines.map(str::to_owned).collect::<Vec<_>>().try_into().unwrap()
}

/// What is in the demo's repository, as a client sees it.
fn refs(home: &Path, clone: &str) -> String {
    let url = clone.split(' ').nth(2).unwrap();
    paste(home, &format!("git ls-remote {url}")).out
}

#[test]
fn the_three_commands_do_what_they_say_and_a_second_start_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let mut server = Server::start(home, &["--demo"]);
    let text = server.read_until("Ctrl-C stops");
    let [clone, refused, fix] = commands(&text);
    for word in ["ann", "bea", "ci-bot", "admin-token", server.url()] {
        assert!(text.contains(word), "{word} is missing:\n{text}");
    }

    let ended = paste(home, &clone);
    assert_eq!(ended.code, Some(0), "{clone}\n{}", ended.err);
    let log = paste(home, "git -C portcullis-demo log --format=%an%n%s");
    assert!(log.out.lines().count() >= 8 && log.out.contains("Ann Lee"), "{}", log.out);
    let tag = paste(home, "git -C portcullis-demo describe --exact-match main~1").out;
    assert_eq!(tag, "v1.0\n");

    let before = refs(home, &clone);
    let ended = paste(home, &refused);
    assert_ne!(ended.code, Some(0), "{refused}");
    for part in ["PC-REF-PUSH", "remote rejected", "rule", "next", "portcullis explain R-"] {
        assert!(ended.err.contains(part), "{part} is missing:\n{}", ended.err);
    }
    assert_eq!(refs(home, &clone), before);

    let id = ended.err.split("portcullis explain ").nth(1).unwrap();
    let id = id.split_whitespace().next().unwrap();
    let told = run(program(home).current_dir(home.join("portcullis-demo")).args(["explain", id]));
    assert!(told.out.contains("PC-REF-PUSH"), "{}{}", told.out, told.err);

    let ended = paste(home, &fix);
    assert_eq!(ended.code, Some(0), "{fix}\n{}", ended.err);
    let after = refs(home, &clone);
    assert!(after.contains("refs/heads/ann/main-"), "{after}");
    server.stop();

    let mut server = Server::start(home, &["--demo"]);
    let [again, _, _] = commands(&server.read_until("Ctrl-C stops"));
    assert_eq!(refs(home, &again), after);
    assert_eq!(secret(&again), secret(&clone), "the logins are those of the first start");
    server.stop();
}

/// The password in a clone's URL.
fn secret(clone: &str) -> &str {
    clone.split("://ann:").nth(1).unwrap().split('@').next().unwrap()
}

#[test]
fn an_installation_that_holds_something_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path();
    let server = Server::start(home, &[]);
    let made = run(program(home).args(["workspace", "create", "mine", "--data"]).arg(&server.data));
    assert_eq!(made.code, Some(0), "{}", made.err);
    server.stop();
    let mut server = Server::start(home, &["--demo"]);
    assert!(server.read_until("nothing that is there").contains("was not added"));
    let list = run(program(home).args(["workspace", "list", "--data"]).arg(&server.data));
    assert!(list.out.contains("mine") && !list.out.contains("acme"), "{}", list.out);
    server.stop();
}
