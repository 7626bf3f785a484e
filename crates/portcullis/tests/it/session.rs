//! A refused push from every side at once: the person's screen, HTTP, the records, the server's
//! disk. What tests share; no tests.

use serde_json::Value;
use std::path::Path;
use testkit::{Server, WorkTree, normalised};

/// The repository of every scenario.
pub const SITE: &str = "acme/site";

/// Somebody in front of a clone of [`SITE`].
pub struct Session<'a> {
    pub server: &'a Server,
    pub tree: &'a WorkTree,
    /// Who reads the records of what was refused.
    pub reader: &'a str,
}

impl Session<'_> {
    /// Pushes what is refused, all of it. The screen is all that git printed, how it ended, and
    /// how each of its requests was answered; the records are what REST says about each id on
    /// it. Nothing on the server may have moved, and nothing may have come to it. Gives the ids.
    #[track_caller]
    pub fn refused(&self, push: &[&str], screen: &str, records: &str) -> Vec<String> {
        let before = self.server.holdings(SITE);
        let ids = self.pushed(push, screen, records);
        assert_eq!(self.server.holdings(SITE), before, "the server is not what it was");
        ids
    }

    /// The same for a push of which some refs land.
    #[track_caller]
    pub fn pushed(&self, push: &[&str], screen: &str, records: &str) -> Vec<String> {
        let (options, refspecs): (Vec<_>, Vec<_>) =
            push.iter().partition(|it| it.starts_with("--"));
        let (pushed, asked) = self.tree.push_watched(&options, &refspecs);
        same(&format!("{}\n{}", pushed.screen(), asked.join(", ")), screen);
        let ids = pushed.refusal_ids();
        let told: Vec<_> = ids.iter().map(|it| in_words(&self.record(it))).collect();
        same(&told.join("\n"), records);
        ids
    }

    /// What the reader is told about a refusal.
    #[track_caller]
    pub fn record(&self, id: &str) -> Value {
        self.server.rest_as(self.reader).get(&format!("/api/v1/refusals/{id}")).expect(200)
    }
}

/// A record in a few lines: what refused, then each remedy with who can take it.
pub fn in_words(record: &Value) -> String {
    let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
    let mut lines = format!("{}, layer {}", text("/code"), text("/layer"));
    if record["rule"].is_object() {
        let rule = format!(", rule {} ({})", record["rule"]["id"], text("/rule/kind"));
        lines.push_str(&rule);
    }
    for remedy in record["remedies"].as_array().expect("remedies") {
        assert_eq!(remedy["verified"], true, "{remedy}");
        let text = |name: &str| remedy[name].as_str().unwrap_or("?");
        lines.push_str(&format!("\n  {}: {}", text("actor"), text("summary")));
    }
    normalised(&lines)
}

/// Compares a text with what is expected, which may be indented as a whole.
#[track_caller]
pub fn same(text: &str, expected: &str) {
    let lines = || expected.trim_matches('\n').trim_end().lines();
    let indents = lines().filter(|it| !it.is_empty()).map(|it| it.len() - it.trim_start().len());
    let indent = indents.min().unwrap_or(0);
    let expected: Vec<_> = lines().map(|it| it.get(indent..).unwrap_or_default()).collect();
    let expected = expected.join("\n");
    assert!(text == expected, "expected:\n{expected}\n\nit is:\n{text}\n");
}

/// Where the program is, for those who paste its commands.
pub fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_portcullis")).parent().expect("a folder")
}
