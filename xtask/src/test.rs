//! `cargo xtask test`: everything, from a machine with Rust, git and root.

use crate::run::{self, cargo, say};
use crate::{install, newer_git, peers};
use anyhow::Result;

/// Installs what is missing, then runs all tests; `args` are handed to `cargo test`.
pub fn run(args: &[String]) -> Result<()> {
    install::install(install::FOR_TESTS)?;
    let python = peers::ensure()?;
    let mut test = cargo();
    test.args(["test", "--no-fail-fast"]);
    // Whoever names a package wants that one.
    if !args.iter().any(|it| it == "-p" || it == "--package") {
        test.arg("--workspace");
    }
    test.args(args);
    test.env("PORTCULLIS_TEST_PYTHON", python);
    // The tests that need it fail and say so; the others are still worth running.
    match newer_git::ensure() {
        Ok(git) => drop(test.env("PORTCULLIS_TEST_NEWER_GIT", git)),
        Err(error) => say(&format!("xtask: NO NEWER GIT, its tests will fail: {error:#}")),
    }
    run::run(&mut test)
}
