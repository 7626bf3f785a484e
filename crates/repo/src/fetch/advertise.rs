//! The two lists of refs: the advertisement of protocols 0 and 1, and `ls-refs` of protocol 2.

use super::view::View;
use crate::refs::{RefEntry, Run};
use model::RefName;
use std::collections::BTreeSet;
use wire::{LsRefsArguments, Version, put_ls_refs_line};

/// Appends the advertisement of protocol 0 or 1.
pub(super) fn put(out: &mut Vec<u8>, view: &View<'_>, version: Version, stateless: bool) {
    let head = view.head();
    // Without a HEAD the first ref takes its place in the line with the capabilities.
    let first = if head.and_then(|it| it.id).is_none() { view.iter().next() } else { None };
    let named = first.as_ref().map(|it| (&it.id, it.name));
    wire::start_upload_advertisement(out, version, stateless, head, named);
    let mut skip = first.map_or(0, |it| it.line.len());
    out.reserve(view.size_hint());
    view.each_run("", |run| match run {
        Run::Lines(lines) => {
            let skipped = skip.min(lines.len());
            skip -= skipped;
            out.extend_from_slice(lines.get(skipped..).unwrap_or_default());
        }
        Run::Tag(entry) => {
            if std::mem::take(&mut skip) == 0 {
                out.extend_from_slice(entry.line);
            }
            put_peeled(out, &entry);
        }
    });
    wire::put_flush(out);
}

fn put_peeled(out: &mut Vec<u8>, entry: &RefEntry<'_>) {
    if let Some(peeled) = &entry.peeled {
        wire::put_ref_line(out, peeled, &format!("{}^{{}}", entry.name));
    }
}

/// Appends the answer to `ls-refs`.
pub(super) fn put_ls_refs(out: &mut Vec<u8>, view: &View<'_>, arguments: &LsRefsArguments) {
    if arguments.asks_for("HEAD")
        && let Some(head) = view.head()
        && (head.id.is_some() || arguments.unborn)
    {
        // An unborn HEAD has nothing but its target to tell.
        let told = arguments.symrefs || head.id.is_none();
        let target = head.target.map(RefName::as_str).filter(|_| told);
        put_ls_refs_line(out, head.id.as_ref(), "HEAD", target, None);
    }
    for prefix in distinct(arguments) {
        view.each_run(prefix, |run| match run {
            // The ready line of the advertisement is the very same.
            Run::Lines(lines) => out.extend_from_slice(lines),
            Run::Tag(entry) => {
                let peeled = entry.peeled.filter(|_| arguments.peel);
                put_ls_refs_line(out, Some(&entry.id), entry.name, None, peeled.as_ref());
            }
        });
    }
    wire::put_flush(out);
}

/// The prefixes without those that lie within another, so that no ref is listed twice; the empty
/// one when none was given. What is not UTF-8 fits no ref we have.
fn distinct(arguments: &LsRefsArguments) -> Vec<&str> {
    if arguments.prefixes.is_empty() {
        return vec![""];
    }
    let sorted: BTreeSet<&str> =
        arguments.prefixes.iter().filter_map(|it| std::str::from_utf8(it).ok()).collect();
    let mut kept: Vec<&str> = Vec::new();
    for prefix in sorted {
        if kept.last().is_none_or(|last| !prefix.starts_with(last)) {
            kept.push(prefix);
        }
    }
    kept
}
