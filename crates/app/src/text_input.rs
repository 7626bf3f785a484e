//! Free text as it is sent: kept as people wrote it, or refused. Nothing is taken out of it.

use crate::error::Fields;

/// Notes what is wrong with a text: a control character, which one database would refuse and the
/// other keep for somebody's terminal. Line breaks and tabs are text.
pub(crate) fn check_text(field: &str, text: &str, fields: &mut Fields) {
    if !is_text(text) {
        fields.add(field, NO_TEXT);
    }
}

/// The same, and that it has no more characters than this.
pub(crate) fn check_text_up_to(most: usize, field: &str, text: &str, fields: &mut Fields) {
    check_text(field, text, fields);
    if text.chars().count() > most {
        fields.add(field, format!("use at most {most} characters"));
    }
}

/// Has it nothing but what people write?
pub(crate) fn is_text(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
}

const NO_TEXT: &str = "there is a control character in it: leave it out";
