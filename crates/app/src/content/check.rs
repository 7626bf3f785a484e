//! Custom checks: programs and endpoints of whoever runs the server, asked about a push before it
//! lands. This file knows what they are told and what their answer means; how to reach them is
//! the wiring's. An answer that is missing or not understood is never a yes.

use crate::render::visible;
use crate::{Asker, PlaceName};
use policy::{Fault, FaultKind, Faults};
use repo::{Push, RefUpdate, Staged};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;

/// What of a reason is shown, in characters.
const REASON: usize = 400;
/// The version of what checks are told. It grows with every change that could break one.
const VERSION: u32 = 1;

/// A check as it is configured.
pub trait Check: Send + Sync + std::fmt::Debug {
    /// Asks it about one push and waits for the answer, no longer than it was given. The error
    /// says what happened instead of an answer, as the end of a sentence that begins with "it".
    fn ask(&self, about: &Question<'_>) -> Result<CheckAnswer, String>;
}

/// What a check is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The push, as JSON.
    pub json: &'a str,
    /// The repository that is pushed to.
    pub git_dir: &'a Path,
    /// Where the objects of the push wait, in the form of an object database.
    pub quarantine: &'a Path,
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckAnswer {
    Allow,
    /// With a reason for whoever pushes; may be empty.
    Refuse(String),
}

impl CheckAnswer {
    /// Reads `{"verdict":"allow"}` or `{"verdict":"refuse","reason":"…"}`; the error as in
    /// [`Check::ask`].
    pub fn parse(text: &[u8]) -> Result<Self, String> {
        const NEITHER: &str = "gave neither `allow` nor `refuse` as its verdict";
        let Members(said) = serde_json::from_slice(text).map_err(|error| {
            if error.is_data() { NEITHER } else { "did not answer in JSON" }.to_owned()
        })?;
        let once = |name: &str| {
            let mut all = said.iter().filter(|it| it.0 == name).map(|it| &it.1);
            match (all.next(), all.next()) {
                (first, None) => Ok(first),
                (_, Some(_)) => Err(format!("gave its {name} more than once")),
            }
        };
        let reason = match once("reason")? {
            None | Some(Value::Null) => "",
            Some(it) => it.as_str().ok_or("gave a reason that is no text")?,
        };
        match once("verdict")?.and_then(Value::as_str) {
            Some("allow") => Ok(Self::Allow),
            Some("refuse") => Ok(Self::Refuse(reason.to_owned())),
            Some(_) | None => Err(NEITHER.to_owned()),
        }
    }
}

/// The members of an object as they were sent: which of two with the same name counts is anybody's
/// guess.
struct Members(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// What came of asking, as the faults of every update it was asked about.
pub(crate) fn faults(answer: Result<CheckAnswer, String>) -> Faults {
    let kind = match answer {
        Ok(CheckAnswer::Allow) => return Faults::default(),
        Ok(CheckAnswer::Refuse(reason)) => FaultKind::Check { reason: one_line(&reason) },
        Err(why) => FaultKind::CheckFailed { why: one_line(&why) },
    };
    Faults::one(Fault { commit: None, path: None, kind })
}

/// Safe to be shown: one line, of a length that people read.
fn one_line(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    let whole = visible(&words.join(" "));
    let mut short: String = whole.chars().take(REASON).collect();
    if short.len() < whole.len() {
        short.push('…');
    }
    short
}

/// What a check is told about these updates of a push.
pub(crate) fn told(
    check: &str,
    who: &Asker,
    place: &PlaceName,
    push: &Push,
    updates: &[&RefUpdate],
    staged: &Staged,
) -> String {
    let refs: Vec<_> = updates
        .iter()
        .map(|it| {
            json!({
                "name": it.name.as_str(), "old": it.old.to_string(), "new": it.new.to_string(),
                "change": crate::judge::operation(it.change).as_str(),
            })
        })
        .collect();
    let principal = who.principal_note();
    json!({
        "version": VERSION, "check": check, "push": push.id.to_string(),
        "repository": place.to_string(),
        "principal": { "type": principal.kind, "name": principal.name },
        "credential": who.who.credential.kind.as_str(), "channel": who.channel().as_str(),
        "atomic": push.atomic, "push_options": push.options, "refs": refs,
        "git_dir": staged.git_dir().display().to_string(),
        "quarantine": staged.quarantine().display().to_string(),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_allow_or_refuse_and_nothing_else() {
        let refuse = |it: &str| Ok(CheckAnswer::Refuse(it.into()));
        for (text, answer) in [
            (r#"{"verdict":"allow"}"#, Ok(CheckAnswer::Allow)),
            (r#"{"verdict":"allow","reason":null,"more":1}"#, Ok(CheckAnswer::Allow)),
            (r#"{"verdict":"refuse","reason":"no licence"}"#, refuse("no licence")),
            (r#"{"verdict":"refuse"}"#, refuse("")),
            (r#"{"verdict":"yes"}"#, Err("gave neither `allow` nor `refuse` as its verdict")),
            (r#"{}"#, Err("gave neither `allow` nor `refuse` as its verdict")),
            (r#"{"verdict":"refuse","verdict":"allow"}"#, Err("gave its verdict more than once")),
            (
                r#"{"verdict":"refuse","verdi\u0063t":"allow"}"#,
                Err("gave its verdict more than once"),
            ),
            (r#"["allow"]"#, Err("gave neither `allow` nor `refuse` as its verdict")),
            (r#""allow""#, Err("gave neither `allow` nor `refuse` as its verdict")),
            (r#"{"verdict":"refuse","reason":1}"#, Err("gave a reason that is no text")),
            ("allow", Err("did not answer in JSON")),
            ("", Err("did not answer in JSON")),
        ] {
            assert_eq!(
                CheckAnswer::parse(text.as_bytes()),
                answer.map_err(str::to_owned),
                "{text}"
            );
        }
    }

    #[test]
    fn a_reason_is_one_line_that_moves_no_cursor() {
        let reason = "a\n! [remote accepted]\x1b[2J \u{202e}b".to_owned();
        let faults = faults(Ok(CheckAnswer::Refuse(reason)));
        let FaultKind::Check { reason } = &faults.first()[0].kind else { panic!("{faults:?}") };
        assert_eq!(reason, "a ! [remote accepted]\\u{1b}[2J \\u{202e}b");
        let long = super::faults(Err("x".repeat(10_000)));
        let FaultKind::CheckFailed { why } = &long.first()[0].kind else { panic!("{long:?}") };
        assert_eq!(why.chars().count(), REASON + 1);
    }
}
