//! What new keys of either kind are checked for, and what is said about one that is taken: never
//! whose it is, unless it is the asker's own to know.

use crate::error::{Error, Fields, Result};
use crate::public_key::{self, ReadKey};
use crate::text_input::check_text;
use model::DisplayName;

/// A key to be added, as it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewKey {
    /// How people tell it from their others; the key's comment when there is none.
    pub label: Option<String>,
    /// One line of a `.pub` file.
    pub key: String,
}

impl NewKey {
    /// Everything that can be told without looking anything up.
    pub(crate) fn check(&self) -> Result<store::NewKey> {
        let mut fields = Fields::default();
        let read = fields.take("key", public_key::read(&self.key));
        let given = self.label.as_deref().map(str::trim).filter(|it| !it.is_empty());
        let label = match (given, &read) {
            (Some(given), _) => fields.take("label", DisplayName::parse(given)),
            (None, Some(read)) => fields.take("label", label_of(read)),
            (None, None) => None,
        };
        if let Some(read) = &read {
            check_text("key", &read.comment, &mut fields);
        }
        let (Some(read), Some(label)) = (read, label) else { return Err(Error::Invalid(fields)) };
        fields.check()?;
        let ReadKey { key, comment, fingerprint } = read;
        Ok(store::NewKey { label: label.to_string(), key, comment, fingerprint })
    }
}

/// The comment, or the kind of key where there is none.
fn label_of(read: &ReadKey) -> Result<DisplayName, String> {
    let kind = read.key.split(' ').next().unwrap_or_default();
    let label = if read.comment.is_empty() { kind } else { &read.comment };
    DisplayName::parse(label).map_err(|why| format!("the key's comment cannot be its label: {why}"))
}

/// A new label for a key.
pub(crate) fn check_label(label: &str) -> Result<String> {
    let mut fields = Fields::default();
    let label = fields.take("label", DisplayName::parse(label.trim()));
    fields.check()?;
    Ok(label.map(|it| it.to_string()).unwrap_or_default())
}

/// The key is here already, by the label it has.
pub(crate) fn taken_here(whose: &str, label: &str) -> Error {
    let label = crate::render::visible(label);
    Error::Conflict { field: "key", message: format!("{whose} has this key already, as `{label}`") }
}

/// The key is taken somewhere. Says no more: whose it is, is theirs to tell.
pub(crate) fn taken_elsewhere() -> Error {
    let message = "someone has already registered that SSH key: one key is either the personal key \
                   of one user or an access key; make another with `ssh-keygen -t ed25519`";
    Error::Conflict { field: "key", message: message.into() }
}
