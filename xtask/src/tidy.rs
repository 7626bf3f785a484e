//! What neither the compiler nor clippy looks at: documents, sizes, tests that cannot fail.
//!
//! Runs in `cargo xtask check` and as a test, so that nobody learns of it from CI. Lists of
//! exceptions may only shrink: an exception that is no longer needed is an offence, too.

use crate::tree::{File, leads_somewhere};

/// Where a Rust file stops being readable.
const LONGEST: usize = 600;

/// Files over [`LONGEST`] that were there before somebody split them.
const OVERLONG: &[&str] = &[];

/// The commands of the README's first screen.
const README_COMMANDS: [&str; 2] = ["cargo run --release -- serve --demo", "cargo xtask test"];

/// Everything untidy, one line each.
pub fn offences(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        if file.is_rust() {
            check_rust(file, &mut found);
            check_forgotten(file, files, &mut found);
        }
        if file.path.ends_with(".md") {
            check_document(file, files, &mut found);
        }
        if [".rs", ".md", ".toml", ".py", ".sql"].iter().any(|it| file.path.ends_with(it)) {
            check_words(file, &mut found);
        }
    }
    found
}

fn check_rust(file: &File, found: &mut Vec<String>) {
    let path = &file.path;
    if !file.text.starts_with("//!") {
        found.push(format!("{path}: begin with `//!`: what it is, and what it must never do"));
    }
    let lines = file.text.lines().count();
    match (lines > LONGEST, OVERLONG.contains(&path.as_str())) {
        (true, false) => found.push(format!("{path}: {lines} lines; split it by noun")),
        (false, true) => found.push(format!("{path}: take it off the list of overlong files")),
        (true, true) | (false, false) => {}
    }
    for (number, line) in file.test_lines() {
        if line.contains(concat!("sl", "eep(")) {
            found.push(format!("{path}:{number}: a test waits for an event, never for a time"));
        }
    }
}

/// Marks of unfinished work, tests that do not run, and paths of one machine.
fn check_words(file: &File, found: &mut Vec<String>) {
    let unfinished =
        [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("HA", "CK"), concat!("todo", "!(")];
    let switched_off = [concat!("#[ig", "nore"), concat!("assert!(tr", "ue)")];
    let of_a_machine = ["/work/", "/root/", "/home/", "/tmp/"];
    // This file has to name them.
    if file.path == "xtask/src/tidy.rs" {
        return;
    }
    for (at, line) in file.text.lines().enumerate() {
        let mut wrong = |why: &str| found.push(format!("{}:{}: {why}", file.path, at + 1));
        if unfinished.iter().any(|it| line.contains(it)) {
            wrong("finish it, or write it down in SHORTCOMINGS.md");
        }
        if switched_off.iter().any(|it| line.contains(it)) {
            wrong("a test that cannot fail is not a test");
        }
        if of_a_machine.iter().any(|it| begins_a_path(line, it)) {
            wrong("this is a path of somebody's machine");
        }
    }
}

/// Does `folder` stand in `line` as the beginning of an absolute path?
fn begins_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|it| it.chars().next_back());
        !before.is_some_and(|it| it.is_alphanumeric() || "./}>*-_".contains(it))
    })
}

/// A file in a test binary that no `mod` names would silently not run.
fn check_forgotten(file: &File, files: &[File], found: &mut Vec<String>) {
    let Some((folder, name)) = file.path.rsplit_once('/') else { return };
    let stem = name.trim_end_matches(".rs");
    if !folder.contains("/tests/") || !name.ends_with(".rs") || matches!(stem, "main" | "mod") {
        return;
    }
    let above = [format!("{folder}/main.rs"), format!("{folder}/mod.rs"), format!("{folder}.rs")];
    let above: Vec<_> = files.iter().filter(|it| above.contains(&it.path)).collect();
    let named = format!("mod {stem};");
    let names = |it: &&File| it.text.lines().any(|line| line.trim().ends_with(&named));
    // A folder may also hold tests that are programs by themselves.
    if folder.ends_with("/it") && above.is_empty() || !above.is_empty() && !above.iter().any(names)
    {
        found.push(format!("{}: nothing above it says `{named}`", file.path));
    }
}

fn check_document(file: &File, files: &[File], found: &mut Vec<String>) {
    let path = file.path.as_str();
    let longest = match path {
        "ARCHITECTURE.md" => Some(300),
        "CONTRIBUTING.md" => Some(150),
        _ => None,
    };
    let lines = file.text.lines().count();
    if longest.is_some_and(|it| lines >= it) {
        found.push(format!("{path}: {lines} lines; nobody will read it"));
    }
    if path == "README.md" {
        let screen: Vec<&str> = file.text.lines().take(40).collect();
        for command in README_COMMANDS {
            if !screen.iter().any(|it| it.contains(command)) {
                found.push(format!("{path}: its first screen no longer has `{command}`"));
            }
        }
    }
    for link in links(&file.text) {
        let outside = ["http://", "https://", "mailto:"].iter().any(|it| link.starts_with(it));
        if !outside && !leads_somewhere(path, link) {
            found.push(format!("{path}: the link `{link}` leads nowhere"));
        }
    }
    let in_book = path.strip_prefix("docs/").filter(|it| *it != "SUMMARY.md");
    let summary = files.iter().find(|it| it.path == "docs/SUMMARY.md");
    if let (Some(page), Some(summary)) = (in_book, summary)
        && !links(&summary.text).any(|it| it == page)
    {
        found.push(format!("{path}: docs/SUMMARY.md does not lead to it"));
    }
}

/// The targets of `[text](target)` outside code blocks.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    let prose = text.lines().filter(move |line| {
        fenced ^= line.trim_start().starts_with("```");
        !fenced
    });
    prose.flat_map(|line| {
        line.split("](")
            .skip(1)
            .filter_map(|it| it.split(')').next())
            .filter(|it| !it.contains(' '))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rules, tree, walls};

    fn check(path: &str, text: &str) -> Vec<String> {
        offences(&[File { path: path.into(), text: text.into() }])
    }

    #[test]
    fn the_project_is_tidy_and_its_walls_stand() {
        let files = tree::files().expect("git lists the files");
        let mut found = offences(&files);
        found.extend(walls::offences(&files));
        found.extend(rules::offences(&files));
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }

    #[test]
    fn each_offence_is_found() {
        let long = format!("//! A.\n{}", "\n".repeat(LONGEST));
        let wait = concat!("//! A.\nthread::sl", "eep(x)");
        for (path, text, why) in [
            ("crates/app/src/a.rs", "fn a() {}", "begin with `//!`"),
            ("crates/app/src/a.rs", long.as_str(), "split it by noun"),
            ("crates/app/tests/it/main.rs", wait, "waits for an event"),
            ("crates/app/tests/it/a.rs", "//! A.", "nothing above it says `mod a;`"),
            ("docs/a.md", "see [b](b-is-not-here.md)", "leads nowhere"),
            ("README.md", "nothing", "first screen"),
            ("a.md", "cd /root/x", "somebody's machine"),
            ("a.py", concat!("# TO", "DO"), "finish it"),
        ] {
            assert!(check(path, text).iter().any(|it| it.contains(why)), "{path}: {why}");
        }
        for (path, text) in [
            ("crates/app/src/a.rs", wait),
            ("a.md", "target/tmp/x and https://host/home/x"),
            ("docs/a.md", "```\n[b](b-is-not-here.md)\n```"),
        ] {
            assert_eq!(check(path, text), Vec::<String>::new(), "{path}");
        }
    }
}
