//! A refusal for a terminal, from the JSON both APIs send. Shows what is there and adds no reason
//! of its own; what it does not know, it leaves out.

use super::terminal::{Style, clean, readable};
use serde_json::Value;

/// Every fact of a refusal, then what can be done, by whom.
pub fn render_refusal(refusal: &Value, style: Style) -> String {
    let text = |pointer: &str| refusal.pointer(pointer).and_then(Value::as_str).map(clean);
    let mut lines = vec![format!(
        "{}  {}",
        style.bad(&text("/code").unwrap_or_default()),
        style.strong(&text("/message").unwrap_or_default())
    )];
    let mut fact = |label: &str, value: Option<String>| {
        if let Some(value) = value.filter(|it| !it.is_empty()) {
            lines.push(format!("  {} {value}", style.quiet(&format!("{label:<8}"))));
        }
    };
    // In the record of one: an explanation has its own words for it.
    let is_noted = text("/id").is_some() && text("/mode").is_some_and(|it| it == "evaluate");
    fact("mode", is_noted.then(|| "evaluate: only noted, nothing was refused".to_owned()));
    fact("layer", text("/layer"));
    fact("rule", rule(refusal));
    fact("what", what(refusal));
    if let Some(Value::Array(findings)) = refusal.get("findings") {
        for (at, finding) in findings.iter().filter_map(Value::as_str).enumerate() {
            fact(if at == 0 { "found" } else { "" }, Some(clean(finding)));
        }
    }
    fact("you", you(refusal));
    fact("scopes", scopes(refusal));
    fact("who may", words(refusal, "/who_may"));
    fact("when", text_at(refusal, "/at"));
    fact("id", text("/id"));
    if let Some(Value::Array(remedies)) = refusal.get("remedies") {
        for remedy in remedies {
            lines.extend(render_remedy(remedy, style));
        }
    }
    lines.join("\n")
}

fn text_at(value: &Value, pointer: &str) -> Option<String> {
    match value.pointer(pointer)? {
        Value::String(text) => Some(readable(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

fn words(value: &Value, pointer: &str) -> Option<String> {
    let Value::Array(list) = value.pointer(pointer)? else { return text_at(value, pointer) };
    let words: Vec<_> = list.iter().filter_map(Value::as_str).map(clean).collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn rule(refusal: &Value) -> Option<String> {
    let rule = refusal.get("rule").filter(|it| it.is_object())?;
    let mut line = text_at(rule, "/kind")?;
    if let Some(matcher) = rule.get("matcher").and_then(matcher) {
        line.push_str(&format!(" on {matcher}"));
    }
    if let Some(level) = text_at(refusal, "/level") {
        line.push_str(&format!(", {level}"));
        let name = text_at(refusal, "/repository").filter(|_| level == "repository");
        line.push_str(&name.map(|it| format!(" {it}")).unwrap_or_default());
    }
    if let Some(id) = text_at(rule, "/id") {
        line.push_str(&format!(", rule {id}"));
    }
    let changed: Vec<_> =
        ["/changed_by", "/changed_at"].iter().filter_map(|it| text_at(rule, it)).collect();
    if !changed.is_empty() {
        line.push_str(&format!(" ({})", changed.join(", ")));
    }
    Some(line)
}

/// A matcher in one phrase: `"main"`, `"release/*" except "release/next"`, `any ref`.
pub fn matcher(matcher: &Value) -> Option<String> {
    if let Value::String(text) = matcher {
        return Some(format!("\"{}\"", clean(text)));
    }
    let mut phrase = match text_at(matcher, "/pattern").filter(|it| !it.is_empty()) {
        Some(pattern) => format!("\"{pattern}\""),
        None => "any ref".to_owned(),
    };
    if let Some(except) = words(matcher, "/except") {
        phrase.push_str(&format!(" except {except}"));
    }
    Some(phrase)
}

fn what(refusal: &Value) -> Option<String> {
    let operation = text_at(refusal, "/operation");
    let parts = [operation, text_at(refusal, "/ref"), text_at(refusal, "/repository")];
    let mut line = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    if let Some(channel) = text_at(refusal, "/channel") {
        line.push_str(&format!(" by {channel}"));
    }
    Some(line)
}

fn you(refusal: &Value) -> Option<String> {
    let name = text_at(refusal, "/principal/name").or_else(|| text_at(refusal, "/principal/type"));
    let mut line = name.unwrap_or_else(|| "nobody".into());
    if let Some(kind) = text_at(refusal, "/credential/type").filter(|it| it != "none") {
        line.push_str(&format!(", by {}", kind.replace('_', " ")));
        if let Some(label) = text_at(refusal, "/credential/label") {
            line.push_str(&format!(" \"{label}\""));
        }
        let last = text_at(refusal, "/credential/last4").map(|it| format!("…{it}"));
        if let Some(mark) = last.or_else(|| text_at(refusal, "/credential/fingerprint")) {
            line.push_str(&format!(" ({mark})"));
        }
    }
    Some(line)
}

fn scopes(refusal: &Value) -> Option<String> {
    let scopes = refusal.get("scopes").filter(|it| it.is_object())?;
    let part = |name: &str| words(scopes, &format!("/{name}")).map(|it| format!("{name} {it}"));
    let parts: Vec<_> = ["required", "held", "missing"].into_iter().filter_map(part).collect();
    Some(parts.join("; "))
}

/// One remedy: who, what, and the commands or the request, each on a line of its own so that it
/// can be copied as it stands.
fn render_remedy(remedy: &Value, style: Style) -> Vec<String> {
    let summary = text_at(remedy, "/summary").unwrap_or_default();
    let actor = text_at(remedy, "/actor").unwrap_or_default();
    let who = match actor.as_str() {
        "you" => String::new(),
        "instance admin" => "ask an instance admin: ".to_owned(),
        other => format!("ask a {other}: "),
    };
    let mut lines = vec![format!("  {} {who}{summary}", style.quiet("next    "))];
    if let Some(Value::Array(commands)) = remedy.get("commands") {
        let commands = commands.iter().filter_map(Value::as_str);
        lines.extend(commands.map(|it| format!("             {}", style.good(&clean(it)))));
    }
    if let Some(url) = text_at(remedy, "/url") {
        lines.push(format!("             {url}"));
    }
    if let (Some(method), Some(path)) =
        (text_at(remedy, "/request/method"), text_at(remedy, "/request/path"))
    {
        let body = remedy.pointer("/request/body").filter(|it| !it.is_null());
        let body = body.map(|it| format!(" {}", clean(&it.to_string()))).unwrap_or_default();
        lines.push(format!("             {method} {path}{body}"));
    }
    lines
}

/// What brings the branches of a pull request together, each command on a line of its own.
pub fn render_way_on(commands: &[&str], style: Style) -> String {
    let mut lines = vec![format!(
        "  {} in a clone, resolving and committing what git names before the push:",
        style.quiet("next    ")
    )];
    lines.extend(commands.iter().map(|it| format!("             {}", style.good(&clean(it)))));
    lines.join("\n")
}
