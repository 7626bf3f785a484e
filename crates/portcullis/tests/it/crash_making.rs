//! The real program, killed at every point of the making of a repository, and started again: it is
//! there and whole, or it is not there and its name is free.

use crate::program::{Server, log};
use serde_json::json;
use testkit::{Git, Rest, WorkTree};

const SITE: &str = "acme/site";

fn rest(server: &Server, secret: &str) -> Rest {
    Rest::new(server.url(), Some(format!("Bearer {secret}")))
}

/// A server with [`SITE`], which has one commit; the secret of its administrator.
fn begin(home: &std::path::Path) -> String {
    let server = Server::start(home, &[]);
    let secret = std::fs::read_to_string(server.data.join("admin-token")).unwrap();
    let secret = secret.trim().to_owned();
    let admin = rest(&server, &secret);
    admin.post("/api/v1/workspaces", &json!({ "slug": "acme", "name": "Acme" })).expect(201);
    let project = json!({ "key": "CORE", "name": "Core" });
    admin.post("/2.0/workspaces/acme/projects", &project).expect(201);
    admin.post(&format!("/2.0/repositories/{SITE}"), &json!({ "scm": "git" })).expect(200);
    let url = format!("http://admin:{secret}@{}/{SITE}.git", server.address());
    let tree = WorkTree::beside(Git::system(), &url);
    tree.commit("one");
    tree.push("main").accepted();
    server.stop();
    secret
}

#[test]
fn a_repository_that_is_killed_in_the_making_is_whole_or_not_there() {
    let home = tempfile::tempdir().unwrap();
    let secret = begin(home.path());
    for point in repo::MAKING_CRASH_POINTS {
        for (what, path, body) in [
            ("new", "/2.0/repositories/acme/NAME", json!({ "scm": "git" })),
            ("fork", "/2.0/repositories/acme/site/forks", json!({ "name": "NAME" })),
        ] {
            let name = format!("{what}-{point}");
            let path = path.replace("NAME", &name);
            let body = serde_json::from_str(&body.to_string().replace("NAME", &name)).unwrap();
            let server = Server::start_with(home.path(), &[], &[("PORTCULLIS_CRASH_AT", point)]);
            let told = rest(&server, &secret).try_post(&path, &body);
            // Ends one that was not killed, so that this fails instead of waiting for ever.
            server.signal("TERM");
            let (code, _) = server.wait();
            assert_eq!(code, None, "{name}: it was not killed: {told:?}");

            let server = Server::start(home.path(), &[]);
            let admin = rest(&server, &secret);
            let there = admin.get(&format!("/2.0/repositories/acme/{name}")).status == 200;
            assert_eq!(there, *point == "repository-in-place", "{name}\n{}", log(home.path()));
            if !there {
                let status = admin.post(&path, &body).status;
                assert!([200, 201].contains(&status), "{name} cannot be made again: {status}");
            }
            let url = format!("http://admin:{secret}@{}/acme/{name}.git", server.address());
            let listed = WorkTree::beside(Git::system(), &url).git(&["ls-remote", "origin"]);
            assert_eq!(listed.contains("refs/heads/main"), what == "fork", "{name}: {listed}");
            server.stop();
        }
    }
}
