//! A member that nobody knows is refused by name, by whatever of our own API takes a body: the list
//! is the published document's, so that a handler that is added later cannot pass one over.

use crate::server::{Answer, Server};
use axum::body::Body;
use hyper::Request;
use serde_json::{Value, json};

const WRONG: &str = "misspelt_member";

/// What changes something and takes no body: the address says it all.
const WITHOUT_BODY: [&str; 6] = [
    "add_dependency",
    "add_group_member",
    "add_review_group",
    "add_review_group_of_project",
    "create_personal_workspace",
    "maintain_repository",
];

/// The address of something that is there, as far as it is looked up before the body is read.
fn filled(path: &str) -> String {
    let names =
        [("workspace", "acme"), ("project", "CORE"), ("repository", "site"), ("user", "ann")];
    let part = |it: &str| match it.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
        Some(name) => names.iter().find(|(it, _)| *it == name).map_or("1", |(_, it)| it).to_owned(),
        None => it.to_owned(),
    };
    format!("/api/v1{}", path.split('/').map(part).collect::<Vec<_>>().join("/"))
}

async fn send(server: &Server, method: &str, path: &str, kind: &str) -> Answer {
    let body = match kind {
        "application/json" => json!({ WRONG: 1 }).to_string(),
        "application/toml" => format!("{WRONG} = 1\n"),
        other => panic!("{method} {path} takes {other}"),
    };
    let request = Request::builder().method(method).uri(path).body(Body::from(body)).unwrap();
    server.ask("root", request).await
}

#[tokio::test]
async fn a_misspelt_member_is_refused_by_name_wherever_a_body_is_taken() {
    let server = Server::with_people().await;
    let audited = server.get("root", "/api/v1/audit").await.json["size"].clone();
    let document: Value = serde_json::from_str(&httpd::openapi::native()).unwrap();
    let mut without = Vec::new();
    let mut wrong = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase();
            let Some(content) = operation.pointer("/requestBody/content") else {
                if method != "GET" && method != "DELETE" {
                    without.push(operation["operationId"].as_str().unwrap());
                }
                continue;
            };
            for kind in content.as_object().unwrap().keys() {
                let answer = send(&server, &method, &filled(path), kind).await;
                let fields = answer.json["error"]["fields"].as_object();
                // The fields of a file have their lines before them.
                let is_named = fields.is_some_and(|it| it.keys().any(|it| it.ends_with(WRONG)));
                if answer.status != 400 || !is_named {
                    wrong.push(format!("{method} {path}: {} {}", answer.status, answer.text));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    without.sort_unstable();
    assert_eq!(without, WITHOUT_BODY);
    assert_eq!(server.get("root", "/api/v1/audit").await.json["size"], audited);
}

#[tokio::test]
async fn a_misspelt_member_is_named_where_it_stands() {
    let server = Server::with_people().await;
    let site = "/api/v1/repositories/acme/site";
    for (method, path, body, field, message) in [
        // What is misspelt is told, and not that it is missing.
        (
            "POST",
            "/api/v1/workspaces".to_owned(),
            json!({ "slugg": "a", "name": "A" }),
            "slugg",
            "unknown key: use name, slug",
        ),
        (
            "PUT",
            format!("{site}/merge-strategies"),
            json!({ "any": { "merge_strategy": ["squash"] } }),
            "any.merge_strategy",
            "unknown key: use default_merge_strategy, merge_strategies",
        ),
        (
            "PUT",
            format!("{site}/grants"),
            json!({ "subject": { "type": "user", "nam": "ann" }, "permission": "read" }),
            "subject.nam",
            "unknown key: use id, name, reason, type, until",
        ),
    ] {
        let answer = server.send("root", method, &path, Some(body)).await;
        assert_eq!(answer.status, 400, "{}", answer.text);
        assert_eq!(answer.json["error"]["fields"], json!({ field: [message] }));
    }
}

#[tokio::test]
async fn a_misspelt_parameter_imports_no_policy() {
    let server = Server::with_people().await;
    let audited = server.get("root", "/api/v1/audit").await.json["size"].clone();
    for (query, field, message) in [
        ("dry-run=true", "dry-run", "is no parameter here: use dry_run or elsewhere"),
        ("dry_run=", "dry_run", "give it a value"),
        ("dry_run=false&dry_run=true", "dry_run", "send it once"),
    ] {
        let path = format!("/api/v1/repositories/acme/site/policy?{query}");
        let request = Request::builder().method("PUT").uri(path);
        let request = request.body(Body::from("format = 1\nrestrictions = []\n")).unwrap();
        let answer = server.ask("root", request).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        assert_eq!(answer.json["error"]["fields"][field][0], message, "{query}");
    }
    assert_eq!(server.get("root", "/api/v1/audit").await.json["size"], audited);
}
