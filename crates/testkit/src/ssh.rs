//! People with SSH keys: pairs made with `ssh-keygen`, and OpenSSH's client, which knows the server
//! from the page on which it shows its host keys and trusts nothing else.

use crate::git::{Git, hermetic};
use crate::server::Server;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A pair of keys in two files.
#[derive(Clone, Debug)]
pub struct KeyPair {
    path: PathBuf,
}

impl KeyPair {
    /// Makes a pair of this kind (`ed25519`, `ecdsa`, `rsa`) in a folder.
    #[track_caller]
    pub fn make(folder: &Path, name: &str, kind: &str) -> Self {
        let path = folder.join(name);
        let mut keygen = Command::new("ssh-keygen");
        hermetic(&mut keygen);
        let made = keygen
            .args(["-q", "-t", kind, "-N", "", "-C", &format!("{name}@laptop"), "-f"])
            .arg(&path)
            .output()
            .expect("ssh-keygen, of the package openssh-client");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self { path }
    }

    /// The file of the private key.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The public key as people paste it.
    pub fn public(&self) -> String {
        let text = fs::read_to_string(self.path.with_extension("pub")).expect("a public key");
        text.trim().to_owned()
    }

    /// `SHA256:…`, as `ssh-keygen` shows it.
    pub fn fingerprint(&self) -> String {
        let shown = Command::new("ssh-keygen").arg("-lf").arg(&self.path).output();
        let shown = String::from_utf8(shown.expect("ssh-keygen").stdout).expect("text");
        shown.split(' ').nth(1).expect("a fingerprint").to_owned()
    }
}

/// One of the two ways to a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Http,
    Ssh,
}

impl Door {
    /// Both, for a test that has to hold for either.
    pub fn all() -> [Self; 2] {
        [Self::Http, Self::Ssh]
    }
}

/// What came of an `ssh` command.
#[derive(Debug, PartialEq, Eq)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Server {
    /// Gives a user a key of this kind, labelled `laptop`, which they use from now on.
    #[track_caller]
    pub fn create_key(&self, user: &str, kind: &str) -> KeyPair {
        let pair = KeyPair::make(self.home(), &format!("{user}-{kind}"), kind);
        let body = json!({ "label": "laptop", "key": pair.public() });
        self.admin().post(&format!("/api/v1/users/{user}/ssh-keys"), &body).expect(201);
        pair
    }

    /// How a user comes to a repository through this door: this git, ready for it, and the address.
    #[track_caller]
    pub fn reach(&self, door: Door, git: Git, name: &str, repository: &str) -> (Git, String) {
        match door {
            Door::Http => (git, self.url_as(name, repository)),
            Door::Ssh => {
                let words = self.ssh_words(Some(&self.key_of(name))).join(" ");
                (git.over_ssh(&words), self.ssh_url_of(repository))
            }
        }
    }

    /// The key of a user, made when it is first asked for.
    #[track_caller]
    fn key_of(&self, name: &str) -> KeyPair {
        let known = self.keys.borrow().get(name).cloned();
        known.unwrap_or_else(|| {
            let pair = self.create_key(name, "ed25519");
            self.keys.borrow_mut().insert(name.to_owned(), pair.clone());
            pair
        })
    }

    /// `ssh://git@127.0.0.1:PORT/acme/site.git`.
    #[track_caller]
    pub fn ssh_url_of(&self, repository: &str) -> String {
        format!("ssh://git@{}/{repository}.git", self.ssh_addr())
    }

    /// A file of `known_hosts` lines, as the server's page shows them.
    #[track_caller]
    pub fn known_hosts(&self) -> PathBuf {
        let page = self.rest().get("/.well-known/ssh-known-hosts");
        assert_eq!(page.status, 200);
        let path = self.home().join("known_hosts");
        fs::write(&path, &page.text).expect("a file");
        path
    }

    /// OpenSSH's client with this key and nothing of the machine's configuration: the words of a
    /// command line, ready for `GIT_SSH_COMMAND`.
    #[track_caller]
    pub fn ssh_words(&self, key: Option<&KeyPair>) -> Vec<String> {
        let known = format!("UserKnownHostsFile={}", self.known_hosts().display());
        let mut words = vec!["ssh".to_owned(), "-F".to_owned(), "none".to_owned()];
        let fixed = [
            "StrictHostKeyChecking=yes",
            "GlobalKnownHostsFile=/dev/null",
            known.as_str(),
            "UpdateHostKeys=no",
            "ConnectTimeout=30",
        ];
        words.extend(fixed.iter().flat_map(|it| ["-o".to_owned(), (*it).to_owned()]));
        if let Some(key) = key {
            let only = ["-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none", "-i"];
            words.extend(only.map(str::to_owned));
            words.push(key.path().display().to_string());
        }
        words
    }

    /// `ssh git@SERVER COMMAND`, without a terminal.
    #[track_caller]
    pub fn ssh(&self, key: &KeyPair, options: &[&str], command: &[&str]) -> Said {
        let (host, port) = (self.ssh_addr().ip().to_string(), self.ssh_addr().port().to_string());
        let mut words = self.ssh_words(Some(key)).into_iter();
        let mut ssh = Command::new(words.next().expect("a program"));
        hermetic(&mut ssh);
        ssh.args(words).args(["-T", "-p", &port]).args(options);
        ssh.arg(format!("git@{host}")).args(command).stdin(std::process::Stdio::null());
        let out = ssh.output().expect("ssh, of the package openssh-client");
        let text = |bytes| String::from_utf8_lossy(bytes).replace("\r\n", "\n");
        Said { code: out.status.code(), out: text(&out.stdout), err: text(&out.stderr) }
    }

    /// The distribution's git, which comes over SSH with this key.
    #[track_caller]
    pub fn git_with_key(&self, key: &KeyPair) -> Git {
        Git::system().over_ssh(&self.ssh_words(Some(key)).join(" "))
    }
}
