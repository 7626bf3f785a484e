//! `portcullis can`: one question before something is tried, answered by the exit code. Scripts
//! branch on it, so a typing error never looks like a refusal.

use super::answer::list;
use super::explain::{OPERATIONS, Question, render_layer};
use super::shared::{Session, repository};
use crate::Error;
use crate::client::{Style, clean, render_refusal};
use clap::Args;
use model::RepositoryPath;
use serde_json::Value;

/// Arguments of `can`.
#[derive(Args, Debug)]
pub struct CanArgs {
    /// `me`, or for admins somebody else: `NAME`, `access_token:NAME`, `access_key:LABEL`,
    /// `anonymous`
    principal: String,
    /// What they want to do
    #[arg(value_parser = OPERATIONS)]
    operation: String,
    /// The ref, by its full name or as a branch; `read` needs none
    #[arg(value_name = "REF", required_if_eq_any = [("operation", "create"), ("operation", "fast-forward"), ("operation", "rewrite"), ("operation", "delete"), ("operation", "merge")])]
    name: Option<String>,
    /// The repository; the one that one stands in if not given
    #[arg(long, value_name = "WORKSPACE/REPOSITORY", value_parser = repository)]
    repository: Option<RepositoryPath>,
}

impl CanArgs {
    /// Carries it out. A no is an error, so that the exit code says it.
    pub fn run(&self, session: &Session) -> Result<(), Error> {
        let question = Question {
            repository: self.repository.as_ref(),
            name: self.name.as_deref(),
            operation: Some(&self.operation),
            principal: (self.principal != "me").then_some(self.principal.as_str()),
        };
        let answer = session.client.get(&question.path(session)?).map_err(misspelt)?;
        let decision = answer.get("decision").and_then(Value::as_str).unwrap_or_default();
        // With `--json` the document is the answer, whatever it says.
        let told = if decision == "allowed" { self.sentence(&answer) } else { String::new() };
        if session.out.is_json() || !told.is_empty() {
            session.out.text(&answer, &told)?;
        }
        match decision {
            "allowed" => Ok(()),
            "refused" => Err(Error::Refused(reasons(&answer, Style::of_stderr()))),
            _ => Err(Error::Undecided(dependencies(&answer, Style::of_stderr()))),
        }
    }

    /// `ann may fast-forward refs/heads/main in acme/site`.
    fn sentence(&self, answer: &Value) -> String {
        let text = |pointer| answer.pointer(pointer).and_then(Value::as_str).map(clean);
        let name = text("/principal/name").filter(|it| !it.is_empty());
        let who = name.unwrap_or_else(|| self.principal.clone());
        let place = text("/repository").unwrap_or_default();
        match text("/ref") {
            Some(name) => format!("{who} may {} {name} in {place}", self.operation),
            None => format!("{who} may {} {place}", self.operation),
        }
    }
}

/// What the server says about the question itself is bad usage, not a refusal.
fn misspelt(error: Error) -> Error {
    match error {
        Error::Server(answer) if answer.status == 400 => Error::Usage(answer.to_string()),
        other => other,
    }
}

/// The refusals as a push would print them.
fn reasons(answer: &Value, style: Style) -> String {
    list(answer, "refusals").map(|it| render_refusal(it, style)).collect::<Vec<_>>().join("\n\n")
}

/// The layers that could not tell, with the rules that were weighed there.
fn dependencies(answer: &Value, style: Style) -> String {
    let open = list(answer, "trace").filter(|it| it["outcome"] == "undecided");
    let lines: Vec<_> = open.flat_map(|it| render_layer(it, style)).collect();
    format!("undecided: it depends on what is pushed\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_undecided_answer_says_what_it_depends_on() {
        let answer = json!({ "decision": "undecided", "trace": [
            { "layer": "permission", "outcome": "passed", "detail": "write", "rules": [] },
            { "layer": "content", "outcome": "undecided", "detail": "", "rules": [
                { "id": 7, "level": "project", "kind": "force", "outcome": "cannot tell yet" },
            ] },
        ]});
        assert_eq!(
            dependencies(&answer, Style::PLAIN),
            "undecided: it depends on what is pushed\n  content           undecided\n    \
             rule 7 (force, project): cannot tell yet"
        );
    }
}
