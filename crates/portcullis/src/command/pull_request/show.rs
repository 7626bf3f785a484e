//! One pull request on one page: who was asked and what they say, its builds, what is open, what it
//! waits for, and whether it could be merged.

use super::later::{missing, waiting};
use super::mergeable::{Outlook, sentences};
use super::which::One;
use crate::Error;
use crate::command::answer::{list, text};
use crate::command::output::Field;
use crate::command::shared::Session;
use serde_json::{Value, json};

/// What is told of a pull request; the middle is there only where it was asked for.
pub const SHOWN: &[Field] = &[
    ("number", "/id"),
    ("title", "/title"),
    ("state", "/state"),
    ("draft", "/draft"),
    ("author", "/author/nickname"),
    ("source", "/source/branch/name"),
    ("commit", "/source/commit/hash"),
    ("destination", "/destination/branch/name"),
    ("merged as", "/merge_commit/hash"),
    ("reason", "/reason"),
    ("reviews", "/told/reviews"),
    ("builds", "/told/builds"),
    ("comments", "/comment_count"),
    ("open tasks", "/task_count"),
    ("depends on", "/told/dependencies"),
    ("mergeable", "/told/mergeable"),
    ("missing", "/told/missing"),
    ("waits for", "/told/waiting"),
    ("description", "/description"),
    ("page", "/links/html/href"),
];

/// Shows it. With `--json`, the request with `dependencies`, `statuses` and, while it is open,
/// `mergeable`: what the verb of that name prints.
pub fn show(one: &One, session: &Session) -> Result<(), Error> {
    let (path, own) = (one.path(session)?, one.own_path(session)?);
    let mut answer = session.client.get(&path)?;
    let dependencies = session.client.list(&format!("{own}/dependencies"))?;
    let statuses = session.client.list(&format!("{path}/statuses"))?;
    let is_open = answer.get("state").and_then(Value::as_str) == Some("OPEN");
    let mergeable =
        if is_open { Some(session.client.get(&format!("{own}/mergeable"))?) } else { None };
    let told = (!session.out.is_json()).then(|| {
        let mut told = json!({ "reviews": reviews(&answer),
            "builds": statuses.iter().map(build).collect::<Vec<_>>(),
            "dependencies": dependencies.iter().map(dependency).collect::<Vec<_>>() });
        if let (Some(mergeable), Some(told)) = (&mergeable, told.as_object_mut()) {
            told.extend(merging(mergeable));
        }
        told
    });
    if let Some(shown) = answer.as_object_mut() {
        shown.insert("dependencies".into(), dependencies.into());
        shown.insert("statuses".into(), statuses.into());
        shown.extend(mergeable.map(|it| ("mergeable".into(), it)));
        shown.extend(told.map(|it| ("told".into(), it)));
    }
    session.out.one(&answer, SHOWN)
}

/// `bea: approved`, `cleo: asked`; whoever reviewed unasked, too.
fn reviews(request: &Value) -> Vec<String> {
    let said = list(request, "participants").filter_map(|it| {
        let word = match (text(it, "/state").as_str(), text(it, "/role").as_str()) {
            ("approved", _) => "approved",
            ("changes_requested", _) => "asks for changes",
            (_, "REVIEWER") => "asked, has not said anything",
            _ => return None,
        };
        Some(format!("{}: {word}", text(it, "/user/nickname")))
    });
    said.collect()
}

/// `ci/test: SUCCESSFUL`.
fn build(status: &Value) -> String {
    format!("{}: {}", text(status, "/key"), text(status, "/state"))
}

/// `#5 (open)`.
fn dependency(it: &Value) -> String {
    format!("#{} ({})", it["id"], text(it, "/state").to_lowercase())
}

/// Can it be merged, what is missing, and does it wait for that?
fn merging(answer: &Value) -> serde_json::Map<String, Value> {
    let word = match Outlook::of(answer) {
        Outlook::Yes => "yes",
        Outlook::No => "no",
        Outlook::Depends => "nothing is known to be missing",
    };
    let mut missed = sentences(answer);
    // In the queue, what counts is said of its own commit.
    if answer.pointer("/waiting/way").and_then(Value::as_str) == Some("queue") {
        missed.extend(missing(answer));
    }
    serde_json::Map::from_iter([
        ("mergeable".to_owned(), word.into()),
        ("missing".to_owned(), missed.into()),
        ("waiting".to_owned(), waiting(answer).into()),
    ])
}
