//! Values that must not be shown.

/// A password or a token's text. Has no `Debug`, `Display`, `PartialEq` or `Serialize` on
/// purpose: whoever needs the text says so by calling [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(text.into())
    }

    /// The text. Each caller is a place where it could leak.
    pub fn expose(&self) -> &str {
        &self.0
    }
}
