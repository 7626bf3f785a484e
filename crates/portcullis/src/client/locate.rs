//! Which server a command talks to, and what it presents there. The first that is known counts:
//! server: `--data`, `--server`, `PORTCULLIS_SERVER`, the profile (the entry for the repository
//! one stands in, else the default one), the remote of the repository one stands in. A remote over
//! SSH does not say where the server speaks HTTP: the profile's entry for its host does.
//! Secret: `--data`, `PORTCULLIS_TOKEN`, the profile, the remote's URL, git's credential helper.

use super::git::{Remote, credential_from_git};
use super::profile::Profiles;
use crate::Error;
use crate::config::parse_url;
use crate::serve::{ADMIN_TOKEN, SERVER_JSON, is_running};
use model::{RepositoryPath, Secret};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Options of every command that talks to a server.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Server")]
pub struct Connection {
    /// Address of the server, for example https://git.example.org
    #[arg(long, global = true, value_name = "URL", env = "PORTCULLIS_SERVER", value_parser = parse_url)]
    pub server: Option<String>,

    /// Data folder of a server running on this machine: use its address and its admin token
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,

    /// Print one JSON document instead of text
    #[arg(long, global = true)]
    pub json: bool,

    /// Do it even if it takes something away from yourself
    #[arg(long, global = true)]
    pub yes: bool,
}

/// What is presented to a server.
pub enum Login {
    /// Nothing.
    Nobody,
    /// A token that speaks for itself.
    Token(Secret),
    /// A user name with a password or an API token.
    Password { user: String, secret: Secret },
}

/// A server, and what to present to it.
pub struct Target {
    /// Without a slash at its end.
    pub base: String,
    pub login: Login,
    /// Read from the data folder of a server that runs here.
    pub own_machine: bool,
}

impl Connection {
    /// Finds server and secret; see the head of this module.
    pub fn locate(&self) -> Result<Target, Error> {
        if let Some(data) = &self.data {
            return from_data_folder(data);
        }
        let profiles = Profiles::read()?;
        let remote = Remote::find();
        let base = self.find_server(&profiles, remote.as_ref()).ok_or_else(|| {
            Error::Usage(
                "no server is known: give --server URL, set PORTCULLIS_SERVER, run `portcullis \
                 login URL`, or stand in a clone of one of its repositories"
                    .into(),
            )
        })?;
        let login = find_login(&base, &profiles, remote)?;
        Ok(Target { base, login, own_machine: false })
    }

    fn find_server(&self, profiles: &Profiles, remote: Option<&Remote>) -> Option<String> {
        let of_remote = || match remote.map(|it| (&it.base, &it.host))? {
            (Some(base), _) => profiles.find_login(base).map(|_| base.clone()),
            (None, host) => profiles.server_at(host).map(str::to_owned),
        };
        self.server
            .clone()
            .or_else(of_remote)
            .or_else(|| profiles.default_server().map(str::to_owned))
            .or_else(|| remote?.base.clone())
    }

    /// The repository one stands in, for commands that were given none.
    pub fn repository_here(&self) -> Result<RepositoryPath, Error> {
        Remote::find().map(|it| it.path).ok_or_else(|| {
            Error::Usage(
                "which repository? Name it as WORKSPACE/REPOSITORY, or stand in a clone of it"
                    .into(),
            )
        })
    }
}

fn find_login(base: &str, profiles: &Profiles, remote: Option<Remote>) -> Result<Login, Error> {
    if let Some(token) = token_from_environment() {
        return Ok(Login::Token(token));
    }
    if let Some(login) = profiles.find_login(base) {
        return Ok(login);
    }
    let in_url = remote.filter(|it| it.base.as_deref() == Some(base)).and_then(|it| it.login);
    let found = match in_url {
        Some(login) => Some(login),
        None => credential_from_git(base, None, false)?,
    };
    Ok(found.map_or(Login::Nobody, |(user, secret)| Login::Password { user, secret }))
}

/// `PORTCULLIS_TOKEN`, unless it is empty.
pub fn token_from_environment() -> Option<Secret> {
    std::env::var("PORTCULLIS_TOKEN").ok().filter(|it| !it.is_empty()).map(Secret::new)
}

fn from_data_folder(data: &Path) -> Result<Target, Error> {
    let read = |name: &str| {
        let path = data.join(name);
        std::fs::read_to_string(&path)
            .map_err(|e| Error::Failed(format!("cannot read `{}`: {e}", path.display())))
    };
    // Without this, the token could go to whoever listens where a server once did.
    if !is_running(data)? {
        return Err(Error::Failed(format!(
            "no server is running on the data folder `{}`: start it with `portcullis serve --data`",
            data.display()
        )));
    }
    let about: Value = serde_json::from_str(&read(SERVER_JSON)?)
        .map_err(|e| Error::Failed(format!("`{SERVER_JSON}` is not JSON: {e}")))?;
    let base = about.get("http").and_then(Value::as_str).ok_or_else(|| {
        Error::Failed(format!("`{SERVER_JSON}` does not say where the server listens"))
    })?;
    Ok(Target {
        base: base.to_owned(),
        login: Login::Token(Secret::new(read(ADMIN_TOKEN)?.trim())),
        own_machine: true,
    })
}
