//! `portcullis key` against a real server: one session.

use crate::program::{Ended, Server, hermetic, program, run};
use std::path::Path;
use std::process::Command;

fn keygen(home: &Path, file: &str, comment: &str) {
    let mut command = Command::new("ssh-keygen");
    hermetic(&mut command, home);
    let made = run(command.args(["-q", "-t", "ed25519", "-N", "", "-C", comment, "-f"]).arg(file));
    assert_eq!(made.code, Some(0), "{}", made.err);
}

#[test]
fn keys_are_added_shown_renamed_and_deleted_and_a_private_one_never_leaves() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(home.path(), &[]);
    let admin = |line: &[&str]| -> Ended {
        let mut command = program(home.path());
        run(command.args(line).arg("--data").arg(&server.data))
    };
    let done = |line: &[&str]| {
        let ended = admin(line);
        assert_eq!(ended.code, Some(0), "{line:?}: {}", ended.err);
        ended
    };
    let nothing = admin(&["key", "add"]);
    assert_eq!(nothing.code, Some(2));
    assert!(nothing.err.contains("ssh-keygen -t ed25519"), "{}", nothing.err);

    std::fs::create_dir(home.path().join(".ssh")).unwrap();
    keygen(home.path(), ".ssh/id_ed25519", "root@desk");
    keygen(home.path(), "deploy", "ci");
    let added = done(&["key", "add"]);
    assert!(added.err.contains(".ssh/id_ed25519.pub"), "it says which file: {}", added.err);
    assert!(added.out.contains("root@desk") && added.out.contains("SHA256:"), "{}", added.out);
    let twice = admin(&["key", "add"]);
    assert_eq!(twice.code, Some(1));
    assert!(twice.err.contains("has this key already, as `root@desk`"), "{}", twice.err);

    let private = admin(&["key", "add", "deploy"]);
    assert_eq!(private.code, Some(2));
    assert!(private.err.contains("`deploy` is a private key and was not sent"), "{}", private.err);

    done(&["user", "create", "ann", "--email", "ann@example.org"]);
    done(&["workspace", "create", "acme", "--name", "Acme"]);
    done(&["project", "create", "acme/CORE"]);
    done(&["repository", "create", "acme/site", "--project", "CORE"]);
    let place = ["--repository", "acme/site"];
    let unsaid = admin(&[&["key", "add", "deploy.pub"][..], &place].concat());
    assert!(unsaid.err.contains("--permission read"), "{}", unsaid.err);
    let own = admin(&["key", "add", "deploy.pub", "--permission", "read"]);
    assert_eq!(own.code, Some(2), "{}", own.err);
    let add = ["key", "add", "deploy.pub", "--permission", "write", "--label", "deployer"];
    done(&[&add[..], &place].concat());
    let listed = done(&[&["key", "list"][..], &place].concat());
    assert!(listed.out.contains("deployer") && listed.out.contains("write"), "{}", listed.out);
    let taken = admin(&["key", "add", "deploy.pub", "--user", "ann"]);
    assert!(taken.err.contains("someone has already registered"), "{}", taken.err);

    let id = serde_json::from_str::<serde_json::Value>(&done(&["key", "list", "--json"]).out)
        .unwrap()[0]["id"]
        .to_string();
    done(&["key", "rename", &id, "desk"]);
    assert!(done(&["key", "show", &id]).out.contains("desk"));
    done(&["key", "delete", &id]);
    assert_eq!(done(&["key", "list"]).out, "no keys\n");
    assert_eq!(done(&["key", "unknown"]).out, "no unknown keys\n");
}

#[test]
fn authorities_are_read_at_start_and_a_bad_file_is_named() {
    let home = tempfile::tempdir().unwrap();
    keygen(home.path(), "ca", "our authority");
    drop(Server::start(home.path(), &["--set", "ssh-user-authorities=ca.pub"]));
    for (value, said) in [
        ("none.pub", "`ssh-user-authorities` names `none.pub`"),
        ("ca", "this is a private key"),
        ("ssh-ed25519 AAAA", "this is not a whole public key"),
    ] {
        let setting = format!("ssh-user-authorities={value}");
        let ended = run(program(home.path())
            .args(["serve", "--http", "127.0.0.1:0", "--set"])
            .arg(setting));
        assert!(ended.code != Some(0) && ended.err.contains(said), "{value}: {}", ended.err);
        assert!(!ended.err.contains("AAAAC3"), "{}", ended.err);
    }
}
