//! A throw-away PostgreSQL for tests: started when first asked for, gone when the test binary ends.
//!
//! It listens on a socket in a directory of its own and nowhere else, so that any number of test
//! binaries can run at once, and it forgoes durability for speed. It must never be used for
//! anything but tests. A missing PostgreSQL is an error with a message and never a skipped test.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};

/// A running PostgreSQL.
pub struct Cluster {
    programs: PathBuf,
    directory: PathBuf,
    keeper: Mutex<Option<Child>>,
}

/// Makes the cluster, says `ready`, waits for the end of its input (which comes when the test
/// process ends, however it ends) and cleans up. PostgreSQL is stopped by the pid in its own data
/// directory.
const KEEPER: &str = r#"
set -eu
dir=$(mktemp -d "${TMPDIR:-/tmp}/testpg.XXXXXX")
clean() { "$1/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || :; rm -rf "$dir"; }
trap 'clean "$1"' EXIT
trap 'exit 1' HUP INT TERM
trap '' PIPE
{
    "$1/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync &&
    "$1/pg_ctl" -D "$dir/data" -l "$dir/log" -w start -o "-k $dir -c listen_addresses= \
        -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=16MB"
} >"$dir/setup" 2>&1 || { cat "$dir/setup" "$dir/log" >&2 2>/dev/null; exit 1; }
echo "$dir" || :
cat >/dev/null
"#;

impl Cluster {
    /// Starts a PostgreSQL of its own. Most tests want [`shared`].
    pub fn start() -> Result<Self, String> {
        let programs = find_programs()?;
        // PostgreSQL refuses to run as root.
        let mut command = if is_root()? {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", "sh", "-c", KEEPER, "testpg"]);
            command
        } else {
            let mut command = Command::new("sh");
            command.args(["-c", KEEPER, "testpg"]);
            command
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut keeper = command
            .arg(&programs)
            .current_dir("/")
            // Nothing of the caller's PG* variables may reach it.
            .env_clear()
            .env("PATH", path)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| format!("PostgreSQL cannot be started: {error}"))?;
        let mut directory = String::new();
        if let Some(stdout) = keeper.stdout.take() {
            BufReader::new(stdout).read_line(&mut directory).map_err(|error| error.to_string())?;
        }
        if directory.is_empty() {
            return Err("PostgreSQL did not start: its messages are above".into());
        }
        let directory = PathBuf::from(directory.trim_end());
        Ok(Self { programs, directory, keeper: Mutex::new(Some(keeper)) })
    }

    /// The URL of a database of this cluster; it need not exist.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.directory.display())
    }

    /// Creates an empty database, or a copy of another to which nobody may be connected. The names
    /// must be plain words.
    pub fn create(&self, database: &str, template: Option<&str>) -> Result<(), String> {
        let template = template.unwrap_or("template0");
        self.sql("postgres", &format!("create database {database} template {template}")).map(drop)
    }

    /// Runs statements in a database and returns the rows, unaligned, one per line.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let output = Command::new(self.programs.join("psql"))
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-h"])
            .arg(&self.directory)
            .args(["-d", database, "-c", sql])
            .env_clear()
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("psql cannot be started: {error}"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// Stops it at once, as a crash would, and waits until it is gone.
    pub fn stop(&self) -> Result<(), String> {
        let keeper = self.keeper.lock().map_err(|error| error.to_string())?.take();
        match keeper {
            Some(mut keeper) => {
                drop(keeper.stdin.take());
                keeper.wait().map(drop).map_err(|error| error.to_string())
            }
            None => Ok(()),
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("PostgreSQL was not stopped: {error}");
        }
    }
}

/// The PostgreSQL that all tests of this binary share, started by whoever asks first. Each test
/// creates a database of its own in it.
pub fn shared() -> Result<&'static Cluster, String> {
    static SHARED: OnceLock<Result<Cluster, String>> = OnceLock::new();
    SHARED.get_or_init(Cluster::start).as_ref().map_err(Clone::clone)
}

/// Where `initdb` and its like are: on the path, or where Debian hides them, the newest first.
fn find_programs() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        let mut versions: Vec<_> = versions.filter_map(|it| it.ok().map(|it| it.path())).collect();
        versions.sort_by_key(|it| std::cmp::Reverse(version_of(it)));
        places.extend(versions.into_iter().map(|it| it.join("bin")));
    }
    let has_all = |place: &PathBuf| {
        ["initdb", "pg_ctl", "psql", "postgres"].iter().all(|it| place.join(it).is_file())
    };
    places.into_iter().find(has_all).ok_or_else(|| {
        "the tests need PostgreSQL (initdb, pg_ctl, psql) and found none: `cargo xtask test` \
         installs it, or on Debian `apt-get install postgresql`"
            .to_owned()
    })
}

fn version_of(directory: &Path) -> u32 {
    let name = directory.file_name().and_then(|it| it.to_str());
    name.and_then(|it| it.parse().ok()).unwrap_or(0)
}

fn is_root() -> Result<bool, String> {
    let output = Command::new("id")
        .arg("-u")
        .output()
        .map_err(|error| format!("`id` cannot be started: {error}"))?;
    Ok(output.stdout.trim_ascii() == b"0")
}
