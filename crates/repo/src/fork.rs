//! A repository that begins as a copy of another one: of what its visible refs lead to and of
//! nothing else, so that what was taken back there is not here either.

use crate::fetch::{View, Visible};
use crate::git::{Git, Running};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// How long the copy may take.
const TIME: Duration = Duration::from_secs(1800);

/// Fills a new bare repository, of which nobody knows yet, with the branches and tags of another
/// one as they are now, and everything they lead to.
pub(crate) fn fill(source: &Repository, visible: Visible<'_>, git_dir: &Path) -> Result<()> {
    let refs = source.refs()?;
    let view = View::new(&refs, visible);
    let (mut lines, mut tips) =
        (String::from("# pack-refs with: peeled fully-peeled sorted \n"), Vec::new());
    let named = |it: &str| it.starts_with("refs/heads/") || it.starts_with("refs/tags/");
    // By name, as the file must be.
    for entry in view.iter().filter(|it| named(it.name)) {
        // Writing to a `String` cannot fail.
        let _infallible = writeln!(lines, "{} {}", entry.id, entry.name);
        if let Some(peeled) = entry.peeled {
            let _infallible = writeln!(lines, "^{peeled}");
        }
        tips.push(entry.id);
    }
    if tips.is_empty() {
        return Ok(());
    }
    copy(source, &tips, git_dir)?;
    let path = git_dir.join("packed-refs");
    let mut file = File::create(&path).map_err(Error::io("create", &path))?;
    file.write_all(lines.as_bytes()).map_err(Error::io("write", &path))?;
    file.sync_all().map_err(Error::io("sync", &path))
}

/// Packs what these lead to straight into the other repository. Deltas are taken over as they are.
fn copy(source: &Repository, tips: &[ObjectId], git_dir: &Path) -> Result<()> {
    let mut command = Git::command(source.git_dir(), "pack-objects");
    command.args(["--revs", "--stdout", "-q", "--delta-base-offset"]).stdin(Stdio::piped());
    let mut packing = Running::start("pack-objects", command)?.within(TIME);
    let mut command = Git::command(git_dir, "index-pack");
    command.args(["--stdin", "--strict"]);
    if let Some(pack) = packing.child().stdout.take() {
        command.stdin(pack);
    }
    command.stdout(Stdio::null());
    let indexing = Running::start("index-pack", command)?.within(TIME);
    if let Some(mut stdin) = packing.child().stdin.take() {
        let wanted: String = tips.iter().map(|it| format!("{it}\n")).collect();
        // It reads everything before it says anything.
        stdin.write_all(wanted.as_bytes()).map_err(Error::io("write to", source.git_dir()))?;
    }
    packing.finish()?;
    indexing.finish()
}
