//! `portcullis user`: people.

use super::output::Field;
use super::shared::{Session, given, user_path, username};
use crate::Error;
use clap::Subcommand;
use model::Username;
use serde_json::Value;

const FIELDS: &[Field] = &[
    ("user name", "/username"),
    ("name", "/display_name"),
    ("email", "/email"),
    ("uuid", "/uuid"),
    ("administrator", "/is_admin"),
    ("active", "/active"),
    ("created", "/created_on"),
];

/// What can be done with users.
#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Create a user
    #[command(after_help = "Examples:
  portcullis user create ann --display-name 'Ann Lee' --email ann@example.org
  printf %s \"$PASSWORD\" | portcullis user create ann --email ann@example.org --password-stdin")]
    Create {
        /// Login name
        #[arg(value_parser = username)]
        username: Username,
        /// Name shown to people; the login name if not given
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        /// E-mail address
        #[arg(long)]
        email: String,
        /// Read a password from standard input. Without one the user signs in with tokens only
        #[arg(long)]
        password_stdin: bool,
    },
    /// Change a user; what is not given stays as it is (instance administrators)
    #[command(after_help = "Examples:
  portcullis user update ann --email ann@example.com
  portcullis user update ann --active false        # may not sign in any more, by anything
  printf %s \"$PASSWORD\" | portcullis user update ann --password-stdin")]
    Update {
        /// Login name
        #[arg(value_parser = username)]
        username: Username,
        /// Name shown to people
        #[arg(long, value_name = "NAME")]
        display_name: Option<String>,
        /// E-mail address
        #[arg(long)]
        email: Option<String>,
        /// May they sign in?
        #[arg(long, value_name = "true|false")]
        active: Option<bool>,
        /// Do they administer the installation?
        #[arg(long, value_name = "true|false")]
        administrator: Option<bool>,
        /// Read a new password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Show one user
    Show {
        /// Login name
        #[arg(value_parser = username)]
        username: Username,
    },
    /// List all users (instance administrators)
    List,
}

impl UserCommand {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        match self {
            Self::Create { username, display_name, email, password_stdin } => {
                let password = password_stdin.then(read_secret).transpose()?;
                let body = given([
                    ("username", Some(username.as_str().into())),
                    (
                        "display_name",
                        Some(display_name.as_deref().unwrap_or(username.as_str()).into()),
                    ),
                    ("email", Some(email.as_str().into())),
                    ("password", password.map(Value::from)),
                ]);
                let answer = session.client.post("/api/v1/users", &body)?;
                session.out.one(&answer, FIELDS)
            }
            Self::Update {
                username,
                display_name,
                email,
                active,
                administrator,
                password_stdin,
            } => {
                let password = password_stdin.then(read_secret).transpose()?;
                let body = given([
                    ("display_name", display_name.as_deref().map(Into::into)),
                    ("email", email.as_deref().map(Into::into)),
                    ("active", active.map(Into::into)),
                    ("is_admin", administrator.map(Into::into)),
                    ("password", password.map(Value::from)),
                ]);
                let path = format!("/api/v1{}", user_path(username));
                session.out.one(&session.client.put(&path, &body)?, FIELDS)
            }
            Self::Show { username } => {
                let path = format!("/api/v1{}", user_path(username));
                session.out.one(&session.client.get(&path)?, FIELDS)
            }
            Self::List => {
                let users = session.client.list("/api/v1/users")?;
                session.out.table(users, FIELDS, "there are no users")
            }
        }
    }
}

/// A secret from standard input, without the line's end.
pub fn read_secret() -> Result<String, Error> {
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|e| Error::Failed(format!("cannot read standard input: {e}")))?;
    let secret = line.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        return Err(Error::Usage("standard input holds no secret".into()));
    }
    Ok(secret.to_owned())
}
