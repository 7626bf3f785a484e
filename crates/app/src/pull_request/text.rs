//! Texts that people write into a pull request, checked once for all.

use crate::error::Fields;

/// The longest text, in characters: Bitbucket's longest description.
pub(super) const TEXT_MAX: usize = 32_768;

/// A text of several lines; may be empty.
pub(super) fn text(text: String) -> Result<String, String> {
    let length = text.chars().count();
    if length > TEXT_MAX {
        return Err(format!("it has {length} characters: use at most {TEXT_MAX}"));
    }
    if text.chars().any(|it| it.is_control() && !matches!(it, '\n' | '\r' | '\t')) {
        return Err("it contains control characters".into());
    }
    Ok(text)
}

/// The text of a comment or a task; the field is noted where there is none.
pub(super) fn said(raw: Option<String>, fields: &mut Fields) -> Option<String> {
    let raw = fields.take("content.raw", text(raw.unwrap_or_default()))?;
    if raw.trim().is_empty() {
        fields.add("content.raw", "say something");
        return None;
    }
    Some(raw)
}
