//! The door test: every route, asked by everybody, with what they are answered as one committed
//! table, `docs/reference/door.txt`. A route without a row fails; so does a row that has changed.
//! `cargo xtask bless` writes the table anew.
//!
//! A 400 stands where somebody was let in and what they sent was looked at. A 404 stands for what
//! is not there, as far as the one who asks may know.

use crate::server::Server;
use base64::Engine as _;
use httpd::Route;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// From the outside in: nobody, a bad credential, somebody without any grant, three with a grant
/// on the workspace, and an administrator of the installation.
const PEOPLE: [(&str, &str); 7] = [
    ("anonymous", "nobody"),
    ("bad", "liar"),
    ("stranger", "eve"),
    ("reader", "ray"),
    ("writer", "ann"),
    ("admin", "bea"),
    ("root", "root"),
];

#[tokio::test]
async fn the_door_table_is_as_generated() {
    let server = world().await;
    let mut table = format!("{:<84}", "route");
    for (column, _) in PEOPLE {
        write!(table, " {column:<9}").unwrap();
    }
    let mut routes = httpd::routes();
    routes.sort_by_key(|it| (it.path.starts_with("/{"), *it));
    let mut number = 0;
    for route in routes {
        for variant in variants(&route) {
            let shown = format!("{} {}{variant}", route.method, route.path);
            write!(table, "\n{shown:<84}").unwrap();
            for (_, who) in PEOPLE {
                number += 1;
                let status = ask(&server, who, &route, variant, number).await;
                write!(table, " {status:<9}").unwrap();
            }
            table.truncate(table.trim_end().len());
        }
    }
    table.push('\n');
    let header = table.lines().next().unwrap().trim_end().to_owned();
    let table = table.replacen(table.lines().next().unwrap(), &header, 1);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/door.txt");
    if std::env::var_os("PORTCULLIS_BLESS").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    for (line, (was, is)) in committed.lines().zip(table.lines()).enumerate() {
        assert_eq!(
            was,
            is,
            "line {} of door.txt: run `cargo xtask bless` if it is right",
            line + 1
        );
    }
    assert_eq!(committed.lines().count(), table.lines().count(), "routes came or went");
}

async fn world() -> Server {
    let mut server = Server::with_people().await;
    server.add_user("ray").await;
    server.add_user("dan").await;
    for (name, permission) in [("ray", "read"), ("ann", "write"), ("bea", "admin")] {
        server.grant("workspaces/acme", name, permission).await;
    }
    server.made("/api/v1/workspaces/acme/groups", json!({ "slug": "devs" })).await;
    server
}

/// The refs are asked for with a service, and answer differently.
fn variants(route: &Route) -> Vec<&'static str> {
    if route.path.ends_with("/info/refs") {
        vec!["?service=git-upload-pack", "?service=git-receive-pack"]
    } else if route.path == "/api/v1/explain" {
        vec!["", "?as=dan"]
    } else {
        vec![""]
    }
}

/// One request; what it needs is made for it first, so that rows do not depend on one another.
async fn ask(server: &Server, who: &str, route: &Route, variant: &str, number: u32) -> u16 {
    let mut path = format!("{}{variant}", route.path);
    if route.path == "/api/v1/explain" {
        let mark = if variant.is_empty() { '?' } else { '&' };
        write!(path, "{mark}repository=acme/site&operation=read").unwrap();
    }
    for (name, value) in [
        ("{workspace}", "acme".to_owned()),
        ("{project}", project(server, route, number).await),
        ("{repository}", repository(server, route, number).await),
        ("{id}", id(server, route, number).await),
        ("{user}", "dan".into()),
        ("{group}", group(server, route, number).await),
        ("{member}", "root".into()),
        ("{comment}", "1".into()),
        ("{task}", "1".into()),
        ("{dependency}", "2".into()),
        ("{task_id}", "1".into()),
        ("{*name}", "main".into()),
        ("{*revision}", "main".into()),
        ("{commit}", "main".into()),
        ("{*spec}", "main..main".into()),
        ("{*key}", "ci".into()),
        ("{*path}", "info/packs".into()),
    ] {
        path = path.replace(name, &value);
    }
    assert!(!path.contains('{'), "no row for {} {}", route.method, route.path);
    if route.path.ends_with("/groups/{group}/members/{user}") && route.method == "DELETE" {
        server.send("root", "PUT", "/api/v1/workspaces/acme/members/dan", role()).await;
        server.send("root", "PUT", &path, None).await;
    }
    if route.path.ends_with("/review-groups/{group}") && route.method == "DELETE" {
        server.send("root", "PUT", &path, None).await;
    }
    if route.path.ends_with("/members/{user}") {
        server.send("root", "PUT", "/api/v1/workspaces/acme/members/dan", role()).await;
    }
    server.send(who, route.method, &path, body(route)).await.status
}

fn role() -> Option<Value> {
    Some(json!({ "role": "member" }))
}

/// Nothing that could be carried out: whoever is let in is told that it does not fit.
fn body(route: &Route) -> Option<Value> {
    match route.method {
        "POST" | "PUT" => Some(match route.path.rsplit('/').next() {
            Some("grants") => json!({ "subject": { "type": "moon" }, "permission": "read" }),
            Some("restrictions") => {
                json!({ "kind": "moon", "matcher": { "type": "any" }, "subjects": [] })
            }
            Some("{id}") if route.path.contains("/restrictions/") => {
                json!({ "kind": "moon", "matcher": { "type": "any" } })
            }
            Some("forks") => json!({ "name": "site" }),
            Some("supersede") => json!({ "by": 2 }),
            Some("auto-merge" | "queue") => json!({}),
            Some("build-keys") => json!({ "values": [{ "pattern": "", "subjects": [] }] }),
            Some("merge-strategies") => json!({ "any": { "merge_strategies": [] } }),
            Some("settings") => json!({ "branch_types": [{ "kind": "moon" }] }),
            Some("override-settings") => json!({ "override_settings": 1 }),
            // Sent as TOML, this is none.
            Some("policy") => json!({}),
            Some("preview") => json!({ "last": 0 }),
            Some("matches") => json!({ "matcher": { "type": "moon" } }),
            Some("ssh-keys" | "gpg-keys" | "deploy-keys") => json!({ "key": "" }),
            Some("access-keys") => json!({ "key": "", "permission": "" }),
            Some("{id}") if route.path.contains("-keys/") => json!({ "label": "" }),
            Some("access-tokens" | "tokens") => json!({ "name": "", "scopes": [] }),
            Some("network") => json!({ "allowed_addresses": ["moon"] }),
            Some("{group}") => json!({ "default_permission": "moon" }),
            Some("users") => json!({ "username": "", "display_name": "", "email": "" }),
            Some("workspaces" | "groups") => json!({ "slug": "a b" }),
            Some("{user}") => json!({ "role": "moon", "email": "moon" }),
            Some("{repository}") => json!({ "fork_policy": "moon", "name": "" }),
            _ => json!({ "name": "" }),
        }),
        _ => None,
    }
}

/// What is removed is made for the request.
async fn project(server: &Server, route: &Route, number: u32) -> String {
    if route.method != "DELETE" || !route.path.ends_with("/projects/{project}") {
        return "CORE".into();
    }
    let key = format!("P{number}");
    server.made("/2.0/workspaces/acme/projects", json!({ "key": key, "name": "New" })).await;
    key
}

async fn repository(server: &Server, route: &Route, number: u32) -> String {
    if route.method != "DELETE" || !route.path.ends_with("/{repository}") {
        return "site".into();
    }
    let slug = format!("r{number}");
    server.made(&format!("/2.0/repositories/acme/{slug}"), json!({})).await;
    slug
}

async fn group(server: &Server, route: &Route, number: u32) -> String {
    if route.method != "DELETE" || !route.path.ends_with("/{group}") {
        return "devs".into();
    }
    let slug = format!("g{number}");
    server.made("/api/v1/workspaces/acme/groups", json!({ "slug": slug })).await;
    slug
}

/// A public key that no other row has.
fn key(number: u32) -> String {
    let mut wire = b"\0\0\0\x0bssh-ed25519\0\0\0\x20".to_vec();
    wire.extend_from_slice(&number.to_be_bytes());
    wire.resize(51, 7);
    format!("ssh-ed25519 {}", base64::engine::general_purpose::STANDARD.encode(wire))
}

/// A token, a key or a rule of the place the path is about, or a refusal that `ann` met.
async fn id(server: &Server, route: &Route, number: u32) -> String {
    let Some((list, _)) = route.path.split_once("/{id}") else { return String::new() };
    if list.ends_with("/pullrequests") || list.ends_with("/pull-requests") {
        // The repository has no branches, so it has no pull request either.
        return "1".into();
    }
    let list = list
        .replace("{workspace}", "acme")
        .replace("{project}", "CORE")
        .replace("{repository}", "site")
        .replace("{user}", "dan");
    let new = if list.ends_with("branch-restrictions") {
        json!({ "kind": "push", "pattern": format!("b{number}"), "users": [] })
    } else if list.ends_with("restrictions") {
        json!({ "kind": "push", "matcher": { "type": "glob", "pattern": format!("b{number}") } })
    } else if list.ends_with("ssh-keys") {
        let made = server.made(&list, json!({ "key": key(number) })).await;
        // Bitbucket names these by UUID.
        let uuid = made["uuid"].as_str().unwrap().replace('{', "%7B").replace('}', "%7D");
        return if list.starts_with("/2.0") { uuid } else { made["id"].to_string() };
    } else if list.ends_with("gpg-keys") {
        // It is there already where nobody was let in to remove it.
        let new = json!({ "key": include_str!("dan_and_ann.asc") });
        let made = server.send("root", "POST", &list, Some(new)).await.status;
        assert!(matches!(made, 201 | 400 | 409), "{made}");
        return "753b483891c5f1d6db991fd38a30d7b607ff3a94".into();
    } else if list.ends_with("-keys") {
        json!({ "key": key(number), "permission": "read" })
    } else if list.ends_with("tokens") {
        json!({ "name": "ci", "scopes": ["read:repository:bitbucket"] })
    } else {
        let refused =
            server.send("ann", "POST", "/api/v1/workspaces", Some(json!({ "slug": "x" })));
        let refusal = &refused.await.json["error"]["refusal"]["id"];
        return refusal.as_str().expect("ann may not make workspaces").to_owned();
    };
    server.made(&list, new).await["id"].to_string()
}
