//! Commits that are signed with OpenPGP, by the real `gpg`: whose signature counts, and what is
//! said of the others.

use crate::content::{follow, told, with_rule};
use crate::session::{SITE, ahead};
use serde_json::{Value, json};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;
use testkit::{Door, Server, WorkTree};

/// When keys are made that are to be over by now.
const LONG_AGO: &str = "20200101T000000";

/// A key ring of somebody, with the agent that belongs to it.
struct Ring(TempDir);

impl Ring {
    fn new() -> Self {
        let private = std::fs::Permissions::from_mode(0o700);
        let mut builder = tempfile::Builder::new();
        // Close to the root: the agent's socket lies in it, whose name may not be long.
        let folder = builder.prefix("gpg").permissions(private).tempdir_in("/tmp");
        Self(folder.expect("a folder"))
    }

    fn command(&self) -> Command {
        let mut command = Command::new("gpg");
        command.arg("--homedir").arg(self.0.path()).args(["--no-tty", "--quiet"]);
        command.args(["--passphrase", "", "--pinentry-mode", "loopback"]);
        command
    }

    /// Runs gpg with this input, and gives what it printed.
    #[track_caller]
    fn gpg(&self, args: &[&str], input: &str) -> String {
        let mut command = self.command();
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("gpg starts");
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(ended.status.success(), "gpg {args:?}: {err}");
        String::from_utf8(ended.stdout).unwrap()
    }

    /// Makes a key and gives its fingerprint.
    #[track_caller]
    fn make(&self, name: &str, algorithm: &str, options: &[&str], lasts: &str) -> String {
        let make = ["--batch", "--quick-generate-key", name, algorithm, "sign", lasts];
        self.gpg(&[options, &make].concat(), "");
        self.fingerprints(name).remove(0)
    }

    /// Adds a subkey that signs, and gives its fingerprint.
    #[track_caller]
    fn make_subkey(&self, key: &str, options: &[&str], lasts: &str) -> String {
        let make = ["--batch", "--quick-add-key", key, "ed25519", "sign", lasts];
        self.gpg(&[options, &make].concat(), "");
        self.fingerprints(key).pop().unwrap()
    }

    fn fingerprints(&self, name: &str) -> Vec<String> {
        let list = ["--with-colons", "--with-subkey-fingerprint", "--list-keys", name];
        let text = self.gpg(&list, "");
        let lines = text.lines().filter_map(|it| it.strip_prefix("fpr:"));
        lines.map(|it| it.trim_matches(':').to_owned()).collect()
    }

    fn export(&self, key: &str) -> String {
        self.gpg(&["--armor", "--export", key], "")
    }

    /// A program that signs as this ring does, perhaps at another time.
    fn program(&self, options: &[&str]) -> PathBuf {
        let path = self.0.path().join(format!("sign{}", options.join("-")));
        let home = self.0.path().display();
        let line = format!("exec gpg --homedir {home} --batch {} \"$@\"", options.join(" "));
        std::fs::write(&path, format!("#!/bin/sh\n{line}\n")).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
        path
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let mut command = Command::new("gpgconf");
        command.arg("--homedir").arg(self.0.path()).args(["--kill", "all"]);
        // An agent without its folder ends by itself, a little later.
        drop(command.status());
    }
}

fn signs_with(tree: &WorkTree, program: &Path, key: &str) {
    tree.git(&["config", "gpg.program", &program.display().to_string()]);
    tree.git(&["config", "user.signingkey", &format!("{key}!")]);
}

fn sign_again(tree: &WorkTree) {
    tree.git(&["commit", "--quiet", "--amend", "--no-edit", "-S"]);
}

#[track_caller]
fn add(server: &Server, user: &str, key: &str) -> Value {
    let path = format!("/api/v1/users/{user}/gpg-keys");
    server.admin().post(&path, &json!({ "key": key })).expect(201)
}

/// What is found about the last commit.
#[track_caller]
fn is_refused(server: &Server, tree: &WorkTree, found: &str) {
    let before = server.holdings(SITE);
    let told = told(&tree.push("main"));
    let id = tree.id("HEAD").get(..12).unwrap().to_owned();
    let told = told.replace(&id, "ID").replace("\n          ", " ");
    let line = format!("  found   ID \"three\": {found}");
    assert!(told.lines().any(|it| it.starts_with(&line)), "{line}\n{told}");
    assert_eq!(server.holdings(SITE), before);
}

#[test]
fn rule_096_a_commit_is_signed_by_a_gpg_key_of_its_committer() {
    let ring = Ring::new();
    for (door, algorithm) in Door::all().into_iter().zip(["ed25519", "rsa3072"]) {
        let server = with_rule(json!({ "kind": "require-signed-commits" }));
        let tree = ahead(&server, door, "ann");
        let name = format!("Ann {algorithm} <ann@example.org>");
        let key = ring.make(&name, algorithm, &[], "never");
        signs_with(&tree, &ring.program(&[]), &key);
        let unsigned = tree.push("main");
        sign_again(&tree);
        let short = key.get(24..).unwrap().to_lowercase();
        is_refused(&server, &tree, &format!("signed by a key that is nobody's here, {short}"));
        add(&server, "ann", &ring.export(&key));
        // A signature belongs to one commit.
        let raw = tree.git(&["cat-file", "commit", "HEAD"]).replace("\n\nthree", "\n\nfour");
        let other = tree.path().join("other");
        std::fs::write(&other, format!("{raw}\n")).unwrap();
        let id = tree.git(&["hash-object", "-w", "-t", "commit", "other"]);
        let pushed = tree.push(&format!("{id}:refs/heads/main"));
        assert!(
            pushed.stderr().contains("\"four\": the signature does not fit"),
            "{}",
            pushed.stderr()
        );
        // The way out, as it stood there when it was not signed.
        tree.git(&["commit", "--quiet", "--amend", "--no-edit", "--no-gpg-sign"]);
        follow(&unsigned, &tree);
        assert_eq!(server.tip(SITE, "main").as_deref(), Some("three"));
        server.is_sound(SITE);
    }
}

#[test]
fn keys_of_others_and_subkeys_that_are_over_or_revoked_sign_nothing() {
    let ring = Ring::new();
    let server = with_rule(json!({ "kind": "require-signed-commits" }));
    let tree = ahead(&server, Door::Http, "ann");
    let bobs = ring.make("Bob <bob@example.org>", "ed25519", &[], "never");
    add(&server, "bob", &ring.export(&bobs));
    signs_with(&tree, &ring.program(&[]), &bobs);
    sign_again(&tree);
    is_refused(&server, &tree, "signed by a key of bob, committed by ann@example.org");

    let then = ["--faked-system-time", LONG_AGO];
    let key = ring.make("Ann <ann@example.org>", "ed25519", &then, "never");
    let over = ring.make_subkey(&key, &then, "1y");
    let revoked = ring.make_subkey(&key, &[], "never");
    let good = ring.make_subkey(&key, &[], "never");
    signs_with(&tree, &ring.program(&[]), &revoked);
    sign_again(&tree);
    let by_revoked = tree.id("HEAD");
    let edit = ["--command-fd", "0", "--edit-key", &key];
    ring.gpg(&edit, "key 2\nrevkey\ny\n0\n\ny\nsave\n");
    let id = add(&server, "ann", &ring.export(&key))["id"].to_string();
    is_refused(&server, &tree, "signed by a key of ann that was revoked");
    signs_with(&tree, &ring.program(&["--faked-system-time", LONG_AGO]), &over);
    sign_again(&tree);
    is_refused(&server, &tree, "signed by a key of ann that has expired");
    // The subkey that is good, and what it signed when the key is gone.
    signs_with(&tree, &ring.program(&[]), &good);
    sign_again(&tree);
    let keys = "/api/v1/users/ann/gpg-keys";
    server.admin().delete(&format!("{keys}/{id}")).expect(204);
    let short = good.get(24..).unwrap().to_lowercase();
    is_refused(&server, &tree, &format!("signed by a key that is nobody's here, {short}"));
    add(&server, "ann", &ring.export(&key));
    tree.push("main").accepted();
    assert_ne!(tree.id("HEAD"), by_revoked);
    server.is_sound(SITE);
}

#[test]
fn what_is_no_good_key_is_told_why_and_not_kept() {
    let ring = Ring::new();
    let server = Server::with("user ann\n user bob");
    let anns = ring.make("Ann <ann@example.org>", "ed25519", &[], "never");
    let bobs = ring.make("Bob <bob@example.org>", "ed25519", &[], "never");
    let then = ["--faked-system-time", LONG_AGO];
    let over = ring.make("Ann Old <ann@example.org>", "ed25519", &then, "1y");
    let weak = ring.make("Ann Weak <ann@example.org>", "rsa1024", &[], "never");
    let gone = ring.make("Ann Gone <ann@example.org>", "ed25519", &[], "never");
    let revocation = ring.0.path().join(format!("openpgp-revocs.d/{gone}.rev"));
    let revocation = std::fs::read_to_string(revocation).unwrap();
    ring.gpg(&["--batch", "--import"], &revocation.replace(":-----BEGIN", "-----BEGIN"));
    let secret = ring.gpg(&["--batch", "--armor", "--export-secret-keys", &anns], "");
    let both = format!("{}{}", ring.export(&anns), ring.export(&bobs));
    let cut = ring.export(&anns).lines().take(4).collect::<Vec<_>>().join("\n");
    for (key, part) in [
        ("", "paste the public key"),
        (secret.as_str(), "this is a private key"),
        (&both, "these are several keys"),
        (&cut, "not a whole public key"),
        (&ring.export(&over), "has expired"),
        (&ring.export(&gone), "is revoked"),
        (&ring.export(&weak), "nothing in this key may sign"),
        (&ring.export(&bobs), "this key is of Bob <bob@example.org>: add `ann@example.org` to it"),
    ] {
        let answer = server.admin().post("/api/v1/users/ann/gpg-keys", &json!({ "key": key }));
        let text = answer.expect(400).to_string();
        assert!(text.contains("\"key\"") && text.contains(part), "{part}: {text}");
    }
    let list = server.admin().get("/api/v1/users/ann/gpg-keys").expect(200);
    assert_eq!(list["values"], json!([]));
}
