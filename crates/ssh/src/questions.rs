//! The commands that are no git: who am I, what may I see, why was I refused. Each makes one call
//! into `app` for each of those that a key stands for, and prints what it says.

use app::{
    App, Asker, Door, Error, ExplainedStep, Explanation, Hypothetical, KeyHolder, PageRequest,
    PlaceName, ProvenKey, RefusalRecord, visible,
};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

/// What whoever asks is known by.
pub struct Asking<'a> {
    pub app: &'a Arc<App>,
    pub key: &'a ProvenKey,
    pub door: &'a Door,
}

/// What a login without a command is answered with. The first line is what tools look for.
pub async fn greeting(asking: &Asking<'_>) -> Result<String, Error> {
    let holders = asking.app.holders(asking.key, asking.door).await?;
    let people = holders.iter().any(|it| it.home.is_none());
    let first =
        if people { "authenticated via ssh key." } else { "authenticated via a deploy key." };
    Ok(format!(
        "{first}\n\n{}\nYou can use git to connect to Portcullis. Shell access is disabled; the \
         command\n`help` lists what you can ask.\n",
        introduced(asking.key, &holders)
    ))
}

/// Everybody a key stands for, by which key, and what it may do.
pub async fn who_am_i(asking: &Asking<'_>) -> Result<String, Error> {
    let holders = asking.app.holders(asking.key, asking.door).await?;
    Ok(introduced(asking.key, &holders))
}

fn introduced(key: &ProvenKey, holders: &[KeyHolder]) -> String {
    let kind = if key.is_certificate() { "SSH certificate" } else { "SSH key" };
    let mut text = String::new();
    for holder in holders {
        let by = match holder.label.as_str() {
            "" => format!("{kind} {}", key.fingerprint()),
            label => format!("{kind} \"{}\" ({})", visible(label), key.fingerprint()),
        };
        put(&mut text, format_args!("You are {}, by {by}.\n{}\n", name(holder), may(holder)));
    }
    if let Some(only) = key.forced_command() {
        put(&mut text, format_args!("It is good for one command only: {}\n", visible(only)));
    }
    text
}

fn name(holder: &KeyHolder) -> String {
    match &holder.home {
        None => visible(&holder.name),
        Some(home) => format!("an access key of {}", visible(home)),
    }
}

fn may(holder: &KeyHolder) -> String {
    match (&holder.home, holder.permission) {
        (None, _) => format!("It may do whatever {} may.", visible(&holder.name)),
        (Some(_), Some(permission)) => format!("It was given {permission} there."),
        (Some(_), None) => "It was given nothing there.".into(),
    }
}

/// The repositories that the key may see, a line each.
pub async fn repositories(asking: &Asking<'_>) -> Result<String, Error> {
    let mut found = BTreeMap::new();
    for who in asking.app.askers_of(asking.key, asking.door).await? {
        seen_by(asking.app, &who, &mut found).await?;
    }
    if found.is_empty() {
        return Ok("You may see no repository.\n".into());
    }
    Ok(found.into_iter().map(|(path, note)| format!("{path}{note}\n")).collect())
}

async fn seen_by(
    app: &Arc<App>,
    who: &Asker,
    found: &mut BTreeMap<String, &'static str>,
) -> Result<(), Error> {
    for number in 1.. {
        let page = app.list_workspaces(who, PageRequest::new(number, PageRequest::MAX)).await?;
        let more = page.has_next();
        for workspace in page.values {
            seen_in(app, who, workspace.slug.as_str(), found).await?;
        }
        if !more {
            break;
        }
    }
    Ok(())
}

async fn seen_in(
    app: &Arc<App>,
    who: &Asker,
    workspace: &str,
    found: &mut BTreeMap<String, &'static str>,
) -> Result<(), Error> {
    let place = PlaceName::workspace(workspace);
    for number in 1.. {
        let request = PageRequest::new(number, PageRequest::MAX);
        let page = app.list_repositories(who, &place, None, request).await?;
        let more = page.has_next();
        for view in page.values {
            let path = format!("{}/{}", view.workspace.slug, view.repository.slug);
            found.insert(path, if view.repository.archived { "  (archived)" } else { "" });
        }
        if !more {
            break;
        }
    }
    Ok(())
}

/// Whether the key may do something, and why.
pub async fn explain(
    asking: &Asking<'_>,
    repository: &str,
    reference: String,
    operation: String,
) -> Result<String, Error> {
    let place = PlaceName::repository_path(repository);
    let who = asking.app.asker_at(asking.key, asking.door, &place).await?;
    let reference =
        if reference.starts_with("refs/") { reference } else { format!("refs/heads/{reference}") };
    let what = Hypothetical { reference: Some(reference), operation, principal: None };
    let explanation = asking.app.explain(&who, &place, &what).await?;
    Ok(explained(&explanation))
}

/// The record of a refusal, for whichever of those that the key stands for may read it.
pub async fn refusal(asking: &Asking<'_>, id: &str) -> Result<String, Error> {
    let mut last = Error::NotFound { what: "refusal" };
    for who in asking.app.askers_of(asking.key, asking.door).await? {
        match asking.app.refusal(&who, id).await {
            Ok(record) => return Ok(recorded(record)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn recorded(record: RefusalRecord) -> String {
    let mut text = app::git_text(std::slice::from_ref(&record));
    text.push_str(&weighed(&record.trace));
    text
}

fn explained(explanation: &Explanation) -> String {
    let mut text = format!("{}\n", explanation.verdict);
    if !explanation.refusals.is_empty() {
        put(&mut text, format_args!("\n{}", app::git_text(&explanation.refusals)));
    }
    if !explanation.notices.is_empty() {
        let notices = app::git_text(&explanation.notices);
        put(&mut text, format_args!("\nwould be refused, were the rule enforced:\n{notices}"));
    }
    text.push_str(&weighed(&explanation.trace));
    text
}

/// Each layer with what it found, and below it what was looked at.
fn weighed(trace: &[ExplainedStep]) -> String {
    let mut text = String::new();
    if !trace.is_empty() {
        text.push_str("\nweighed, layer by layer:\n");
    }
    for step in trace {
        let detail = if step.rules.is_empty() { step.weighed.join("; ") } else { String::new() };
        let line =
            format!("  {:<16}  {:<9}  {}", step.layer.as_str(), step.finding, visible(&detail));
        put(&mut text, format_args!("{}\n", line.trim_end()));
        for rule in &step.rules {
            let (id, kind, level) = (rule.id, rule.kind, rule.level);
            let outcome = visible(&rule.outcome);
            put(&mut text, format_args!("    rule {id} ({kind}, {level}): {outcome}\n"));
        }
    }
    text
}

fn put(text: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _: std::fmt::Result = text.write_fmt(words);
}
