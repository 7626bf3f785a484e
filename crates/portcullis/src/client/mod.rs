//! The client side of the REST APIs: finds the server and the secret, sends a request, reads the
//! answer. It decides nothing and never guesses: what the server says is what people see.
//!
//! Finding out about the clone one stands in and asking git's credential helper start `git`. That is
//! allowed here, on the client's side only; on the server's side only `repo` starts processes.

mod answer;
mod git;
mod locate;
mod profile;
mod refusal;
mod terminal;

pub use answer::ServerError;
pub use locate::{Connection, Login};
pub use profile::Profiles;
pub use refusal::{matcher, render_refusal, render_way_on};
pub use terminal::{Style, clean, readable};

pub(crate) use git::{credential_from_git, current_branch, fetch_and_checkout, last_subject};
pub(crate) use locate::token_from_environment;

use crate::Error;
use base64::Engine as _;
use serde_json::Value;
use std::time::Duration;
use ureq::http::{Method, Request};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

/// Maintenance of a large repository answers when it is done.
const ANSWER_PATIENCE: Duration = Duration::from_secs(3600);

/// What `--yes` stands for: whatever the server would ask about.
const CONFIRM: &str = "confirm=lose-admin,shut-out,lose-access";

/// The largest answer read, in bytes. A page has at most 100 entries.
const MAX_ANSWER: u64 = 64 << 20;

/// A server, and what to present to it.
pub struct Client {
    agent: ureq::Agent,
    base: String,
    authorization: Option<String>,
    /// Changes are made even if they take something away from whoever asks.
    confirmed: bool,
}

/// What a server answered.
struct Got {
    /// The HTTP status.
    status: u16,
    body: Vec<u8>,
    /// Its `ETag` without quotes; empty where it has none.
    tag: String,
    /// The URL that it leads on to, where it has another one instead of an answer.
    leads_to: Option<String>,
}

impl Got {
    fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// As text; what is not UTF-8 is replaced.
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Client {
    /// For the server and the secret that these options, the environment, the profile and the
    /// repository one stands in lead to.
    pub fn connect(connection: &Connection) -> Result<Self, Error> {
        let target = connection.locate()?;
        let client = Self::new(&target.base, &target.login, target.own_machine)?;
        Ok(Self { confirmed: connection.yes, ..client })
    }

    /// For a known server. `own_machine`: the address was read from the data folder of a server
    /// that is running here, so neither a proxy nor the name in its certificate says anything.
    pub fn new(base: &str, login: &Login, own_machine: bool) -> Result<Self, Error> {
        let mut tls = TlsConfig::builder().disable_verification(own_machine);
        if let Some(roots) = extra_roots()? {
            tls = tls.root_certs(roots);
        }
        let mut config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .user_agent(concat!("portcullis/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_recv_response(Some(ANSWER_PATIENCE))
            .max_redirects(0)
            .tls_config(tls.build());
        if own_machine {
            config = config.proxy(None);
        }
        let authorization = match login {
            Login::Nobody => None,
            Login::Token(token) => Some(format!("Bearer {}", token.expose())),
            Login::Password { user, secret } => {
                let pair = format!("{user}:{}", secret.expose());
                Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair)))
            }
        };
        let (agent, base) = (config.build().into(), base.to_owned());
        Ok(Self { agent, base, authorization, confirmed: false })
    }

    /// `GET` of a path below the server's address.
    pub fn get(&self, path: &str) -> Result<Value, Error> {
        self.send(Method::GET, path, None)
    }

    /// `POST` of a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.send(Method::POST, path, Some(body))
    }

    /// `PUT` of a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.send(Method::PUT, path, Some(body))
    }

    /// `GET` of a path: the answer, and the tag that names this state of it.
    pub fn get_tagged(&self, path: &str) -> Result<(Value, String), Error> {
        let got = self.exchange(Method::GET, path, "application/json", None, None)?;
        Ok((self.json(&got)?, got.tag))
    }

    /// `PUT` of a JSON body over what this tag names; 409 if it is another one by now.
    pub fn put_tagged(&self, path: &str, body: &Value, tag: &str) -> Result<Value, Error> {
        let body = Some(("application/json", body.to_string()));
        // A server that gives no tags checks none.
        let tag = Some(tag).filter(|it| !it.is_empty());
        self.json(&self.exchange(Method::PUT, path, "application/json", body, tag)?)
    }

    /// `DELETE`.
    pub fn delete(&self, path: &str) -> Result<Value, Error> {
        self.send(Method::DELETE, path, None)
    }

    /// Every entry of every page of a list.
    pub fn list(&self, path: &str) -> Result<Vec<Value>, Error> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let mut next = Some(format!("{path}{joint}pagelen=100"));
        let mut entries = Vec::new();
        while let Some(path) = next {
            let mut page = self.get(&path)?;
            match page.get_mut("values").map(Value::take) {
                Some(Value::Array(values)) => entries.extend(values),
                Some(_) | None => return Err(self.not_understood("a list has no `values`")),
            }
            let link = page.get("next").and_then(Value::as_str);
            next = link.map(|it| path_of(it, "the link to the next page")).transpose()?;
        }
        Ok(entries)
    }

    /// `GET` of a text: the text, and the tag that names this state of it.
    pub fn get_text(&self, path: &str) -> Result<(String, String), Error> {
        let got = self.exchange(Method::GET, path, "*/*", None, None)?;
        Ok((got.text(), got.tag))
    }

    /// `GET` of what is not text for certain, byte for byte.
    pub fn get_bytes(&self, path: &str) -> Result<Vec<u8>, Error> {
        Ok(self.exchange(Method::GET, path, "*/*", None, None)?.body)
    }

    /// Where the answer to this path is: it leads on, or is that itself. Only here is leading on
    /// an answer.
    pub fn led(&self, path: &str) -> Result<String, Error> {
        let got = self.ask(Method::GET, path, "*/*", None, None)?;
        match got.leads_to.as_deref() {
            Some(link) => path_of(link, "where it leads"),
            None => self.answered(got).map(|_| path.to_owned()),
        }
    }

    /// `PUT` of a TOML text, answered in JSON; with a tag, only if that still names its state.
    pub fn put_text(&self, path: &str, text: &str, tag: Option<&str>) -> Result<Value, Error> {
        let body = Some(("application/toml", text.to_owned()));
        self.json(&self.exchange(Method::PUT, path, "application/json", body, tag)?)
    }

    fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Error> {
        let body = body.map(|it| ("application/json", it.to_string()));
        self.json(&self.exchange(method, path, "application/json", body, None)?)
    }

    fn json(&self, got: &Got) -> Result<Value, Error> {
        if got.body.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&got.body)
            .map_err(|e| self.not_understood(&format!("its answer is not JSON: {e}")))
    }

    /// One request that is done as it was asked.
    fn exchange(
        &self,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<(&str, String)>,
        tag: Option<&str>,
    ) -> Result<Got, Error> {
        self.answered(self.ask(method, path, accept, body, tag)?)
    }

    /// Only if it was done. What leads on has not been done, wherever it leads: a proxy answers so
    /// for the server.
    fn answered(&self, got: Got) -> Result<Got, Error> {
        if got.is_success() {
            return Ok(got);
        }
        let leads_to = got.leads_to.as_deref();
        let error = ServerError::read(&self.base, got.status, leads_to, &got.text());
        Err(Error::Server(Box::new(error)))
    }

    /// One request, and the answer whatever it says.
    fn ask(
        &self,
        method: Method,
        path: &str,
        accept: &str,
        body: Option<(&str, String)>,
        tag: Option<&str>,
    ) -> Result<Got, Error> {
        let confirm = match path.contains('?') {
            _ if !self.confirmed || method == Method::GET => String::new(),
            true => format!("&{CONFIRM}"),
            false => format!("?{CONFIRM}"),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}{confirm}", self.base))
            .header("accept", accept);
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        if let Some(tag) = tag {
            request = request.header("if-match", format!("\"{tag}\""));
        }
        let sent = match body {
            Some((kind, body)) => {
                let request = request.header("content-type", kind);
                self.agent.run(request.body(body).map_err(|e| self.unreachable(&e))?)
            }
            None => self.agent.run(request.body(()).map_err(|e| self.unreachable(&e))?),
        };
        let mut response = sent.map_err(|e| self.unreachable(&e))?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|it| it.to_str().ok());
        let tag = header("etag").unwrap_or_default().trim_matches('"').to_owned();
        let leads_to = header("location").filter(|_| (300..400).contains(&status));
        let leads_to = leads_to.map(str::to_owned);
        let body = response.body_mut().with_config().limit(MAX_ANSWER).read_to_vec();
        Ok(Got { status, body: body.map_err(|e| self.unreachable(&e))?, tag, leads_to })
    }

    fn unreachable(&self, error: &dyn std::fmt::Display) -> Error {
        Error::Failed(format!("cannot reach `{}`: {error}", self.base))
    }

    fn not_understood(&self, why: &str) -> Error {
        Error::Failed(format!("`{}` does not answer like a Portcullis server: {why}", self.base))
    }
}

/// The path and query of an absolute link; `what` it is, for the error. The host is left out on
/// purpose: whatever a server says, the secret goes only to the one it belongs to.
fn path_of(link: &str, what: &str) -> Result<String, Error> {
    let bad = || Error::Failed(format!("{what} is not a URL: `{}`", clean(link)));
    let (_, rest) = link.split_once("://").ok_or_else(bad)?;
    let at = rest.find('/').ok_or_else(bad)?;
    rest.get(at..).map(str::to_owned).ok_or_else(bad)
}

/// The certificates of `SSL_CERT_FILE`, for servers whose certificate the public ones don't vouch
/// for. The variable is the one git, curl and Python read.
fn extra_roots() -> Result<Option<RootCerts>, Error> {
    let Some(path) = std::env::var_os("SSL_CERT_FILE").filter(|it| !it.is_empty()) else {
        return Ok(None);
    };
    let bad = |why: String| {
        Error::Failed(format!("SSL_CERT_FILE names `{}`: {why}", path.to_string_lossy()))
    };
    let text = std::fs::read(&path).map_err(|e| bad(e.to_string()))?;
    let mut certificates = Vec::new();
    for item in parse_pem(&text) {
        if let PemItem::Certificate(certificate) = item.map_err(|e| bad(e.to_string()))? {
            certificates.push(certificate);
        }
    }
    Ok(Some(RootCerts::new_with_certs(&certificates)))
}

/// A name as one segment of a path.
pub fn segment(name: &str) -> String {
    const SAFE: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(name, SAFE).to_string()
}
