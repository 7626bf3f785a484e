//! What can come of a use case besides its answer. Says what it means, never how to show it: each
//! door maps these once.

use crate::own_way::Consequence;
use crate::refusal::RefusalRecord;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Shorthand for this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why there is no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The policy said no. An answer, not a fault: it is shown in full.
    #[error("{0}")]
    Refused(Box<Refused>),
    /// What was sent does not fit; each field with what is wrong with it.
    #[error("{0}")]
    Invalid(Fields),
    /// It clashes with what is there: a name that is taken, a rule that exists.
    #[error("{message}")]
    Conflict {
        /// The field that clashes.
        field: &'static str,
        /// What it clashes with and what to do.
        message: String,
    },
    /// What it is about is in another state than this needs, or somebody else was faster.
    #[error("{message}")]
    State {
        /// The field that says in which state it is, or that it was to fit.
        field: &'static str,
        /// What state that is and what to do.
        message: String,
    },
    /// The two branches of a pull request do not fit together.
    #[error("{message}")]
    Conflicting {
        /// Which, and where.
        message: String,
        /// What brings them together, to paste in a clone; what git names is resolved and committed
        /// before the last one, the push. Empty where nobody is there to do it.
        commands: Vec<String>,
    },
    /// It would shut out the one who asks, who has not said that this is meant. Nothing was changed.
    #[error("{message}")]
    Unconfirmed {
        /// What would happen to them; also the word that says it is meant.
        consequence: Consequence,
        /// What would happen, and what to send.
        message: String,
    },
    /// Something inside a place the asker may see is not there.
    #[error("no such {what}")]
    NotFound {
        /// `restriction`, `branch`, `refusal`, …
        what: &'static str,
    },
    /// A limit of this installation.
    #[error("{what} is larger than the limit of {limit} bytes")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// The limit in bytes.
        limit: u64,
    },
    /// It would take longer than anybody is made to wait.
    #[error("the answer took too long to find out: ask for less")]
    TookTooLong,
    /// Nothing was decided, because something is broken or away. Nothing changed either.
    #[error("{0}")]
    Failed(Failure),
}

/// The policy's no, with everything a channel may say about it.
#[derive(Clone, Debug)]
pub struct Refused {
    /// Never empty.
    pub records: Vec<RefusalRecord>,
    /// Which of the answers that all channels know it is.
    pub answer: Answer,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.records.first() {
            Some(first) => f.write_str(&first.message),
            None => f.write_str("refused"),
        }
    }
}

/// The few kinds of no that protocols tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nobody said who they are, or the credential is not good: HTTP 401. git forgets the
    /// credential it stored.
    SignIn,
    /// As far as the asker may know, it is not there: HTTP 404.
    Hidden,
    /// Known and not allowed: HTTP 403.
    Forbidden,
    /// Not now: maintenance or read-only. HTTP 503.
    NotNow,
}

/// Fields that do not fit, in order of name, each with one or more messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(pub BTreeMap<String, Vec<String>>);

impl Fields {
    /// Adds a message.
    pub fn add(&mut self, field: &str, message: impl fmt::Display) {
        self.0.entry(field.to_owned()).or_default().push(message.to_string());
    }

    /// Keeps the value, or notes what is wrong with it.
    pub fn take<T, E: fmt::Display>(
        &mut self,
        field: &str,
        value: std::result::Result<T, E>,
    ) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(why) => {
                self.add(field, why);
                None
            }
        }
    }

    /// The same about something that is a part of what was sent: `kind` becomes `rule.kind`.
    pub fn below(self, part: &str) -> Self {
        Self(self.0.into_iter().map(|(name, why)| (format!("{part}.{name}"), why)).collect())
    }

    /// Adds all messages of another one.
    pub fn absorb(&mut self, other: Self) {
        for (name, why) in other.0 {
            self.0.entry(name).or_default().extend(why);
        }
    }

    /// Keeps what a part of what was sent came to, or notes what is wrong with its fields. Any
    /// other error travels up.
    pub(crate) fn collect<T>(&mut self, part: &str, checked: Result<T>) -> Result<Option<T>> {
        match checked {
            Ok(value) => Ok(Some(value)),
            Err(Error::Invalid(fields)) => {
                self.absorb(fields.below(part));
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// An error with one field.
    pub fn one(field: &str, message: impl fmt::Display) -> Error {
        let mut fields = Self::default();
        fields.add(field, message);
        Error::Invalid(fields)
    }

    /// The error, if anything was noted.
    pub fn check(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        let mut fields: Vec<_> = self.0.iter().collect();
        fields.sort_by_key(|(field, _)| line_of(field));
        for (field, messages) in fields {
            for message in messages {
                if !std::mem::take(&mut first) {
                    f.write_str("; ")?;
                }
                write!(f, "{field}: {message}")?;
            }
        }
        Ok(())
    }
}

/// The number of the line that a field stands on, where it begins with that: line 12 comes before
/// line 105.
fn line_of(field: &str) -> Option<u64> {
    let number = field.strip_prefix("line ")?.split(',').next()?;
    number.parse().ok()
}

/// Something that is ours to mend, not the asker's.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Stable: `PC-STORE-AWAY`.
    pub code: &'static str,
    /// One honest sentence for the person, without details of the inside.
    pub sentence: &'static str,
    /// For the log.
    pub source: Arc<dyn std::error::Error + Send + Sync>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code, self.sentence)
    }
}

impl Error {
    /// The same, should it be about the fields of a part of what was sent.
    pub(crate) fn below(self, part: &str) -> Self {
        match self {
            Self::Invalid(fields) => Self::Invalid(fields.below(part)),
            other => other,
        }
    }

    /// The store or the disk is away, or holds what this version cannot read.
    pub(crate) fn failed(
        code: &'static str,
        sentence: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Failed(Failure { code, sentence, source: Arc::from(source.into()) })
    }
}

impl Error {
    /// Something is broken inside; the sentence says what, without details.
    pub fn internal(
        sentence: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::failed(repo::FailureCode::Internal.code(), sentence, source)
    }

    /// Database or disk is away; the sentence says which.
    pub(crate) fn away(
        sentence: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::failed(repo::FailureCode::StoreAway.code(), sentence, source)
    }
}

const AWAY: &str = "the server cannot reach its database; nothing was changed, try again later";
const INSIDE: &str =
    "something is broken inside the server; nothing was changed, tell an administrator";

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Away { .. } => Self::away(AWAY, error),
            store::Error::Conflict { what } => {
                Self::Conflict { field: field_of(what), message: error.to_string() }
            }
            store::Error::LastOwner => Self::Conflict { field: "role", message: error.to_string() },
            store::Error::LastAdmin => {
                Self::Conflict { field: "is_admin", message: error.to_string() }
            }
            store::Error::PublicInPrivate | store::Error::OpenToAnyone => {
                Fields::one("is_private", error)
            }
            store::Error::KeptPrivate { .. } => Fields::one("subject", error),
            store::Error::Moved => Self::Conflict { field: "", message: error.to_string() },
            store::Error::InUse { .. } => Self::Conflict { field: "", message: error.to_string() },
            store::Error::NotFound { what } => Self::NotFound { what },
            store::Error::Unreadable { .. }
            | store::Error::Newer { .. }
            | store::Error::Older { .. }
            | store::Error::Url { .. }
            | store::Error::Refused(_) => Self::internal(INSIDE, error),
        }
    }
}

/// The field of a request that holds what the store calls by this name.
fn field_of(what: &str) -> &'static str {
    match what {
        "user name" => "username",
        "e-mail address" => "email",
        "workspace slug" | "group slug" | "repository slug" => "slug",
        "project key" | "SSH key" | "GPG key" => "key",
        _ => "name",
    }
}

impl From<repo::Error> for Error {
    fn from(error: repo::Error) -> Self {
        match &error {
            repo::Error::UnknownRevision(_) | repo::Error::Ambiguous(_) => {
                Fields::one("target", error)
            }
            repo::Error::TookTooLong { .. } => Self::TookTooLong,
            other => {
                let code = other.to_failure().code;
                Self::failed(code.code(), code.cause(), error)
            }
        }
    }
}

impl From<crate::password::PasswordError> for Error {
    fn from(error: crate::password::PasswordError) -> Self {
        Self::internal(INSIDE, error)
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::internal(INSIDE, error)
    }
}
