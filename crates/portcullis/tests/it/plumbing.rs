//! `portcullis plumbing`: stock git on the other end of the pipe, over a plain repository.

use crate::program::{hermetic, run};
use std::path::Path;
use std::process::Command;

fn git(home: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    hermetic(&mut command, home);
    for person in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{person}_NAME"), "Ann");
        command.env(format!("GIT_{person}_EMAIL"), "ann@example.org");
        command.env(format!("GIT_{person}_DATE"), "2026-11-01T12:00:00Z");
    }
    let ended = run(command.args(arguments));
    assert_eq!(ended.code, Some(0), "git {arguments:?}: {}", ended.err);
    ended.out.trim().to_owned()
}

/// The option of stock git that names our edge.
fn edge(option: &str, service: &str) -> String {
    format!("--{option}={} plumbing {service}", env!("CARGO_BIN_EXE_portcullis"))
}

#[test]
fn stock_git_clones_and_pushes_through_it_in_every_version() {
    for version in ["0", "1", "2"] {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path();
        let protocol = format!("protocol.version={version}");
        let git = |arguments: &[&str]| git(home, &[&["-c", &protocol], arguments].concat());
        git(&["init", "-q", "--bare", "-b", "main", "site.git"]);
        git(&["init", "-q", "-b", "main", "work"]);
        git(&["-C", "work", "commit", "-q", "--allow-empty", "-m", "one"]);
        git(&["-C", "work", "tag", "-a", "-m", "first", "v1"]);
        let receive = edge("receive-pack", "receive-pack");
        git(&["-C", "work", "push", "-q", &receive, "--atomic", "../site.git", "main", "v1"]);
        git(&["--git-dir", "site.git", "fsck", "--strict"]);
        let upload = edge("upload-pack", "upload-pack");
        git(&["clone", "-q", "--no-local", &upload, "site.git", "copy"]);
        let tip = git(&["-C", "work", "rev-parse", "main", "v1"]);
        assert_eq!(git(&["-C", "copy", "rev-parse", "main", "v1"]), tip);
        git(&["-C", "work", "push", "-q", &receive, "../site.git", ":v1"]);
        let listed = git(&["ls-remote", &upload, "site.git"]);
        assert!(listed.contains("refs/heads/main") && !listed.contains("v1"), "{listed}");
    }
}

#[test]
fn what_is_not_a_repository_is_named() {
    let home = tempfile::tempdir().unwrap();
    for service in ["upload-pack", "receive-pack"] {
        let mut command = crate::program::program(home.path());
        let ended = run(command.args(["plumbing", service, "nowhere.git"]));
        assert_eq!((ended.code, ended.out.as_str()), (Some(1), ""));
        assert!(ended.err.contains("nowhere.git"), "{}", ended.err);
    }
}
