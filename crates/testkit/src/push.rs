//! What came of a push, and assertions about all of it.

use crate::text::normalised;
use std::process::Output;

/// The end of one `git push` (or fetch, or clone).
#[must_use = "say whether it was accepted"]
pub struct Pushed {
    success: bool,
    code: Option<i32>,
    stderr: String,
}

impl Pushed {
    pub(crate) fn new(out: &Output) -> Self {
        let stderr = String::from_utf8_lossy(&out.stderr).into_owned();
        Self { success: out.status.success(), code: out.status.code(), stderr }
    }

    /// Every ref landed, and the server had nothing to say.
    #[track_caller]
    pub fn accepted(self) {
        assert!(self.success, "the push was not accepted:\n{}", self.stderr);
        assert_eq!(self.told(), "", "the server said something");
    }

    /// Every ref landed, and the server said exactly this.
    #[track_caller]
    pub fn accepted_saying(self, lines: &[&str]) {
        assert!(self.success, "the push was not accepted:\n{}", self.stderr);
        self.compare(lines);
    }

    /// The push failed, and a person saw exactly these lines: all of the server's, without
    /// `remote: `, and git's line per refused ref. Ids, ports, times and ends of tokens are
    /// normalised, see [`normalised`].
    #[track_caller]
    pub fn refused(self, lines: &[&str]) {
        assert!(!self.success, "the push was accepted:\n{}", self.stderr);
        self.compare(lines);
    }

    /// It failed, and this is somewhere in what git printed.
    #[track_caller]
    pub fn fails_with(self, part: &str) {
        assert!(!self.success, "it did not fail:\n{}", self.stderr);
        assert!(self.stderr.contains(part), "no `{part}` in:\n{}", self.stderr);
    }

    /// All of stderr, as it was printed.
    pub fn stderr(&self) -> &str {
        &self.stderr
    }

    /// Did it exit with 0?
    pub fn success(&self) -> bool {
        self.success
    }

    /// Everything the person saw, normalised, and with what code git ended.
    pub fn screen(&self) -> String {
        let lines: Vec<_> = self.stderr.lines().map(str::trim_end).collect();
        let ended = self.code.map_or_else(|| "killed".to_owned(), |it| format!("exit {it}"));
        normalised(&format!("{}\n({ended})", lines.join("\n")))
    }

    /// The ids of the refusals in what was printed, in order, each once.
    pub fn refusal_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let words = self.stderr.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        for word in words.filter(|it| it.starts_with("R-") && it.len() >= 8) {
            if !ids.iter().any(|it| it == word) {
                ids.push(word.to_owned());
            }
        }
        ids
    }

    /// The lines the server is responsible for, normalised.
    pub fn told(&self) -> String {
        let mut lines = Vec::new();
        for line in self.stderr.lines() {
            // git pads what comes over the side-band, to overwrite its progress line.
            if let Some(said) = line.strip_prefix("remote:") {
                lines.push(said.strip_prefix(' ').unwrap_or(said).trim_end().to_owned());
            } else if line.starts_with(" ! [") {
                lines.push(line.trim_end().to_owned());
            }
        }
        normalised(&lines.join("\n"))
    }

    #[track_caller]
    fn compare(&self, lines: &[&str]) {
        let (told, expected) = (self.told(), lines.join("\n"));
        assert!(
            told == expected,
            "expected:\n{expected}\n\nthe server said:\n{told}\n\nall of it:\n{}",
            self.stderr
        );
    }
}
