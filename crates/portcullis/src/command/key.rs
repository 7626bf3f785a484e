//! `portcullis key`: SSH and OpenPGP keys of users, and access keys of repositories, projects and
//! workspaces.
//! Public keys only: a private key is recognised here and never leaves the machine.

use super::output::Field;
use super::shared::{Place, Session, given, user_path, username};
use crate::Error;
use crate::client::segment;
use clap::{Args, Subcommand};
use model::Username;
use std::io::Read as _;
use std::path::{Path, PathBuf};

const FIELDS: &[Field] = &[
    ("id", "/id"),
    ("label", "/label"),
    ("fingerprint", "/fingerprint"),
    ("permission", "/permission"),
    ("key", "/key"),
    ("comment", "/comment"),
    ("added", "/created_on"),
    ("added by", "/created_by"),
    ("last used", "/last_used_at"),
];

const COLUMNS: &[Field] = &[
    ("id", "/id"),
    ("label", "/label"),
    ("fingerprint", "/fingerprint"),
    ("permission", "/permission"),
    ("last used", "/last_used_at"),
    ("last refused", "/last_refused/at"),
    ("why", "/last_refused/why"),
];

const GPG_FIELDS: &[Field] = &[
    ("id", "/id"),
    ("label", "/label"),
    ("fingerprint", "/fingerprint"),
    ("made", "/made_on"),
    ("expires", "/expires_on"),
    ("added", "/created_on"),
    ("added by", "/created_by"),
    ("key", "/key"),
];

const GPG_COLUMNS: &[Field] = &[
    ("id", "/id"),
    ("label", "/label"),
    ("fingerprint", "/fingerprint"),
    ("expires", "/expires_on"),
];

const UNKNOWN: &[Field] = &[
    ("fingerprint", "/fingerprint"),
    ("address", "/address"),
    ("why", "/why"),
    ("times", "/times"),
    ("last", "/last_at"),
];

/// Larger than any public key; more is not read.
const MAX_FILE: u64 = 256 << 10;

/// What can be done with keys.
#[derive(Subcommand, Debug)]
pub enum KeyCommand {
    /// Add a public key: one's own, or an access key of a place
    #[command(after_help = "Examples:
  portcullis key add
  portcullis key add ~/.ssh/id_ed25519_sk.pub --label yubikey
  portcullis key add deploy.pub --repository acme/site --permission read
  gpg --armor --export ann@example.com | portcullis key add --gpg -

Without FILE, the first of ~/.ssh/id_ed25519.pub, id_ecdsa.pub and id_rsa.pub is taken.")]
    Add {
        /// The file with the public key; `-` for standard input
        file: Option<PathBuf>,
        /// What to call it; the key's comment if not given
        #[arg(long)]
        label: Option<String>,
        /// What an access key may do at its place: `read` or `write`
        #[arg(long, value_parser = ["read", "write"])]
        permission: Option<String>,
        #[command(flatten)]
        owner: Owner,
    },
    /// List keys
    List {
        #[command(flatten)]
        owner: Owner,
    },
    /// Show a key
    Show {
        /// Its id, as `key list` shows it
        id: String,
        #[command(flatten)]
        owner: Owner,
    },
    /// Give a key another label
    Rename {
        /// Its id, as `key list` shows it
        id: String,
        /// The new label
        label: String,
        #[command(flatten)]
        owner: Owner,
    },
    /// Delete a key: it lets nobody in from then on
    Delete {
        /// Its id, as `key list` shows it
        id: String,
        #[command(flatten)]
        owner: Owner,
    },
    /// Keys that were offered and belong to nobody; for administrators
    Unknown,
}

/// Whose keys: a user's, or the access keys of a place. Without any: one's own.
#[derive(Args, Debug)]
pub struct Owner {
    /// A user's SSH keys (default: one's own)
    #[arg(long, value_parser = username, conflicts_with_all = ["repository", "project", "workspace"])]
    user: Option<Username>,
    /// OpenPGP keys, which commits are signed with, instead of SSH keys
    #[arg(long, conflicts_with_all = ["repository", "project", "workspace"])]
    gpg: bool,
    #[command(flatten)]
    place: Place,
}

impl Owner {
    /// The path of the list of keys.
    fn path(&self, session: &Session) -> Result<String, Error> {
        if self.place.is_given() {
            return Ok(format!("/api/v1{}/access-keys", self.place.path(session)?));
        }
        let keys = if self.gpg { "gpg-keys" } else { "ssh-keys" };
        match &self.user {
            Some(user) => Ok(format!("/api/v1{}/{keys}", user_path(user))),
            None => Ok(format!("/api/v1/users/{}/{keys}", segment(&session.own_name()?))),
        }
    }

    fn fields(&self) -> &'static [Field] {
        if self.gpg { GPG_FIELDS } else { FIELDS }
    }

    fn one(&self, session: &Session, id: &str) -> Result<String, Error> {
        Ok(format!("{}/{}", self.path(session)?, segment(id)))
    }
}

impl KeyCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Add { file, label, permission, owner } => {
                check_permission(permission.as_deref(), owner)?;
                let key = match file {
                    Some(file) => read(file)?,
                    None if owner.place.is_given() => {
                        return Err(Error::Usage(
                            "name the file with the public key: an access key is best a key of \
                             its own"
                                .into(),
                        ));
                    }
                    None if owner.gpg => {
                        return Err(Error::Usage(
                            "name the file with the public key, or `-`: `gpg --armor --export \
                             YOUR-ADDRESS | portcullis key add --gpg -`"
                                .into(),
                        ));
                    }
                    None => read_default()?,
                };
                let body = given([
                    ("key", Some(key.into())),
                    ("label", label.as_deref().map(Into::into)),
                    ("permission", permission.as_deref().map(Into::into)),
                ]);
                let made = session.client.post(&owner.path(session)?, &body)?;
                session.out.one(&made, owner.fields())
            }
            Self::List { owner } => {
                let list = session.client.list(&owner.path(session)?)?;
                session.out.table(list, if owner.gpg { GPG_COLUMNS } else { COLUMNS }, "no keys")
            }
            Self::Show { id, owner } => {
                session.out.one(&session.client.get(&owner.one(session, id)?)?, owner.fields())
            }
            Self::Rename { owner, .. } if owner.gpg => Err(Error::Usage(
                "a GPG key keeps its label: delete it, and add it again with another --label"
                    .into(),
            )),
            Self::Rename { id, label, owner } => {
                let body = given([("label", Some(label.as_str().into()))]);
                session.out.one(&session.client.put(&owner.one(session, id)?, &body)?, FIELDS)
            }
            Self::Delete { id, owner } => {
                let answer = session.client.delete(&owner.one(session, id)?)?;
                session.out.done(&answer, &format!("key {id} is deleted"))
            }
            Self::Unknown => {
                let list = session.client.list("/api/v1/unknown-keys")?;
                session.out.table(list, UNKNOWN, "no unknown keys")
            }
        }
    }
}

fn check_permission(permission: Option<&str>, owner: &Owner) -> Result<(), Error> {
    let why = match (owner.place.is_given(), permission) {
        (true, Some(_)) | (false, None) => return Ok(()),
        (true, None) => "say what the access key may do: --permission read, or write",
        (false, Some(_)) => {
            "a key of a user may do what the user may: leave --permission out, or name a place"
        }
    };
    Err(Error::Usage(why.into()))
}

/// The usual public key of whoever is asking.
fn read_default() -> Result<String, Error> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let names = ["id_ed25519.pub", "id_ecdsa.pub", "id_rsa.pub"];
    let found = names.iter().map(|it| home.join(".ssh").join(it)).find(|it| it.is_file());
    let Some(file) = found else {
        return Err(Error::Usage(
            "there is no public key in ~/.ssh: make one with `ssh-keygen -t ed25519`, or name \
             the file"
                .into(),
        ));
    };
    let key = read(&file)?;
    // Should it not be told, the answer below still shows which key it was.
    drop(super::output::note(&format!("adding {}", file.display())));
    Ok(key)
}

/// A public key from a file or standard input, its whole line.
fn read(file: &Path) -> Result<String, Error> {
    let name = file.display();
    let cannot = |why: std::io::Error| Error::Usage(format!("cannot read `{name}`: {why}"));
    let mut text = String::new();
    if file == Path::new("-") {
        std::io::stdin().take(MAX_FILE).read_to_string(&mut text).map_err(cannot)?;
    } else {
        let file = std::fs::File::open(file).map_err(cannot)?;
        file.take(MAX_FILE).read_to_string(&mut text).map_err(cannot)?;
    }
    if text.contains("PRIVATE KEY") || text.starts_with("PuTTY-User-Key-File") {
        return Err(Error::Usage(format!(
            "`{name}` is a private key and was not sent: give the public one, from the file that \
             ends in `.pub` or from `gpg --armor --export`"
        )));
    }
    Ok(text.trim().to_owned())
}
