//! `cargo xtask dev`: the demo server, rebuilt and restarted whenever a source file changes.

use crate::run::{cargo, root, run, say, target};
use anyhow::{Context, Result};
use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, SystemTime};

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Runs until interrupted. A build that fails leaves the old server stopped and waits for the
/// next change.
pub fn run_forever() -> Result<()> {
    let demo = target().join("dev-data");
    loop {
        let seen = newest(&root())?;
        let server = match run(cargo().args(["build", "-p", "portcullis"])) {
            Ok(()) => Some(start(&demo)?),
            Err(error) => {
                say(&format!("xtask: {error}; waiting for a change"));
                None
            }
        };
        while newest(&root())? == seen {
            thread::sleep(LOOK_EVERY);
        }
        if let Some(server) = server {
            stop(server)?;
        }
    }
}

fn start(data: &Path) -> Result<Child> {
    Command::new(target().join("debug/portcullis"))
        .args(["serve", "--demo", "--data"])
        .arg(data)
        .spawn()
        .context("could not start the server")
}

/// Asks it to stop as an operator would, so that running pushes end.
fn stop(mut server: Child) -> Result<()> {
    run(Command::new("kill").args(["-TERM", &server.id().to_string()]))?;
    server.wait()?;
    Ok(())
}

/// When any Rust file, manifest or migration was changed last.
fn newest(folder: &Path) -> Result<SystemTime> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        let name = name.to_string_lossy();
        if name.starts_with('.') || name == "target" || name == "portcullis-data" {
            continue;
        }
        if entry.file_type()?.is_dir() {
            newest = newest.max(self::newest(&path)?);
        } else if [".rs", ".toml", ".sql"].iter().any(|it| name.ends_with(it)) {
            newest = newest.max(entry.metadata()?.modified()?);
        }
    }
    Ok(newest)
}
