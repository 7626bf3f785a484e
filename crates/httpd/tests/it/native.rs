//! Our own API: what each request answers, and what it answers to those who may not ask it.

use crate::server::Server;
use axum::body::Body;
use hyper::Request;
use serde_json::json;

#[tokio::test]
async fn people_and_places_are_made_shown_and_changed() {
    let server = Server::with_people().await;
    let made = json!({ "username": "dan", "display_name": "Dan", "email": "dan@example.com" });
    let made = server.made("/api/v1/users", made).await;
    assert_eq!(made["username"], "dan");
    assert!(made["uuid"].as_str().unwrap().starts_with('{'));

    for (method, path, body, status) in [
        ("PUT", "/api/v1/workspaces/acme/members/dan", json!({ "role": "member" }), 200),
        ("POST", "/api/v1/workspaces/acme/groups", json!({ "slug": "devs", "name": "Devs" }), 201),
        ("PUT", "/api/v1/workspaces/acme/groups/devs/members/dan", json!({}), 204),
        ("PUT", "/api/v1/workspaces/acme", json!({ "name": "Acme & Sons" }), 200),
        ("PUT", "/api/v1/users/dan", json!({ "display_name": "Daniel" }), 200),
        (
            "PUT",
            "/api/v1/workspaces/acme/projects/CORE/grants",
            json!({ "subject": { "type": "group", "name": "devs" }, "permission": "read" }),
            200,
        ),
        ("PUT", "/api/v1/repositories/acme/site", json!({ "archived": true }), 200),
        ("DELETE", "/api/v1/workspaces/acme/groups/devs/members/dan", json!({}), 204),
    ] {
        let answer = server.send("root", method, path, Some(body)).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
    }
    for (path, expected) in [
        ("/api/v1/workspaces/acme/members", "dan"),
        ("/api/v1/workspaces/acme/groups", "devs"),
        ("/api/v1/workspaces/acme", "Acme & Sons"),
        ("/api/v1/workspaces/acme/projects/CORE/grants", "\"permission\":\"read\""),
        ("/api/v1/users?pagelen=1&page=2", "\"previous\""),
        ("/api/v1/users/dan", "Daniel"),
        ("/api/v1/audit", "\"channel\":\"rest\""),
    ] {
        let answer = server.get("root", path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert!(answer.text.contains(expected), "{path}: {}", answer.text);
    }
    let members = server.get("root", "/api/v1/workspaces/acme/groups/devs/members").await;
    assert_eq!(members.json["size"], 0);
}

#[tokio::test]
async fn a_token_is_shown_once_and_is_worth_nothing_once_revoked() {
    let server = Server::with_people().await;
    let new = json!({ "name": "ci", "scopes": ["read:repository:bitbucket"] });
    for path in [
        "/api/v1/users/ann/tokens",
        "/api/v1/repositories/acme/site/access-tokens",
        "/api/v1/workspaces/acme/projects/CORE/access-tokens",
        "/api/v1/workspaces/acme/access-tokens",
    ] {
        let made = server.made(path, new.clone()).await;
        let text = made["token"].as_str().unwrap().to_owned();
        let listed = server.get("root", path).await;
        assert!(listed.text.contains("\"name\":\"ci\""), "{}", listed.text);
        assert!(!listed.text.contains(&text), "the text was shown again");

        let id = made["id"].as_i64().unwrap();
        let next = server.made(&format!("{path}/{id}/rotate"), json!({ "overlap": 60 })).await;
        assert_ne!(next["token"].as_str(), Some(text.as_str()));
        assert_eq!(next["name"], "ci");
        for (id, status) in [(id, 204), (next["id"].as_i64().unwrap(), 204), (999_999, 404)] {
            let revoked = server.send("root", "DELETE", &format!("{path}/{id}"), None).await;
            assert_eq!(revoked.status, status, "{path}/{id}: {}", revoked.text);
        }
    }
}

#[tokio::test]
async fn rules_hang_on_three_levels_and_are_explained() {
    let server = Server::with_people().await;
    let rule = json!({
        "kind": "push",
        "matcher": { "type": "glob", "pattern": "release/*", "except": ["release/next"] },
        "subjects": [{ "type": "user", "name": "bea", "reason": "releases" }],
        "note": "two pairs of eyes",
    });
    for place in ["repositories/acme/site", "workspaces/acme/projects/CORE", "workspaces/acme"] {
        let path = format!("/api/v1/{place}/restrictions");
        let made = server.made(&path, rule.clone()).await;
        assert_eq!(made["on"], "branches");
        assert_eq!(made["mode"], "enforce");
        assert_eq!(made["subjects"][0]["name"], "bea");
        assert_eq!(made["changed_by"], "root");
        let one = format!("{path}/{}", made["id"]);
        let shown = server.get("root", &one).await;
        assert_eq!(shown.json, made);
        let mut changed = rule.clone();
        changed["mode"] = json!("evaluate");
        let changed = server.send("root", "PUT", &one, Some(changed)).await;
        assert_eq!(changed.json["mode"], "evaluate", "{}", changed.text);
        let removed = server.send("root", "DELETE", &one, None).await;
        assert_eq!((removed.status, removed.text.as_str()), (204, ""));
        assert_eq!(server.get("root", &one).await.status, 404);
    }
    server.made("/api/v1/repositories/acme/site/restrictions", rule).await;
    let question = "/api/v1/explain?repository=acme/site&operation=fast-forward&ref=release/1";
    let why = server.get("ann", question).await;
    assert_eq!(why.json["decision"], "refused", "{}", why.text);
    assert_eq!(why.json["refusals"][0]["layer"], "restriction");
    assert_eq!(why.json["refusals"][0]["rule"]["matcher"]["pattern"], "release/*");
    let bea = server.get("root", &format!("{question}&as=bea")).await;
    assert_eq!(bea.json["decision"], "allowed", "{}", bea.text);
    let spying = server.get("ann", &format!("{question}&as=bea")).await;
    assert_eq!(spying.status, 403, "{}", spying.text);
}

#[tokio::test]
async fn a_refusal_can_be_read_by_the_one_it_met_and_by_nobody_else() {
    let server = Server::with_people().await;
    let rename = Some(json!({ "name": "Mine" }));
    let refused = server.send("ann", "PUT", "/api/v1/repositories/acme/site", rename).await;
    assert_eq!(refused.status, 403, "{}", refused.text);
    let error = &refused.json["error"];
    let refusal = &error["refusal"];
    assert_eq!(error["code"], refusal["code"]);
    assert_eq!(refusal["principal"]["name"], "ann");
    assert_eq!(refusal["credential"]["label"], "laptop");
    assert_eq!(error["request_id"], refused.header("x-request-id"));
    let path = format!("/api/v1/refusals/{}", refusal["id"].as_str().unwrap());
    for (who, status) in [("ann", 200), ("bea", 200), ("root", 200), ("eve", 404)] {
        assert_eq!(server.get(who, &path).await.status, status, "{who}");
    }
    let page = format!("/refusals/{}", refusal["id"].as_str().unwrap());
    for (who, status) in [("ann", 200), ("root", 200), ("eve", 404), ("nobody", 401)] {
        let shown = server.get(who, &page).await;
        assert_eq!(shown.status, status, "{who}: {}", shown.text);
        assert_eq!(shown.header("content-type"), "text/plain; charset=utf-8", "{who}");
        let told = shown.text.contains("PC-PERM-ADMIN") && shown.text.contains("layer by layer");
        assert_eq!(told, status == 200, "{who}: {}", shown.text);
    }
    let listed = server.get("ann", "/api/v1/repositories/acme/site/refusals").await;
    assert_eq!(listed.json["values"][0]["id"], refusal["id"], "{}", listed.text);
}

#[tokio::test]
async fn bad_input_names_the_field() {
    let server = Server::with_people().await;
    let rules = "/api/v1/repositories/acme/site/restrictions";
    let glob = json!({ "type": "glob", "pattern": "main" });
    for (path, body, field) in [
        ("/api/v1/users", json!({ "username": 5 }), "username"),
        (
            "/api/v1/users",
            json!({ "username": "a b", "display_name": "A", "email": "a@b" }),
            "username",
        ),
        ("/api/v1/users/ann/tokens", json!({ "name": "x", "scopes": ["everything"] }), "scopes"),
        (
            "/api/v1/users/ann/tokens",
            json!({ "name": "x", "scopes": [], "expires_at": "tomorrow" }),
            "expires_at",
        ),
        (rules, json!({ "kind": "explode", "matcher": glob }), "kind"),
        (rules, json!({ "kind": "push", "matcher": { "type": "regex" } }), "matcher.type"),
        (rules, json!({ "kind": "push", "matcher": glob, "on": "moons" }), "on"),
        (rules, json!({ "kind": "push", "matcher": glob, "mode": "maybe" }), "mode"),
        (
            rules,
            json!({ "kind": "push", "matcher": glob, "subjects": [{ "type": 1 }] }),
            "subjects[0].type",
        ),
    ] {
        let answer = server.send("root", "POST", path, Some(body.clone())).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        let messages = &answer.json["error"]["fields"][field];
        assert!(messages[0].is_string(), "{body}: {}", answer.text);
        assert_eq!(answer.json["error"]["code"], "invalid");
    }
    for (path, part) in [
        ("/api/v1/users/%ff", "user"),
        ("/api/v1/users/%c3(", "user"),
        ("/api/v1/repositories/acme/%ff/restrictions", "repository"),
        ("/2.0/workspaces/%ff", "workspace"),
        ("/2.0/repositories/acme/%ff", "repository"),
    ] {
        let answer = server.get("root", path).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        let error = &answer.json["error"];
        let message = &error["fields"][part][0];
        assert_eq!(message, "it is not percent-encoded UTF-8", "{path}: {}", answer.text);
    }
    let page = server.get("root", "/api/v1/users?page=first").await;
    assert!(page.json["error"]["fields"]["page"].is_array(), "{}", page.text);
}

#[tokio::test]
async fn what_is_not_there_is_said_in_the_dialect_of_the_path() {
    let server = Server::empty().await;
    let native = server.get("root", "/api/v1/nothing").await;
    assert_eq!((native.status, native.json["error"]["code"].as_str()), (404, Some("not-found")));
    let cloud = server.get("root", "/2.0/nothing").await;
    assert_eq!((cloud.status, cloud.json["type"].as_str()), (404, Some("error")));
    assert!(cloud.json["error"]["request_id"].is_null());
    let method = server.send("root", "PATCH", "/api/v1/users", None).await;
    assert_eq!((method.status, method.header("allow")), (405, "GET,HEAD,POST"));
    let plain = server.get("nobody", "/nothing").await;
    assert_eq!((plain.status, plain.header("content-type")), (404, "text/plain; charset=utf-8"));
}

#[tokio::test]
async fn operators_learn_that_it_works_and_nothing_else() {
    let server = Server::empty().await;
    for (path, text) in [
        ("/healthz", "ok\n"),
        ("/readyz", "ok\n"),
        ("/metrics", "portcullis_up 1\n"),
        ("/.well-known/ssh-known-hosts", "git.example.com ssh-ed25519 AAAA\n"),
    ] {
        let answer = server.get("nobody", path).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, text));
    }
}

#[tokio::test]
async fn keys_are_added_listed_renamed_and_removed_on_every_level() {
    let server = Server::with_people().await;
    let ed25519 =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDp6Ii6ndInFSiinY2O5u81NjDUZhrl1aldiWlZkEPhn";
    let fingerprint = "SHA256:2/V4ybHJk83f1AlYqsJv9EvxZMbqj1WdI3Uov5bcNn4";
    let key = format!("{ed25519} ann@laptop");
    let access = json!({ "key": key, "permission": "write" });
    for (path, kind, new) in [
        ("/api/v1/users/ann/ssh-keys", "ssh_key", json!({ "key": key })),
        ("/api/v1/repositories/acme/site/access-keys", "access_key", access.clone()),
        ("/api/v1/workspaces/acme/projects/CORE/access-keys", "access_key", access.clone()),
        ("/api/v1/workspaces/acme/access-keys", "access_key", access),
    ] {
        let made = server.made(path, new.clone()).await;
        assert_eq!((&made["type"], &made["label"]), (&kind.into(), &"ann@laptop".into()));
        assert_eq!((&made["key"], &made["fingerprint"]), (&ed25519.into(), &fingerprint.into()));
        let again = server.send("root", "POST", path, Some(new)).await;
        assert_eq!(again.status, 409, "{}", again.text);
        let one = format!("{path}/{}", made["id"]);
        let changed = server.send("root", "PUT", &one, Some(json!({ "label": "desk" }))).await;
        assert_eq!(changed.json["label"], "desk", "{}", changed.text);
        assert_eq!(server.get("root", &one).await.json["label"], "desk");
        let listed = server.get("root", path).await;
        assert_eq!(
            (&listed.json["size"], &listed.json["values"][0]["id"]),
            (&1.into(), &made["id"])
        );
        for (id, status) in [(one.clone(), 204), (one, 404), (format!("{path}/x"), 404)] {
            let removed = server.send("root", "DELETE", &id, None).await;
            assert_eq!(removed.status, status, "{id}: {}", removed.text);
        }
    }
}

#[tokio::test]
async fn a_private_key_is_refused_and_not_repeated() {
    let server = Server::with_people().await;
    let private =
        "-----BEGIN OPENSSH PRIVATE KEY-----\nc2VjcmV0\n-----END OPENSSH PRIVATE KEY-----";
    let body = Some(json!({ "key": private }));
    let answer = server.send("ann", "POST", "/api/v1/users/ann/ssh-keys", body).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text.contains("this is a private key"), "{}", answer.text);
    assert!(!answer.text.contains("c2VjcmV0"), "{}", answer.text);
}

#[tokio::test]
async fn a_rule_is_replaced_only_as_long_as_it_is_the_one_that_was_read() {
    let server = Server::with_people().await;
    let rules = "/api/v1/repositories/acme/site/restrictions";
    let rule = |note: &str| json!({ "kind": "force", "matcher": { "type": "any" }, "note": note });
    let made = server.made(rules, rule("first")).await;
    let path = format!("{rules}/{}", made["id"]);
    let first = server.get("root", &path).await.header("etag").to_owned();
    let put = async |note: &str, tag: &str| {
        let request = Request::put(&path).header("if-match", tag);
        let body = Body::from(rule(note).to_string());
        server.ask("root", request.body(body).unwrap()).await
    };
    let second = put("second", &first).await;
    assert_eq!(second.status, 200, "{}", second.text);
    assert_ne!(second.header("etag"), first);
    let late = put("late", &first).await;
    assert_eq!(late.status, 409, "{}", late.text);
    assert!(late.text.contains("was changed by somebody else"), "{}", late.text);
    assert_eq!(put("what", "what").await.status, 400);
    assert_eq!(server.get("root", &path).await.json["note"], "second");
    assert_eq!(put("third", second.header("etag")).await.status, 200);
    assert_eq!(put("any", "*").await.status, 200);
}

#[tokio::test]
async fn a_policy_is_put_where_it_says_or_where_it_is_said() {
    let server = Server::with_people().await;
    let path = "/api/v1/repositories/acme/site/policy";
    let put = async |path: String, place: &str| {
        let text = format!("format = 1\n{place}\nrestrictions = []\n");
        server.ask("root", Request::put(path).body(Body::from(text)).unwrap()).await
    };
    for (place, said) in [
        ("repository = \"acme/other\"", "line 2, repository: this is the policy of another place"),
        ("workspace = \"acme\"", "line 2, workspace: this is the policy of another place"),
        ("repository = \"acme/site\"\nproject = \"acme/CORE\"", "a policy is of one place"),
        ("project = 5", "line 2, project: write the name of the place as a string"),
    ] {
        let answer = put(path.to_owned(), place).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert!(answer.text.contains(said), "{}", answer.text);
    }
    for (place, query) in [
        ("repository = \"acme/site\"", ""),
        ("", ""),
        ("repository = \"acme/other\"", "?elsewhere=true"),
    ] {
        let answer = put(format!("{path}{query}"), place).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}
