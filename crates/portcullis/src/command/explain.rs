//! `portcullis explain`: why something was refused, or what would be decided now, with every
//! layer and rule that was weighed.

use super::answer::{list, text};
use super::shared::{Session, repository};
use crate::Error;
use crate::client::{Style, clean, render_refusal, segment};
use clap::Args;
use model::RepositoryPath;
use serde_json::Value;

/// What somebody can want to do to a ref.
pub const OPERATIONS: [&str; 6] = ["read", "create", "fast-forward", "rewrite", "delete", "merge"];

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// Id of a refusal, such as R-7KQ2M9
    #[arg(value_name = "REFUSAL-ID", required_unless_present = "operation", conflicts_with_all = ["repository", "name", "operation", "principal"])]
    id: Option<String>,
    /// What somebody wants to do
    #[arg(long, value_parser = OPERATIONS)]
    operation: Option<String>,
    /// The repository; the one that one stands in if not given
    #[arg(long, value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: Option<RepositoryPath>,
    /// The ref, by its full name or as a branch
    #[arg(long = "ref", value_name = "REF", required_if_eq_any = [("operation", "create"), ("operation", "fast-forward"), ("operation", "rewrite"), ("operation", "delete"), ("operation", "merge")])]
    name: Option<String>,
    /// Decide for somebody else (admins): `NAME`, `access_token:NAME`, `access_key:LABEL`,
    /// `anonymous`
    #[arg(long = "as", value_name = "PRINCIPAL")]
    principal: Option<String>,
}

impl ExplainArgs {
    /// Carries it out.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let answer = match &self.id {
            Some(id) => session.client.get(&format!("/api/v1/refusals/{}", segment(id)))?,
            None => session.client.get(&self.question().path(session)?)?,
        };
        session.out.text(&answer, &render(&answer, Style::of_stdout()))
    }

    fn question(&self) -> Question<'_> {
        Question {
            repository: self.repository.as_ref(),
            name: self.name.as_deref(),
            operation: self.operation.as_deref(),
            principal: self.principal.as_deref(),
        }
    }
}

/// What the server is asked to decide without doing it.
pub struct Question<'a> {
    /// The repository one stands in if not given.
    pub repository: Option<&'a RepositoryPath>,
    /// By its full name or as a branch.
    pub name: Option<&'a str>,
    pub operation: Option<&'a str>,
    /// Somebody else than the one who asks.
    pub principal: Option<&'a str>,
}

impl Question<'_> {
    /// Its path and query.
    pub fn path(&self, session: &Session) -> Result<String, Error> {
        let repository = session.repository(self.repository)?.to_string();
        let name = self.name.map(|it| {
            if it.starts_with("refs/") { it.to_owned() } else { format!("refs/heads/{it}") }
        });
        let parameters: Vec<String> = [
            ("repository", Some(repository.as_str())),
            ("ref", name.as_deref()),
            ("operation", self.operation),
            ("as", self.principal),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some(format!("{name}={}", segment(value?))))
        .collect();
        Ok(format!("/api/v1/explain?{}", parameters.join("&")))
    }
}

/// The verdict, the refusals with their remedies, and what was weighed. Takes a refusal's record
/// and the answer of a question alike.
fn render(answer: &Value, style: Style) -> String {
    let mut blocks = Vec::new();
    if let Some(decision) = answer.get("decision").and_then(Value::as_str) {
        blocks.push(painted(&clean(decision), style));
    }
    if answer.get("code").is_some_and(Value::is_string) {
        blocks.push(render_refusal(answer, style));
    }
    blocks.extend(list(answer, "refusals").map(|it| render_refusal(it, style)));
    for notice in list(answer, "notices") {
        let title = style.quiet("would be refused, were the rule enforced:");
        blocks.push(format!("{title}\n{}", render_refusal(notice, style)));
    }
    let layers: Vec<_> = list(answer, "trace").flat_map(|it| render_layer(it, style)).collect();
    if !layers.is_empty() {
        blocks.push(format!("{}\n{}", style.quiet("weighed, layer by layer:"), layers.join("\n")));
    }
    blocks.join("\n\n")
}

/// A layer with what it found and what it looked at, and below it each rule.
pub fn render_layer(layer: &Value, style: Style) -> Vec<String> {
    let outcome = text(layer, "/outcome");
    // Padded before it is painted: colours have no width.
    let outcome = painted(&format!("{outcome:<9}"), style);
    let rules: Vec<_> = list(layer, "rules").collect();
    // Where there are rules, the detail says the same as they do.
    let detail = if rules.is_empty() { text(layer, "/detail") } else { String::new() };
    let line = format!("  {:<16}  {outcome}  {detail}", text(layer, "/layer"));
    let mut lines = vec![line.trim_end().to_owned()];
    for rule in rules {
        let id = rule.get("id").map(Value::to_string).unwrap_or_default();
        let [level, kind, outcome] = ["/level", "/kind", "/outcome"].map(|it| text(rule, it));
        lines.push(format!("    rule {id} ({kind}, {level}): {outcome}"));
    }
    lines
}

/// The words of decisions and of layers, in the colour of what they mean.
fn painted(word: &str, style: Style) -> String {
    match word.trim_end() {
        "allowed" | "passed" => style.good(word),
        "refused" => style.bad(word),
        _ => style.quiet(word),
    }
}
