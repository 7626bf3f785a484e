//! Bitbucket's API: shapes, paging, filters, tolerances and errors, as its clients need them.

use crate::server::Server;
use crate::shapes;
use serde_json::{Value, json};

fn names(page: &Value, member: &str) -> Vec<String> {
    let values = page["values"].as_array().unwrap();
    values.iter().map(|it| it[member].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn everything_shown_has_the_shape_that_clients_expect() {
    let server = Server::with_people().await;
    let rule = json!({ "kind": "push", "pattern": "main", "users": [{ "username": "bea" }] });
    let rule = server.made("/2.0/repositories/acme/site/branch-restrictions", rule).await;
    shapes::check(&rule);
    for place in ["repositories/acme/site", "workspaces/acme/projects/CORE"] {
        let path = format!("/2.0/{place}/default-reviewers/root");
        let named = server.send("root", "PUT", &path, None).await;
        assert_eq!(named.status, 200, "{}", named.text);
        shapes::check(&named.json);
    }
    for path in [
        "/2.0/repositories/acme/site/default-reviewers",
        "/2.0/repositories/acme/site/effective-default-reviewers",
        "/2.0/workspaces/acme/projects/CORE/default-reviewers",
        "/2.0/user",
        "/2.0/user/emails",
        "/2.0/user/workspaces",
        "/2.0/users/ann",
        "/2.0/workspaces",
        "/2.0/workspaces/acme",
        "/2.0/workspaces/acme/members",
        "/2.0/workspaces/acme/members/root",
        "/2.0/workspaces/acme/permissions",
        "/2.0/workspaces/acme/projects",
        "/2.0/workspaces/acme/projects/CORE",
        "/2.0/repositories/acme",
        "/2.0/repositories/acme/site",
        "/2.0/repositories/acme/site/refs",
        "/2.0/repositories/acme/site/refs/branches",
        "/2.0/repositories/acme/site/branch-restrictions",
        "/2.0/repositories/acme/site/branching-model",
        "/2.0/repositories/acme/site/effective-branching-model",
        "/2.0/repositories/acme/site/branching-model/settings",
        "/2.0/repositories/acme/site/override-settings",
        "/2.0/workspaces/acme/projects/CORE/branching-model",
        "/2.0/workspaces/acme/projects/CORE/branching-model/settings",
    ] {
        for path in [path.to_owned(), format!("{path}/")] {
            let answer = server.get("root", &path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            assert_eq!(answer.header("content-type"), "application/json");
            shapes::check(&answer.json);
        }
    }
    let uuid = server.get("root", "/2.0/repositories/acme/site").await.json["uuid"].clone();
    let by_uuid = format!("/2.0/repositories/%7B%7D/{}", uuid.as_str().unwrap());
    assert_eq!(server.get("root", &by_uuid).await.json["full_name"], "acme/site");
}

#[tokio::test]
async fn repositories_and_projects_are_made_changed_and_removed() {
    let server = Server::with_people().await;
    let repository = "/2.0/repositories/acme/tools";
    let input = json!({
        "type": "", "scm": "git", "name": "Tools", "is_private": "true", "created_on":
        "0001-01-01T00:00:00Z", "has_issues": "false", "project": { "key": "CORE" },
    });
    let made = server.send("root", "POST", repository, Some(input.clone())).await;
    assert_eq!((made.status, made.json["slug"].as_str()), (200, Some("tools")), "{}", made.text);
    let again = server.send("root", "POST", repository, Some(input)).await;
    assert_eq!(again.status, 400, "{}", again.text);
    assert!(again.json["error"]["message"].is_string());

    let renamed = json!({ "name": "Power Tools", "description": "sharp" });
    let renamed = server.send("root", "PUT", repository, Some(renamed)).await;
    assert_eq!(renamed.json["full_name"], "acme/power-tools", "{}", renamed.text);
    assert_eq!(
        renamed.header("location"),
        "http://git.example.com:8080/2.0/repositories/acme/power-tools"
    );
    let removed = server.send("root", "DELETE", "/2.0/repositories/acme/power-tools/", None).await;
    assert_eq!((removed.status, removed.text.as_str()), (204, ""));
    assert_eq!(removed.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(server.get("root", "/2.0/repositories/acme/power-tools").await.status, 404);

    let project = json!({ "key": "GO_BB_TEST_PROJ_CR_IS_PRIV_TRUE", "name": "New" });
    let path = "/2.0/workspaces/acme/projects";
    let made = server.send("root", "POST", path, Some(project)).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let one = format!("{path}/GO_BB_TEST_PROJ_CR_IS_PRIV_TRUE");
    let changed = server.send("root", "PUT", &one, Some(json!({ "description": "d" }))).await;
    assert_eq!((changed.status, changed.json["description"].as_str()), (200, Some("d")));
    assert_eq!(server.send("root", "DELETE", &one, None).await.status, 204);
}

#[tokio::test]
async fn lists_have_pages_filters_order_and_fields() {
    let server = Server::with_people().await;
    for name in ["alpha", "beta", "gamma"] {
        server.made(&format!("/2.0/repositories/acme/{name}"), json!({})).await;
    }
    let list = "/2.0/repositories/acme";
    let first = server.get("root", &format!("{list}?pagelen=2&x=1&x=%7B2%7D")).await.json;
    assert_eq!(names(&first, "slug"), ["alpha", "beta"]);
    assert_eq!(
        (&first["size"], &first["page"], &first["pagelen"]),
        (&json!(4), &json!(1), &json!(2))
    );
    let next = first["next"].as_str().unwrap();
    assert!(next.starts_with("http://git.example.com:8080/2.0/repositories/acme?"), "{next}");
    assert!(next.contains("x=1&x=%7B2%7D"), "{next}");
    let second = server.get("root", next.trim_start_matches("http://git.example.com:8080")).await;
    assert_eq!(names(&second.json, "slug"), ["gamma", "site"]);
    assert!(second.json["next"].is_null() && second.json["previous"].is_string());
    let past = server.get("root", &format!("{list}?page=99")).await;
    assert_eq!((past.status, names(&past.json, "slug").len()), (200, 0));

    for (query, expected) in [
        ("q=name~%22ALPH%22", vec!["alpha"]),
        ("q=project.key%3D%22CORE%22&sort=-slug", vec!["site", "gamma", "beta", "alpha"]),
        ("q=full_name%20=%20%22acme/beta%22%20OR%20slug=%22gamma%22", vec!["beta", "gamma"]),
        ("q=created_on%3E2999-01-01", vec![]),
    ] {
        let answer = server.get("root", &format!("{list}?{query}")).await;
        assert_eq!(names(&answer.json, "slug"), expected, "{query}: {}", answer.text);
    }
    let some = server.get("root", &format!("{list}?pagelen=1&fields=values.slug,next")).await.json;
    assert_eq!(some["values"], json!([{ "slug": "alpha" }]));
    assert!(some["next"].is_string() && some["size"].is_null());
    for bad in ["q=secret=1", "q=name", "sort=secret", "pagelen=many"] {
        let answer = server.get("root", &format!("{list}?{bad}")).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.text);
        assert!(answer.json["error"]["fields"].is_object(), "{bad}: {}", answer.text);
    }
}

#[tokio::test]
async fn branch_restrictions_are_a_view_of_our_rules() {
    let server = Server::with_people().await;
    let path = "/2.0/repositories/acme/site/branch-restrictions";
    let input = json!({
        "kind": "push", "branch_match_kind": "glob", "pattern": "main",
        "users": [{ "username": "bea" }], "groups": [],
    });
    let made = server.made(path, input.clone()).await;
    assert_eq!(server.send("root", "POST", path, Some(input)).await.status, 400);
    let one = format!("{path}/{}", made["id"]);
    let native = format!("/api/v1/repositories/acme/site/restrictions/{}", made["id"]);
    assert_eq!(server.get("root", &native).await.json["matcher"]["pattern"], "main");

    let changed = server.send("root", "PUT", &one, Some(json!({ "pattern": "release/*" }))).await;
    assert_eq!(changed.json["pattern"], "release/*", "{}", changed.text);
    assert_eq!(changed.json["users"][0]["nickname"], "bea");
    for (query, size) in [("kind=push", 1), ("kind=force", 0), ("pattern=release/*", 1)] {
        let listed = server.get("root", &format!("{path}?{query}")).await;
        assert_eq!(listed.json["size"], size, "{query}");
    }
    assert_eq!(server.get("ann", path).await.status, 403);
    assert_eq!(server.send("root", "DELETE", &one, None).await.status, 204);
    assert_eq!(server.get("root", &native).await.status, 404);
}

#[tokio::test]
async fn rule_042_restrictions_are_for_administrators() {
    let server = Server::with_people().await;
    let path = "/2.0/repositories/acme/site/branch-restrictions";
    let rule = json!({
        "kind": "force", "branch_match_kind": "glob", "pattern": "main", "users": [], "groups": [],
    });
    let made = server.made(path, rule.clone()).await;
    let (one, missing) = (format!("{path}/{}", made["id"]), format!("{path}/999"));
    let change = json!({ "pattern": "other" });
    let calls = [
        ("GET", path, None),
        ("GET", one.as_str(), None),
        ("POST", path, Some(rule)),
        ("PUT", one.as_str(), Some(change.clone())),
        ("DELETE", one.as_str(), None),
    ];
    for (who, status) in [("ann", 403), ("nobody", 401), ("eve", 404)] {
        for (method, path, body) in calls.clone() {
            let answer = server.send(who, method, path, body).await;
            assert_eq!(answer.status, status, "{who} {method} {path}: {}", answer.text);
        }
    }
    for (method, body) in [("GET", None), ("PUT", Some(change)), ("DELETE", None)] {
        assert_eq!(server.send("bea", method, &missing, body).await.status, 404, "{method}");
    }
    assert_eq!(server.get("bea", &one).await.json, made, "nobody has changed it");
    assert_eq!(server.get("bea", path).await.json["size"], 1);
}

#[tokio::test]
async fn rule_077_a_missing_scope_says_what_is_required_and_what_was_granted() {
    let mut server = Server::with_people().await;
    server.limited("narrow", "ann", &["read:user:bitbucket"]).await;
    let answer = server.get("narrow", "/2.0/repositories/acme/site").await;
    assert_eq!(answer.status, 403, "{}", answer.text);
    let detail = &answer.json["error"]["detail"];
    assert_eq!(detail["required"], json!(["read:repository:bitbucket"]));
    assert_eq!(detail["granted"], json!(["read:user:bitbucket"]));
    assert_eq!(answer.header("x-oauth-scopes"), "read:user:bitbucket");
    assert_eq!(answer.header("x-accepted-oauth-scopes"), "read:repository:bitbucket");
    assert_eq!(server.get("narrow", "/2.0/user").await.status, 200);
}

#[tokio::test]
async fn a_hidden_repository_and_a_missing_one_answer_alike() {
    let server = Server::with_people().await;
    for who in ["nobody", "liar", "eve"] {
        let hidden = server.get(who, "/2.0/repositories/acme/site").await;
        let missing = server.get(who, "/2.0/repositories/acme/sita").await;
        assert_eq!(hidden.status, missing.status, "{who}");
        assert_eq!(hidden.status, if who == "eve" { 404 } else { 401 }, "{who}");
        let message = |it: &Value| it["error"]["message"].as_str().unwrap().replace("sita", "site");
        assert_eq!(message(&hidden.json), message(&missing.json), "{who}");
    }
}

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDp6Ii6ndInFSiinY2O5u81NjDUZhrl1aldiWlZkEPhn";

#[tokio::test]
async fn ssh_keys_have_uuids_and_deploy_keys_have_numbers() {
    let server = Server::with_people().await;
    let keys = "/2.0/users/ann/ssh-keys";
    let body = json!({ "key": format!("{KEY} ann@laptop"), "label": "laptop" });
    let made = server.send("ann", "POST", keys, Some(body.clone())).await;
    assert_eq!(made.status, 201, "{}", made.text);
    shapes::check(&made.json);
    assert_eq!(made.json["fingerprint"], "2/V4ybHJk83f1AlYqsJv9EvxZMbqj1WdI3Uov5bcNn4");
    let again = server.send("eve", "POST", "/2.0/users/eve/ssh-keys", Some(body)).await;
    assert_eq!(again.status, 400, "{}", again.text);
    assert!(again.text.contains("omeone has already registered that SSH key"), "{}", again.text);
    let uuid = made.json["uuid"].as_str().unwrap().replace('{', "%7B").replace('}', "%7D");
    let one = format!("{keys}/{uuid}");
    let changed = server.send("ann", "PUT", &one, Some(json!({ "label": "desk" }))).await;
    assert_eq!(changed.json["label"], "desk", "{}", changed.text);
    shapes::check(&server.get("ann", keys).await.json);
    assert_eq!(server.get("eve", &one).await.status, 403);
    assert_eq!(server.send("ann", "DELETE", &one, None).await.status, 204);

    let project = "/2.0/workspaces/acme/projects/CORE/deploy-keys";
    for (keys, status) in [("/2.0/repositories/acme/site/deploy-keys", 200), (project, 405)] {
        let body = json!({ "key": KEY, "label": "deploy" });
        let made = server.send("root", "POST", keys, Some(body)).await;
        assert_eq!(made.status, 200, "{}", made.text);
        shapes::check(&made.json);
        let one = format!("{keys}/{}", made.json["id"]);
        let body = json!({ "key": KEY, "label": "release" });
        let changed = server.send("root", "PUT", &one, Some(body)).await;
        assert_eq!(changed.status, status, "{}", changed.text);
        shapes::check(&server.get("root", keys).await.json);
        assert_eq!(server.get("ann", keys).await.status, 403);
        assert_eq!(server.send("root", "DELETE", &one, None).await.status, 204);
        assert_eq!(server.get("root", &one).await.status, 404);
    }
}

#[tokio::test]
async fn gpg_keys_are_named_by_fingerprint_and_shown_whole_when_asked() {
    let server = Server::with_people().await;
    let keys = "/2.0/users/ann/gpg-keys";
    let body = json!({ "key": include_str!("dan_and_ann.asc"), "name": "signing" });
    let made = server.send("ann", "POST", keys, Some(body.clone())).await;
    assert_eq!(made.status, 201, "{}", made.text);
    shapes::check(&made.json);
    let fingerprint = "753b483891c5f1d6db991fd38a30d7b607ff3a94";
    assert_eq!(
        (&made.json["fingerprint"], &made.json["name"]),
        (&fingerprint.into(), &"signing".into())
    );
    assert_eq!(made.json["key_id"], "8a30d7b607ff3a94");
    assert_eq!((&made.json["expires_on"], &made.json["key"]), (&Value::Null, &Value::Null));
    let again = server.send("ann", "POST", keys, Some(body.clone())).await;
    assert!(again.text.contains("this key is here already, as `signing`"), "{}", again.text);
    // Eve's address is not on it.
    let hers = server.send("eve", "POST", "/2.0/users/eve/gpg-keys", Some(body)).await;
    assert_eq!(hers.status, 400, "{}", hers.text);
    assert!(hers.text.contains("this key is of Ann <ann@example.com>, Dan"), "{}", hers.text);
    let listed = server.get("ann", &format!("{keys}?fields=%2Bvalues.subkeys,%2Bvalues.key")).await;
    shapes::check(&listed.json);
    let subkey = &listed.json["values"][0]["subkeys"][0];
    assert_eq!(subkey["fingerprint"], "1e30392c1b5f30a83763acb7009df1c4d9702b6d");
    assert_eq!(subkey["parent_fingerprint"], fingerprint);
    assert!(listed.json["values"][0]["key"].as_str().unwrap().ends_with("BLOCK-----"));
    let one = format!("{keys}/{}", fingerprint.to_uppercase());
    assert_eq!(server.get("ann", &one).await.json["key_id"], "8a30d7b607ff3a94");
    assert_eq!(server.get("eve", &one).await.status, 403);
    for status in [204, 404] {
        assert_eq!(server.send("ann", "DELETE", &one, None).await.status, status);
    }
}

#[tokio::test]
async fn keys_need_the_scopes_that_bitbucket_asks_for() {
    let mut server = Server::with_people().await;
    let (read, write, admin) =
        ("read:ssh-key:bitbucket", "write:ssh-key:bitbucket", "admin:repository:bitbucket");
    server.limited("reader", "bea", &[read]).await;
    server.limited("writer", "bea", &[read, write]).await;
    server.limited("legacy", "bea", &["account:write"]).await;
    server.limited("admin", "bea", &[admin]).await;
    server.limited("both", "bea", &[admin, write]).await;
    let (own, deploy) = ("/2.0/users/bea/ssh-keys", "/2.0/repositories/acme/site/deploy-keys");
    let nothing = || Some(json!({ "key": "" }));
    for (who, method, path, status) in [
        ("reader", "GET", own, 200),
        ("reader", "POST", own, 403),
        ("writer", "POST", own, 400),
        ("legacy", "GET", own, 200),
        ("legacy", "POST", own, 400),
        ("admin", "GET", own, 403),
        ("admin", "GET", deploy, 200),
        ("admin", "POST", deploy, 403),
        ("writer", "POST", deploy, 403),
        ("both", "POST", deploy, 400),
    ] {
        let body = if method == "POST" { nothing() } else { None };
        let answer = server.send(who, method, path, body).await;
        assert_eq!(answer.status, status, "{who} {method} {path}: {}", answer.text);
    }
}
