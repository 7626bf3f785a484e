//! Custom checks as they are reached: a program, or an endpoint. What they are told and what
//! their answer means is `app`'s; this file carries both, in the time that was given.

use crate::config::{CheckConfig, CheckDoor};
use app::{Check, CheckAnswer, CheckQuestion};
use repo::Program;
use ring::hmac;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// What is read of an endpoint's answer, in bytes.
const ANSWER: u64 = 64 << 10;

/// The checks that the configuration names.
pub fn of(configured: &[CheckConfig]) -> BTreeMap<String, Arc<dyn Check>> {
    let check = |it: &CheckConfig| -> Arc<dyn Check> {
        let timeout = it.timeout;
        match &it.how {
            CheckDoor::Command(command) => {
                Arc::new(ProgramCheck { command: command.clone(), timeout })
            }
            CheckDoor::Endpoint { url, secret } => {
                let (url, secret) = (url.clone(), secret.clone().map(Secret));
                Arc::new(EndpointCheck { url, secret, timeout })
            }
        }
    };
    configured.iter().map(|it| (it.name.clone(), check(it))).collect()
}

#[derive(Debug)]
struct ProgramCheck {
    command: Vec<String>,
    timeout: Duration,
}

impl Check for ProgramCheck {
    fn ask(&self, about: &CheckQuestion<'_>) -> Result<CheckAnswer, String> {
        let store = about.git_dir.join("objects");
        // As git's own hooks find what waits: `git` in the program sees the new objects, and
        // whatever it writes goes the way of the quarantine.
        let environment = [
            ("GIT_DIR", about.git_dir.as_os_str()),
            ("GIT_OBJECT_DIRECTORY", about.quarantine.as_os_str()),
            ("GIT_ALTERNATE_OBJECT_DIRECTORIES", store.as_os_str()),
            ("GIT_QUARANTINE_PATH", about.quarantine.as_os_str()),
            ("GIT_CONFIG_NOSYSTEM", "1".as_ref()),
            ("GIT_CONFIG_GLOBAL", "/dev/null".as_ref()),
            // Anybody may push refs below `refs/replace/`: they must not stand in for what is checked.
            ("GIT_NO_REPLACE_OBJECTS", "1".as_ref()),
        ];
        let program = Program {
            command: &self.command,
            environment: &environment,
            folder: about.git_dir,
            input: about.json.as_bytes(),
            timeout: self.timeout,
        };
        let ended = program.run().map_err(|it| it.to_string())?;
        if !ended.errors.is_empty() {
            tracing::info!(program = ?self.command.first(), said = ended.errors, "a check wrote");
        }
        match ended.code {
            Some(0) => CheckAnswer::parse(&ended.output),
            Some(code) => Err(format!("ended with exit code {code}")),
            None => Err("was ended by a signal".to_owned()),
        }
    }
}

#[derive(Debug)]
struct EndpointCheck {
    url: String,
    secret: Option<Secret>,
    timeout: Duration,
}

struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

impl Check for EndpointCheck {
    fn ask(&self, about: &CheckQuestion<'_>) -> Result<CheckAnswer, String> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .timeout_global(Some(self.timeout))
            // Where a push is told of is the operator's to say, not the endpoint's.
            .max_redirects(0)
            .proxy(None)
            .http_status_as_error(false)
            .build()
            .into();
        let mut request = agent.post(&self.url).header("content-type", "application/json");
        if let Some(secret) = &self.secret {
            request = request.header("x-portcullis-signature", signature(secret, about.json));
        }
        let mut response = request.send(about.json).map_err(|it| self.unreached(&it))?;
        if response.status() != 200 {
            return Err(format!("answered {}", response.status().as_u16()));
        }
        let body = response.body_mut().with_config().limit(ANSWER).read_to_vec();
        CheckAnswer::parse(&body.map_err(|it| self.unreached(&it))?)
    }
}

impl EndpointCheck {
    fn unreached(&self, error: &ureq::Error) -> String {
        match error {
            ureq::Error::Timeout(_) => format!("took longer than {:?}", self.timeout),
            ureq::Error::BodyExceedsLimit(_) => format!("answered more than {ANSWER} bytes"),
            other => {
                // The words of the library may name inner addresses: they are for the log.
                tracing::warn!(url = self.url, error = %other, "a check could not be reached");
                "could not be reached".to_owned()
            }
        }
    }
}

/// `sha256=` and the HMAC of the body, in hexadecimal digits.
fn signature(secret: &Secret, body: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.0.as_bytes());
    let tag = hmac::sign(&key, body.as_bytes());
    let digits: String = tag.as_ref().iter().map(|it| format!("{it:02x}")).collect();
    format!("sha256={digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As OpenSSL computes it.
    #[test]
    fn requests_are_signed_as_others_sign_them() {
        let secret = Secret("key".into());
        let body = "The quick brown fox jumps over the lazy dog";
        let digits = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8";
        assert_eq!(signature(&secret, body), format!("sha256={digits}"));
        assert_eq!(format!("{secret:?}"), "…");
    }
}
