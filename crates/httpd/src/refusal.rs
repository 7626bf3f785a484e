//! A refusal in JSON: the same value that git's users read, member by member.

use crate::time;
use app::{RefusalRecord, RemedyNote};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One reason why something was refused, with what would make it pass.
#[derive(Serialize, ToSchema)]
#[schema(as = Refusal)]
pub struct RefusalBody {
    /// `R-` and letters or digits; absent when nothing was recorded.
    id: Option<String>,
    /// `enforce`; or `evaluate`: a rule that is only tried out would have refused, and did not.
    mode: &'static str,
    /// Stable: `PC-REF-PUSH`.
    code: String,
    layer: &'static str,
    /// One sentence.
    message: String,
    /// Where what refused hangs.
    level: &'static str,
    rule: Option<RuleBody>,
    repository: Option<String>,
    #[serde(rename = "ref")]
    reference: Option<String>,
    operation: Option<String>,
    channel: &'static str,
    principal: PrincipalBody,
    credential: CredentialBody,
    scopes: Option<ScopesBody>,
    /// The commits and files that a content rule does not let through, a line each.
    findings: Vec<String>,
    /// Who may do it, as far as the one who was refused may know.
    who_may: Vec<String>,
    remedies: Vec<RemedyBody>,
    at: String,
}

/// The restriction that refused.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusalRule)]
struct RuleBody {
    id: i64,
    kind: &'static str,
    matcher: MatchedBody,
    changed_at: String,
    changed_by: Option<String>,
}

/// The pattern that matched.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusalMatcher)]
struct MatchedBody {
    #[serde(rename = "type")]
    kind: &'static str,
    pattern: String,
}

/// Who was refused, as the server saw them.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusalPrincipal)]
struct PrincipalBody {
    #[serde(rename = "type")]
    kind: String,
    name: String,
}

/// What was presented. Never a secret.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusalCredential)]
struct CredentialBody {
    #[serde(rename = "type")]
    kind: &'static str,
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last4: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

/// What was needed and what was held.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusalScopes)]
struct ScopesBody {
    required: Vec<String>,
    held: Vec<String>,
    missing: Vec<String>,
}

/// A next step whose success the engine has verified.
#[derive(Serialize, ToSchema)]
#[schema(as = Remedy)]
pub struct RemedyBody {
    actor: String,
    summary: String,
    /// Ready to paste.
    commands: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RemedyRequest>,
    verified: bool,
}

/// The smallest change through this API that makes the operation pass.
#[derive(Serialize, ToSchema)]
struct RemedyRequest {
    method: String,
    path: String,
    body: Value,
}

impl RefusalBody {
    /// The refusal, member by member.
    pub fn of(refusal: &RefusalRecord) -> Self {
        Self {
            id: refusal.id.as_ref().map(ToString::to_string),
            mode: refusal.mode.as_str(),
            code: refusal.code.clone(),
            layer: refusal.layer.as_str(),
            message: refusal.message.clone(),
            level: refusal.level.as_str(),
            rule: refusal.rule.as_ref().map(|rule| RuleBody {
                id: rule.id.0,
                kind: rule.kind.as_str(),
                matcher: MatchedBody { kind: rule.matcher.as_str(), pattern: rule.pattern.clone() },
                changed_at: time::show(rule.changed_at),
                changed_by: rule.changed_by.clone(),
            }),
            repository: refusal.repository.clone(),
            reference: refusal.reference.clone(),
            operation: refusal.operation.clone(),
            channel: refusal.channel.as_str(),
            principal: PrincipalBody {
                kind: refusal.principal.kind.clone(),
                name: refusal.principal.name.clone(),
            },
            credential: CredentialBody {
                kind: refusal.credential.kind.as_str(),
                label: refusal.credential.label.clone(),
                last4: refusal.credential.last4.clone(),
                fingerprint: refusal.credential.fingerprint.clone(),
            },
            scopes: refusal.scopes.as_ref().map(|it| ScopesBody {
                required: it.required.clone(),
                held: it.held.clone(),
                missing: it.missing.clone(),
            }),
            findings: refusal.findings.clone(),
            who_may: refusal.who_may.clone(),
            remedies: refusal.remedies.iter().map(RemedyBody::of).collect(),
            at: time::show(refusal.at),
        }
    }
}

impl RemedyBody {
    /// The remedy, member by member.
    pub fn of(remedy: &RemedyNote) -> Self {
        Self {
            actor: remedy.actor.clone(),
            summary: remedy.summary.clone(),
            commands: remedy.commands.clone(),
            url: remedy.url.clone(),
            request: remedy.request.as_ref().map(|it| RemedyRequest {
                method: it.method.clone(),
                path: it.path.clone(),
                // A request without a body has an empty text, which reads as null.
                body: serde_json::from_str(&it.body).unwrap_or(Value::Null),
            }),
            verified: true,
        }
    }
}
