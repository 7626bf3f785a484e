//! Real git pushing into a plain bare repository through our receive-pack.

use crate::support::{Clone, check, git, git_in, new_clone};
use repo::Repository;
use std::path::PathBuf;
use tempfile::TempDir;

struct Plain {
    _temp: TempDir,
    dir: PathBuf,
    clone: Clone,
}

impl Plain {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let dir = temp.path().join("plain.git");
        git(temp.path(), &["init", "-q", "--bare", "-b", "main", "plain.git"]);
        let clone = new_clone(&temp.path().join("clone"));
        Self { _temp: temp, dir, clone }
    }

    /// Pushes and gives git's porcelain lines and what it said.
    fn push(&self, options: &[&str], refspecs: &[&str]) -> (bool, String) {
        let program = env!("CARGO_BIN_EXE_repo-test-receive-pack");
        self.push_to(program, options, refspecs)
    }

    fn push_to(&self, program: &str, options: &[&str], refspecs: &[&str]) -> (bool, String) {
        let output = git_in(&self.clone.dir)
            .args(["push", "--porcelain"])
            .arg(format!("--receive-pack={program}"))
            .args(options)
            .arg(&self.dir)
            .args(refspecs)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr);
        (output.status.success(), said)
    }

    fn accepted(&self, options: &[&str], refspecs: &[&str]) {
        let (ok, said) = self.push(options, refspecs);
        assert!(ok, "{said}");
        self.check();
    }

    fn check(&self) {
        check(&Repository::open_plain(&self.dir).unwrap());
    }
}

#[test]
fn every_kind_of_push() {
    let plain = Plain::new();
    let clone = &plain.clone;
    let one = clone.commit("a", "one\n");
    plain.accepted(&[], &["main"]);
    clone.commit("a", "two\n");
    clone.commit("b", &"text\n".repeat(100_000));
    git(&clone.dir, &["tag", "-a", "v1", "-m", "first"]);
    git(&clone.dir, &["tag", "light"]);
    plain.accepted(&["--atomic"], &["main", "v1", "light", "main:topic/deep"]);
    git(&clone.dir, &["reset", "-q", "--hard", &one.to_string()]);
    let three = clone.commit("a", "three\n");
    let (ok, said) = plain.push(&[], &["main"]);
    assert!(!ok && said.contains("non-fast-forward"), "{said}");
    plain.accepted(&["--force-with-lease=main:v1^{commit}"], &["main"]);
    plain.accepted(&["-o", "hello"], &[":topic/deep", "main:topic"]);
    plain.accepted(&["--atomic"], &[":topic", "main:topic/deep"]);
    plain.accepted(&[], &[":topic/deep", "main:topic"]);
    plain.accepted(&[], &[":light", ":v1"]);
    // Nothing to do is said without a push.
    plain.accepted(&[], &["main"]);
    for version in ["0", "1", "2"] {
        let option = format!("main:version-{version}");
        git(&clone.dir, &["config", "protocol.version", version]);
        plain.accepted(&[], &[&option]);
    }
    let refs = git(&plain.dir, &["for-each-ref", "--format=%(refname:short)"]);
    assert_eq!(refs, "main\ntopic\nversion-0\nversion-1\nversion-2");
    assert_eq!(clone.id("main"), three);
}

#[test]
fn what_git_shows_of_a_failure() {
    let plain = Plain::new();
    plain.clone.commit("a", "one\n");
    plain.accepted(&[], &["main"]);
    let (ok, said) = plain.push(&[], &["main:refs/heads/main/x", "main:good"]);
    assert!(!ok, "{said}");
    let cause = "the ref's name and another ref's would need to be a file and a folder at once";
    assert!(
        said.contains(&format!(
            "!\trefs/heads/main:refs/heads/main/x\t[remote rejected] (PC-REF-CONFLICT: {cause} \
             (refs/heads/main))"
        )),
        "{said}"
    );
    assert!(said.contains("*\trefs/heads/main:refs/heads/good\t[new branch]"), "{said}");
    assert!(said.contains("remote:   next    choose another name"), "{said}");
    plain.check();
}

#[test]
fn a_shallow_clone_and_a_mirror_push() {
    let plain = Plain::new();
    for n in 0..5 {
        plain.clone.commit("a", &format!("{n}\n"));
        git(&plain.clone.dir, &["branch", &format!("b{n}")]);
    }
    plain.accepted(&["--mirror"], &[]);
    git(&plain.clone.dir, &["branch", "-D", "-q", "b0"]);
    plain.accepted(&["--mirror"], &[]);
    let url = format!("file://{}", plain.dir.display());
    let shallow = plain.dir.with_file_name("shallow");
    git(&plain.clone.dir, &["clone", "-q", "--depth=1", &url, &shallow.to_string_lossy()]);
    let shallow =
        Plain { clone: Clone { dir: shallow }, dir: plain.dir.clone(), _temp: plain._temp };
    shallow.clone.commit("a", "shallow\n");
    shallow.accepted(&[], &["HEAD:main"]);
}

/// Bytes that do not compress.
fn noise(length: usize) -> String {
    let mut state = 88_172_645_463_325_252_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b' ' + u8::try_from(state % 95).unwrap())
    };
    (0..length).map(|_| next()).collect()
}

#[test]
fn a_refusal_is_shown_although_the_upload_was_not_read() {
    let plain = Plain::new();
    plain.clone.commit("a", &noise(5_000_000));
    let program = env!("CARGO_BIN_EXE_repo-test-receive-pack");
    let refusing = format!("env REFUSE=refs/heads/main {program}");
    let (ok, said) = plain.push_to(&refusing, &[], &["main"]);
    assert!(!ok, "{said}");
    assert!(said.contains("remote: refs/heads/main is closed"), "{said}");
    assert!(said.contains("[remote rejected] (PC-TEST: closed)"), "{said}");
    assert_eq!(git(&plain.dir, &["count-objects"]), "0 objects, 0 kilobytes");
    plain.check();
}

#[test]
fn a_full_disk_is_said_and_leaves_nothing() {
    let plain = Plain::new();
    plain.clone.commit("a", "small\n");
    plain.accepted(&[], &["main"]);
    plain.clone.commit("a", &noise(1_000_000));
    // A limit on the length of files stands in for a disk that is full.
    let full = plain.dir.with_file_name("full");
    let program = env!("CARGO_BIN_EXE_repo-test-receive-pack");
    let script = format!("#!/bin/sh\ntrap '' XFSZ\nulimit -f 400\nexec {program} \"$@\"\n");
    std::fs::write(&full, script).unwrap();
    let sh = format!("sh {}", full.display());
    let (ok, said) = plain.push_to(&sh, &[], &["main"]);
    assert!(!ok && said.contains("PC-STORAGE-FULL: the server's disk is full"), "{said}");
    plain.check();
    plain.accepted(&[], &["main"]);
}

/// See `check_tips`: an object that is there is taken for complete and for known to the pusher.
#[test]
fn what_no_visible_ref_leads_to_can_be_pushed_again_as_to_stock_git() {
    for program in [env!("CARGO_BIN_EXE_repo-test-receive-pack"), "git-receive-pack"] {
        let plain = Plain::new();
        plain.clone.commit("a", "one\n");
        let left = plain.clone.commit("a", "two\n");
        let hidden = plain.clone.commit("a", "three\n");
        plain.accepted(
            &[],
            &["main~2:refs/heads/main", "main~1:refs/heads/left", "main:refs/heads/hidden"],
        );
        git(&plain.dir, &["update-ref", "refs/hidden/x", "refs/heads/hidden"]);
        git(&plain.dir, &["config", "transfer.hideRefs", "refs/hidden"]);
        plain.accepted(&[], &[":left", ":hidden"]);
        for id in [left, hidden] {
            let (ok, said) = plain.push_to(program, &[], &[&format!("{id}:refs/heads/again")]);
            assert!(ok, "{program}: {said}");
            assert_eq!(git(&plain.dir, &["rev-parse", "again"]), id.to_string(), "{program}");
            plain.accepted(&[], &[":again"]);
        }
    }
}
