//! A server without a socket, and people to ask it: `root` administers the installation, `ann`
//! may write, `bea` administers the repository `acme/site`, `eve` is a stranger.

use app::{App, AppOptions, PushLimits};
use axum::Router;
use axum::body::Body;
use http_body_util::BodyExt as _;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{HeaderMap, Request};
use model::Scope;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt as _;

/// The server, and the tokens of the people.
pub struct Server {
    router: Router,
    tokens: HashMap<String, String>,
    /// Removed when the test ends.
    _data: TempDir,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    /// Null when it was not JSON.
    pub json: Value,
}

/// The largest JSON body the test server takes.
pub const MAX_JSON: u64 = 64 * 1024;
/// The largest fetch request.
pub const MAX_FETCH: u64 = 256 * 1024;

impl Server {
    /// With an administrator and nothing else.
    pub async fn empty() -> Self {
        let data = TempDir::new().unwrap();
        let options = AppOptions {
            data: data.path().to_owned(),
            database: format!("sqlite:{}", data.path().join("portcullis.db").display()),
            database_options: Default::default(),
            public_url: "http://localhost".into(),
            limits: PushLimits::default(),
            certificate_authorities: Vec::new(),
            repository_size: None,
            checks: Default::default(),
            pushes_at_once: 8,
            admin_user: "root".into(),
        };
        let app = App::open(options).await.unwrap();
        let token = std::fs::read_to_string(data.path().join("admin-token")).unwrap();
        let settings = httpd::Settings {
            public_url: None,
            secure: false,
            max_json: MAX_JSON,
            max_fetch_request: MAX_FETCH,
            max_push: 1 << 20,
            known_hosts: Some(Arc::new(|host| format!("{host} ssh-ed25519 AAAA\n"))),
            metrics: Arc::new(|| "portcullis_up 1\n".into()),
        };
        let router = httpd::router(app, settings);
        let tokens = HashMap::from([("root".to_owned(), token.trim().to_owned())]);
        Self { router, tokens, _data: data }
    }

    /// With the workspace `acme`, its project `CORE`, the repository `acme/site` and the people.
    pub async fn with_people() -> Self {
        let mut server = Self::empty().await;
        server.made("/api/v1/workspaces", json!({ "slug": "acme", "name": "Acme" })).await;
        let project = json!({ "key": "CORE", "name": "Core" });
        server.made("/2.0/workspaces/acme/projects", project).await;
        let site = json!({ "name": "Acme Site", "project": { "key": "CORE" } });
        server.made("/2.0/repositories/acme/site", site).await;
        for name in ["ann", "bea", "eve"] {
            server.add_user(name).await;
        }
        server.grant("repositories/acme/site", "ann", "write").await;
        server.grant("repositories/acme/site", "bea", "admin").await;
        server
    }

    /// Gives somebody a permission on a place.
    pub async fn grant(&self, place: &str, name: &str, permission: &str) {
        let subject = json!({ "type": "user", "name": name });
        let grant = json!({ "subject": subject, "permission": permission });
        let path = format!("/api/v1/{place}/grants");
        let answer = self.send("root", "PUT", &path, Some(grant)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// Adds somebody, with a token that is good for everything they may do.
    pub async fn add_user(&mut self, name: &str) {
        let email = format!("{name}@example.com");
        let user = json!({ "username": name, "display_name": name, "email": email });
        self.made("/api/v1/users", user).await;
        let scopes: Vec<_> = Scope::ALL.iter().map(|it| it.as_str()).collect();
        let path = format!("/api/v1/users/{name}/tokens");
        let made = self.made(&path, json!({ "name": "laptop", "scopes": scopes })).await;
        self.tokens.insert(name.to_owned(), made["token"].as_str().unwrap().to_owned());
    }

    /// Makes something as the administrator.
    pub async fn made(&self, path: &str, body: Value) -> Value {
        let answer = self.send("root", "POST", path, Some(body)).await;
        assert!(matches!(answer.status, 200 | 201), "{path}: {} {}", answer.status, answer.text);
        answer.json
    }

    /// A token of somebody with only these scopes.
    pub async fn limited(&mut self, name: &str, owner: &str, scopes: &[&str]) {
        let path = format!("/api/v1/users/{owner}/tokens");
        let made = self.made(&path, json!({ "name": name, "scopes": scopes })).await;
        self.tokens.insert(name.to_owned(), made["token"].as_str().unwrap().to_owned());
    }

    /// What stands in an `Authorization` header: nothing for `nobody`.
    pub fn authorization(&self, who: &str) -> Option<String> {
        match who {
            "nobody" => None,
            "liar" => Some("Bearer not-a-token".into()),
            _ => Some(format!("Bearer {}", self.tokens[who])),
        }
    }

    /// Asks as somebody.
    pub async fn send(&self, who: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(|it| Body::from(it.to_string())).unwrap_or_default();
        self.ask(who, request.body(body).unwrap()).await
    }

    /// Asks `GET`.
    pub async fn get(&self, who: &str, path: &str) -> Answer {
        self.send(who, "GET", path, None).await
    }

    /// Sends a request that was made by hand.
    pub async fn ask(&self, who: &str, mut request: Request<Body>) -> Answer {
        let headers = request.headers_mut();
        headers.entry(HOST).or_insert("git.example.com:8080".parse().unwrap());
        if let Some(value) = self.authorization(who) {
            headers.insert(AUTHORIZATION, value.parse().unwrap());
        }
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&body).into_owned();
        let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
        Answer { status: parts.status.as_u16(), headers: parts.headers, text, json }
    }
}

impl Answer {
    /// A header's value; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |it| it.to_str().unwrap())
    }
}
