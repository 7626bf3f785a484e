//! The Python of the peer tests: a virtual environment below `target/` with libgit2 (pygit2),
//! dulwich, paramiko, ssh-audit and atlassian-python-api in pinned versions.

use crate::run::{run, target, works};
use anyhow::Result;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

const PACKAGES: [&str; 5] = [
    "pygit2==1.21.0",
    "dulwich==1.2.21",
    "paramiko==5.1.0",
    "ssh-audit==3.9.0",
    "atlassian-python-api==5.0.5",
];

/// The path of that Python; made on the first call, and again when a version changes.
pub fn ensure() -> Result<PathBuf> {
    let home = target().join("peers-venv");
    let python = home.join("bin/python");
    let stamp = home.join("installed");
    let wanted = PACKAGES.join("\n");
    let all = "import pygit2, dulwich, paramiko, ssh_audit, atlassian";
    let imports = || works(Command::new(&python).args(["-c", all]));
    if fs::read_to_string(&stamp).is_ok_and(|it| it == wanted) && imports() {
        return Ok(python);
    }
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    run(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(PACKAGES))?;
    fs::write(&stamp, wanted)?;
    Ok(python)
}
