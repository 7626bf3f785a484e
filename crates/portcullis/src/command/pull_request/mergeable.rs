//! `portcullis pull-request mergeable`: could it be merged now? Scripts branch on the exit code;
//! people read everything that is in the way, with what would satisfy it.

use super::later::waits;
use super::which::One;
use crate::Error;
use crate::client::{Style, clean, render_refusal, render_way_on};
use crate::command::answer::{list, text};
use crate::command::shared::Session;
use serde_json::Value;

/// Of conflicting paths, no more than this are told.
const TOLD: usize = 20;

/// Asks. A no is an error, so that the exit code says it.
pub fn ask(one: &One, session: &Session) -> Result<(), Error> {
    let answer = session.client.get(&format!("{}/mergeable", one.own_path(session)?))?;
    let number = one.number;
    let outlook = Outlook::of(&answer);
    if session.out.is_json() {
        // The document is the answer, whatever it says.
        session.out.text(&answer, "")?;
    }
    match outlook {
        Outlook::Yes if session.out.is_json() => Ok(()),
        Outlook::Yes => {
            let head = format!("#{number} can be merged, by {}", strategies(&answer));
            session.out.text(&answer, &told(head, Vec::new(), &answer))
        }
        Outlook::No => {
            let head = format!("#{number} cannot be merged now");
            let blocks = in_the_way(&answer, Style::of_stderr());
            Err(Error::Refused(told(head, blocks, &answer)))
        }
        Outlook::Depends => {
            let head = format!(
                "nothing is known to keep #{number} from being merged; rules about content look \
                 at the merge itself"
            );
            Err(Error::Undecided(told(head, Vec::new(), &answer)))
        }
    }
}

/// What a server expects of a merge.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    Yes,
    No,
    /// Rules about content have to see the merge.
    Depends,
}

impl Outlook {
    /// What this answer of `mergeable` says.
    pub fn of(answer: &Value) -> Self {
        let is_decided = answer.get("decision").and_then(Value::as_str) == Some("allowed");
        match (answer.get("mergeable") == Some(&Value::Bool(true)), is_decided) {
            (false, _) => Self::No,
            (true, true) => Self::Yes,
            (true, false) => Self::Depends,
        }
    }
}

/// Everything that is in the way, one sentence each: for where there is room for no more.
pub fn sentences(answer: &Value) -> Vec<String> {
    let refusals = list(answer, "refusals").map(|it| text(it, "/message"));
    let obstacles = list(answer, "obstacles").filter_map(Value::as_str).map(clean);
    let conflicts =
        list(answer, "conflicts").map(|it| format!("conflict in {}", text(it, "/path")));
    refusals.chain(obstacles).chain(conflicts.take(TOLD)).chain(unfit(answer)).collect()
}

/// `merge_commit or squash`, the usual one first.
fn strategies(answer: &Value) -> String {
    let names: Vec<_> = fit(answer).map(|it| text(it, "/strategy")).collect();
    names.join(" or ")
}

/// The strategies that would do.
fn fit(answer: &Value) -> impl Iterator<Item = &Value> {
    list(answer, "strategies").filter(|it| it.get("obstacle").is_none_or(Value::is_null))
}

/// Why none of the strategies would do; nothing where one does.
fn unfit(answer: &Value) -> impl Iterator<Item = String> {
    let all = list(answer, "strategies").filter(|_| fit(answer).next().is_none());
    all.map(|it| text(it, "/obstacle"))
}

/// The refusals as a merge would print them, then what no rule is about, a block each.
fn in_the_way(answer: &Value, style: Style) -> Vec<String> {
    let mut blocks: Vec<_> = list(answer, "refusals").map(|it| render_refusal(it, style)).collect();
    let obstacles = list(answer, "obstacles").filter_map(Value::as_str).map(clean);
    let mut rest: Vec<_> = obstacles.map(|it| ("obstacle", it)).collect();
    let conflict = |it| ("conflict", format!("{} ({})", text(it, "/path"), text(it, "/reason")));
    rest.extend(list(answer, "conflicts").take(TOLD).map(conflict));
    let size = answer.get("conflicts_size").and_then(Value::as_u64).unwrap_or_default();
    if size > TOLD as u64 {
        rest.push(("", format!("{size} in all")));
    }
    rest.extend(unfit(answer).map(|it| ("obstacle", it)));
    let line =
        |(label, it): &(&str, String)| format!("  {} {it}", style.quiet(&format!("{label:<8}")));
    let mut lines: Vec<_> = rest.iter().map(line).collect();
    let commands: Vec<_> = list(answer, "commands").filter_map(Value::as_str).collect();
    if !commands.is_empty() {
        lines.push(render_way_on(&commands, style));
    }
    if !lines.is_empty() {
        blocks.push(lines.join("\n"));
    }
    blocks
}

/// A sentence, what is in the way, what is missing and not enforced, and what it waits for.
fn told(head: String, mut blocks: Vec<String>, answer: &Value) -> String {
    blocks.insert(0, head);
    for notice in list(answer, "notices") {
        blocks.push(format!("missing, and not enforced here: {}", text(notice, "/message")));
    }
    blocks.extend(waits("it", answer));
    blocks.join("\n")
}
