//! Stock git does everything people do with it: the distribution's git and a newer one, over HTTP
//! and over SSH, in every version of the protocol.

use serde_json::json;
use testkit::{Door, Git, Server, WorkTree};

const SITE: &str = "acme/site";

/// Ann may write to `acme/site`, whose `main` has two commits; nobody may push to `closed`.
fn server() -> Server {
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
    server
}

/// Each git through each door, as Ann, with the address of [`SITE`] there.
fn clients(server: &Server) -> Vec<(Git, String)> {
    let through = |door| Git::all().map(|git| server.reach(door, git, "ann", SITE));
    Door::all().into_iter().flat_map(through).collect()
}

#[test]
fn clone_push_and_fetch_work_in_every_version_of_the_protocol() {
    let server = server();
    for (number, (git, url)) in clients(&server).into_iter().enumerate() {
        for version in ["0", "1", "2"] {
            let protocol = format!("protocol.version={version}");
            let clone = || {
                let tree = WorkTree::clone_by(git.clone(), &url, &["--config", &protocol]);
                assert_eq!(tree.git(&["log", "--format=%s", "origin/main"]), "two\none");
                tree
            };
            let (ann, other) = (clone(), clone());
            let branch = format!("topic/{number}-{version}");
            let first = ann.commit("first");
            ann.push(&branch).accepted();
            ann.commit("second");
            ann.push(&branch).accepted();
            other.fetch();
            assert_eq!(other.id(&format!("origin/{branch}~1")), first);
            ann.push(&branch).accepted();
            assert_eq!(server.tip(SITE, &branch).as_deref(), Some("second"));
            other.is_sound();
        }
    }
    server.is_sound(SITE);
}

#[test]
fn an_empty_repository_is_cloned_and_filled() {
    let server = server();
    let each = Door::all().map(|door| Git::all().map(|git| (door, git)));
    for (door, git) in each.into_iter().flatten() {
        server.create_repository("acme/empty");
        let (git, url) = server.reach(door, git, "admin", "acme/empty");
        let tree = WorkTree::clone(git, &url);
        assert_eq!(tree.git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
        tree.commit("one");
        tree.push("main").accepted();
        assert_eq!(server.refs("acme/empty"), ["refs/heads/main one"]);
        server.admin().delete("/2.0/repositories/acme/empty").expect(204);
    }
}

#[test]
fn shallow_clones_deepen_push_and_become_whole() {
    let server = server();
    for (git, url) in clients(&server) {
        let tree = WorkTree::clone_by(git, &url, &["--depth=1", "--no-single-branch"]);
        assert_eq!(tree.git(&["log", "--format=%s", "origin/main"]), "two");
        tree.commit("on a shallow one");
        tree.push("+topic/shallow").accepted();
        tree.git(&["fetch", "--quiet", "--deepen=1", "origin"]);
        assert_eq!(tree.git(&["log", "--format=%s", "origin/main"]), "two\none");
        tree.git(&["fetch", "--quiet", "--unshallow", "origin"]);
        assert!(!tree.path().join(".git/shallow").exists());
        tree.is_sound();
    }
    assert_eq!(server.tip(SITE, "topic/shallow").as_deref(), Some("on a shallow one"));
    server.is_sound(SITE);
}

#[test]
fn partial_clones_fetch_what_they_lack_when_it_is_needed() {
    let server = server();
    for (git, url) in clients(&server) {
        for (filter, missing) in [("blob:none", 2), ("tree:0", 2)] {
            let filter = format!("--filter={filter}");
            let tree = WorkTree::clone_by(git.clone(), &url, &["--no-checkout", &filter]);
            let walk = ["rev-list", "--objects", "--missing=print", "origin/main"];
            let walked = tree.git(&walk);
            let lacking = walked.lines().filter(|it| it.starts_with('?')).count();
            assert_eq!(lacking, missing, "{filter}:\n{walked}");
            tree.git(&["checkout", "--quiet", "main"]);
            assert!(tree.path().join("two.txt").exists(), "{filter}");
            tree.commit("from a partial clone");
            tree.push("+topic/partial").accepted();
        }
    }
    server.is_sound(SITE);
}

#[test]
fn with_atomic_all_refs_move_or_none() {
    let server = server();
    for (git, url) in clients(&server) {
        let ann = WorkTree::clone(git, &url);
        ann.commit("three");
        let both = ["+topic/a", "+topic/b"];
        ann.push_with(&["--atomic"], &both).accepted();
        ann.amend("four");
        let before = server.refs(SITE);
        ann.push_with(&["--atomic"], &["+topic/a", "closed"]).fails_with("[remote rejected]");
        assert_eq!(server.refs(SITE), before);
        ann.push_with(&[], &["+topic/a", "closed"]).fails_with("[remote rejected]");
        assert_eq!(server.tip(SITE, "topic/a").as_deref(), Some("four"));
        assert_eq!(server.tip(SITE, "topic/b").as_deref(), Some("three"));
        assert_eq!(server.tip(SITE, "closed"), None);
    }
}

#[test]
fn push_options_are_taken() {
    let server = server();
    for (git, url) in clients(&server) {
        let ann = WorkTree::clone(git, &url);
        ann.commit("three");
        ann.push_with(&["--push-option=ci.skip", "-o", "reviewer=bea"], &["+topic/o"]).accepted();
        ann.push_with(&["-o", "a\u{e4}\u{1f600}"], &[":refs/heads/topic/o"]).accepted();
    }
}

#[test]
fn tags_are_pushed_followed_moved_and_deleted() {
    let server = server();
    for (git, url) in clients(&server) {
        let ann = WorkTree::clone(git.clone(), &url);
        ann.commit("three");
        ann.git(&["tag", "light"]);
        ann.git(&["tag", "-a", "v1", "-m", "version one"]);
        ann.push_with(&["--follow-tags"], &["+topic/tagged"]).accepted();
        ann.push_with(&[], &["refs/tags/light:refs/tags/light"]).accepted();
        let tags = |refs: Vec<String>| -> Vec<String> {
            refs.into_iter().filter(|it| it.starts_with("refs/tags/")).collect()
        };
        assert_eq!(tags(server.refs(SITE)), ["refs/tags/light three", "refs/tags/v1 version one"]);
        let other = WorkTree::clone(git, &url);
        assert_eq!(other.git(&["tag", "--list"]), "light\nv1");
        ann.commit("four");
        ann.git(&["tag", "-f", "light"]);
        ann.push_with(&[], &["+refs/tags/light:refs/tags/light"]).accepted();
        assert_eq!(tags(server.refs(SITE))[0], "refs/tags/light four");
        ann.push_with(&[], &[":refs/tags/light", ":refs/tags/v1"]).accepted();
        assert_eq!(tags(server.refs(SITE)), Vec::<String>::new());
    }
}

#[test]
fn force_with_lease_moves_only_what_was_seen() {
    let server = server();
    for (git, url) in clients(&server) {
        let ann = WorkTree::clone(git.clone(), &url);
        ann.commit("three");
        ann.push("+topic/lease").accepted();
        let other = WorkTree::clone(git, &url);
        ann.amend("four");
        let lease = "--force-with-lease=topic/lease";
        ann.push_with(&[lease], &["topic/lease"]).accepted();
        other.commit("five");
        other.push_with(&[lease], &["topic/lease"]).fails_with("stale info");
        assert_eq!(server.tip(SITE, "topic/lease").as_deref(), Some("four"));
        other.fetch();
        other.push_with(&[lease], &["topic/lease"]).accepted();
        assert_eq!(server.tip(SITE, "topic/lease").as_deref(), Some("five"));
    }
}

#[test]
fn thousands_of_refs_come_and_go_in_one_push() {
    // Per client. Much more would measure the client, whose own time grows with the square.
    const MANY: usize = 500;
    let server = server();
    for (number, (git, url)) in clients(&server).into_iter().enumerate() {
        let ann = WorkTree::clone(git, &url);
        let tip = ann.commit("three");
        let names = (0..MANY).map(|it| format!("create refs/heads/topic/{number}/{it:04} {tip}\n"));
        testkit::feed(&mut ann.command(&["update-ref", "--stdin"]), &names.collect::<String>());
        let all = format!("refs/heads/topic/{number}/*:refs/heads/topic/{number}/*");
        ann.push_with(&["--quiet"], &[&all]).accepted();
        let listed = ann.git(&["ls-remote", "origin", "topic/*"]);
        assert_eq!(listed.lines().count(), (number + 1) * MANY);
    }
    let ann = server.clone_as("ann", SITE);
    assert_eq!(ann.git(&["log", "-1", "--format=%s", "origin/topic/3/0499"]), "three");
    // Everything that matches and is not here goes; `main` does not match.
    ann.push_with(&["--quiet", "--prune"], &["refs/heads/topic/*:refs/heads/topic/*"]).accepted();
    assert_eq!(server.refs(SITE), ["refs/heads/main two"]);
    server.is_sound(SITE);
}
