//! What must not leave: refs that are hidden, what only they reach, what nothing reaches any more.

use crate::wire_level::packets;
use crate::world::{World, fail, git, succeed};
use model::ObjectId;
use repo::{Error, Repository, UploadOptions, Visible, upload_pack};
use wire::Version;

/// A world with a hidden branch and what only it has.
fn world() -> (World, Secret) {
    let mut world = World::with_history();
    world.grow("secret", 2);
    world.tag("secret-tag", "refs/heads/secret");
    succeed(git(&world.git_dir).args(["update-ref", "refs/hidden/secret", "refs/heads/secret"]));
    succeed(git(&world.git_dir).args(["update-ref", "refs/hidden/tag", "refs/tags/secret-tag"]));
    let secret = Secret {
        tip: world.id("refs/heads/secret"),
        parent: world.id("refs/heads/secret~1"),
        tree: world.id("refs/heads/secret^{tree}"),
        blob: world.id("refs/heads/secret:sub/deep/x"),
        tag: world.id("refs/tags/secret-tag"),
    };
    for name in ["refs/heads/secret", "refs/tags/secret-tag"] {
        succeed(git(&world.git_dir).args(["update-ref", "-d", name]));
    }
    world.server.hide("refs/hidden/");
    (world, secret)
}

struct Secret {
    tip: String,
    parent: String,
    tree: String,
    blob: String,
    tag: String,
}

fn each_way(world: &World, mut check: impl FnMut(&str, u8)) {
    for url in [&world.server.git, &world.server.http] {
        for version in [0, 2] {
            check(url, version);
        }
    }
}

#[test]
fn hidden_refs_are_not_listed() {
    let (world, _) = world();
    each_way(&world, |url, version| {
        let protocol = format!("protocol.version={version}");
        let list = succeed(git(world.dir.path()).args(["-c", &protocol, "ls-remote", url]));
        assert!(list.contains("refs/heads/main") && !list.contains("hidden"), "{list}");
        let list = succeed(git(world.dir.path()).args([
            "-c",
            &protocol,
            "ls-remote",
            url,
            "refs/hidden/*",
        ]));
        assert_eq!(list, "");
    });
}

#[test]
fn nothing_that_only_hidden_refs_reach_can_be_had_by_its_id() {
    let (world, secret) = world();
    let clone = world.dir.path().join("clone.git");
    succeed(git(world.dir.path()).args(["init", "-q", "--bare"]).arg(&clone));
    each_way(&world, |url, version| {
        for id in [&secret.tip, &secret.parent, &secret.tree, &secret.blob, &secret.tag] {
            let protocol = format!("protocol.version={version}");
            let said = fail(git(&clone).args(["-c", &protocol, "fetch", url, id]));
            assert!(said.contains(&format!("not our ref {id}")), "{said}");
            let found = git(&clone).args(["cat-file", "-e", id]).output().unwrap();
            assert!(!found.status.success(), "{id} was sent");
        }
    });
    assert_eq!(world.server.take_served().processes, 0);
}

#[test]
fn what_visible_refs_reach_can_be_had_by_its_id() {
    let (world, _) = world();
    let revisions = ["main~4", "main~4^{tree}", "main~4:sub/deep/x", "topic:shared", "v1", "vv"];
    for (nth, graph) in [false, true].into_iter().enumerate() {
        if graph {
            succeed(git(&world.git_dir).args(["commit-graph", "write", "--reachable"]));
        }
        each_way(&world, |url, version| {
            let clone = world.dir.path().join(format!("{nth}-{version}-{}", url.len()));
            succeed(git(world.dir.path()).args(["init", "-q", "--bare"]).arg(&clone));
            for revision in revisions {
                let (id, protocol) = (world.id(revision), format!("protocol.version={version}"));
                succeed(git(&clone).args(["-c", &protocol, "fetch", "-q", url, &id]));
                succeed(git(&clone).args(["cat-file", "-e", &id]));
            }
        });
    }
}

/// Attack: the client names a hidden commit as the end of its own history and asks for what is
/// beyond it. Its parents would be wanted without anybody having asked whether they may be seen.
#[test]
fn naming_a_hidden_commit_as_an_end_does_not_give_its_parents() {
    let (world, secret) = world();
    let repository = Repository::open_plain(&world.git_dir).unwrap();
    let visible = |name: &str| !name.starts_with("refs/hidden/");
    for deepen in ["deepen 2147483647", "deepen 1|deepen-relative"] {
        for (end, expected) in [(&secret.tip, false), (&world.id("main~2"), true)] {
            let script =
                format!("command=fetch|D|want {}|shallow {end}|{deepen}|done|F", world.id("main"));
            let options = UploadOptions { version: Version::V2, ..UploadOptions::default() };
            let (mut output, body) = (Vec::new(), packets(&script));
            let visible = Visible::Only(&visible);
            upload_pack(&repository, visible, &mut &body[..], &mut output, &options).unwrap();
            let output = String::from_utf8_lossy(&output);
            assert_eq!(output.contains("unshallow"), expected, "{script}");
            assert!(!output.contains(&secret.parent), "{script}");
        }
    }
}

/// Somebody pushed a password, took it back, and thinks it is gone. By its id it would still be
/// there, if only what no hidden ref reaches were withheld.
#[test]
fn what_was_taken_back_cannot_be_had_by_its_id() {
    let mut world = World::with_history();
    world.grow("mistake", 1);
    let (commit, blob) = (world.id("mistake"), world.id("mistake:shared"));
    succeed(git(&world.git_dir).args(["update-ref", "-d", "refs/heads/mistake"]));
    let clone = world.dir.path().join("clone.git");
    succeed(git(world.dir.path()).args(["init", "-q", "--bare"]).arg(&clone));
    each_way(&world, |url, version| {
        for id in [&commit, &blob] {
            let protocol = format!("protocol.version={version}");
            let said = fail(git(&clone).args(["-c", &protocol, "fetch", url, id]));
            assert!(said.contains("not our ref"), "{said}");
        }
    });
}

#[test]
fn tags_that_are_hidden_do_not_follow() {
    let (world, secret) = world();
    world.server.hide("refs/tags/v1");
    world.tag("v1-hidden", "refs/heads/main");
    let tag = world.id("refs/tags/v1-hidden");
    assert_ne!(tag, secret.tag);
    each_way(&world, |url, version| {
        let clone = world.dir.path().join(format!("{version}-{}", url.len()));
        let protocol = format!("protocol.version={version}");
        succeed(git(world.dir.path()).args(["-c", &protocol, "clone", "-q", url]).arg(&clone));
        let found = git(&clone).args(["cat-file", "-e", &tag]).output().unwrap();
        assert!(!found.status.success(), "the hidden tag was sent along");
        succeed(git(&clone).args(["cat-file", "-e", "refs/tags/v0"]));
    });
}

/// Who makes a branch through the API names its target; a short id could be guessed.
#[test]
fn no_revision_leads_to_what_only_hidden_refs_reach() {
    let (world, secret) = world();
    succeed(git(&world.git_dir).args(["symbolic-ref", "HEAD", "refs/hidden/secret"]));
    let repository = Repository::open_plain(&world.git_dir).unwrap();
    let visible = Visible::Except(&["refs/hidden/"]);
    let find = |revision: &str| repository.resolve(revision, visible);
    for id in [&secret.tip, &secret.parent, &secret.tree, &secret.blob, &secret.tag] {
        for digits in [4, 7, 40] {
            let found = find(&id[..digits]);
            assert!(!found.as_ref().is_ok_and(|it| it.to_string() == **id), "{id} was found");
            assert!(matches!(found, Err(Error::UnknownRevision(_))), "{found:?}");
        }
    }
    for name in ["HEAD", "refs/hidden/secret", "refs/hidden/tag"] {
        assert!(matches!(find(name), Err(Error::UnknownRevision(_))), "{name}");
    }
    for revision in ["main", "main~2", "topic~1", "v1", "vv"] {
        let id = world.id(revision);
        let expected = ObjectId::parse(id.as_bytes()).unwrap();
        assert_eq!(find(&id).unwrap(), expected, "{revision}");
        assert_eq!(find(&id[..12]).unwrap(), expected, "{revision}");
    }
    assert_eq!(
        repository.resolve("HEAD", Visible::Everything).unwrap().to_string(),
        secret.tip,
        "it is there, for whoever may see it"
    );
}
