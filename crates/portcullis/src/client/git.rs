//! What is asked of the `git` on the client's side: which server the repository one stands in came
//! from, what is checked out there, and what its credential helper knows about that server. Never
//! prompts unless it was asked to.

use crate::Error;
use model::{RepositoryPath, Secret};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// A remote of the repository one stands in, as far as it leads to a Portcullis server.
pub struct Remote {
    /// `https://git.example.org`, without credentials and without a slash at its end. `None` over
    /// SSH, which does not say where the same server speaks HTTP.
    pub base: Option<String>,
    /// The host's name or address, without a port.
    pub host: String,
    /// The repository.
    pub path: RepositoryPath,
    /// User name and secret, when the URL holds them.
    pub login: Option<(String, Secret)>,
}

impl Remote {
    /// The remote `origin`, or the only remote there is. `None` outside of a repository, without
    /// a remote, or when it leads to no server.
    pub fn find() -> Option<Self> {
        Self::parse(git(&["remote", "get-url", "--push", "--", &remote_name()?])?.trim())
    }

    /// Takes `http(s)://[USER[:SECRET]@]HOST[/PREFIX]/WORKSPACE/REPOSITORY[.git]` apart, and
    /// `ssh://[USER@]HOST[:PORT]/WORKSPACE/REPOSITORY[.git]` with git's short form of it.
    fn parse(url: &str) -> Option<Self> {
        let Some((scheme, rest)) = url.split_once("://") else { return Self::parse_short(url) };
        let (authority, path) = rest.split_once('/')?;
        let (userinfo, host) = match authority.rsplit_once('@') {
            Some((userinfo, host)) => (Some(userinfo), host),
            None => (None, authority),
        };
        match scheme {
            "http" | "https" => {}
            "ssh" | "git+ssh" | "ssh+git" => return Self::over_ssh(host_name(host), path),
            _ => return None,
        }
        let path = path.trim_end_matches('/');
        let (front, repository) = path.rsplit_once('/')?;
        let (prefix, workspace) = match front.rsplit_once('/') {
            Some((prefix, workspace)) => (format!("/{prefix}"), workspace),
            None => (String::new(), front),
        };
        Some(Self {
            base: Some(format!("{scheme}://{host}{prefix}")),
            host: host_name(host).to_owned(),
            path: RepositoryPath::from_parts(workspace, repository).ok()?,
            login: userinfo
                .and_then(|it| it.split_once(':'))
                .map(|(user, secret)| (decode(user), Secret::new(decode(secret)))),
        })
    }

    /// `[USER@]HOST:WORKSPACE/REPOSITORY[.git]`; a path of this machine has no such beginning.
    fn parse_short(url: &str) -> Option<Self> {
        let (authority, path) = url.split_once(':').filter(|(front, _)| !front.contains('/'))?;
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        Self::over_ssh(host, path)
    }

    fn over_ssh(host: &str, path: &str) -> Option<Self> {
        let (workspace, repository) = path.trim_matches('/').split_once('/')?;
        let path = RepositoryPath::from_parts(workspace, repository).ok()?;
        Some(Self { base: None, host: host.to_owned(), path, login: None })
    }
}

/// `h` of `h:8080`, `::1` of `[::1]:22`.
pub fn host_name(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|it| it.split_once(']')) {
        Some((address, _)) => address,
        None => authority.split_once(':').map_or(authority, |(host, _)| host),
    }
}

fn remote_name() -> Option<String> {
    let remotes = git(&["remote"])?;
    let mut names = remotes.lines();
    let only = names.next()?;
    Some(if names.any(|it| it == "origin") { "origin" } else { only }.to_owned())
}

/// The branch that is checked out where one stands, by its short name.
pub fn current_branch() -> Option<String> {
    Some(git(&["symbolic-ref", "--quiet", "--short", "HEAD"])?.trim().to_owned())
}

/// The first line of the message of a branch's last commit.
pub fn last_subject(branch: &str) -> Option<String> {
    let name = format!("refs/heads/{branch}");
    Some(git(&["log", "-1", "--format=%s", &name, "--"])?.trim().to_owned())
}

/// Fetches a ref of the server and checks its commit out, without a branch. What git says goes
/// to the terminal.
pub fn fetch_and_checkout(name: &str) -> Result<(), Error> {
    let remote = remote_name()
        .ok_or_else(|| Error::Usage("stand in a clone of the repository for this".into()))?;
    let fetch = ["fetch", "--quiet", &remote, name];
    for arguments in [&fetch[..], &["checkout", "--quiet", "--detach", "FETCH_HEAD"]] {
        let failed = |why: String| Error::Failed(format!("git {}: {why}", arguments.join(" ")));
        let status = Command::new("git").args(arguments).status();
        let status = status.map_err(|it| failed(it.to_string()))?;
        if !status.success() {
            return Err(failed(status.to_string()));
        }
    }
    Ok(())
}

fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Standard output of a git command, or `None` if there is no git or it says no.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// User name and secret that git knows for a server. With `prompt`, git asks for what no helper
/// knows, without showing it.
pub fn credential_from_git(
    base: &str,
    user: Option<&str>,
    prompt: bool,
) -> Result<Option<(String, Secret)>, Error> {
    let Some((protocol, rest)) = base.split_once("://") else { return Ok(None) };
    let host = rest.split('/').next().unwrap_or_default();
    let mut question = format!("protocol={protocol}\nhost={host}\n");
    if let Some(user) = user {
        question.push_str(&format!("username={user}\n"));
    }
    let mut command = Command::new("git");
    command.args(["credential", "fill"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    if !prompt {
        // Both, because an askpass program opens a window even where the terminal is off limits.
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "true").stderr(Stdio::null());
    }
    let failed = |e: std::io::Error| Error::Failed(format!("cannot ask git for a credential: {e}"));
    let mut child = match command.spawn() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !prompt => return Ok(None),
        spawned => spawned.map_err(failed)?,
    };
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(question.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let field = |name: &str| {
        text.lines().find_map(|it| it.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
    };
    let (user, secret) = (field("username"), field("password"));
    if secret.is_empty() {
        return Ok(None);
    }
    Ok(Some((user.to_owned(), Secret::new(secret))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_leads_to_a_server_and_never_to_one_that_cannot_be_known() {
        for (url, base, path, user) in [
            ("http://h:8080/acme/site.git", "http://h:8080", "acme/site", None),
            ("https://h/acme/site", "https://h", "acme/site", None),
            ("https://h/git/x/acme/site.git/", "https://h/git/x", "acme/site", None),
            ("http://ann:p%40ss@h/acme/site.git", "http://h", "acme/site", Some("ann")),
            ("http://ann@h/acme/site.git", "http://h", "acme/site", None),
        ] {
            let remote = Remote::parse(url).unwrap();
            assert_eq!(remote.base.as_deref(), Some(base));
            assert_eq!(remote.path.to_string(), path);
            assert_eq!(remote.login.as_ref().map(|it| it.0.as_str()), user, "{url}");
        }
        for (url, host) in [
            ("ssh://git@h/acme/site.git", "h"),
            ("ssh://git@h:2222/acme/site", "h"),
            ("ssh://git@[::1]:2222/acme/site.git/", "::1"),
            ("git@h:acme/site.git", "h"),
            ("h:/acme/site", "h"),
        ] {
            let remote = Remote::parse(url).unwrap();
            assert_eq!((remote.base, remote.host.as_str()), (None, host), "{url}");
            assert_eq!(remote.path.to_string(), "acme/site", "{url}");
        }
        for bad in [
            "/srv/site.git",
            "./a:b/c",
            "file:///acme/site.git",
            "ssh://git@h/a/b/c.git",
            "http://h/site",
            "http://h",
            "",
        ] {
            assert!(Remote::parse(bad).is_none(), "{bad}");
        }
    }
}
