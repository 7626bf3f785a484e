//! Installs what a run needs through the system's package manager, and nothing when nothing is
//! missing. Services that come with a package are not started.

use crate::run::{run, say, works};
use anyhow::{Context, Result, bail};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// A Debian package, and how to tell that it is not needed any more.
pub struct Need {
    pub package: &'static str,
    pub is_there: fn() -> bool,
}

/// What `cargo xtask test` needs besides Rust (with its C compiler).
pub const FOR_TESTS: &[Need] = &[
    Need { package: "git", is_there: || answers("git", "--version") },
    Need { package: "postgresql", is_there: has_postgres },
    Need { package: "openssh-client", is_there: || answers("ssh", "-V") },
    Need { package: "gnupg", is_there: || answers("gpg", "--version") },
    Need { package: "python3-venv", is_there: has_venv },
    Need { package: "curl", is_there: || answers("curl", "--version") },
    Need { package: "jq", is_there: || answers("jq", "--version") },
    Need { package: "openssl", is_there: || answers("openssl", "version") },
];

/// What `cargo xtask bench` needs to run stock git behind a web server.
pub const FOR_BENCH: &[Need] = &[
    Need { package: "nginx-light", is_there: || answers("nginx", "-v") },
    Need { package: "fcgiwrap", is_there: || answers("fcgiwrap", "-h") },
    Need { package: "openssh-server", is_there: || Path::new("/usr/sbin/sshd").exists() },
    Need { package: "gitolite3", is_there: || Path::new("/usr/bin/gitolite").exists() },
    Need { package: "python3", is_there: || answers("python3", "--version") },
];

fn answers(program: &str, flag: &str) -> bool {
    works(Command::new(program).arg(flag))
}

/// Debian keeps the server's programs out of `PATH`.
fn has_postgres() -> bool {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    versions.into_iter().any(|it| it.path().join("bin/postgres").exists())
        || answers("postgres", "--version")
}

/// `python3 -m venv` needs ensurepip, which Debian packages apart.
fn has_venv() -> bool {
    works(Command::new("python3").args(["-c", "import venv, ensurepip"]))
}

/// Installs those of `needs` that are missing.
pub fn install(needs: &[Need]) -> Result<()> {
    let missing: Vec<&str> =
        needs.iter().filter(|it| !(it.is_there)()).map(|it| it.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    say(&format!("xtask: installing {}", missing.join(", ")));
    let by_hand = || format!("install by hand, then run this again: {}", missing.join(" "));
    if !works(Command::new("apt-get").arg("--version")) {
        bail!("there is no apt-get here; {}", by_hand());
    }
    let quiet = QuietServices::begin()?;
    run(apt_get().arg("update")).with_context(by_hand)?;
    run(apt_get().args(["install", "-y", "--no-install-recommends"]).args(&missing))
        .with_context(by_hand)?;
    quiet.end()?;
    match needs.iter().find(|it| !(it.is_there)()) {
        Some(need) => bail!("`{}` was installed, but what it brings is not found", need.package),
        None => Ok(()),
    }
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("-q");
    command
}

/// Debian asks this program before it starts a service; ours says no while we install.
struct QuietServices {
    ours: bool,
}

impl QuietServices {
    const POLICY: &str = "/usr/sbin/policy-rc.d";

    fn begin() -> Result<Self> {
        let path = Path::new(Self::POLICY);
        if path.exists() {
            return Ok(Self { ours: false });
        }
        fs::write(path, "#!/bin/sh\nexit 101\n")
            .context("packages can only be installed as root")?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        Ok(Self { ours: true })
    }

    fn end(self) -> Result<()> {
        if self.ours {
            fs::remove_file(Self::POLICY)?;
        }
        Ok(())
    }
}
