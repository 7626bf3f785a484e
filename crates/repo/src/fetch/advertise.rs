//! The two lists of refs: the advertisement of protocols 0 and 1, and `ls-refs` of protocol 2.

use super::view::View;
use crate::refs::RefEntry;
use model::RefName;
use std::collections::BTreeSet;
use wire::{LsRefsArguments, Version, put_ls_refs_line};

/// Appends the advertisement of protocol 0 or 1.
pub(super) fn put(out: &mut Vec<u8>, view: &View<'_>, version: Version) {
    let head = view.head();
    let mut others = Vec::new();
    let mut entries = view.iter();
    let mut first = None;
    if head.is_none_or(|it| it.id.is_none()) {
        first = entries.next();
        if let Some(entry) = first {
            put_peeled(&mut others, &entry);
        }
    }
    for entry in entries {
        others.extend_from_slice(entry.line);
        put_peeled(&mut others, &entry);
    }
    let first = first.as_ref().map(|it| (&it.id, it.name));
    wire::put_upload_advertisement(out, version, head, first, &others);
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
    if arguments.prefixes.is_empty() {
        view.iter().for_each(|entry| put_entry(out, &entry, arguments));
    } else {
        for prefix in distinct(arguments) {
            view.with_prefix(prefix).for_each(|entry| put_entry(out, &entry, arguments));
        }
    }
    wire::put_flush(out);
}

/// The prefixes without those that lie within another, so that no ref is listed twice. What is
/// not UTF-8 fits no ref we have.
fn distinct(arguments: &LsRefsArguments) -> Vec<&str> {
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

fn put_entry(out: &mut Vec<u8>, entry: &RefEntry<'_>, arguments: &LsRefsArguments) {
    match &entry.peeled {
        Some(peeled) if arguments.peel => {
            put_ls_refs_line(out, Some(&entry.id), entry.name, None, Some(peeled));
        }
        // The ready line of the advertisement is the very same.
        Some(_) | None => out.extend_from_slice(entry.line),
    }
}
