//! The profile: servers one has logged in to, with what to present to them, in
//! `$XDG_CONFIG_HOME/portcullis/profile.toml`, mode 0600. Holds secrets: nothing here has `Debug`.

use super::Login;
use super::git::host_name;
use crate::Error;
use crate::serve::write_private;
use model::Secret;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Text {
    /// The server used when nothing else names one.
    default: Option<String>,
    #[serde(default)]
    server: BTreeMap<String, Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Without it, the secret is a token that speaks for itself.
    user: Option<String>,
    secret: String,
}

/// The profile file, read.
pub struct Profiles {
    path: PathBuf,
    text: Text,
}

impl Profiles {
    /// Reads the profile of whoever runs this; one that is not there is empty.
    pub fn read() -> Result<Self, Error> {
        let path = place()?;
        let failed = |why: String| {
            Error::Failed(format!("cannot read the profile `{}`: {why}", path.display()))
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|e| failed(e.message().to_owned()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => Text::default(),
            Err(error) => return Err(failed(error.to_string())),
        };
        Ok(Self { path, text })
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The server to use when nothing else names one.
    pub fn default_server(&self) -> Option<&str> {
        self.text.default.as_deref()
    }

    /// The server at this host that one has logged in to; the default one where there are several.
    pub fn server_at(&self, host: &str) -> Option<&str> {
        let is_there = |base: &&str| {
            let authority = base.split_once("://").and_then(|(_, rest)| rest.split('/').next());
            authority.is_some_and(|it| host_name(it) == host)
        };
        let known = self.text.server.keys().map(String::as_str);
        self.default_server().into_iter().chain(known).find(is_there)
    }

    /// What to present to this server.
    pub fn find_login(&self, base: &str) -> Option<Login> {
        self.text.server.get(base).map(|entry| match &entry.user {
            None => Login::Token(Secret::new(entry.secret.as_str())),
            Some(user) => {
                Login::Password { user: user.clone(), secret: Secret::new(entry.secret.as_str()) }
            }
        })
    }

    /// Remembers a login and makes its server the default.
    pub fn remember(&mut self, base: &str, login: &Login) -> Result<(), Error> {
        let (user, secret) = match login {
            Login::Nobody => return Ok(()),
            Login::Token(secret) => (None, secret),
            Login::Password { user, secret } => (Some(user.clone()), secret),
        };
        let entry = Entry { user, secret: secret.expose().to_owned() };
        self.text.server.insert(base.to_owned(), entry);
        self.text.default = Some(base.to_owned());
        self.write()
    }

    /// Forgets a server. `false` if it was not known.
    pub fn forget(&mut self, base: &str) -> Result<bool, Error> {
        if self.text.server.remove(base).is_none() {
            return Ok(false);
        }
        if self.text.default.as_deref() == Some(base) {
            self.text.default = self.text.server.keys().next().cloned();
        }
        self.write()?;
        Ok(true)
    }

    fn write(&self) -> Result<(), Error> {
        let failed = |why: String| {
            Error::Failed(format!("cannot write the profile `{}`: {why}", self.path.display()))
        };
        let text = toml::to_string(&self.text).map_err(|e| failed(e.to_string()))?;
        if let Some(folder) = self.path.parent() {
            let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
            made.map_err(|e| failed(e.to_string()))?;
        }
        write_private(&self.path, &text).map_err(|e| failed(e.to_string()))
    }
}

fn place() -> Result<PathBuf, Error> {
    let folder =
        |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let config = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
    config.map(|it| it.join("portcullis").join("profile.toml")).ok_or_else(|| {
        Error::Failed("there is no place for a profile: set XDG_CONFIG_HOME or HOME".into())
    })
}
