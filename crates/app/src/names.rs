//! What subjects, places and rules are called in texts, commands and requests.

use crate::ground::Ground;
use model::{Level, Restriction, Subject};
use serde_json::{Value, json};
use std::borrow::Cow;
use store::Names;

/// `ann`, `group releng`, `access token ci-bot`, `everyone`.
pub(crate) fn subject_words(subject: Subject, names: &Names) -> String {
    let name = names.get(&subject).map(|it| it.name.as_str());
    match subject {
        Subject::User(id) => name.map_or_else(|| format!("user {id}"), str::to_owned),
        Subject::Everyone => "everyone".into(),
        Subject::Anyone => "anyone".into(),
        Subject::Group(_)
        | Subject::AccessToken(_)
        | Subject::AccessKey(_)
        | Subject::Workload(_) => {
            let kind = subject.kind().replace('_', " ");
            format!("{kind} {}", name.unwrap_or("(removed)"))
        }
    }
}

/// As the client's arguments spell it: `user:ann`, `access_token:ci-bot`.
pub(crate) fn subject_argument(subject: Subject, name: &str) -> String {
    match subject {
        Subject::Everyone | Subject::Anyone => subject.kind().into(),
        Subject::User(_)
        | Subject::Group(_)
        | Subject::AccessToken(_)
        | Subject::AccessKey(_)
        | Subject::Workload(_) => format!("{}:{name}", subject.kind()),
    }
}

/// As the native API spells it: `{"type": "user", "name": "ann"}`. Tokens are named by number,
/// because their names need not be unique.
pub(crate) fn subject_json(subject: Subject, names: &Names, name: Option<&str>) -> Value {
    let kind = subject.kind();
    match subject {
        Subject::Everyone | Subject::Anyone => json!({ "type": kind }),
        Subject::AccessToken(id) => json!({ "type": kind, "id": id.0 }),
        Subject::AccessKey(id) => json!({ "type": kind, "id": id.0 }),
        Subject::Workload(id) => json!({ "type": kind, "id": id.0 }),
        Subject::User(_) | Subject::Group(_) => {
            let known = names.get(&subject).map(|it| it.name.as_str());
            json!({ "type": kind, "name": name.or(known) })
        }
    }
}

/// A restriction as the native API takes it.
pub(crate) fn restriction_json(rule: &Restriction, names: &Names) -> Value {
    let subjects: Vec<_> = rule
        .subjects
        .iter()
        .map(|it| {
            let mut entry = subject_json(it.subject, names, None);
            if let Value::Object(fields) = &mut entry {
                if let Some(until) = it.until {
                    fields.insert("until".into(), crate::remedy::moment(until).into());
                }
                if let Some(reason) = &it.reason {
                    fields.insert("reason".into(), reason.as_str().into());
                }
            }
            entry
        })
        .collect();
    let matcher = json!({
        "type": rule.matcher.kind.as_str(),
        "pattern": rule.matcher.pattern,
        "except": rule.matcher.except,
    });
    json!({
        "kind": rule.kind.as_str(),
        "matcher": matcher,
        "on": rule.on.as_str(),
        "subjects": subjects,
        "mode": rule.mode.as_str(),
        "value": rule.value,
        "argument": rule.argument,
        "note": rule.note,
    })
}

/// Below `/api/v1`: `/repositories/acme/site`. `None` for the installation.
pub(crate) fn place_path(ground: &Ground, level: Level) -> Option<String> {
    let workspace = &ground.workspace.as_ref()?.slug;
    match level {
        Level::Instance => None,
        Level::Workspace => Some(format!("/workspaces/{workspace}")),
        Level::Project => {
            Some(format!("/workspaces/{workspace}/projects/{}", ground.project.as_ref()?.key))
        }
        Level::Repository => {
            Some(format!("/repositories/{workspace}/{}", ground.repository.as_ref()?.slug))
        }
    }
}

/// As the client's arguments spell it: `--repository acme/site`.
pub(crate) fn place_argument(ground: &Ground, level: Level) -> Option<String> {
    place_name(ground, level).map(|name| format!("--{level} {name}"))
}

/// `repository acme/site`, `project acme/CORE`, `workspace acme`.
pub(crate) fn place_words(ground: &Ground, level: Level) -> String {
    match place_name(ground, level) {
        Some(name) => format!("{level} {name}"),
        None => level.to_string(),
    }
}

/// `acme/site`, `acme/CORE`, `acme`; `None` for the installation.
pub(crate) fn place_name(ground: &Ground, level: Level) -> Option<String> {
    let workspace = &ground.workspace.as_ref()?.slug;
    match level {
        Level::Instance => None,
        Level::Workspace => Some(workspace.to_string()),
        Level::Project => Some(format!("{workspace}/{}", ground.project.as_ref()?.key)),
        Level::Repository => Some(format!("{workspace}/{}", ground.repository.as_ref()?.slug)),
    }
}

/// A word that any shell takes as it is, quoted where it must be.
pub(crate) fn shell_word(text: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@,+=%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_with_a_hostile_name_stays_one_command() {
        for (text, quoted) in [
            ("ann/fix-1", "ann/fix-1"),
            ("a b", "'a b'"),
            ("x;rm -rf ~", "'x;rm -rf ~'"),
            ("it's", r"'it'\''s'"),
            ("$(id)", "'$(id)'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(text), quoted);
        }
    }
}
