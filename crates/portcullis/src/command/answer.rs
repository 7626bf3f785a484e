//! What an answer of the server holds, read without trusting it: what is not there is empty, and
//! nothing that moves a terminal is left in a text. Never for a value that something is decided by.

use crate::client::clean;
use serde_json::Value;

/// The entries of this member; none where it is no list.
pub fn list<'a>(answer: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    answer.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// The text at this JSON pointer, as it can be printed; empty where there is none.
pub fn text(answer: &Value, pointer: &str) -> String {
    answer.pointer(pointer).and_then(Value::as_str).map(clean).unwrap_or_default()
}
