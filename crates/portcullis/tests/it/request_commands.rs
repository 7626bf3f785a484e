//! The life of a pull request in commands, as somebody who lives in a terminal meets it: each
//! command with all that it prints and the code it ends with.

use crate::pull_requests::{REQUESTS, shown, world};
use crate::session::{SITE, programs, same};
use serde_json::{Value, json};
use testkit::{Server, WorkTree, normalised};

/// People at one clone, and what they have typed and read so far.
struct Screen<'a> {
    server: &'a Server,
    tree: &'a WorkTree,
    told: String,
}

impl<'a> Screen<'a> {
    fn new(server: &'a Server, tree: &'a WorkTree) -> Self {
        Self { server, tree, told: String::new() }
    }

    /// Somebody types a command; its text is read together with its code.
    fn types(&mut self, name: &str, arguments: &str) -> &mut Self {
        let (url, secret) = (self.server.url(), self.server.login(name).secret);
        let line = format!(
            "PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret} portcullis pull-request \
             {arguments} 2>&1; echo \"[$?]\""
        );
        let said = self.tree.pasted(&line, programs()).stdout();
        self.told.push_str(&format!("{name}$ {arguments}\n{}\n", timeless(&normalised(&said))));
        self
    }

    /// The document that a command prints.
    fn json(&self, name: &str, arguments: &str) -> Value {
        let (url, secret) = (self.server.url(), self.server.login(name).secret);
        let line = format!(
            "PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret} portcullis pull-request \
             {arguments} --json"
        );
        let said = self.tree.pasted(&line, programs()).stdout();
        serde_json::from_str(&said).unwrap_or_else(|why| panic!("{arguments}: {why}\n{said}"))
    }

    /// All that was typed and read since the last time.
    #[track_caller]
    fn reads(&mut self, expected: &str) {
        let commit = self.tree.id("topic");
        let told = std::mem::take(&mut self.told).replace(&commit[..12], "COMMIT");
        same(told.trim_end(), expected);
    }
}

/// Without the time of the day.
fn timeless(text: &str) -> String {
    let mut parts = text.split("DAY ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("DAY");
        out.push_str(part.split_once(" UTC").map_or(part, |(_, rest)| rest));
    }
    out
}

fn rules(server: &Server, rules: &[(&str, Option<i64>)]) {
    for (kind, value) in rules {
        let matcher = json!({ "type": "glob", "pattern": "main" });
        let body = json!({ "kind": kind, "matcher": matcher, "value": value, "subjects": [] });
        server.restrict(SITE, &body);
    }
}

#[test]
fn a_request_lives_from_its_opening_to_its_merge() {
    let (server, tree) = world();
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
    tree.commit_file("login.rs", b"one\ntwo\n", "five");
    tree.push("topic").accepted();
    let mut screen = Screen::new(&server, &tree);

    // Opened once: what is open is not written over.
    screen
        .types("ann", "create --into main --title 'Log in' --description 'At last' --reviewer bea")
        .types("ann", "create --into main --title 'Something else'")
        .types("ray", "create --source topic --into main --title Mine --draft")
        .reads(
            r#"
            ann$ create --into main --title 'Log in' --description 'At last' --reviewer bea
            number       1
            title        Log in
            state        OPEN
            draft        no
            author       ann
            from         topic
            commit       COMMIT
            into         main
            comments     0
            open tasks   0
            description  At last
            page         http://server/acme/site/pull-requests/1
            [0]
            ann$ create --into main --title 'Something else'
            portcullis: #1 is open already, from `topic` into `main`; nothing was changed: `portcullis pull-request update 1` changes it
            [1]
            ray$ create --source topic --into main --title Mine --draft
            portcullis: #1 is open already, from `topic` into `main`; nothing was changed: `portcullis pull-request update 1` changes it
            [1]
            "#,
        );
    let request = shown(&server.rest_as("ann"), 1);
    assert_eq!((&request["title"], &request["draft"]), (&json!("Log in"), &json!(false)));
    assert_eq!(request["reviewers"][0]["nickname"], "bea");

    // Looked at, and talked about.
    screen
        .types("bea", "diff 1 --stat")
        .types("bea", "diff 1 | tail -n 7")
        .types("bea", "comment 1 'Why two?' --file login.rs --line 2")
        .types("ann", "comment 1 'Because one is not enough.' --reply-to 1")
        .types("bea", "comment 1 'x' --file nowhere.rs --line 2")
        .types("bea", "comment 1 'x' --line 2")
        .types("bea", "comments 1")
        .types("bea", "task 1 'Say so in the manual' --comment 1")
        .types("bea", "request-changes 1")
        .types("ann", "show 1")
        .types("ann", "mergeable 1")
        .reads(
            r#"
            bea$ diff 1 --stat
            STATUS  ADDED  REMOVED  FROM  TO
            added   1      0              four.txt
            added   2      0              login.rs
            added   1      0              three.txt
            [0]
            bea$ diff 1 | tail -n 7
            new file mode 100644
            index 0000000..1d19714
            --- /dev/null
            +++ b/three.txt
            @@ -0,0 +1 @@
            +three
            \ No newline at end of file
            [0]
            bea$ comment 1 'Why two?' --file login.rs --line 2
            comment 1 on #1
            [0]
            ann$ comment 1 'Because one is not enough.' --reply-to 1
            comment 2 on #1
            [0]
            bea$ comment 1 'x' --file nowhere.rs --line 2
            portcullis: inline.path: neither side of the pull request has a file `nowhere.rs`
            [1]
            bea$ comment 1 'x' --line 2
            error: the following required arguments were not provided:
              --file <PATH>

            Usage: portcullis pull-request comment --file <PATH> --line <LINE> --server <URL> <NUMBER> <TEXT>

            For more information, try '--help'.
            [2]
            bea$ comments 1
            comment 1 by bea, DAY, on login.rs line 2
              Why two?
              comment 2 by ann, DAY
                Because one is not enough.
            [0]
            bea$ task 1 'Say so in the manual' --comment 1
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
            from         topic
            commit       COMMIT
            into         main
            reviews      bea: asks for changes
            comments     2
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

    // Changed, and made good.
    screen
        .types("ann", "update 1 --title 'Log in again' --add-reviewer ray")
        .types("ann", "update 1 --remove-reviewer eve")
        .types("ann", "update 1")
        .types("ann", "draft 1")
        .types("ann", "merge 1")
        .types("ann", "ready 1")
        .types("ann", "tasks 1")
        .types("ann", "complete 1 1")
        .types("ann", "resolve 1 1")
        .types("ann", "resolve 1 1")
        .types("bea", "request-changes 1 --undo")
        .types("bea", "approve 1")
        .types("bea", "unapprove 1")
        .types("bea", "approve 1")
        .reads(
            r#"
            ann$ update 1 --title 'Log in again' --add-reviewer ray
            number       1
            title        Log in again
            state        OPEN
            draft        no
            author       ann
            from         topic
            commit       COMMIT
            into         main
            comments     2
            open tasks   1
            description  At last
            page         http://server/acme/site/pull-requests/1
            [0]
            ann$ update 1 --remove-reviewer eve
            portcullis: `eve` is not among the reviewers
            [2]
            ann$ update 1
            error: the following required arguments were not provided:
              <--title <TITLE>|--description <DESCRIPTION>|--destination <BRANCH>|--reviewer <USER>|--add-reviewer <USER>|--remove-reviewer <USER>|--close-source-branch <true|false>>

            Usage: portcullis pull-request update --server <URL> <--title <TITLE>|--description <DESCRIPTION>|--destination <BRANCH>|--reviewer <USER>|--add-reviewer <USER>|--remove-reviewer <USER>|--close-source-branch <true|false>> <NUMBER>

            For more information, try '--help'.
            [2]
            ann$ draft 1
            #1 is a draft
            [0]
            ann$ merge 1
            portcullis: pull request #1 is a draft: say first that it is ready
            [1]
            ann$ ready 1
            #1 is ready to be merged
            [0]
            ann$ tasks 1
            TASK  STATE       WHAT                  BY   COMMENT  DONE BY
            1     UNRESOLVED  Say so in the manual  bea  1
            [0]
            ann$ complete 1 1
            task 1 of #1 is done
            [0]
            ann$ resolve 1 1
            resolved the thread of comment 1 on #1
            [0]
            ann$ resolve 1 1
            portcullis: comment 1 is resolved already
            [1]
            bea$ request-changes 1 --undo
            took the request for changes of #1 back
            [0]
            bea$ approve 1
            approved #1
            [0]
            bea$ unapprove 1
            took the approval of #1 back
            [0]
            bea$ approve 1
            approved #1
            [0]
            "#,
        );
    let asked = shown(&server.rest_as("ann"), 1)["reviewers"].clone();
    let names: Vec<_> = asked.as_array().unwrap().iter().map(|it| &it["nickname"]).collect();
    assert_eq!(names, ["bea", "ray"], "a draft and back has forgotten nobody");

    // Merged: later, not after all, and now.
    screen
        .types("ann", "merge 1 --auto | head -n 1")
        .types("ann", "show 1")
        .types("ann", "merge 1 --cancel")
        .types("ann", "merge 1 --cancel")
        .types("ann", "merge 1 --queue | head -n 1")
        .types("ann", "merge 1 --cancel")
        .types("ann", "queue")
        .reads(
            r#"
            ann$ merge 1 --auto | head -n 1
            #1 waits: auto-merge, as soon as nothing is missing, asked for by ann
            [0]
            ann$ show 1
            number       1
            title        Log in again
            state        OPEN
            draft        no
            author       ann
            from         topic
            commit       COMMIT
            into         main
            reviews      bea: approved
                         ray: asked, has not said anything
            comments     2
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
    let commit = tree.id("topic");
    let status = json!({ "key": "ci/test", "state": "SUCCESSFUL", "url": "https://ci.example" });
    let builds = format!("/2.0/repositories/acme/site/commit/{commit}/statuses/build");
    server.rest_as("ann").post(&builds, &status).expect(201);
    screen.types("ann", "mergeable 1").types("ann", "comments 1 | head -n 1").reads(
            r#"
            ann$ mergeable 1
            #1 can be merged, by merge_commit or squash or fast_forward or squash_fast_forward or rebase_fast_forward or rebase_merge
            [0]
            ann$ comments 1 | head -n 1
            comment 1 by bea, DAY, on login.rs line 2, resolved by ann
            [0]
            "#,
        );
    let answer = screen.json("ann", "show 1");
    assert_eq!(answer["statuses"][0]["key"], "ci/test");
    assert_eq!(answer["mergeability"]["mergeable"], true);
    let merged = screen.json("ann", "merge 1 --strategy fast_forward");
    assert_eq!((&merged["state"], tree.id("topic")), (&json!("MERGED"), commit));
    screen.types("ann", "show 1").types("ann", "mergeable 1").types("ann", "show 9").reads(
        r#"
            ann$ show 1
            number       1
            title        Log in again
            state        MERGED
            draft        no
            author       ann
            from         topic
            commit       COMMIT
            into         main
            merged as    COMMIT
            reviews      bea: approved
                         ray: asked, has not said anything
            builds       ci/test: SUCCESSFUL
            comments     2
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

#[test]
fn branches_that_do_not_fit_are_brought_together_by_what_is_printed() {
    let (server, tree) = world();
    tree.commit_file("both", b"mine\n", "mine");
    tree.push("topic").accepted();
    let other = server.clone_as("bea", SITE);
    other.commit_file("both", b"theirs\n", "theirs");
    other.push("main").accepted();
    let mut screen = Screen::new(&server, &tree);
    screen.types("ann", "create --into main --title Mine");
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
            portcullis: commit COMMIT83f781bcd91f1e89f00164b54438 does not fit on top of `main`: `both` (contents)
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
    screen.types("ann", "create --into main --title Mine");
    screen.told.clear();
    screen.types("ann", "mergeable 1").reads(
            r#"
            ann$ mergeable 1
            portcullis: nothing is known to keep #1 from being merged; rules about content look at the merge itself
            [3]
            "#,
        );
}
