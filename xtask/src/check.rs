//! `cargo xtask check`: everything that can be said about the code without running it.

use crate::run::{cargo, run, say, works};
use crate::{rules, tidy, tree, walls};
use anyhow::{Result, bail};

/// Stops at the first part that fails; the parts are ordered from quick to slow.
pub fn run_all() -> Result<()> {
    let files = tree::files()?;
    let mut offences = walls::offences(&files);
    offences.extend(tidy::offences(&files));
    offences.extend(rules::offences(&files));
    if !offences.is_empty() {
        bail!("{} offences:\n{}", offences.len(), offences.join("\n"));
    }
    run(cargo().args(["fmt", "--all", "--check"]))?;
    run(cargo()
        .args(["clippy", "--workspace", "--all-targets", "--locked", "--"])
        .args(["-D", "warnings"]))?;
    run(cargo()
        .args(["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"])
        .env("RUSTDOCFLAGS", "-D warnings"))?;
    if works(cargo().args(["deny", "--version"])) {
        // Advisories are left out: they change without us and need the network.
        run(cargo().args(["deny", "--offline", "check", "licenses", "bans", "sources"]))?;
    } else {
        say("xtask: cargo-deny is not installed; licences, bans and sources were NOT checked");
    }
    Ok(())
}
