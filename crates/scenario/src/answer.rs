//! Decisions as text, and tables of them.

use crate::Scenario;
use policy::{Decision, Question, Refusal, Verdict, decide};

/// A decision in one line: `allowed`, or `refused: CODE sentence (rule 1)`.
pub fn answer(decision: &Decision) -> String {
    let mut text = match decision.updates.as_slice() {
        [] | [_] => verdict(decision.verdict, decision.refusals.iter()),
        _ if decision.refusals.iter().any(|it| it.update.is_none()) => {
            verdict(decision.verdict, decision.refusals.iter())
        }
        updates => {
            let each = updates.iter().enumerate().map(|(at, it)| {
                format!("{} {}", it.name.short(), verdict(it.verdict, decision.refusals_of(at)))
            });
            each.collect::<Vec<_>>().join("; ")
        }
    };
    for notice in &decision.notices {
        text.push_str(&format!("; notice: {}", reason(notice)));
    }
    text
}

impl Scenario {
    /// Answers a question line, with or without an expected answer behind `->`.
    pub fn answer(&self, line: &str) -> Result<String, String> {
        let (line, _) = line.split_once("->").unwrap_or((line, ""));
        let (who, act) = self.question(line)?;
        let facts = self.facts_at(act.needs().on, &who);
        Ok(answer(&decide(&Question { who: &who, act: &act, facts: &facts })))
    }

    /// A table as it really is: each question with the answer it gets, one a line. Differs from
    /// what was given exactly when an expectation is wrong.
    pub fn answers(&self, table: &str) -> Result<String, crate::BadLine> {
        let mut lines = Vec::new();
        for (at, line) in table.lines().enumerate() {
            let bad = |why| crate::BadLine { line: at + 1, why };
            if line.trim().is_empty() {
                continue;
            }
            let question = line.split_once("->").map_or(line, |(question, _)| question).trim();
            let answer = self.answer(question).map_err(bad)?;
            lines.push(format!("{question} -> {answer}"));
        }
        Ok(lines.join("\n"))
    }
}

fn verdict<'a>(verdict: Verdict, refusals: impl Iterator<Item = &'a Refusal>) -> String {
    match verdict {
        Verdict::Allowed | Verdict::Undecided => verdict.as_str().into(),
        Verdict::Refused => {
            format!("refused: {}", refusals.map(reason).collect::<Vec<_>>().join(" "))
        }
    }
}

fn reason(refusal: &Refusal) -> String {
    let numbers: Vec<_> = refusal.rules().map(|it| it.to_string()).collect();
    let rule =
        if numbers.is_empty() { "".into() } else { format!(" (rule {})", numbers.join(", ")) };
    format!("{} {}{rule}", refusal.code(), refusal.message())
}
