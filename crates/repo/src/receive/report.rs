//! What the client is told: report-status, and the text for people beside it.

use crate::failure::Failure;
use crate::push::{RefOutcome, RefStatus};
use crate::{Error, Result};
use std::io::Write;
use wire::{Band, Capabilities, RefReport, SideBand};

/// Writes the report in the dialect the client asked for.
pub(super) fn write_report(
    output: &mut dyn Write,
    capabilities: &Capabilities,
    failure: Option<&Failure>,
    refs: &[RefOutcome],
    text: &str,
) -> Result<()> {
    let v2 = capabilities.has("report-status-v2");
    let mut report = Vec::new();
    if v2 || capabilities.has("report-status") {
        let reason = failure.map(short);
        let unpack = reason.as_deref().map_or(Ok(()), Err);
        let lines: Vec<RefReport> = refs.iter().map(line).collect();
        wire::put_report(&mut report, v2, unpack, &lines);
    }
    let mut out = Vec::with_capacity(report.len() + text.len() + 64);
    match side_band(capabilities) {
        Some(dialect) => {
            wire::put_band(&mut out, dialect, Band::Progress, text.as_bytes());
            wire::put_band(&mut out, dialect, Band::Data, &report);
            wire::put_flush(&mut out);
        }
        None => out = report,
    }
    output.write_all(&out).map_err(Error::Peer)
}

fn side_band(capabilities: &Capabilities) -> Option<SideBand> {
    if capabilities.has("side-band-64k") {
        Some(SideBand::Large)
    } else {
        capabilities.has("side-band").then_some(SideBand::Small)
    }
}

fn line(outcome: &RefOutcome) -> RefReport {
    let result = match &outcome.status {
        RefStatus::Landed => Ok(()),
        RefStatus::Refused { short } => Err(short.clone()),
        RefStatus::Failed(failure) => Err(short(failure)),
    };
    RefReport { name: outcome.name.clone(), result, options: Vec::new() }
}

/// A failure in one line: what stands in git's parentheses.
fn short(failure: &Failure) -> String {
    wire::escape(failure.to_string().as_bytes())
}

/// A failure for people: what, and what next. The same failure of many refs is told once.
pub(super) fn explain_failures(failure: Option<&Failure>, refs: &[RefOutcome]) -> String {
    let mut text = String::new();
    let mut told = Vec::new();
    let of_refs = refs.iter().filter_map(|it| match &it.status {
        RefStatus::Failed(failure) => Some((Some(&it.name), failure)),
        RefStatus::Landed | RefStatus::Refused { .. } => None,
    });
    for (name, failure) in failure.map(|it| (None, it)).into_iter().chain(of_refs) {
        if told.contains(&failure.code) {
            continue;
        }
        told.push(failure.code);
        text += &format!("{}  {}.\n", failure.code, failure.code.cause());
        if let Some(name) = name {
            text += &format!("  ref     {name}\n");
        }
        if !failure.detail.is_empty() {
            text += &format!("  detail  {}\n", wire::escape(failure.detail.as_bytes()));
        }
        text += &format!("  next    {}\n", failure.code.fix());
    }
    text
}

/// Tells a client that was not understood to the end. One that has agreed to side-bands listens to
/// nothing else; before that, there is only one way, which needs no understanding.
pub(super) fn write_error(
    output: &mut dyn Write,
    capabilities: &Capabilities,
    failure: &Failure,
) -> Result<()> {
    let mut out = Vec::new();
    match side_band(capabilities) {
        Some(dialect) => {
            let text = explain_failures(Some(failure), &[]);
            wire::put_band(&mut out, dialect, Band::Progress, text.as_bytes());
            wire::put_band(&mut out, dialect, Band::Fatal, short(failure).as_bytes());
        }
        None => wire::put_error(&mut out, &short(failure)),
    }
    output.write_all(&out).map_err(Error::Peer)
}
