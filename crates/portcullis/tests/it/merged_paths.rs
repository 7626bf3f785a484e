//! Path rules and merges: a merge may bring what others did to a restricted file, and may not
//! leave it out.

use crate::content::{follow, told, with_rule};
use crate::session::SITE;
use serde_json::json;
use std::path::Path;
use testkit::{Server, WorkTree};

const X: &str = "infra/x";

/// Everybody may work here, and only bob on `infra`.
fn guarded() -> Server {
    with_rule(json!({
        "kind": "restricted-paths", "argument": "infra/**", "matcher": { "type": "any" },
        "subjects": [{ "type": "user", "name": "bob" }],
    }))
}

/// Lines of a shell in a clone; each must succeed.
#[track_caller]
fn run(tree: &WorkTree, lines: &str) {
    let ended = tree.pasted(&format!("set -e\n{lines}"), Path::new("/nonexistent"));
    assert!(ended.success(), "{lines}\n{}", ended.stderr());
}

/// bob's: `base` has the first `infra/x`, `main` the second, `side` a third made beside that, and
/// `gone` none.
fn bobs_work(server: &Server) {
    let bob = server.clone_as("bob", SITE);
    for (from, branch, content) in
        [("main", "base", "1"), ("base", "main", "2"), ("base", "side", "3")]
    {
        run(&bob, &format!("git checkout -q {from}; git checkout -q -B {branch}"));
        bob.commit_file(X, content.as_bytes(), &format!("x {content}"));
        bob.push(branch).accepted();
    }
    run(&bob, "git checkout -q -b gone base; git rm -q infra/x; git commit -qm gone");
    bob.push("gone").accepted();
}

/// What ann does; what is found, after which remedy; which `infra/x` there is in the end.
const MERGES: [(&str, &str, &str, &str); 14] = [
    ("git merge -q --no-edit origin/main", "", "", "2"),
    ("git merge -q --no-edit origin/gone", "", "", "-"),
    (
        "git merge -q -s ours -m kept origin/main",
        "infra/x: leaves out what the other side did, in ID \"kept\"",
        "git reset --quiet HEAD^2 -- infra/x",
        "2",
    ),
    (
        "git merge -q -s ours -m kept origin/gone",
        "infra/x: leaves out what the other side did, in ID \"kept\"",
        "git reset --quiet HEAD^2 -- infra/x",
        "-",
    ),
    // The same with the sides in the other order.
    (
        "git checkout -q -B other origin/main; git merge -q --no-commit --no-ff mine
         git checkout -q mine -- infra/x; git commit -qm kept",
        "infra/x: leaves out what the other side did, in ID \"kept\"",
        "git reset --quiet HEAD^ -- infra/x",
        "2",
    ),
    (
        "git merge -q --no-commit --no-ff origin/main; git rm -qf infra/x; git commit -qm took",
        "infra/x, in ID \"took\"",
        "git reset --quiet HEAD^2 -- infra/x",
        "2",
    ),
    // Somebody has to choose, which changes it.
    (
        "git checkout -q -B mine origin/side; git commit -q --allow-empty -m mine
         git merge -q -X theirs -m chosen origin/main",
        "infra/x: both sides changed it, in ID \"chosen\"",
        "",
        "",
    ),
    // Several at once.
    (
        "git checkout -q -b second base; git commit -q --allow-empty -m second
         git checkout -q mine; git merge -q --no-edit second origin/main",
        "",
        "",
        "2",
    ),
    (
        "git checkout -q mine; git merge -q -s ours -m kept second origin/main",
        "infra/x: leaves out what the other side did, in ID \"kept\"",
        "git reset --quiet HEAD^3 -- infra/x",
        "2",
    ),
    // Nothing in common.
    (
        "git checkout -q --orphan alone; git rm -rfq .; git commit -q --allow-empty -m alone
         git merge -q --no-edit --allow-unrelated-histories origin/main",
        "",
        "",
        "2",
    ),
    (
        "git checkout -q alone; git reset -q --hard HEAD^1
         git merge -q -s ours -m kept --allow-unrelated-histories origin/main",
        "infra/x: leaves out what the other side did, in ID \"kept\"",
        "git reset --quiet HEAD^2 -- infra/x",
        "2",
    ),
    // Crosswise: each line has the other in it, and bob went on with one.
    ("git checkout -q -B left origin/left; git merge -q --no-edit origin/right", "", "", "4"),
    (
        "git checkout -q -B left origin/left; git merge -q -s ours -m kept origin/right",
        "infra/x: leaves out what the other side did, in ID \"kept\"",
        "git reset --quiet HEAD^2 -- infra/x",
        "4",
    ),
    // Deep below, and by the mode alone.
    (
        "git merge -q --no-commit --no-ff origin/main; git update-index --chmod=+x infra/x
         git commit -qm mode",
        "infra/x, in ID \"mode\"",
        "git reset --quiet HEAD^2 -- infra/x",
        "2",
    ),
];

#[test]
fn a_merge_brings_what_others_did_and_leaves_nothing_out() {
    let server = guarded();
    bobs_work(&server);
    let ann = server.clone_as("ann", SITE);
    crossed(&server, &ann);
    run(&ann, "git branch -q base origin/base");
    for (at, (script, found, remedy, left)) in MERGES.into_iter().enumerate() {
        run(&ann, "git checkout -q -B mine base; echo mine > mine; git add mine");
        run(&ann, "git commit -q -m mine");
        run(&ann, script);
        let branch = format!("case{at}");
        let pushed = ann.push(&branch);
        if !found.is_empty() {
            let told = told(&pushed).replace(ann.id("HEAD").get(..12).unwrap(), "ID");
            let found = format!("  found   {found}");
            assert_eq!(told.lines().find(|it| it.starts_with("  found")), Some(found.as_str()));
            assert_eq!(server.tip(SITE, &branch), None, "{script}");
            if remedy.is_empty() {
                assert!(!told.contains("git reset"), "{told}");
                continue;
            }
            assert!(told.contains(remedy), "{script}: {told}");
            follow(&pushed, &ann);
        }
        assert!(server.tip(SITE, &branch).is_some(), "{script}: {}", pushed.stderr());
        run(&ann, "git reset -q --hard; git clean -dfq");
        let there = std::fs::read_to_string(ann.path().join(X));
        assert_eq!(there.unwrap_or("-".into()), left, "{script}");
    }
    server.is_sound(SITE);
}

/// Two lines that were merged into one another, and bob's `infra/x` on top of one.
fn crossed(server: &Server, ann: &WorkTree) {
    run(ann, "git checkout -q -b one origin/base; git commit -q --allow-empty -m one");
    run(ann, "git checkout -q -b left one; git merge -q --no-ff -m left origin/main");
    run(ann, "git checkout -q -b right origin/main; git merge -q --no-ff -m right one");
    ann.push_with(&[], &["left:refs/heads/left", "right:refs/heads/right"]).accepted();
    assert_eq!(ann.git(&["merge-base", "--all", "left", "right"]).lines().count(), 2);
    let bob = server.clone_as("bob", SITE);
    run(&bob, "git checkout -q right");
    bob.commit_file(X, b"4", "x 4");
    bob.push("right").accepted();
    ann.fetch();
}

/// Eleven trees, each holding the one before ten times: ten thousand million paths.
#[test]
fn a_bomb_of_trees_is_refused_as_what_it_is() {
    let server = guarded();
    let ann = server.clone_as("ann", SITE);
    run(
        &ann,
        "entry=\"100644 blob $(echo x | git hash-object -w --stdin)\"
         for depth in 1 2 3 4 5 6 7 8 9 10 11; do
           tree=$(for nth in 0 1 2 3 4 5 6 7 8 9; do printf '%s\\tn%s\\n' \"$entry\" $nth; done | git mktree)
           entry=\"040000 tree $tree\"
         done
         git update-ref refs/heads/bomb $(git commit-tree -m bomb $tree)",
    );
    let before = server.holdings(SITE);
    let pushed = ann.push("bomb:refs/heads/bomb");
    assert!(!pushed.success());
    let told = pushed.stderr();
    for part in [
        "PC-PUSH-TOO-MUCH  a rule asks about the files of this push, and they are more than can be",
        "remote:   next    push the history in several steps, or ask a repository admin to let you",
        "! [remote rejected] bomb -> bomb (PC-PUSH-TOO-MUCH",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert_eq!(server.holdings(SITE), before);
    // bob is let through the rule, so that nobody has to look.
    let bob = server.clone_as("bob", SITE);
    run(&bob, &format!("git fetch -q {} bomb", ann.path().display()));
    bob.push("FETCH_HEAD:refs/heads/bomb").accepted();
}
