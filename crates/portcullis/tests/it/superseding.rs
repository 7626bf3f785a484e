//! Pull requests whose place another one takes.

use crate::dependencies::{OWN, depend, four, listed};
use crate::pull_requests::{REQUESTS, shown, world};
use crate::session::programs;
use serde_json::{Value, json};
use testkit::{Answer, Rest};

fn supersede(rest: &Rest, number: i64, by: Value) -> Answer {
    rest.post(&format!("{OWN}/{number}/supersede"), &json!({ "by": by }))
}

#[test]
fn a_request_is_superseded_and_whoever_waited_for_it_waits_for_the_other() {
    let (server, _tree) = four();
    let (ann, bea) = (server.rest_as("ann"), server.rest_as("bea"));
    // 1 waits for 2, and so does 3, which takes its place.
    for number in [1, 3] {
        depend(&ann, number, 2).expect(200);
    }
    let done = supersede(&bea, 2, json!(3)).expect(200);
    assert_eq!((&done["state"], &done["superseded_by"]), (&json!("SUPERSEDED"), &json!(3)));
    let old = shown(&ann, 2);
    assert_eq!((&old["state"], &old["reason"]), (&json!("SUPERSEDED"), &json!("superseded by #3")));
    assert_eq!(old["closed_by"]["nickname"], "bea");
    assert_eq!((listed(&ann, 1), listed(&ann, 3)), (vec!["3 OPEN".into()], Vec::<String>::new()));
    assert_eq!(ann.get(&format!("{REQUESTS}?state=SUPERSEDED")).expect(200)["size"], 1);
    assert_eq!(ann.get(REQUESTS).expect(200)["size"], 3);
    let told = ann.get(&format!("{REQUESTS}/2/activity")).expect(200);
    let update = &told["values"][0]["update"];
    let expected = (&json!("SUPERSEDED"), &json!("superseded by #3"));
    assert_eq!((&update["state"], &update["reason"]), expected);

    // What is merged has taken the place of something, too.
    ann.post(&format!("{REQUESTS}/4/merge"), &json!({})).expect(200);
    supersede(&ann, 3, json!(4)).expect(200);
    assert_eq!(listed(&ann, 1), ["4 MERGED"]);
}

#[test]
fn an_author_who_may_only_read_lifts_no_dependency() {
    let (server, _tree) = four();
    let (ann, ray) = (server.rest_as("ann"), server.rest_as("ray"));
    ann.post(&format!("{REQUESTS}/4/merge"), &json!({})).expect(200);
    let open = |source: &str| {
        let body = json!({ "title": "Ray's", "source": { "branch": { "name": source } },
            "destination": { "branch": { "name": "part1" } } });
        ray.post(REQUESTS, &body).expect(201)["id"].as_i64().unwrap()
    };
    // By one that is merged, by one that is open, and by the one that waits.
    let mut waits_for = Vec::new();
    for (source, with) in [("part2", 4), ("part3", 2), ("topic", 1)] {
        let own = open(source);
        depend(&ann, 1, own).expect(200);
        supersede(&ray, own, json!(with)).expect(200);
        waits_for.push(format!("{own} SUPERSEDED"));
        assert_eq!(listed(&ann, 1), waits_for);
    }
}

#[test]
fn what_takes_no_place_is_named_and_ends_nothing() {
    let (server, _tree) = four();
    let (ann, ray, eve) = (server.rest_as("ann"), server.rest_as("ray"), server.rest_as("eve"));
    ann.post(&format!("{REQUESTS}/4/decline"), &json!({})).expect(200);
    depend(&ann, 1, 2).expect(200);
    depend(&ann, 3, 1).expect(200);
    for (by, message) in [
        (2, "#2 is the pull request itself: name another one"),
        (9, "there is no pull request #9 here"),
        (4, "#4 is declined: name one that is open or merged"),
        (3, "they would wait for each other: #1 for #3, #3 for #1"),
    ] {
        let error = supersede(&ann, 2, json!(by)).expect(400);
        assert_eq!(error["error"]["fields"]["by"][0], message, "{error}");
    }
    let unreadable = supersede(&ann, 2, json!("moon")).expect(400);
    assert!(unreadable["error"]["fields"]["by"].is_array(), "{unreadable}");
    assert_eq!(supersede(&ann, 4, json!(1)).status, 400, "it has ended");
    assert_eq!(supersede(&ann, 9, json!(1)).status, 404);
    // Whoever may not decline it may not do this.
    let refusal = supersede(&ray, 2, json!(1)).expect(403);
    assert_eq!(refusal["error"]["refusal"]["code"], "PC-PERM-WRITE", "{refusal}");
    assert_eq!(
        (supersede(&eve, 2, json!(1)).status, listed(&ann, 1)),
        (404, vec!["2 OPEN".into()])
    );
    assert_eq!(shown(&ann, 2)["state"], "OPEN");
    supersede(&ann, 2, json!(1)).expect(200);
    let why = "#2 is superseded by #1: name that one";
    assert_eq!(depend(&ann, 3, 2).expect(400)["error"]["fields"]["dependency"][0], why);
}

#[test]
fn the_command_line_and_a_push_supersede_too() {
    let (server, tree) = world();
    let (url, secret) = (server.url().to_owned(), server.login("ann").secret);
    let ann = server.rest_as("ann");
    let run = |arguments: &str| {
        let line = format!(
            "PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret} portcullis pull-request {arguments}"
        );
        let ended = tree.pasted(&line, programs());
        (ended.success(), ended.stdout() + &ended.stderr())
    };
    let push = |options: &[&str], told: &[&str]| {
        tree.amend(&format!("again, with {options:?}"));
        let options: Vec<_> = options.iter().flat_map(|it| ["-o", *it]).collect();
        tree.push_with(&options, &["HEAD:refs/for/main"]).accepted_saying(told);
    };
    push(
        &["pull-request.title=One"],
        &["Pull request #1 opened: One", "  http://server/acme/site/pull-requests/1"],
    );
    push(
        &["pull-request.title=Two", "pull-request.supersedes=1"],
        &[
            "Pull request #2 opened: Two",
            "  http://server/acme/site/pull-requests/2",
            "Pull request #1 is superseded by it.",
        ],
    );
    assert_eq!(shown(&ann, 1)["reason"], "superseded by #2");
    // What is wrong with that stops nothing else.
    push(
        &["pull-request.title=Three", "pull-request.supersedes=1"],
        &[
            "Pull request #3 opened: Three",
            "  http://server/acme/site/pull-requests/3",
            "Pull request #1 is not superseded: state: pull request #1 is superseded: only an open one \
         changes",
        ],
    );
    push(
        &["pull-request.title=Four", "pull-request.supersedes=moon"],
        &[
            "Pull request #4 opened: Four",
            "  http://server/acme/site/pull-requests/4",
            "Pull request #moon is not superseded: pull-request.supersedes: write a number",
        ],
    );
    assert_eq!(run("decline 2 --superseded-by 3"), (true, "#2 is superseded by #3".into()));
    let (both, said) = run("decline 3 --superseded-by 4 --reason no");
    assert!(!both && said.contains("--reason"), "{said}");
    assert!(run("list --state superseded").1.contains("SUPERSEDED"));
    assert!(run("show 2").1.contains("superseded by #3"));
}
