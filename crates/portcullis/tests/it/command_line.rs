//! The command line by itself: help, completions, exit codes, the profile.

use crate::program::{committed, program, run};
use std::path::Path;

fn help(home: &Path, arguments: &[&str]) -> String {
    let ended = run(program(home).args(arguments).arg("--help").env("COLUMNS", "100"));
    assert_eq!((ended.code, ended.err.as_str()), (Some(0), ""), "{arguments:?}");
    ended.out
}

/// The names below a heading "Commands:".
fn commands(help: &str) -> Vec<String> {
    let list = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
    let lines = list.lines().take_while(|it| it.starts_with("  "));
    let names = lines.filter_map(|it| it.strip_prefix("  ")?.split(' ').next());
    names.filter(|it| !it.is_empty() && *it != "help").map(str::to_owned).collect()
}

/// The whole help, as one committed file: a change to any of it is a diff that people read.
#[test]
fn the_command_line_reference_is_as_generated() {
    let home = tempfile::tempdir().unwrap();
    let overview = help(home.path(), &[]);
    let mut text = String::from(
        "# Command line\n\n<!-- Generated from `portcullis --help` by `cargo xtask bless`. Do not edit. -->\n",
    );
    text.push_str(&format!("\n```text\n{overview}```\n"));
    let nouns = overview.lines().filter_map(|it| it.strip_prefix("  ")?.split_once(' '));
    let nouns = nouns
        .map(|it| it.0)
        .filter(|it| it.starts_with(|c: char| c.is_ascii_lowercase()) && *it != "portcullis");
    for noun in nouns {
        let page = help(home.path(), &[noun]);
        text.push_str(&format!("\n## portcullis {noun}\n\n```text\n{page}```\n"));
        for verb in commands(&page) {
            let page = help(home.path(), &[noun, &verb]);
            text.push_str(&format!("\n### portcullis {noun} {verb}\n\n```text\n{page}```\n"));
        }
    }
    committed("docs/reference/command-line.md", &text);
}

#[test]
fn completions_know_nouns_verbs_and_options() {
    let home = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = run(program(home.path()).args(["completions", shell]));
        assert_eq!(ended.code, Some(0));
        for word in ["restriction", "member-set", "expires"] {
            assert!(ended.out.contains(word), "{shell} does not know {word}");
        }
    }
}

#[test]
fn bad_usage_is_2_and_failure_is_1() {
    let home = tempfile::tempdir().unwrap();
    let unreachable = ["--server", "http://127.0.0.1:1"];
    for (arguments, code, said) in [
        (vec![], 2, "Usage:"),
        (vec!["frobnicate"], 2, "unrecognized subcommand"),
        (vec!["explain"], 2, "REFUSAL-ID"),
        (vec!["explain", "R-123456", "--ref", "main"], 2, "cannot be used with"),
        (vec!["explain", "--operation", "create", "--repository", "a/b"], 2, "--ref"),
        (vec!["explain", "--operation", "merge-it"], 2, "fast-forward"),
        (vec!["repository", "show", "acme"], 2, "workspace/repository"),
        (vec!["repository", "show", "acme/site"], 2, "no server is known"),
        (vec!["repository", "delete"], 2, "WORKSPACE/REPOSITORY"),
        (vec!["repository", "show", "--server", "git.example"], 2, "https://git.example.org"),
        (vec!["restriction", "create", "push", "--any", "--ref", "x"], 2, "cannot be used with"),
        (vec!["grant", "set", "role:x", "write"], 2, "group:NAME"),
        (vec!["token", "create", "x", "--scope", "read:repo"], 2, "did you mean"),
        (vec!["token", "list", "--user", "ann", "--workspace", "acme"], 2, "cannot be used with"),
        (vec!["login", "git.example"], 2, "https://git.example.org"),
        (vec!["logout"], 2, "not logged in"),
        (vec!["completions", "tcsh"], 2, "possible values"),
        (vec!["workspace", "list", "--data", "nowhere"], 1, "nowhere"),
        ([&["workspace", "list"], &unreachable[..]].concat(), 1, "cannot reach"),
    ] {
        let ended = run(program(home.path()).args(&arguments));
        assert_eq!(ended.code, Some(code), "{arguments:?}: {}", ended.err);
        assert_eq!(ended.out, "", "{arguments:?}");
        assert!(ended.err.contains(said), "{arguments:?}: {}", ended.err);
    }
}

#[test]
fn nothing_is_coloured_where_nobody_looks() {
    let home = tempfile::tempdir().unwrap();
    for arguments in [vec!["--help"], vec!["serve", "--help"], vec!["frobnicate"]] {
        let ended = run(program(home.path()).args(&arguments));
        assert!(!format!("{}{}", ended.out, ended.err).contains('\u{1b}'), "{arguments:?}");
    }
}
