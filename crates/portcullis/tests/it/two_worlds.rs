//! Two worlds that differ only in hidden repositories answer a stranger alike, byte for byte, at every
//! door: every route of both APIs and of git over HTTP, stock git over HTTP and SSH, and the
//! commands of the SSH door.
//!
//! It is one server, asked before there is anything hidden and after: so that what may be seen is
//! the very same. Ids of requests and refusals and moments are all that is left out.

use serde_json::{Value, json};
use std::fmt::Write as _;
use testkit::{Git, KeyPair, Server, normalised};

/// Names that stand for nothing in the first world, and for hidden things in the second.
const HIDDEN: [(&str, &str, &str); 2] = [("acme", "secret", "HID"), ("beta", "site", "CORE")];

#[test]
fn a_stranger_cannot_tell_what_is_hidden_from_what_is_not_there() {
    let server = Server::with("repo acme/open\n public\n user ann\n user eve\n grant ann write");
    let key = server.create_key("eve", "ed25519");
    let before = everything(&server, &key);
    hide(&server);
    let after = everything(&server, &key);
    assert!(before.len() > 300, "{} answers", before.len());
    for (was, is) in before.iter().zip(&after) {
        assert_eq!(was, is);
    }
    assert_eq!(before.len(), after.len());
    // The one who may see them sees the difference, so there is one.
    let seen = server.admin().get("/2.0/repositories/acme").expect(200);
    assert_eq!(seen["size"], 2, "{seen}");
}

/// Repositories with branches, rules, tokens, keys and refusals; a project and a workspace that hold
/// nothing else.
fn hide(server: &Server) {
    let admin = server.admin();
    let project = json!({ "key": "HID", "name": "Hidden", "is_private": true });
    admin.post("/2.0/workspaces/acme/projects", &project).expect(201);
    let body = json!({ "scm": "git", "is_private": true, "project": { "key": "HID" } });
    server.create_repository_as("acme/secret", &body);
    server.create_repository("beta/site");
    let project = json!({ "key": "CORE", "name": "Core", "is_private": true });
    admin.post("/2.0/workspaces/beta/projects", &project).expect(201);
    for (workspace, repository, _) in HIDDEN {
        let path = format!("{workspace}/{repository}");
        server.seed(&path);
        let rule = json!({
            "kind": "push", "matcher": { "type": "any" }, "on": "both",
            "subjects": [{ "type": "user", "name": "ann" }],
        });
        server.restrict(&path, &rule);
        server.create_access_token(&path, "ci-bot", &["repository:write"]);
        let group = json!({ "slug": format!("of-{repository}") });
        admin.post(&format!("/api/v1/workspaces/{workspace}/groups"), &group).expect(201);
        // Somebody else's refusal, with its record.
        let ann = json!({ "type": "user", "name": "ann" });
        server.grant(&path, &ann, "read");
        let refused = server.rest_as("ann").delete(&format!("/2.0/repositories/{path}"));
        assert_eq!(refused.status, 403, "{}", refused.text);
    }
}

/// Every question with its answer.
fn everything(server: &Server, key: &KeyPair) -> Vec<String> {
    let mut answers = Vec::new();
    for name in ["eve", "nobody"] {
        for route in httpd::routes() {
            for path in paths(route.path) {
                answers.push(asked(server, name, route.method, &path));
            }
        }
        for path in LISTS {
            answers.push(asked(server, name, "GET", path));
        }
    }
    for (workspace, repository, _) in HIDDEN {
        let path = format!("{workspace}/{repository}");
        for (git, url) in [
            (Git::system(), server.url_as("eve", &path)),
            (Git::system(), server.url_of(&path)),
            (server.git_with_key(key), server.ssh_url_of(&path)),
        ] {
            let said = git.run(server.home(), &["ls-remote", &url]);
            let (code, text) = (said.status.code(), String::from_utf8_lossy(&said.stderr));
            answers.push(normalised(&format!("git ls-remote {path}: {code:?} {text}")));
        }
        for command in [
            vec!["explain", &path, "main"],
            vec!["explain", &path, "main", "delete"],
            vec!["git-upload-pack", &path],
            vec!["git-receive-pack", &path],
        ] {
            let said = server.ssh(key, &[], &command);
            answers.push(normalised(&format!("ssh {command:?}: {said:?}")));
        }
    }
    for command in [vec![], vec!["whoami"], vec!["repositories"]] {
        answers.push(normalised(&format!("ssh {command:?}: {:?}", server.ssh(key, &[], &command))));
    }
    answers
}

/// Lists that hold what may be seen.
const LISTS: [&str; 7] = [
    "/2.0/repositories/acme",
    "/2.0/repositories/acme?role=member",
    "/2.0/repositories/acme?q=name~%22e%22&sort=-updated_on",
    "/2.0/workspaces/acme/projects",
    "/2.0/workspaces/acme",
    "/2.0/repositories/acme/open",
    "/api/v1/explain?repository=acme/open&operation=create&ref=main",
];

/// A route, asked of each of the hidden places; once where it names no place.
fn paths(route: &str) -> Vec<String> {
    // What these say is about the server itself and changes by being asked.
    if ["/metrics", "/healthz", "/readyz"].contains(&route) {
        return Vec::new();
    }
    let mut paths = Vec::new();
    for (workspace, repository, project) in HIDDEN {
        let mut path = route
            .replace("{workspace}", workspace)
            .replace("{repository}", repository)
            .replace("{project}", project)
            .replace("{user}", "ann")
            .replace("{member}", "ann")
            .replace("{group}", &format!("of-{repository}"))
            .replace("{*name}", "main")
            .replace("{*path}", "info/packs")
            .replace("{id}", "1");
        match route {
            "/{workspace}/{repository}/info/refs" => path.push_str("?service=git-upload-pack"),
            "/api/v1/explain" => {
                write!(path, "?repository={workspace}/{repository}&operation=read").unwrap();
            }
            _ => {}
        }
        // A workspace that is there is there for a stranger as well, once something in it is open.
        let about_acme = workspace == "acme" && !route.contains("{repository}");
        if !(about_acme && route.contains("{workspace}") && !route.contains("{project}")) {
            paths.push(path);
        }
    }
    paths.dedup();
    paths
}

fn asked(server: &Server, name: &str, method: &str, path: &str) -> String {
    // On a connection of its own: one whose body was not read to its end may be closed.
    let rest = if name == "nobody" { server.rest() } else { server.rest_as(name) };
    let body = (method == "POST" || method == "PUT").then(|| json!({}));
    let answer = rest.call(method, path, body.as_ref());
    let mut headers = answer.headers.clone();
    // Whether the connection is kept depends on how much of the body had come in time.
    let differs = ["date", "x-request-id", "content-length", "connection"];
    headers.retain(|(it, _)| !differs.contains(&it.as_str()));
    let said = match serde_json::from_str::<Value>(&answer.text) {
        Ok(mut document) => {
            leave_out_ids(&mut document);
            document.to_string()
        }
        Err(_) => answer.text.clone(),
    };
    normalised(&format!("{name} {method} {path}: {} {headers:?} {said}", answer.status))
}

/// Ids of requests and refusals, and moments.
fn leave_out_ids(value: &mut Value) {
    match value {
        Value::Object(members) => {
            // How large a repository is, is measured some time after a push.
            if members.contains_key("scm") {
                members.insert("size".into(), Value::Null);
            }
            for (name, member) in members.iter_mut() {
                if ["request_id", "at", "first_at", "last_at"].contains(&name.as_str()) {
                    *member = Value::Null;
                }
                leave_out_ids(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(leave_out_ids),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
