//! Regular expressions of rules, compiled once. The engine takes time in proportion to the text,
//! whatever the pattern, and a pattern that would grow too large is refused when it is saved.

use parking_lot::Mutex;
use regex::{Regex, RegexBuilder};
use std::collections::HashMap;
use std::sync::Arc;

/// Patterns that are kept compiled; beyond it, everything is forgotten.
const ROOM: usize = 256;
/// What one compiled pattern may take, in bytes.
const SIZE: usize = 1 << 20;

/// Compiled patterns by their text.
#[derive(Default)]
pub(crate) struct Patterns(Mutex<HashMap<String, Arc<Regex>>>);

impl Patterns {
    /// The pattern, compiled; or why it is none, in one line.
    pub(crate) fn find(&self, text: &str) -> Result<Arc<Regex>, String> {
        if let Some(known) = self.0.lock().get(text) {
            return Ok(Arc::clone(known));
        }
        let compiled = RegexBuilder::new(text).size_limit(SIZE).dfa_size_limit(SIZE).build();
        let compiled = Arc::new(compiled.map_err(|it| reason(&it))?);
        let mut known = self.0.lock();
        if known.len() >= ROOM {
            known.clear();
        }
        known.insert(text.to_owned(), Arc::clone(&compiled));
        Ok(compiled)
    }
}

/// The last line of the library's message; the lines before it draw the pattern.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "it stands for too much: make it smaller".into(),
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_compiled_once_and_a_bad_one_says_why() {
        let patterns = Patterns::default();
        let first = patterns.find("^[A-Z]+-[0-9]+ ").unwrap();
        assert!(first.is_match("ACME-1 begun") && !first.is_match("begun"));
        assert!(Arc::ptr_eq(&first, &patterns.find("^[A-Z]+-[0-9]+ ").unwrap()));
        assert_eq!(patterns.find("(").unwrap_err(), "unclosed group");
        assert_eq!(
            patterns.find("(x{1000}){1000}").unwrap_err(),
            "it stands for too much: make it smaller"
        );
    }
}
