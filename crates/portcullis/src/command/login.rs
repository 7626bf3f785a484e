//! `portcullis login` and `logout`: the profile.

use super::output::{Output, print};
use super::user::read_secret;
use crate::Error;
use crate::client::{Client, Login, Profiles, credential_from_git, token_from_environment};
use crate::config::parse_url;
use clap::Args;
use model::Secret;
use serde_json::{Value, json};

/// Arguments of `login`.
#[derive(Args, Debug)]
pub struct LoginArgs {
    /// Address of the server
    #[arg(value_name = "URL", value_parser = parse_url)]
    server: String,
    /// User name; not needed with a token
    #[arg(long)]
    user: Option<String>,
    /// Read the token or password from standard input
    #[arg(long)]
    secret_stdin: bool,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

/// Arguments of `logout`.
#[derive(Args, Debug)]
pub struct LogoutArgs {
    /// Address of the server; the default one if not given
    #[arg(value_name = "URL", value_parser = parse_url)]
    server: Option<String>,
    /// Print one JSON document instead of text
    #[arg(long)]
    json: bool,
}

impl LoginArgs {
    /// Checks the secret with the server, then remembers it.
    pub fn run(&self) -> Result<(), Error> {
        let login = self.find_login()?;
        let client = Client::new(&self.server, &login, false)?;
        let who = match client.get("/2.0/user") {
            Ok(user) => user.get("username").and_then(Value::as_str).map(str::to_owned),
            // The credential is good and may not read users, or it is not a user's.
            Err(Error::Server(error)) if matches!(error.status, 403 | 404) => None,
            Err(error) => return Err(error),
        };
        let mut profiles = Profiles::read()?;
        profiles.remember(&self.server, &login)?;
        let path = profiles.path().display();
        let name = who.as_deref().or(self.user.as_deref()).unwrap_or("the token's owner");
        Output::new(self.json).done(
            &json!({ "server": self.server, "user": who, "profile": path.to_string() }),
            &format!("logged in to {} as {name}; remembered in {path}", self.server),
        )
    }

    fn find_login(&self) -> Result<Login, Error> {
        let with_user = |user: Option<&str>, secret: Secret| match user {
            Some(user) if !user.is_empty() => Login::Password { user: user.to_owned(), secret },
            Some(_) | None => Login::Token(secret),
        };
        if self.secret_stdin {
            return Ok(with_user(self.user.as_deref(), Secret::new(read_secret()?)));
        }
        if let Some(token) = token_from_environment() {
            return Ok(with_user(self.user.as_deref(), token));
        }
        match credential_from_git(&self.server, self.user.as_deref(), true)? {
            Some((user, secret)) => Ok(with_user(Some(&user), secret)),
            None => Err(Error::Usage(
                "no secret was given: use --secret-stdin, or set PORTCULLIS_TOKEN".into(),
            )),
        }
    }
}

impl LogoutArgs {
    /// Forgets a server's secret on this machine. The secret itself stays valid.
    pub fn run(&self) -> Result<(), Error> {
        let mut profiles = Profiles::read()?;
        let given = self.server.as_deref().or(profiles.default_server()).map(str::to_owned);
        let server = given.ok_or_else(|| Error::Usage("not logged in to any server".into()))?;
        if !profiles.forget(&server)? {
            return Err(Error::Failed(format!("not logged in to {server}")));
        }
        if self.json {
            return print(&format!("{}\n", json!({ "server": server })));
        }
        print(&format!("logged out of {server}; `portcullis token revoke` ends the token itself\n"))
    }
}
