//! A git newer than the distribution's, for the tests that run every session with both.
//!
//! Debian's next release has one. Its `git` and `libc6` packages are fetched with apt (which
//! checks their signatures) and unpacked below `target/`; nothing is installed. A program built
//! for a newer C library runs here through that library's own loader, so each program is a
//! two-line script that calls the loader.

use crate::run::{output, run, say, target};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The release it comes from, and the least version that is new enough.
const RELEASE: &str = "trixie";
const LEAST: (u32, u32) = (2, 47);

/// The path of a newer git: the system's own where that is new enough, else the unpacked one.
pub fn ensure() -> Result<PathBuf> {
    if version(Path::new("git")).is_some_and(|it| it >= LEAST) {
        return Ok("git".into());
    }
    let home = target().join("newer-git");
    let git = home.join("bin/git");
    if version(&git).is_some_and(|it| it >= LEAST) {
        return Ok(git);
    }
    say("xtask: fetching a newer git from Debian's archive");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let root = home.join("root");
    fs::create_dir_all(&root)?;
    for package in fetch(&home.join("apt"))? {
        run(Command::new("dpkg").arg("-x").arg(&package).arg(&root))?;
    }
    wrap(&home, &root)?;
    fs::remove_dir_all(home.join("apt"))?;
    match version(&git) {
        Some(found) if found >= LEAST => Ok(git),
        Some(found) => bail!("git {found:?} of {RELEASE} is older than {LEAST:?}"),
        None => bail!("the git of {RELEASE} does not start here: try `{}`", git.display()),
    }
}

fn version(git: &Path) -> Option<(u32, u32)> {
    let said = output(Command::new(git).arg("--version")).ok()?;
    let mut parts = said.trim().strip_prefix("git version ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Downloads the packages with lists and caches of their own, so that the system's package
/// database does not learn of the other release.
fn fetch(apt: &Path) -> Result<Vec<PathBuf>> {
    let debs = apt.join("debs");
    for folder in ["lists/partial", "cache/archives/partial", "debs"] {
        fs::create_dir_all(apt.join(folder))?;
    }
    let sources = apt.join("sources.list");
    let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
    fs::write(&sources, format!("deb [signed-by={keys}] {} {RELEASE} main\n", archive()?))?;
    let options = [
        format!("Dir::Etc::sourcelist={}", sources.display()),
        "Dir::Etc::sourceparts=-".into(),
        format!("Dir::State::lists={}", apt.join("lists").display()),
        format!("Dir::Cache={}", apt.join("cache").display()),
        // The folder belongs to whoever builds, not to apt's own user.
        "APT::Sandbox::User=root".into(),
    ];
    let apt_get = || {
        let mut command = Command::new("apt-get");
        command.arg("-q").args(options.iter().flat_map(|it| ["-o", it])).current_dir(&debs);
        command
    };
    run(apt_get().arg("update"))?;
    run(apt_get().arg("download").args(["git", "libc6"].map(|it| format!("{it}/{RELEASE}"))))?;
    let files = fs::read_dir(&debs)?.map(|it| Ok(it?.path()));
    files.collect::<Result<_>>()
}

/// The archive this machine is configured with, so that a mirror stays the mirror.
fn archive() -> Result<String> {
    if let Some(known) = known_archive()? {
        return Ok(known);
    }
    // Container images come without package lists, and only those say which archive is Debian's.
    run(Command::new("apt-get").args(["-q", "update"]))?;
    known_archive()?.context("apt is not configured with a Debian archive")
}

fn known_archive() -> Result<Option<String>> {
    let mut command = Command::new("apt-get");
    command.args(["indextargets", "--format", "$(REPO_URI)"]);
    command.args(["Origin: Debian", "Label: Debian", "Created-By: Packages"]);
    Ok(output(&mut command)?.lines().next().map(str::to_owned))
}

/// Writes the scripts: `bin/git`, and in `exec/` one per program git starts by name.
fn wrap(home: &Path, root: &Path) -> Result<()> {
    let core = root.join("usr/lib/git-core");
    let (exec, bin) = (home.join("exec"), home.join("bin"));
    fs::create_dir_all(&exec)?;
    fs::create_dir_all(&bin)?;
    let loader = find_loader(root)?;
    let libraries = loader.parent().context("the loader is in a folder")?;
    let system = Path::new("/").join(libraries.strip_prefix(root)?);
    let call = format!(
        "exec {} --library-path {}:{} --argv0",
        loader.display(),
        libraries.display(),
        system.display()
    );
    for entry in fs::read_dir(&core)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        let (name, to) = (name.to_string_lossy(), exec.join(entry.file_name()));
        if path.is_dir() || !path.exists() {
            continue;
        }
        if fs::read(&path)?.starts_with(b"\x7fELF") {
            script(&to, &format!("{call} {name} {} \"$@\"", path.display()))?;
        } else {
            fs::copy(&path, &to)?;
        }
    }
    let templates = root.join("usr/share/git-core/templates");
    let setup = format!(
        "export GIT_EXEC_PATH={} GIT_TEMPLATE_DIR={}\n",
        exec.display(),
        templates.display()
    );
    script(&bin.join("git"), &format!("{setup}{call} git {} \"$@\"", core.join("git").display()))?;
    // Its HTTP half uses the system's libcurl. Without arguments it prints its usage and fails.
    match output(&mut Command::new(exec.join("git-remote-http"))) {
        Err(usage) if usage.to_string().contains("usage") => Ok(()),
        Err(error) => {
            Err(error.context("install `git` from apt, whose libcurl the newer one uses"))
        }
        Ok(_) => bail!("`git-remote-http` without arguments did not print its usage"),
    }
}

fn find_loader(root: &Path) -> Result<PathBuf> {
    let triples = fs::read_dir(root.join("usr/lib"))?;
    for triple in triples {
        let folder = triple?.path();
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry?;
            if entry.file_name().to_string_lossy().starts_with("ld-linux") {
                return Ok(entry.path());
            }
        }
    }
    bail!("the libc6 package of {RELEASE} holds no loader")
}

fn script(path: &Path, body: &str) -> Result<()> {
    fs::write(path, format!("#!/bin/sh\n{body}\n"))?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    Ok(())
}
