//! REST calls as a person makes them.

use serde_json::Value;

/// A caller with a secret, or without one.
#[derive(Clone)]
pub struct Rest {
    base: String,
    authorization: Option<String>,
    agent: ureq::Agent,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub text: String,
}

impl Rest {
    /// Calls to the server at `base`, with this `Authorization` header.
    pub fn new(base: &str, authorization: Option<String>) -> Self {
        // An unsuccessful status is an answer here, not an error.
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .redirect_auth_headers(ureq::config::RedirectAuthHeaders::SameHost)
            .build();
        Self { base: base.to_owned(), authorization, agent: config.into() }
    }

    /// `GET path`.
    #[track_caller]
    pub fn get(&self, path: &str) -> Answer {
        self.call("GET", path, None)
    }

    /// `POST path` with a JSON body.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, Some(body))
    }

    /// `PUT path` with a JSON body.
    #[track_caller]
    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.call("PUT", path, Some(body))
    }

    /// `DELETE path`.
    #[track_caller]
    pub fn delete(&self, path: &str) -> Answer {
        self.call("DELETE", path, None)
    }

    /// `POST path` to a server that may die of it; `None` when there was no answer.
    #[track_caller]
    pub fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        self.send("POST", path, Some(body)).ok().map(read)
    }

    /// Any method, with or without a JSON body.
    #[track_caller]
    pub fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let sent = self.send(method, path, body);
        read(sent.unwrap_or_else(|e| panic!("{method} {path} got no answer: {e}")))
    }

    #[track_caller]
    fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, ureq::Error> {
        let mut request =
            ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header("Authorization", authorization);
        }
        let sent = match body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .body(body.to_string())
                .map(|it| self.agent.run(it)),
            None => request.body(()).map(|it| self.agent.run(it)),
        };
        sent.unwrap_or_else(|e| panic!("{method} {path} is not a request: {e}"))
    }
}

type Response = ureq::http::Response<ureq::Body>;

fn read(mut answer: Response) -> Answer {
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| {
            (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let text = answer.body_mut().read_to_string().expect("an answer in UTF-8");
    Answer { status: answer.status().as_u16(), headers, text }
}

impl Answer {
    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e} in `{}`", self.text))
    }

    /// The body as JSON, of an answer that must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}
