//! A server in the test's process, and the people who use it.

use crate::database::Database;
use crate::git::Git;
use crate::rest::Rest;
use crate::ssh::KeyPair;
use crate::work_tree::WorkTree;
use portcullis::config::{Config, Sources};
use portcullis::serve::{self, Running};
use serde_json::json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The scopes of the tokens that people have who are not said to have others.
const EVERYTHING: [&str; 15] = [
    "read:repository:bitbucket",
    "write:repository:bitbucket",
    "admin:repository:bitbucket",
    "delete:repository:bitbucket",
    "read:project:bitbucket",
    "admin:project:bitbucket",
    "read:workspace:bitbucket",
    "admin:workspace:bitbucket",
    "read:user:bitbucket",
    "write:user:bitbucket",
    "read:permission:bitbucket",
    "write:permission:bitbucket",
    "delete:permission:bitbucket",
    "read:pullrequest:bitbucket",
    "write:pullrequest:bitbucket",
];

/// A running server with an empty installation. Stops when dropped.
pub struct Server {
    running: Option<Running>,
    /// What it was first started with, but for settings.
    sources: Sources,
    config: Config,
    url: String,
    admin: Rest,
    /// What each person signs in with, by user name.
    secrets: RefCell<BTreeMap<String, Login>>,
    /// The SSH keys of people, by user name.
    pub(crate) keys: RefCell<BTreeMap<String, KeyPair>>,
    /// Where each repository is on the server's disk, by its path.
    folders: RefCell<BTreeMap<String, PathBuf>>,
    home: TempDir,
}

/// What is given to git as user name and password.
#[derive(Clone, Debug)]
pub struct Login {
    pub user: String,
    pub secret: String,
}

impl Server {
    /// An empty installation on SQLite.
    pub fn start() -> Self {
        Self::start_on(Database::Sqlite)
    }

    /// An empty installation on this database.
    pub fn start_on(database: Database) -> Self {
        Self::start_with(database, &[])
    }

    /// An empty installation on this database, with `KEY=VALUE` as in `--set`.
    pub fn start_with(database: Database, settings: &[&str]) -> Self {
        Self::start_by(database, settings, "")
    }

    /// The same, with a configuration file of this content. `HOME` in it is [`home`](Self::home).
    pub fn start_by(database: Database, settings: &[&str], file: &str) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let data = home.path().join("data");
        let path = home.path().join("portcullis.toml");
        let file = file.replace("HOME", &home.path().display().to_string());
        fs::write(&path, file).expect("a configuration file");
        let mut flags = vec![
            ("data", data.display().to_string()),
            ("http", "127.0.0.1:0".to_owned()),
            ("ssh", "127.0.0.1:0".to_owned()),
        ];
        flags.extend(database.create().map(|it| ("database", it)));
        let mut sources = Sources { flags, file: Some(path), ..Sources::default() };
        let config = configured(&mut sources, settings);
        let running = serve::start(config.clone()).expect("a server");
        let url = running.http_url().to_owned();
        let token = fs::read_to_string(data.join(serve::ADMIN_TOKEN)).expect("the admin's token");
        let admin = Rest::new(&url, Some(format!("Bearer {}", token.trim())));
        let login = Login { user: "admin".into(), secret: token.trim().to_owned() };
        Self {
            running: Some(running),
            sources,
            config,
            url,
            admin,
            secrets: RefCell::new([("admin".to_owned(), login)].into()),
            keys: RefCell::default(),
            folders: RefCell::default(),
            home,
        }
    }

    /// Stops it as SIGTERM would, and starts it again on the same data, at another port.
    pub fn restart(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().expect("the server stops cleanly");
        }
        let running = serve::start(self.config.clone()).expect("the server starts again");
        self.url = running.http_url().to_owned();
        let secret = self.login("admin").secret;
        self.admin = Rest::new(&self.url, Some(format!("Bearer {secret}")));
        self.running = Some(running);
    }

    /// The same with these settings, `KEY=VALUE`, instead of those it had.
    pub fn restart_with(&mut self, settings: &[&str]) {
        self.config = configured(&mut self.sources, settings);
        self.restart();
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the SSH door is.
    #[track_caller]
    pub fn ssh_addr(&self) -> SocketAddr {
        let running = self.running.as_ref().expect("a server that runs");
        running.ssh_addr().expect("a server with an SSH door")
    }

    /// A folder of its own for what people keep.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// REST as the administrator of the installation.
    pub fn admin(&self) -> &Rest {
        &self.admin
    }

    /// REST as this person, by their token.
    #[track_caller]
    pub fn rest_as(&self, name: &str) -> Rest {
        Rest::new(&self.url, Some(format!("Bearer {}", self.login(name).secret)))
    }

    /// REST as nobody.
    pub fn rest(&self) -> Rest {
        Rest::new(&self.url, None)
    }

    /// Creates a user with an API token named `laptop` that may be used for everything.
    #[track_caller]
    pub fn create_user(&self, name: &str) {
        let body = json!({
            "username": name, "display_name": name, "email": format!("{name}@example.org"),
        });
        self.admin.post("/api/v1/users", &body).expect(201);
        self.create_token(name, "laptop", &EVERYTHING);
    }

    /// Gives a user another API token, which they use from now on. Returns it as the server
    /// showed it: `id`, `token` and so on.
    #[track_caller]
    pub fn create_token(&self, user: &str, name: &str, scopes: &[&str]) -> serde_json::Value {
        let body = json!({ "name": name, "scopes": scopes });
        let made = self.admin.post(&format!("/api/v1/users/{user}/tokens"), &body).expect(201);
        self.signs_in(user, user, made["token"].as_str().expect("a token"));
        made
    }

    /// Creates an access token of a repository; `name` is a person from now on, who signs in
    /// with it.
    #[track_caller]
    pub fn create_access_token(
        &self,
        repository: &str,
        name: &str,
        scopes: &[&str],
    ) -> serde_json::Value {
        let body = json!({ "name": name, "scopes": scopes });
        let path = format!("/api/v1/repositories/{repository}/access-tokens");
        let made = self.admin.post(&path, &body).expect(201);
        self.signs_in(name, "x-token-auth", made["token"].as_str().expect("a token"));
        made
    }

    /// From now on, `name` uses this user name and secret.
    pub fn signs_in(&self, name: &str, user: &str, secret: &str) {
        let login = Login { user: user.to_owned(), secret: secret.to_owned() };
        self.secrets.borrow_mut().insert(name.to_owned(), login);
    }

    /// What this person signs in with.
    #[track_caller]
    pub fn login(&self, name: &str) -> Login {
        let secrets = self.secrets.borrow();
        secrets.get(name).unwrap_or_else(|| panic!("nobody is called `{name}`")).clone()
    }

    /// Creates a workspace. Existing ones are left alone.
    #[track_caller]
    pub fn create_workspace(&self, slug: &str) {
        let body = json!({ "slug": slug, "name": slug });
        if self.admin.get(&format!("/2.0/workspaces/{slug}")).status == 404 {
            self.admin.post("/api/v1/workspaces", &body).expect(201);
        }
    }

    /// Creates a private, empty repository, and its workspace if need be.
    #[track_caller]
    pub fn create_repository(&self, path: &str) {
        let (workspace, _) = path.split_once('/').expect("workspace/repository");
        self.create_workspace(workspace);
        self.create_repository_as(path, &json!({ "scm": "git", "is_private": true }));
    }

    /// Creates an empty repository with this body of Bitbucket's `POST`.
    #[track_caller]
    pub fn create_repository_as(&self, path: &str, body: &serde_json::Value) {
        let before = self.folders_on_disk();
        self.admin.post(&format!("/2.0/repositories/{path}"), body).expect(200);
        let new: Vec<PathBuf> =
            self.folders_on_disk().into_iter().filter(|it| !before.contains(it)).collect();
        let [folder] = new.as_slice() else { panic!("one new folder expected: {new:?}") };
        self.folders.borrow_mut().insert(path.to_owned(), folder.clone());
    }

    /// Puts two commits on `main`, as the administrator: `one`, then `two`.
    #[track_caller]
    pub fn seed(&self, repository: &str) {
        let tree = WorkTree::beside(Git::system(), &self.url_as("admin", repository));
        tree.commit("one");
        tree.commit("two");
        tree.push("main").accepted();
    }

    /// Grants a permission on a repository. `subject` as in the contract:
    /// `{"type": "user", "name": "ann"}`.
    #[track_caller]
    pub fn grant(&self, repository: &str, subject: &serde_json::Value, permission: &str) {
        let body = json!({ "subject": subject, "permission": permission });
        self.admin.put(&format!("/api/v1/repositories/{repository}/grants"), &body).expect(200);
    }

    /// Adds a restriction to a repository; the body is the contract's. Returns it as stored.
    #[track_caller]
    pub fn restrict(&self, repository: &str, body: &serde_json::Value) -> serde_json::Value {
        let path = format!("/api/v1/repositories/{repository}/restrictions");
        self.admin.post(&path, body).expect(201)
    }

    /// The repository's address without a credential.
    pub fn url_of(&self, repository: &str) -> String {
        format!("{}/{repository}.git", self.url)
    }

    /// The repository's address with this person's credential in it.
    #[track_caller]
    pub fn url_as(&self, name: &str, repository: &str) -> String {
        let Login { user, secret } = self.login(name);
        let (scheme, rest) = self.url.split_once("://").expect("a URL");
        format!("{scheme}://{user}:{secret}@{rest}/{repository}.git")
    }

    /// This person's clone, by the distribution's git.
    #[track_caller]
    pub fn clone_as(&self, name: &str, repository: &str) -> WorkTree {
        self.clone_with(Git::system(), name, repository)
    }

    /// This person's clone, by this git.
    #[track_caller]
    pub fn clone_with(&self, git: Git, name: &str, repository: &str) -> WorkTree {
        WorkTree::clone(git, &self.url_as(name, repository))
    }

    /// The refs as stock git reads them from the server's disk: name and the first line of the
    /// message of what they point to.
    #[track_caller]
    pub fn refs(&self, repository: &str) -> Vec<String> {
        let format = "--format=%(refname) %(contents:subject)";
        let listed = Git::system().ok(&self.folder(repository), &["for-each-ref", format]);
        listed.lines().map(str::to_owned).collect()
    }

    /// What a push could have changed: every ref with its id, and every file below `objects`.
    #[track_caller]
    pub fn holdings(&self, repository: &str) -> Vec<String> {
        let folder = self.folder(repository);
        let mut found = Vec::new();
        let listed = Git::system().ok(&folder, &["for-each-ref"]);
        found.extend(listed.lines().map(str::to_owned));
        collect_files(&folder.join("objects"), &mut found);
        found.sort();
        found
    }

    /// The first line of the message of a branch's tip; `None` if there is no such branch.
    #[track_caller]
    pub fn tip(&self, repository: &str, branch: &str) -> Option<String> {
        let name = format!("refs/heads/{branch} ");
        self.refs(repository).iter().find_map(|it| it.strip_prefix(&name).map(str::to_owned))
    }

    /// Where the repository is on the server's disk: a plain bare repository.
    #[track_caller]
    pub fn folder(&self, repository: &str) -> PathBuf {
        let folders = self.folders.borrow();
        folders.get(repository).unwrap_or_else(|| panic!("no repository `{repository}`")).clone()
    }

    /// What stock git has against the repository on the server's disk must be nothing.
    #[track_caller]
    pub fn is_sound(&self, repository: &str) {
        Git::system().ok(&self.folder(repository), &["fsck", "--full", "--strict"]);
    }

    fn folders_on_disk(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect_repositories(&self.data().join("repositories"), &mut found);
        found
    }
}

fn configured(sources: &mut Sources, settings: &[&str]) -> Config {
    sources.assignments = settings.iter().map(|it| (*it).to_owned()).collect();
    Config::load(sources).expect("a configuration")
}

fn collect_files(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder that can be read") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect_files(&path, found);
        } else {
            found.push(path.display().to_string());
        }
    }
}

fn collect_repositories(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|it| it == "git") {
            found.push(path);
        } else if path.is_dir() {
            collect_repositories(&path, found);
        }
    }
}
