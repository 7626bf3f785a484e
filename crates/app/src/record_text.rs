//! A refusal as the text its record keeps, and back. The text is ours alone; a record that cannot
//! be read back is a failure and never half a refusal.

use crate::explain::{ExplainedRule, ExplainedStep};
use crate::refusal::{
    CredentialNote, PrincipalNote, RefusalId, RefusalRecord, RemedyNote, RequestNote, RuleNote,
    ScopesNote,
};
use model::{
    Channel, CredentialKind, Layer, Level, MatcherKind, Mode, RestrictionId, RestrictionKind,
    Timestamp,
};
use policy::Finding;
use serde_json::{Value, json};

const FINDINGS: [Finding; 4] =
    [Finding::Passed, Finding::Undecided, Finding::Refused, Finding::NotAsked];

/// The text of a record.
pub(crate) fn write(it: &RefusalRecord) -> String {
    let rule = it.rule.as_ref().map(|it| {
        json!({
            "id": it.id.0, "kind": it.kind.as_str(), "matcher": it.matcher.as_str(),
            "pattern": it.pattern, "place": it.place, "changed_at": it.changed_at.0,
            "changed_by": it.changed_by,
        })
    });
    let credential = json!({
        "kind": it.credential.kind.as_str(), "label": it.credential.label,
        "last4": it.credential.last4, "fingerprint": it.credential.fingerprint,
    });
    let scopes = it
        .scopes
        .as_ref()
        .map(|it| json!({ "required": it.required, "held": it.held, "missing": it.missing }));
    let remedies: Vec<_> = it.remedies.iter().map(write_remedy).collect();
    json!({
        "id": it.id.as_ref().map(RefusalId::as_str), "mode": it.mode.as_str(), "code": it.code,
        "layer": it.layer.as_str(), "message": it.message, "short": it.short,
        "level": it.level.as_str(), "rule": rule, "repository": it.repository,
        "ref": it.reference, "operation": it.operation, "channel": it.channel.as_str(),
        "principal": { "kind": it.principal.kind, "name": it.principal.name },
        "credential": credential, "findings": it.findings, "scopes": scopes, "who_may": it.who_may,
        "remedies": remedies, "trace": it.trace.iter().map(write_step).collect::<Vec<_>>(), "at": it.at.0, "url": it.url,
    })
    .to_string()
}

fn write_step(it: &ExplainedStep) -> Value {
    let rule = |it: &ExplainedRule| {
        json!({
            "id": it.id.0, "level": it.level.as_str(), "kind": it.kind.as_str(),
            "outcome": it.outcome,
        })
    };
    json!({
        "layer": it.layer.as_str(), "finding": it.finding, "weighed": it.weighed,
        "rules": it.rules.iter().map(rule).collect::<Vec<_>>(),
    })
}

fn write_remedy(it: &RemedyNote) -> Value {
    let request = it
        .request
        .as_ref()
        .map(|it| json!({ "method": it.method, "path": it.path, "body": it.body }));
    json!({
        "actor": it.actor, "summary": it.summary, "commands": it.commands, "url": it.url,
        "request": request,
    })
}

/// The refusal of a record's text; `None` when it is not one this version can read.
pub(crate) fn read(text: &str) -> Option<RefusalRecord> {
    let it: Value = serde_json::from_str(text).ok()?;
    Some(RefusalRecord {
        id: match optional(&it, "id") {
            Some(id) => Some(RefusalId::parse(&id)?),
            None => None,
        },
        mode: read_mode(&it)?,
        code: string(&it, "code")?,
        layer: Layer::parse(&string(&it, "layer")?).ok()?,
        message: string(&it, "message")?,
        short: string(&it, "short")?,
        level: Level::parse(&string(&it, "level")?).ok()?,
        rule: present(&it, "rule", read_rule)?,
        repository: optional(&it, "repository"),
        reference: optional(&it, "ref"),
        operation: optional(&it, "operation"),
        channel: Channel::parse(&string(&it, "channel")?).ok()?,
        principal: read_principal(it.get("principal")?)?,
        credential: read_credential(it.get("credential")?)?,
        findings: read_findings(&it)?,
        scopes: present(&it, "scopes", read_scopes)?,
        who_may: strings(&it, "who_may")?,
        remedies: it.get("remedies")?.as_array()?.iter().map(read_remedy).collect::<Option<_>>()?,
        trace: it.get("trace")?.as_array()?.iter().map(read_step).collect::<Option<_>>()?,
        at: Timestamp(it.get("at")?.as_i64()?),
        url: string(&it, "url")?,
    })
}

/// Records that say nothing are of the time when only what had been refused was recorded.
fn read_mode(it: &Value) -> Option<Mode> {
    match it.get("mode") {
        None => Some(Mode::Enforce),
        Some(word) => Mode::parse(word.as_str()?).ok(),
    }
}

/// Records that say nothing are of the time before content rules.
fn read_findings(it: &Value) -> Option<Vec<String>> {
    if it.get("findings").is_none() { Some(Vec::new()) } else { strings(it, "findings") }
}

fn read_rule(it: &Value) -> Option<RuleNote> {
    Some(RuleNote {
        id: RestrictionId(it.get("id")?.as_i64()?),
        kind: RestrictionKind::parse(&string(it, "kind")?).ok()?,
        matcher: MatcherKind::parse(&string(it, "matcher")?).ok()?,
        pattern: string(it, "pattern")?,
        place: string(it, "place")?,
        changed_at: Timestamp(it.get("changed_at")?.as_i64()?),
        changed_by: optional(it, "changed_by"),
    })
}

fn read_principal(it: &Value) -> Option<PrincipalNote> {
    Some(PrincipalNote { kind: string(it, "kind")?, name: string(it, "name")? })
}

fn read_credential(it: &Value) -> Option<CredentialNote> {
    Some(CredentialNote {
        kind: CredentialKind::parse(&string(it, "kind")?).ok()?,
        label: optional(it, "label"),
        last4: optional(it, "last4"),
        fingerprint: optional(it, "fingerprint"),
    })
}

fn read_scopes(it: &Value) -> Option<ScopesNote> {
    Some(ScopesNote {
        required: strings(it, "required")?,
        held: strings(it, "held")?,
        missing: strings(it, "missing")?,
    })
}

fn read_step(it: &Value) -> Option<ExplainedStep> {
    let rule = |it: &Value| {
        Some(ExplainedRule {
            id: RestrictionId(it.get("id")?.as_i64()?),
            level: Level::parse(&string(it, "level")?).ok()?,
            kind: RestrictionKind::parse(&string(it, "kind")?).ok()?,
            outcome: string(it, "outcome")?,
        })
    };
    let finding = string(it, "finding")?;
    Some(ExplainedStep {
        layer: Layer::parse(&string(it, "layer")?).ok()?,
        finding: FINDINGS.into_iter().map(Finding::as_str).find(|it| *it == finding)?,
        weighed: strings(it, "weighed")?,
        rules: it.get("rules")?.as_array()?.iter().map(rule).collect::<Option<_>>()?,
    })
}

fn read_remedy(it: &Value) -> Option<RemedyNote> {
    let request = |it: &Value| {
        Some(RequestNote {
            method: string(it, "method")?,
            path: string(it, "path")?,
            body: string(it, "body")?,
        })
    };
    Some(RemedyNote {
        actor: string(it, "actor")?,
        summary: string(it, "summary")?,
        commands: strings(it, "commands")?,
        url: optional(it, "url"),
        request: present(it, "request", request)?,
    })
}

/// What `read` makes of a member; nothing when the member is null.
fn present<T>(it: &Value, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Option<T>> {
    match it.get(name)? {
        Value::Null => Some(None),
        value => read(value).map(Some),
    }
}

fn string(it: &Value, name: &str) -> Option<String> {
    it.get(name)?.as_str().map(str::to_owned)
}

fn optional(it: &Value, name: &str) -> Option<String> {
    it.get(name).and_then(Value::as_str).map(str::to_owned)
}

fn strings(it: &Value, name: &str) -> Option<Vec<String>> {
    it.get(name)?.as_array()?.iter().map(|it| it.as_str().map(str::to_owned)).collect()
}
