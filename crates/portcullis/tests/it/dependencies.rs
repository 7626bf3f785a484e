//! Pull requests that wait for others: named, shown, counted by a merge check, and never in a
//! circle.

use crate::pull_requests::{REQUESTS, open, world};
use crate::session::programs;
use serde_json::{Value, json};
use testkit::{Answer, Rest, Server, WorkTree};

pub const OWN: &str = "/api/v1/repositories/acme/site/pull-requests";

/// Requests 1 to 4 of ann's, each with a commit of its own.
pub fn four() -> (Server, WorkTree) {
    let (server, tree) = world();
    for number in 1..=4 {
        let name = format!("part{number}");
        tree.git(&["checkout", "-q", "-b", &name, "main"]);
        tree.commit_file(&name, b"1\n", &name);
        tree.push(&name).accepted();
        assert_eq!(open(&server.rest_as("ann"), &name)["id"], number);
    }
    (server, tree)
}

pub fn depend(rest: &Rest, number: i64, on: i64) -> Answer {
    rest.call("PUT", &format!("{OWN}/{number}/dependencies/{on}"), None)
}

pub fn listed(rest: &Rest, number: i64) -> Vec<String> {
    let list = rest.get(&format!("{OWN}/{number}/dependencies")).expect(200);
    let word = |it: &Value| format!("{} {}", it["id"], it["state"].as_str().unwrap());
    list["values"].as_array().unwrap().iter().map(word).collect()
}

fn refused(answer: Answer, message: &str) {
    let error = answer.expect(400);
    assert_eq!(error["error"]["fields"]["dependency"][0], message, "{error}");
}

#[test]
fn a_request_waits_for_those_it_depends_on() {
    let (server, _tree) = four();
    let (ann, bea) = (server.rest_as("ann"), server.rest_as("bea"));
    for kind in ["require_all_dependencies_merged", "enforce_merge_checks"] {
        let rule = json!({ "kind": kind, "matcher": { "type": "glob", "pattern": "main" } });
        server.restrict("acme/site", &rule);
    }
    let made = depend(&ann, 1, 2).expect(200);
    assert_eq!((&made["id"], &made["title"]), (&json!(2), &json!("Take part2")));
    // Others who write may say so, too; what is there is there once.
    depend(&bea, 1, 3).expect(200);
    depend(&bea, 1, 3).expect(200);
    assert_eq!(listed(&ann, 1), ["2 OPEN", "3 OPEN"]);
    let page = ann.get(&format!("{OWN}/1/dependencies?pagelen=1&page=2")).expect(200);
    assert_eq!((&page["size"], &page["values"][0]["id"]), (&json!(2), &json!(3)));

    let merge = |number: i64| ann.post(&format!("{REQUESTS}/{number}/merge"), &json!({}));
    let refusal = merge(1).expect(403);
    assert_eq!(refusal["error"]["data"]["code"], "PC-MERGE-DEPENDENCIES", "{refusal}");
    // All that is missing is told at once.
    let rule = json!({ "kind": "require_approvals_to_merge", "value": 1,
        "matcher": { "type": "glob", "pattern": "main" } });
    let rule = server.restrict("acme/site", &rule)["id"].clone();
    let data = merge(1).expect(403)["error"]["data"].clone();
    let mut codes = [data["refusal"]["code"].clone(), data["also"][0]["code"].clone()];
    codes.sort_by_key(ToString::to_string);
    assert_eq!(codes, ["PC-MERGE-APPROVALS", "PC-MERGE-DEPENDENCIES"], "{data}");
    server.admin().delete(&format!("/api/v1/repositories/acme/site/restrictions/{rule}"));
    let told = ann.get(&format!("{OWN}/1/mergeable")).expect(200);
    assert_eq!(told["mergeable"], false);
    assert!(told["refusals"][0]["message"].as_str().unwrap().contains("2 open dependencies"));
    assert_eq!(told["open_dependencies"][1]["id"], 3);

    // What was declined is still not merged.
    merge(2).expect(200);
    bea.post(&format!("{REQUESTS}/3/decline"), &json!({})).expect(200);
    assert_eq!(listed(&ann, 1), ["2 MERGED", "3 DECLINED"]);
    let told = ann.get(&format!("{OWN}/1/mergeable")).expect(200);
    assert_eq!(told["open_dependencies"].as_array().unwrap().len(), 1);
    assert_eq!(told["open_dependencies"][0]["state"], "DECLINED");
    merge(1).expect(403);
    assert_eq!(ann.delete(&format!("{OWN}/1/dependencies/3")).status, 204);
    ann.delete(&format!("{OWN}/1/dependencies/3")).expect(404);
    merge(1).expect(200);
    let told = ann.get(&format!("{REQUESTS}/1/activity")).expect(200);
    let updates = told["values"].as_array().unwrap().iter().filter(|it| it["update"].is_object());
    let authors: Vec<_> = updates.map(|it| it["update"]["author"]["nickname"].clone()).collect();
    assert_eq!(authors, ["ann", "ann", "bea", "ann", "ann"], "merged, -3, +3, +2, opened");
}

#[test]
fn what_cannot_be_waited_for_is_named_and_changes_nothing() {
    let (server, _tree) = four();
    let (ann, ray, eve) = (server.rest_as("ann"), server.rest_as("ray"), server.rest_as("eve"));
    depend(&ann, 1, 2).expect(200);
    depend(&ann, 2, 3).expect(200);
    refused(depend(&ann, 1, 1), "#1 is the pull request itself: name another one");
    refused(depend(&ann, 1, 9), "there is no pull request #9 here");
    refused(depend(&ann, 2, 1), "they would wait for each other: #2 for #1, #1 for #2");
    let circle = "they would wait for each other: #3 for #1, #1 for #2, #2 for #3";
    refused(depend(&ann, 3, 1), circle);
    ann.post(&format!("{REQUESTS}/4/decline"), &json!({})).expect(200);
    refused(depend(&ann, 1, 4), "#4 is declined and will not be merged: name another one");
    let closed = depend(&ann, 4, 1).expect(400);
    let why = "pull request #4 is declined: only an open one changes";
    assert_eq!(closed["error"]["fields"]["state"][0], why);
    depend(&ann, 9, 1).expect(404);
    ann.call("PUT", &format!("{OWN}/1/dependencies/moon"), None).expect(400);

    // Reading is not enough, and whoever may not read is told nothing.
    let refusal = depend(&ray, 1, 3).expect(403);
    assert_eq!(refusal["error"]["refusal"]["code"], "PC-PERM-WRITE", "{refusal}");
    assert_eq!(ray.delete(&format!("{OWN}/1/dependencies/2")).status, 403);
    assert_eq!(listed(&ray, 1), ["2 OPEN"]);
    assert_eq!(depend(&eve, 1, 3).status, 404);
    assert_eq!(eve.get(&format!("{OWN}/1/dependencies")).status, 404);
    assert_eq!(depend(&server.rest(), 1, 3).status, 401);
    server.create_token("ann", "narrow", &["read:pullrequest:bitbucket"]);
    assert_eq!(depend(&server.rest_as("ann"), 1, 3).status, 403);
    assert_eq!((listed(&ray, 1), listed(&ray, 2)), (vec!["2 OPEN".into()], vec!["3 OPEN".into()]));
    assert_eq!(listed(&ray, 3), [""; 0]);
}

#[test]
fn the_command_line_names_and_shows_them() {
    let (server, tree) = four();
    let (url, secret) = (server.url().to_owned(), server.login("ann").secret);
    let run = |arguments: &str| {
        let line = format!(
            "PORTCULLIS_SERVER={url} PORTCULLIS_TOKEN={secret} portcullis pull-request {arguments}"
        );
        let ended = tree.pasted(&line, programs());
        (ended.success(), ended.stdout() + &ended.stderr())
    };
    assert_eq!(run("depend 1 --on 2"), (true, "#1 waits for #2".into()));
    let (failed, said) = run("depend 2 --on 1");
    assert!(!failed && said.contains("#2 for #1, #1 for #2"), "{said}");
    assert!(run("show 1").1.contains("#2 (open)"));
    let shown: Value = serde_json::from_str(&run("show 1 --json").1).unwrap();
    assert_eq!(shown["dependencies"][0]["title"], "Take part2");
    let (_, said) = run("depend 1 --on 2 --remove");
    assert_eq!(said, "#1 does not wait for #2 any more");
    assert!(!run("show 1").1.contains("depends on"));
}
