//! Review groups: named by a repository or its project, and counted by a merge check.

use crate::pull_requests::{REQUESTS, open, world};
use serde_json::{Value, json};
use testkit::{Rest, Server};

const HERE: &str = "/api/v1/repositories/acme/site/review-groups";
const PROJECT: &str = "/api/v1/workspaces/acme/projects/CORE/review-groups";

/// Groups of the workspace with these members.
fn groups(server: &Server, groups: &[(&str, &[&str])]) {
    let list = "/api/v1/workspaces/acme/groups";
    for (slug, members) in groups {
        server.admin().post(list, &json!({ "slug": slug })).expect(201);
        for name in *members {
            let path = format!("{list}/{slug}/members/{name}");
            server.admin().call("PUT", &path, None).expect(204);
        }
    }
}

fn named(rest: &Rest, path: &str) -> Vec<String> {
    let list = rest.get(path).expect(200);
    let word = |it: &Value| format!("{} {}", it["slug"], it["level"]).replace('"', "");
    list["values"].as_array().unwrap().iter().map(word).collect()
}

fn put(rest: &Rest, list: &str, slug: &str) -> u16 {
    rest.call("PUT", &format!("{list}/{slug}"), None).status
}

#[test]
fn a_group_has_approved_when_a_member_other_than_the_author_has() {
    let (server, _tree) = world();
    groups(&server, &[("docs", &["ann", "ray"]), ("web", &["bea", "ray"]), ("other", &["bea"])]);
    let (ann, bea, ray) = (server.rest_as("ann"), server.rest_as("bea"), server.rest_as("ray"));
    for (kind, value) in [
        ("require_review_group_approvals_to_merge", json!(2)),
        ("enforce_merge_checks", json!(null)),
    ] {
        let matcher = json!({ "type": "glob", "pattern": "main" });
        let rule = json!({ "kind": kind, "matcher": matcher, "value": value });
        server.restrict("acme/site", &rule);
    }
    assert_eq!(put(server.admin(), HERE, "docs"), 200);
    assert_eq!(put(server.admin(), PROJECT, "web"), 200);
    open(&ann, "topic");
    let merge = || ann.post(&format!("{REQUESTS}/1/merge"), &json!({}));
    let approve = |who: &Rest| who.post(&format!("{REQUESTS}/1/approve"), &json!({})).expect(200);
    let lacks = |found: &str| {
        let refusal = merge().expect(403);
        let data = &refusal["error"]["data"];
        assert_eq!(data["code"], "PC-MERGE-REVIEW-GROUPS", "{refusal}");
        assert!(refusal.to_string().contains(found), "{found}: {refusal}");
    };
    lacks("there are 0");
    // The author is in `docs`; bea is in `web`, and in a group that nobody has named.
    approve(&ann);
    approve(&bea);
    lacks("there are 1");
    // One word of a member of both.
    approve(&ray);
    ray.delete(&format!("{REQUESTS}/1/approve"));
    lacks("there are 1");
    approve(&ray);
    merge().expect(200);
}

#[test]
fn they_are_listed_named_and_removed_by_administrators() {
    let (server, _tree) = world();
    groups(&server, &[("docs", &[]), ("web", &[])]);
    let (admin, ann, eve) = (server.admin(), server.rest_as("ann"), server.rest_as("eve"));
    for (list, slug) in [(PROJECT, "docs"), (PROJECT, "web"), (HERE, "docs"), (HERE, "docs")] {
        assert_eq!(put(admin, list, slug), 200, "{list} {slug}");
    }
    assert_eq!(named(&ann, HERE), ["docs repository", "web project"]);
    assert_eq!(named(admin, PROJECT), ["docs project", "web project"]);
    let page = ann.get(&format!("{HERE}?pagelen=1&page=2")).expect(200);
    assert_eq!((&page["size"], &page["values"][0]["slug"]), (&json!(2), &json!("web")));

    assert_eq!((put(admin, HERE, "moon"), put(admin, HERE, "a%20b")), (404, 404));
    assert_eq!((put(&ann, HERE, "web"), put(&eve, HERE, "web")), (403, 404));
    assert_eq!((put(&ann, PROJECT, "web"), put(&server.rest(), HERE, "web")), (403, 401));
    assert_eq!(ann.delete(&format!("{HERE}/docs")).status, 403);
    assert_eq!(eve.get(HERE).status, 404);
    // What the project has named is the project's to remove.
    admin.delete(&format!("{HERE}/web")).expect(404);
    assert_eq!(admin.delete(&format!("{HERE}/docs")).status, 204);
    assert_eq!(named(&ann, HERE), ["docs project", "web project"]);
    // A group that goes is no review group any more.
    assert_eq!(admin.delete("/api/v1/workspaces/acme/groups/docs").status, 204);
    assert_eq!(named(&ann, HERE), ["web project"]);
    let audit = admin.get("/api/v1/audit").expect(200).to_string();
    for what in ["added review group `docs`", "removed review group `docs`"] {
        assert!(audit.contains(what), "{what}");
    }
}
