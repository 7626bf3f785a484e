//! `portcullis explain`: why something was refused, or what would be decided now, with every
//! layer and rule that was weighed.

use super::shared::{Session, repository};
use crate::Error;
use crate::client::{Style, clean, matcher, render_refusal, segment};
use clap::Args;
use model::RepositoryPath;
use serde_json::Value;

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// Id of a refusal, such as R-7KQ2M9
    #[arg(value_name = "REFUSAL-ID", required_unless_present = "operation", conflicts_with_all = ["repository", "name", "operation", "principal"])]
    id: Option<String>,
    /// What somebody wants to do
    #[arg(long, value_parser = ["read", "create", "fast-forward", "rewrite", "delete", "merge"])]
    operation: Option<String>,
    /// The repository; the one that one stands in if not given
    #[arg(long, value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: Option<RepositoryPath>,
    /// The ref, by its full name or as a branch
    #[arg(long = "ref", value_name = "REF", required_if_eq_any = [("operation", "create"), ("operation", "fast-forward"), ("operation", "rewrite"), ("operation", "delete"), ("operation", "merge")])]
    name: Option<String>,
    /// Decide for somebody else (admins): `NAME`, `access_token:NAME`, `anonymous`
    #[arg(long = "as", value_name = "PRINCIPAL")]
    principal: Option<String>,
}

impl ExplainArgs {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let answer = match &self.id {
            Some(id) => session.client.get(&format!("/api/v1/refusals/{}", segment(id)))?,
            None => session.client.get(&self.question(session)?)?,
        };
        session.out.text(&answer, &render(&answer, Style::of_stdout()))
    }

    fn question(&self, session: &Session) -> Result<String, Error> {
        let repository = session.repository(self.repository.as_ref())?.to_string();
        let name = self.name.as_deref().map(|it| {
            if it.starts_with("refs/") { it.to_owned() } else { format!("refs/heads/{it}") }
        });
        let parameters: Vec<String> = [
            ("repository", Some(repository.as_str())),
            ("ref", name.as_deref()),
            ("operation", self.operation.as_deref()),
            ("as", self.principal.as_deref()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", segment(value?))))
        .collect();
        Ok(format!("/api/v1/explain?{}", parameters.join("&")))
    }
}

/// The verdict, the refusals with their remedies, and the trace.
fn render(answer: &Value, style: Style) -> String {
    let mut blocks = Vec::new();
    if let Some(verdict) = answer.get("decision").and_then(Value::as_str) {
        let verdict = clean(verdict);
        blocks.push(if verdict == "allowed" { style.good(&verdict) } else { style.bad(&verdict) });
    }
    if answer.get("code").is_some_and(Value::is_string) {
        blocks.push(render_refusal(answer, style));
    }
    if let Some(Value::Array(refusals)) = answer.get("refusals") {
        blocks.extend(refusals.iter().map(|it| render_refusal(it, style)));
    }
    if let Some(Value::Array(trace)) = answer.get("trace") {
        let mut lines = vec![style.quiet("weighed, layer by layer:")];
        lines.extend(trace.iter().flat_map(|it| render_layer(it, style)));
        blocks.push(lines.join("\n"));
    }
    blocks.join("\n\n")
}

fn render_layer(layer: &Value, style: Style) -> Vec<String> {
    let text = |value: &Value, name: &str| {
        value.get(name).and_then(Value::as_str).map(clean).unwrap_or_default()
    };
    let outcome = text(layer, "outcome");
    let painted = match outcome.as_str() {
        "passed" | "allowed" => style.good(&outcome),
        "refused" => style.bad(&outcome),
        _ => style.quiet(&outcome),
    };
    let mut lines =
        vec![format!("  {:<17} {painted}  {}", text(layer, "layer"), text(layer, "detail"))];
    if let Some(Value::Array(rules)) = layer.get("rules") {
        for rule in rules {
            let about = rule.get("matcher").and_then(matcher).unwrap_or_default();
            let number = rule.get("id").map(Value::to_string).unwrap_or_default();
            let outcome = text(rule, "outcome");
            lines.push(format!(
                "    rule {number:<5} {} on {about}: {outcome} {}",
                text(rule, "kind"),
                text(rule, "detail")
            ));
        }
    }
    lines.into_iter().map(|it| it.trim_end().to_owned()).collect()
}
