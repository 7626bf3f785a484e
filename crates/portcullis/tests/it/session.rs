//! A refused push from every side at once: the person's screen, HTTP, the records, the server's
//! disk. What tests share; no tests.

use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use testkit::{Door, Git, Pushed, Server, WorkTree, normalised};

/// Makes of each of these functions a test for every door.
macro_rules! through_both_doors {
    ($($session:ident),* $(,)?) => {
        mod over_http {
            $(#[test] fn $session() { super::$session(testkit::Door::Http); })*
        }
        mod over_ssh {
            $(#[test] fn $session() { super::$session(testkit::Door::Ssh); })*
        }
    };
}
pub(crate) use through_both_doors;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is found as soon as it is there: for what the server does when nobody waits for it.
#[track_caller]
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what} has not come");
    }
}

/// The repository of every scenario.
pub const SITE: &str = "acme/site";

/// Somebody in front of a clone of [`SITE`].
pub struct Session<'a> {
    pub server: &'a Server,
    pub tree: &'a WorkTree,
    /// Who reads the records of what was refused.
    pub reader: &'a str,
    /// Which one `origin` is behind.
    pub door: Door,
}

/// The clone of somebody who comes through this door, with one commit more than the server.
#[track_caller]
pub fn ahead(server: &Server, door: Door, name: &str) -> WorkTree {
    let (git, url) = server.reach(door, Git::system(), name, SITE);
    let tree = WorkTree::clone(git, &url);
    tree.commit("three");
    tree
}

/// From now on, `origin` of this clone is [`SITE`] behind this door, for somebody.
#[track_caller]
pub fn come_as(tree: &mut WorkTree, server: &Server, door: Door, name: &str) {
    tree.come_by(server.reach(door, Git::system(), name, SITE));
}

impl Session<'_> {
    /// Pushes what is refused, all of it. The screen is all that git printed over HTTP, how it
    /// ended, and how each of its requests was answered; over SSH it is what [`over_ssh`] makes of
    /// that. The records are what REST says about each id on it. Nothing on the server may have
    /// moved, and nothing may have come to it. Gives the ids.
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
        let pushed = match self.door {
            Door::Http => {
                let (pushed, asked) = self.tree.push_watched(&options, &refspecs);
                same(&format!("{}\n{}", pushed.screen(), asked.join(", ")), screen);
                pushed
            }
            Door::Ssh => {
                let pushed = self.tree.push_with(&options, &refspecs);
                same(&on_one_line(&pushed), &over_ssh(screen));
                pushed
            }
        };
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

/// What a person sees over SSH where it is `screen` over HTTP: the same words about another
/// credential. There are no requests; and what is said at the door is said by ssh and not over
/// git's side-band, after which git has one sentence for everything.
fn over_ssh(screen: &str) -> String {
    let lines = screen.trim_end().lines().collect::<Vec<_>>();
    let (_requests, lines) = lines.split_last().expect("a line for the requests");
    let at_the_door = lines.iter().any(|it| it.trim_start().starts_with("fatal: "));
    let translated = lines.iter().map(|line| {
        let indent = &line[..line.len() - line.trim_start().len()];
        match line.trim_start() {
            said if said.starts_with("fatal: ") => format!(
                "{indent}fatal: Could not read from remote repository.\n\n{indent}Please make sure \
                 you have the correct access rights\n{indent}and the repository exists."
            ),
            said if at_the_door => {
                let said = said.strip_prefix("remote:").unwrap_or(said);
                format!("{indent}{}", said.strip_prefix(' ').unwrap_or(said))
            }
            _ => (*line).to_owned(),
        }
    });
    let screen = translated.collect::<Vec<_>>().join("\n");
    screen
        .replace("http://server/acme/", "ssh://server/acme/")
        .replace("API token \"laptop\" (…XXXX)", "SSH key \"laptop\" (SHA256:XXXXXX)")
}

/// The screen, with a fingerprint that did not fit beside the name of its key brought back there.
fn on_one_line(pushed: &Pushed) -> String {
    let screen = pushed.screen();
    ["\nremote:           (SHA256:", "\n          (SHA256:"]
        .iter()
        .fold(screen, |screen, broken| screen.replace(broken, " (SHA256:"))
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
