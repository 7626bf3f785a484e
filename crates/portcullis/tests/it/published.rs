//! Every answer of Bitbucket's API is as Bitbucket has published it. Whoever serves another
//! operation adds a line with a request for it.

use crate::reading::world;
use serde_json::{Value, json};
use testkit::published;

#[test]
fn every_answer_is_as_published() {
    let (server, tree) = world();
    let site = "/2.0/repositories/acme/site";
    let commit = tree.id("main");
    let status = json!({ "key": "ci", "state": "FAILED", "url": "https://ci.example.com/" });
    let branch = json!({ "name": "new", "target": { "hash": "main" } });
    let tag = json!({ "name": "v2", "target": { "hash": "main" }, "message": "two" });
    let rule =
        json!({ "kind": "push", "pattern": "old", "users": [{ "username": "ann" }], "groups": [] });
    let project = json!({ "key": "NEW", "name": "New" });
    let mut wrong: Vec<String> = Vec::new();
    for (method, path, body) in [
        ("GET", "/2.0/user".to_owned(), None),
        ("GET", "/2.0/user/workspaces".into(), None),
        ("GET", "/2.0/users/ann".into(), None),
        ("GET", "/2.0/users/ann/ssh-keys".into(), None),
        ("GET", "/2.0/workspaces".into(), None),
        ("GET", "/2.0/workspaces/acme".into(), None),
        ("GET", "/2.0/workspaces/acme/members".into(), None),
        ("GET", "/2.0/workspaces/acme/members/admin".into(), None),
        ("GET", "/2.0/workspaces/acme/permissions".into(), None),
        ("GET", "/2.0/workspaces/acme/projects".into(), None),
        ("POST", "/2.0/workspaces/acme/projects".into(), Some(project)),
        ("GET", "/2.0/workspaces/acme/projects/NEW".into(), None),
        ("GET", "/2.0/workspaces/acme/projects/NEW/branching-model".into(), None),
        ("GET", "/2.0/workspaces/acme/projects/NEW/branching-model/settings".into(), None),
        ("GET", "/2.0/workspaces/acme/projects/NEW/deploy-keys".into(), None),
        ("GET", "/2.0/repositories/acme".into(), None),
        ("GET", site.into(), None),
        ("POST", format!("{site}/forks"), Some(json!({ "name": "Copy" }))),
        ("GET", format!("{site}/forks"), None),
        ("GET", "/2.0/repositories/acme/copy".into(), None),
        ("GET", format!("{site}/branch-restrictions"), None),
        ("POST", format!("{site}/branch-restrictions"), Some(rule)),
        ("GET", format!("{site}/branching-model"), None),
        ("GET", format!("{site}/branching-model/settings"), None),
        ("GET", format!("{site}/effective-branching-model"), None),
        ("GET", format!("{site}/override-settings"), None),
        ("GET", format!("{site}/deploy-keys"), None),
        ("GET", format!("{site}/refs"), None),
        ("GET", format!("{site}/refs/branches"), None),
        ("POST", format!("{site}/refs/branches"), Some(branch)),
        ("GET", format!("{site}/refs/branches/main"), None),
        ("GET", format!("{site}/refs/tags"), None),
        ("POST", format!("{site}/refs/tags"), Some(tag)),
        ("GET", format!("{site}/refs/tags/v1"), None),
        ("GET", format!("{site}/commits"), None),
        ("GET", format!("{site}/commits/main"), None),
        ("POST", format!("{site}/commits"), None),
        ("GET", format!("{site}/commit/{commit}"), None),
        ("POST", format!("{site}/commit/{commit}/statuses/build"), Some(status)),
        ("GET", format!("{site}/commit/{commit}/statuses"), None),
        ("GET", format!("{site}/commit/{commit}/statuses/build/ci"), None),
        ("PUT", format!("{site}/commit/{commit}/statuses/build/ci"), Some(json!({ "name": "CI" }))),
        ("GET", format!("{site}/merge-base/main..topic%2Fx"), None),
        ("GET", format!("{site}/diffstat/topic%2Fx..main"), None),
        ("GET", format!("{site}/src/{commit}/"), None),
        ("GET", format!("{site}/src/{commit}/src"), None),
        ("GET", format!("{site}/filehistory/{commit}/src/a.rs"), None),
    ] {
        let answer = server.admin().call(method, &path, body.as_ref());
        let json: Value = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
        let faults = published::faults(method, &path, answer.status, &json);
        wrong.extend(faults.iter().map(|it| format!("{method} {path}: {it}")));
        if !faults.is_empty() {
            wrong.push(answer.text);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
