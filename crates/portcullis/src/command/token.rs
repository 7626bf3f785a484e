//! `portcullis token`: API tokens of users, and access tokens of repositories, projects and
//! workspaces. A token's text is shown once, when it is made.

use super::output::Field;
use super::shared::{Place, Session, given, time, user_path, username};
use crate::Error;
use crate::client::segment;
use clap::{Args, Subcommand};
use model::{Scope, Username};

const FIELDS: &[Field] = &[
    ("id", "/id"),
    ("name", "/name"),
    ("scopes", "/scopes"),
    ("expires", "/expires_at"),
    ("token", "/token"),
];

const COLUMNS: &[Field] = &[
    ("id", "/id"),
    ("name", "/name"),
    ("last 4", "/last4"),
    ("scopes", "/scopes"),
    ("expires", "/expires_at"),
    ("last used", "/last_used_at"),
    ("last refused", "/last_refused/at"),
    ("why", "/last_refused/why"),
    ("revoked", "/revoked_at"),
];

/// What can be done with tokens.
#[derive(Subcommand, Debug)]
pub enum TokenCommand {
    /// Create a token; its text is shown once
    #[command(after_help = "Examples:
  portcullis token create laptop --user ann \\
      --scope read:repository:bitbucket --scope write:repository:bitbucket
  portcullis token create ci-bot --repository acme/site --scope repository:write \\
      --expires 2027-01-31")]
    Create {
        /// What to call it
        name: String,
        /// What it may be used for; may be repeated
        #[arg(long = "scope", required = true, value_name = "SCOPE", value_parser = scope)]
        scopes: Vec<Scope>,
        /// When it ends
        #[arg(long, value_name = "TIME", value_parser = time)]
        expires: Option<String>,
        /// Only for this repository; may be repeated
        #[arg(long = "only-repository", value_name = "WORKSPACE/REPOSITORY")]
        repositories: Vec<String>,
        /// Only for refs that match this glob; may be repeated
        #[arg(long = "only-ref", value_name = "GLOB")]
        refs: Vec<String>,
        /// Only from these addresses; may be repeated
        #[arg(long = "only-address", value_name = "BLOCK")]
        addresses: Vec<String>,
        #[command(flatten)]
        owner: Owner,
    },
    /// List tokens
    List {
        #[command(flatten)]
        owner: Owner,
    },
    /// Revoke a token: it stops working at once
    Revoke {
        /// Its id, as `token list` shows it
        id: String,
        #[command(flatten)]
        owner: Owner,
    },
    /// Replace a token's text; the old one works on for a while if told so
    #[command(after_help = "Example:
  portcullis token rotate 12 --repository acme/site --overlap 3600")]
    Rotate {
        /// Its id, as `token list` shows it
        id: String,
        /// How many seconds the old text still works
        #[arg(long, value_name = "SECONDS")]
        overlap: Option<u64>,
        #[command(flatten)]
        owner: Owner,
    },
}

/// Whose tokens: a user's API tokens, or the access tokens of a place. Without any: one's own.
#[derive(Args, Debug)]
pub struct Owner {
    /// A user's API tokens (default: one's own)
    #[arg(long, value_parser = username, conflicts_with_all = ["repository", "project", "workspace"])]
    user: Option<Username>,
    #[command(flatten)]
    place: Place,
}

fn scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).map_err(|e| {
        let known = Scope::ALL.iter().map(|it| it.as_str());
        match app::nearest(text, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => e.to_string(),
        }
    })
}

impl Owner {
    /// The path of the list of tokens.
    fn path(&self, session: &Session) -> Result<String, Error> {
        if self.place.is_given() {
            return Ok(format!("/api/v1{}/access-tokens", self.place.path(session)?));
        }
        if let Some(user) = &self.user {
            return Ok(format!("/api/v1{}/tokens", user_path(user)));
        }
        Ok(format!("/api/v1/users/{}/tokens", segment(&session.own_name()?)))
    }
}

impl TokenCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create { name, scopes, expires, repositories, refs, addresses, owner } => {
                let scopes: Vec<_> = scopes.iter().map(|it| it.as_str()).collect();
                let some = |list: &Vec<String>| (!list.is_empty()).then(|| list.clone().into());
                let body = given([
                    ("name", Some(name.as_str().into())),
                    ("scopes", Some(scopes.into())),
                    ("expires_at", expires.as_deref().map(Into::into)),
                    ("repositories", some(repositories)),
                    ("refs", some(refs)),
                    ("addresses", some(addresses)),
                ]);
                session.out.one(&session.client.post(&owner.path(session)?, &body)?, FIELDS)
            }
            Self::List { owner } => {
                let list = session.client.list(&owner.path(session)?)?;
                session.out.table(list, COLUMNS, "no tokens")
            }
            Self::Revoke { id, owner } => {
                let path = format!("{}/{}", owner.path(session)?, segment(id));
                let answer = session.client.delete(&path)?;
                session.out.done(&answer, &format!("token {id} is revoked"))
            }
            Self::Rotate { id, overlap, owner } => {
                let path = format!("{}/{}/rotate", owner.path(session)?, segment(id));
                let body = given([("overlap", overlap.map(Into::into))]);
                session.out.one(&session.client.post(&path, &body)?, FIELDS)
            }
        }
    }
}
