//! The life of a pull request in commands, up to its merge: opened, looked at, talked about, changed.

use crate::pull_requests::{shown, world};
use crate::screen::{Screen, opened};
use serde_json::json;

#[test]
fn a_request_is_opened_once() {
    let (server, tree) = world();
    let mut screen = Screen::new(&server, &tree);
    screen
        .types("ann", "create --destination main --title 'Log in' --description 'At last' --reviewer bea")
        .types("ann", "create --into main --title 'Something else'")
        .types("ray", "create --source topic --title Mine --draft")
        .types("ann", "list")
        .reads(
            r#"
            ann$ create --destination main --title 'Log in' --description 'At last' --reviewer bea
            number       1
            title        Log in
            state        OPEN
            draft        no
            author       ann
            source       topic
            commit       COMMIT
            destination  main
            comments     0
            open tasks   0
            description  At last
            page         http://server/acme/site/pull-requests/1
            [0]
            ann$ create --into main --title 'Something else'
            portcullis: #1 is open already, from `topic` into `main`; nothing was changed: `portcullis pull-request update 1` changes it
            [1]
            ray$ create --source topic --title Mine --draft
            portcullis: #1 is open already, from `topic` into `main`; nothing was changed: `portcullis pull-request update 1` changes it
            [1]
            ann$ list
            NUMBER  STATE  TITLE   AUTHOR  SOURCE  DESTINATION
            1       OPEN   Log in  ann     topic   main
            [0]
            "#,
        );
    let request = shown(&server.rest_as("ann"), 1);
    assert_eq!((&request["title"], &request["draft"]), (&json!("Log in"), &json!(false)));
    assert_eq!(request["reviewers"][0]["nickname"], "bea");
}

#[test]
fn a_request_is_looked_at_and_talked_about() {
    let (server, tree) = opened();
    Screen::new(&server, &tree)
        .types("bea", "diff 1 --stat")
        .types("bea", "diff 1 | tail -n 7")
        .types("bea", "comment 1 'Why two?' --file login.rs --line 2")
        .types("ann", "comment 1 'Because one is not enough.' --reply-to 1")
        .types("bea", "comment 1 'x' --file nowhere.rs --line 2")
        .types("bea", "comment 1 'x' --line 2")
        .types("bea", "comments 1")
        .types("ann", "resolve 1 1")
        .types("ann", "resolve 1 1")
        .types("ann", "comments 1 | head -n 1")
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
            ann$ resolve 1 1
            resolved the thread of comment 1 on #1
            [0]
            ann$ resolve 1 1
            portcullis: comment 1 is resolved already
            [1]
            ann$ comments 1 | head -n 1
            comment 1 by bea, DAY, on login.rs line 2, resolved by ann
            [0]
            "#,
        );
}

#[test]
fn a_request_is_changed_and_its_reviewers_stay() {
    let (server, tree) = opened();
    Screen::new(&server, &tree)
        .types("ann", "update 1 --title 'Log in again' --add-reviewer ray")
        .types("ann", "update 1 --remove-reviewer eve")
        .types("ann", "update 1")
        .types("ann", "draft 1")
        .types("ann", "merge 1")
        .types("ann", "ready 1")
        .reads(
            r#"
            ann$ update 1 --title 'Log in again' --add-reviewer ray
            number       1
            title        Log in again
            state        OPEN
            draft        no
            author       ann
            source       topic
            commit       COMMIT
            destination  main
            comments     0
            open tasks   0
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
            "#,
        );
    let asked = shown(&server.rest_as("ann"), 1)["reviewers"].clone();
    let names: Vec<_> = asked.as_array().unwrap().iter().map(|it| &it["nickname"]).collect();
    assert_eq!(names, ["bea", "ray"], "a draft and back has forgotten nobody");
}
