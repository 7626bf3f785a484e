//! The merge of a pull request in commands: what is missing for it, put off, made, and what to do
//! where it cannot be made.

use crate::pull_requests::{REQUESTS, world};
use crate::screen::{Screen, opened};
use crate::session::{SITE, programs};
use serde_json::json;
use testkit::{Server, WorkTree};

fn rules(server: &Server, rules: &[(&str, Option<i64>)]) {
    for (kind, value) in rules {
        let matcher = json!({ "type": "glob", "pattern": "main" });
        let body = json!({ "kind": kind, "matcher": matcher, "value": value, "subjects": [] });
        server.restrict(SITE, &body);
    }
}

/// Ann's request where `main` wants an approval, every task done and a build, and lets merges wait.
fn checked() -> (Server, WorkTree) {
    let (server, tree) = opened();
    rules(
        &server,
        &[
            ("require_approvals_to_merge", Some(1)),
            ("require_tasks_to_be_completed", None),
            ("require_passing_builds_to_merge", Some(1)),
            ("enforce_merge_checks", None),
            ("allow_auto_merge_when_builds_pass", None),
        ],
    );
    (server, tree)
}

/// A build of what is on `topic` has passed; its commit.
fn built(server: &Server, tree: &WorkTree) -> String {
    let commit = tree.id("topic");
    let status = json!({ "key": "ci/test", "state": "SUCCESSFUL", "url": "https://ci.example" });
    let builds = format!("/2.0/repositories/acme/site/commit/{commit}/statuses/build");
    server.rest_as("ann").post(&builds, &status).expect(201);
    commit
}

#[test]
fn everything_that_is_missing_is_told_until_it_is_there() {
    let (server, tree) = checked();
    let mut screen = Screen::new(&server, &tree);
    screen
        .types("bea", "task 1 'Say so in the manual'")
        .types("bea", "request-changes 1")
        .types("ann", "show 1")
        .types("ann", "mergeable 1")
        .reads(
            r#"
            bea$ task 1 'Say so in the manual'
            task 1 of #1
            [0]
            bea$ request-changes 1
            asked for changes of #1
            [0]
            ann$ show 1
            number       1
            title        Log in
            state        OPEN
            draft        no
            author       ann
            source       topic
            commit       COMMIT
            destination  main
            reviews      bea: asks for changes
            comments     0
            open tasks   1
            mergeable    no
            missing      Merging into main needs 1 approval; there are 0.
                         Merging into main has to wait: 1 open task left.
                         Merging into main needs 1 passed build; there are 0.
            description  At last
            page         http://server/acme/site/pull-requests/1
            [0]
            ann$ mergeable 1
            portcullis: #1 cannot be merged now
            PC-MERGE-APPROVALS  Merging into main needs 1 approval; there are 0.
              layer    restriction
              rule     require_approvals_to_merge on "main", repository acme/site, rule 1 (admin, DAY)
              what     fast-forward refs/heads/main acme/site by merge
              you      ann, by api token "laptop" (…XXXX)
              when     DAY
              next     have it approved by more people, and complete the open tasks, and get enough builds of its last commit to pass
            PC-MERGE-TASKS  Merging into main has to wait: 1 open task left.
              layer    restriction
              rule     require_tasks_to_be_completed on "main", repository acme/site, rule 2 (admin, DAY)
              what     fast-forward refs/heads/main acme/site by merge
              you      ann, by api token "laptop" (…XXXX)
              when     DAY
              next     have it approved by more people, and complete the open tasks, and get enough builds of its last commit to pass
            PC-MERGE-BUILDS  Merging into main needs 1 passed build; there are 0.
              layer    restriction
              rule     require_passing_builds_to_merge on "main", repository acme/site, rule 3 (admin, DAY)
              what     fast-forward refs/heads/main acme/site by merge
              you      ann, by api token "laptop" (…XXXX)
              when     DAY
              next     have it approved by more people, and complete the open tasks, and get enough builds of its last commit to pass
            [1]
            "#,
        );
    screen
        .types("ann", "tasks 1")
        .types("ann", "complete 1 1")
        .types("bea", "request-changes 1 --undo")
        .types("bea", "approve 1")
        .types("bea", "approve 1 --undo")
        .types("bea", "approve 1")
        .reads(
            r#"
            ann$ tasks 1
            TASK  STATE       WHAT                  BY   COMMENT  DONE BY
            1     UNRESOLVED  Say so in the manual  bea
            [0]
            ann$ complete 1 1
            task 1 of #1 is done
            [0]
            bea$ request-changes 1 --undo
            took the request for changes of #1 back
            [0]
            bea$ approve 1
            approved #1
            [0]
            bea$ approve 1 --undo
            took the approval of #1 back
            [0]
            bea$ approve 1
            approved #1
            [0]
            "#,
        );
    built(&server, &tree);
    screen.types("ann", "mergeable 1").reads(
            r#"
            ann$ mergeable 1
            #1 can be merged, by merge_commit or squash or fast_forward or squash_fast_forward or rebase_fast_forward or rebase_merge
            [0]
            "#,
        );
}

#[test]
fn a_merge_is_put_off_and_taken_back() {
    let (server, tree) = checked();
    Screen::new(&server, &tree)
        .types("bea", "approve 1")
        .types("ann", "merge 1 --auto | head -n 1")
        .types("ann", "show 1")
        .types("ann", "merge 1 --cancel")
        .types("ann", "merge 1 --cancel")
        .types("ann", "merge 1 --queue | head -n 1")
        .types("ann", "merge 1 --cancel")
        .types("ann", "queue")
        .reads(
            r#"
            bea$ approve 1
            approved #1
            [0]
            ann$ merge 1 --auto | head -n 1
            #1 waits: auto-merge, as soon as nothing is missing, asked for by ann
            [0]
            ann$ show 1
            number       1
            title        Log in
            state        OPEN
            draft        no
            author       ann
            source       topic
            commit       COMMIT
            destination  main
            reviews      bea: approved
            comments     0
            open tasks   0
            mergeable    no
            missing      Merging into main needs 1 passed build; there are 0.
            waits for    auto-merge, as soon as nothing is missing, asked for by ann
            description  At last
            page         http://server/acme/site/pull-requests/1
            [0]
            ann$ merge 1 --cancel
            #1 does not wait to be merged any more
            [0]
            ann$ merge 1 --cancel
            portcullis: #1 does not wait to be merged
            [2]
            ann$ merge 1 --queue | head -n 1
            #1 waits: the merge queue, at place 1, asked for by ann
            [0]
            ann$ merge 1 --cancel
            #1 does not wait to be merged any more
            [0]
            ann$ queue
            nothing waits to be merged into main
            [0]
            "#,
        );
}

#[test]
fn what_can_be_merged_is_merged() {
    let (server, tree) = checked();
    let commit = built(&server, &tree);
    let mut screen = Screen::new(&server, &tree);
    screen.types("bea", "approve 1");
    screen.told.clear();
    let answer = screen.json("ann", "show 1");
    assert_eq!(answer["statuses"][0]["key"], "ci/test");
    assert_eq!(answer["mergeable"], screen.json("ann", "mergeable 1"));
    assert_eq!(answer["mergeable"]["mergeable"], true);
    let merged = screen.json("ann", "merge 1 --strategy fast_forward");
    assert_eq!((&merged["state"], tree.id("topic")), (&json!("MERGED"), commit));
    assert_eq!(screen.json("ann", "show 1").get("mergeable"), None, "it is closed");
    screen.types("ann", "show 1").types("ann", "mergeable 1").types("ann", "show 9").reads(
        r#"
            ann$ show 1
            number       1
            title        Log in
            state        MERGED
            draft        no
            author       ann
            source       topic
            commit       COMMIT
            destination  main
            merged as    COMMIT
            reviews      bea: approved
            builds       ci/test: SUCCESSFUL
            comments     0
            open tasks   0
            description  At last
            page         http://server/acme/site/pull-requests/1
            [0]
            ann$ mergeable 1
            portcullis: #1 cannot be merged now
              obstacle pull request #1 is merged: only an open one changes
              obstacle `main` has every change of `topic` already
            [1]
            ann$ show 9
            portcullis: no such pull request
            [1]
            "#,
    );
}

/// A rule is not all that is in the way: whoever meets it learns of the rest at once.
#[test]
fn what_keeps_every_strategy_out_is_told_beside_the_rules() {
    let (server, tree) = opened();
    rules(&server, &[("require_approvals_to_merge", Some(1)), ("enforce_merge_checks", None)]);
    let strategies = "/api/v1/repositories/acme/site/merge-strategies";
    let only = |names: &[&str]| {
        server
            .admin()
            .put(strategies, &json!({ "any": { "merge_strategies": names } }))
            .expect(200);
    };
    only(&["fast_forward"]);
    let other = server.clone_as("bea", SITE);
    other.commit_file("other", b"theirs\n", "theirs");
    other.push("main").accepted();
    let mut screen = Screen::new(&server, &tree);
    screen
        .types("ann", "mergeable 1")
        .types("ann", "show 1 | grep -A 2 mergeable")
        .reads(
            r#"
            ann$ mergeable 1
            portcullis: #1 cannot be merged now
            PC-MERGE-APPROVALS  Merging into main needs 1 approval; there are 0.
              layer    restriction
              rule     require_approvals_to_merge on "main", repository acme/site, rule 1 (admin, DAY)
              what     fast-forward refs/heads/main acme/site by merge
              you      ann, by api token "laptop" (…XXXX)
              when     DAY
              next     have it approved by more people
              obstacle `fast_forward` needs `topic` to have all of `main`, and 1 commit is missing: merge or rebase, or choose another strategy
            [1]
            ann$ show 1 | grep -A 2 mergeable
            mergeable    no
            missing      Merging into main needs 1 approval; there are 0.
                         `fast_forward` needs `topic` to have all of `main`, and 1 commit is missing: merge or rebase, or choose another strategy
            [0]
            "#,
        );
    // Where one strategy would do, nothing is said of those that would not.
    only(&["fast_forward", "merge_commit"]);
    screen
        .types("bea", "approve 1")
        .types("ann", "mergeable 1")
        .types("ann", "show 1 | grep -A 1 mergeable")
        .reads(
            r#"
            bea$ approve 1
            approved #1
            [0]
            ann$ mergeable 1
            #1 can be merged, by merge_commit
            [0]
            ann$ show 1 | grep -A 1 mergeable
            mergeable    yes
            description  At last
            [0]
            "#,
        );
}

#[test]
fn branches_that_do_not_fit_are_brought_together_by_what_is_printed() {
    let (server, tree) = world();
    tree.commit_file("both", b"mine\n", "mine");
    tree.push("topic").accepted();
    let other = server.clone_as("bea", SITE);
    other.commit_file("both", b"theirs\n", "theirs");
    other.push("main").accepted();
    let mut screen = Screen::new(&server, &tree);
    screen.types("ann", "create --destination main --title Mine");
    screen.told.clear();
    screen
        .types("ann", "mergeable 1")
        .types("ann", "merge 1")
        .types("ann", "merge 1 --strategy rebase_merge")
        .types("ann", "merge 1 --queue")
        .reads(
            r#"
            ann$ mergeable 1
            portcullis: #1 cannot be merged now
              conflict both (contents)
              next     in a clone, resolving and committing what git names before the push:
                         git fetch origin
                         git switch topic
                         git merge origin/main
                         git push origin topic
            [1]
            ann$ merge 1
            portcullis: `topic` and `main` do not fit together: `both` (contents)
              next     in a clone, resolving and committing what git names before the push:
                         git fetch origin
                         git switch topic
                         git merge origin/main
                         git push origin topic
            [1]
            ann$ merge 1 --strategy rebase_merge
            portcullis: commit COMMIT does not fit on top of `main`: `both` (contents)
              next     in a clone, resolving and committing what git names before the push:
                         git fetch origin
                         git switch topic
                         git rebase origin/main
                         git push --force-with-lease origin topic
            [1]
            ann$ merge 1 --queue
            portcullis: `topic` and `main` do not fit together: `both` (contents)
              next     in a clone, resolving and committing what git names before the push:
                         git fetch origin
                         git switch topic
                         git merge origin/main
                         git push origin topic
            [1]
            "#,
        );
    let error = server.rest_as("ann").post(&format!("{REQUESTS}/1/merge"), &json!({})).expect(409);
    let commands = error["error"]["data"]["commands"].as_array().unwrap();
    let commands: Vec<_> = commands.iter().map(|it| it.as_str().unwrap()).collect();
    let (push, before) = commands.split_last().unwrap();
    let stuck = tree.pasted(&before.join(" && "), programs());
    assert!(!stuck.success() && stuck.stdout().contains("CONFLICT"), "{}", stuck.stderr());
    tree.commit_file("both", b"ours\n", "ours");
    let pushed = tree.pasted(push, programs());
    assert!(pushed.success(), "{}", pushed.stderr());
    assert_eq!(screen.json("ann", "merge 1")["state"], "MERGED");
}

#[test]
fn what_depends_on_the_merge_itself_is_neither_yes_nor_no() {
    let (server, tree) = world();
    server.restrict(
        SITE,
        &json!({ "kind": "commit-message", "argument": ".*", "subjects": [],
            "matcher": { "type": "glob", "pattern": "main" } }),
    );
    let mut screen = Screen::new(&server, &tree);
    screen.types("ann", "create --destination main --title Mine");
    screen.told.clear();
    screen.types("ann", "mergeable 1").reads(
            r#"
            ann$ mergeable 1
            portcullis: nothing is known to keep #1 from being merged; rules about content look at the merge itself
            [3]
            "#,
        );
}
