//! The application: what is open while the server runs, how it is opened and closed.

use crate::background::Background;
use crate::cache::Cache;
use crate::content::{Check, Patterns};
use crate::error::{Error, Result};
use crate::grounds::Grounds;
use crate::in_hand::InHand;
use crate::key_holders::Holders;
use crate::password::Passwords;
use crate::public_key::Authority;
use crate::pull_request::{Landings, MergeTasks, MergesUnderWay};
use crate::turns::Turns;
use crate::{clock, token_text};
use model::{DisplayName, Email, Fingerprint, Scope, Scopes, Secret, UserId, Username};
use repo::Repositories;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::{AccessToken, Actor, ApiToken, PrincipalFacts, Store, TokenHash, User};

/// How the application is opened.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// The data folder; created if need be.
    pub data: PathBuf,
    /// `sqlite:FILE` or `postgres://…`.
    pub database: String,
    /// How to talk to the database.
    pub database_options: store::Options,
    /// What people reach the server by, without a slash at the end.
    pub public_url: String,
    /// What a push may be.
    pub limits: repo::Limits,
    /// Whose certificates are taken for users: the public keys of the authorities.
    pub certificate_authorities: Vec<Authority>,
    /// The administrator's user name; counts at the first start only.
    pub admin_user: String,
    /// What a repository may have at most, in bytes, unless it has a limit of its own.
    pub repository_size: Option<u64>,
    /// The checks that `custom-check` rules can attach, by name.
    pub checks: BTreeMap<String, Arc<dyn Check>>,
    /// Pushes that run at the same time; others wait. There have to be some hundred threads for
    /// blocking work beside those that they are on.
    pub pushes_at_once: usize,
}

/// Everything that is open while the server runs.
pub struct App {
    pub(crate) store: Store,
    pub(crate) repositories: Arc<Repositories>,
    pub(crate) passwords: Passwords,
    pub(crate) grounds: Grounds,
    pub(crate) credentials: Credentials,
    pub(crate) background: Background,
    pub(crate) patterns: Patterns,
    pub(crate) merges: MergesUnderWay,
    pub(crate) turns: Turns,
    pub(crate) merge_tasks: MergeTasks,
    pub(crate) landings: Landings,
    pub(crate) in_hand: InHand,
    pub(crate) options: AppOptions,
    instance_uuid: String,
}

/// What is kept of credentials that were looked up, by what was presented. No secret is among it.
#[derive(Default)]
pub(crate) struct Credentials {
    pub api_tokens: Cache<TokenHash, (ApiToken, User)>,
    pub access_tokens: Cache<TokenHash, AccessToken>,
    pub keys: Cache<Fingerprint, Holders>,
    pub accounts: Cache<UserId, PrincipalFacts>,
}

impl App {
    /// Opens the store and the repositories, brings both to the state of the journal, and on the
    /// first start makes the administrator and writes their token to `admin-token` in the data
    /// folder.
    pub async fn open(options: AppOptions) -> Result<Arc<Self>> {
        let data = options.data.clone();
        let repositories = tokio::task::spawn_blocking(move || Repositories::open(&data)).await??;
        let store = Store::open(&options.database, options.database_options).await?;
        store.migrate().await?;
        let instance_uuid = store.instance_uuid().await?;
        let app = Arc::new(Self {
            store,
            repositories: Arc::new(repositories),
            passwords: Passwords::new()?,
            grounds: Grounds::default(),
            credentials: Credentials::default(),
            background: Background::default(),
            patterns: Patterns::default(),
            merges: MergesUnderWay::default(),
            turns: Turns::new(options.pushes_at_once),
            merge_tasks: MergeTasks::default(),
            landings: Landings::default(),
            in_hand: InHand::default(),
            options,
            instance_uuid,
        });
        app.refuse_a_stranger_database().await?;
        app.reconcile().await?;
        app.end_beginnings().await?;
        app.follow_all().await?;
        app.keep_missing_refs().await?;
        app.make_administrator().await?;
        app.start_background();
        app.start_landings();
        Ok(app)
    }

    /// Writes down what is waiting and leaves everything as a clean start finds it. Call it when
    /// nothing is served any more.
    pub async fn close(self: Arc<Self>) -> Result<()> {
        self.landings.stop().await;
        self.background.stop();
        self.flush_used().await;
        self.store.sync_records().await?;
        let app = Arc::clone(&self);
        tokio::task::spawn_blocking(move || app.repositories.checkpoint()).await??;
        self.store.close().await;
        Ok(())
    }

    /// The work that goes on although nobody waits for it. To be waited for before closing.
    pub fn in_hand(&self) -> &InHand {
        &self.in_hand
    }

    /// Can the server do its work: do database and storage answer?
    pub async fn ready(self: &Arc<Self>) -> Result<()> {
        self.store.ping().await?;
        let folder = self.options.data.join("repositories");
        let looked =
            tokio::task::spawn_blocking(move || std::fs::read_dir(folder).map(drop)).await?;
        looked.map_err(|it| Error::away("the storage does not answer", it))
    }

    /// The UUID of this installation: lower case, hyphenated, without braces.
    pub fn instance_uuid(&self) -> &str {
        &self.instance_uuid
    }

    /// What people reach the server by, without a slash at the end.
    pub fn public_url(&self) -> &str {
        self.options.public_url.trim_end_matches('/')
    }

    /// An empty database beside repositories is not a first start: the database is not the one
    /// that belongs here. Going on would replace `admin-token`, take what the journal holds for
    /// recorded, and give numbers of repositories that exist to new ones.
    async fn refuse_a_stranger_database(&self) -> Result<()> {
        let users = self.store.list_users(store::PageRequest { offset: 0, limit: 1 }).await?;
        if users.size > 0 {
            return Ok(());
        }
        let folder = self.options.data.join("repositories");
        let away = "the storage does not answer";
        let mut entries = tokio::task::spawn_blocking(move || std::fs::read_dir(folder))
            .await?
            .map_err(|it| Error::away(away, it))?;
        if entries.next().is_none() {
            return Ok(());
        }
        let message = "the data folder holds repositories and the database is empty: give the \
                       database that belongs to it, or another data folder";
        let source = self.options.data.display().to_string();
        Err(Error::away(message, source))
    }

    /// The first start: an administrator and a token with every scope, in a file that only the
    /// owner of the process can read. When the file could not be written last time, the token is
    /// made again.
    async fn make_administrator(&self) -> Result<()> {
        let path = self.options.data.join("admin-token");
        let by = Actor::system(clock::now());
        let users = self.store.list_users(store::PageRequest { offset: 0, limit: 1 }).await?;
        let admin = match users.items.into_iter().next() {
            None => self.store.create_user(&by, self.administrator()?).await?,
            Some(first) => {
                let name = Username::parse(&self.options.admin_user).ok();
                let unfinished = users.size == 1
                    && Some(&first.username) == name.as_ref()
                    && self.store.list_api_tokens(first.id).await?.is_empty();
                if !unfinished {
                    return Ok(());
                }
                first
            }
        };
        let secret = token_text::TokenKind::Api.make();
        write_secret(&path, &secret)
            .map_err(|it| Error::away("`admin-token` cannot be written", it))?;
        let new = store::NewToken {
            name: "first start".into(),
            hash: token_text::digest(&secret),
            last4: token_text::last4(&secret),
            scopes: Scopes::Only(every_scope()),
            limits: store::TokenLimits::default(),
            expires_at: None,
        };
        self.store.create_api_token(&by, admin.id, new).await?;
        Ok(())
    }

    fn administrator(&self) -> Result<store::NewUser> {
        let bad = |why: model::BadName| crate::Fields::one("admin_user", why);
        let username = Username::parse(&self.options.admin_user).map_err(bad)?;
        let email = Email::parse(&format!("{username}@localhost")).map_err(bad)?;
        let display_name = DisplayName::parse(username.as_str()).map_err(bad)?;
        Ok(store::NewUser { username, display_name, email, password_hash: None, is_admin: true })
    }
}

/// Of both families, so that the token is good for everything.
fn every_scope() -> std::collections::BTreeSet<Scope> {
    Scope::ALL.iter().copied().collect()
}

/// Beside its place first, then renamed: the file is whole or not there.
fn write_secret(path: &Path, secret: &Secret) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let draft = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&draft)?;
    writeln!(file, "{}", secret.expose())?;
    file.sync_all()?;
    std::fs::rename(&draft, path)
}
