//! What a body may be: JSON of a limited size, whatever is said about it.

use crate::server::{MAX_JSON, Server};
use axum::body::Body;
use hyper::Request;

#[tokio::test]
async fn a_body_that_is_not_json_or_too_large_changes_nothing() {
    let server = Server::empty().await;
    let large = format!("{{\"slug\": \"{}\"}}", "x".repeat(usize::try_from(MAX_JSON).unwrap()));
    for (body, status, expected) in [
        ("{", 400, "EOF while parsing"),
        ("[1]", 400, "expected a string"),
        ("{\"slug\": \"a\"} {}", 400, "something after the JSON"),
        ("", 400, "missing field `slug`"),
        ("\u{feff}{}", 400, "expected value"),
        (large.as_str(), 413, "the request body is larger than the limit"),
    ] {
        for path in ["/api/v1/workspaces", "/api/v1/workspaces/"] {
            let request = Request::post(path).body(Body::from(body.to_owned())).unwrap();
            let answer = server.ask("root", request).await;
            let start: String = body.chars().take(20).collect();
            assert_eq!(answer.status, status, "{start}: {}", answer.text);
            assert!(answer.text.contains(expected), "{start}: {}", answer.text);
        }
    }
    assert_eq!(server.get("root", "/api/v1/workspaces").await.json["size"], 0);
}
