//! What developers and CI run: `cargo xtask test|check|bench|bless|dev`.
//!
//! Small on purpose (one dependency), because everybody waits for it to build before anything
//! else happens. It never contains knowledge about the product: it installs what tests need,
//! calls cargo, and checks what the compiler cannot.

#![cfg_attr(test, allow(clippy::expect_used, reason = "a test that cannot go on panics"))]

mod bench;
mod bless;
mod check;
mod dev;
mod install;
mod newer_git;
mod peers;
mod rules;
mod run;
mod test;
mod tidy;
mod tree;
mod walls;

use anyhow::{Result, bail};

const HELP: &str = "\
usage: cargo xtask COMMAND

  test [ARGS]   everything: installs what is missing, then all tests on both databases
                (ARGS go to `cargo test`)
  check         formatting, clippy, rustdoc, dependency walls, tidy, licences
  bench [NAME]  micro benchmarks, then end to end beside stock git; NAME picks scenarios
  bless         rewrites the generated documents from the code
  dev           `serve --demo`, rebuilt and restarted when a source file changes";

fn main() -> Result<()> {
    let mut args = std::env::args().skip(1);
    let command = args.next();
    let rest: Vec<String> = args.collect();
    match command.as_deref() {
        Some("test") => test::run(&rest),
        Some("check") => check::run_all(),
        Some("bench") => bench::run_all(&rest),
        Some("bless") => bless::run_all(),
        Some("dev") => dev::run_forever(),
        Some("help" | "--help" | "-h") => {
            run::say(HELP);
            Ok(())
        }
        Some(other) => bail!("no such command: `{other}`\n{HELP}"),
        None => bail!("{HELP}"),
    }
}
