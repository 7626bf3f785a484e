//! An application over real folders and a real database, people in it, and pushes as a client
//! sends them.

use app::{
    App, AppOptions, Asker, Door, Error, NewProject, NewRepository, NewToken, NewUser,
    NewWorkspace, PlaceName, Presented, Pushing, RefusalRecord, Refused, RestrictionInput,
    SubjectInput, Version,
};
use model::{Channel, ObjectId, RepositoryId, Secret};
use repo::{NewPack, ObjectKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;

/// Which database.
#[derive(Clone, Copy, Debug)]
pub enum Database {
    Sqlite,
    Postgres,
}

pub const BOTH: [Database; 2] = [Database::Sqlite, Database::Postgres];

pub const PASSWORD: &str = "correct horse";

/// `ann` writes and `bea` administers `acme/site`; `eve` belongs nowhere; `acme/secret` is bea's.
pub struct House {
    pub app: Arc<App>,
    pub options: AppOptions,
    pub admin: Asker,
    dir: TempDir,
}

pub fn door() -> Door {
    Door { channel: Channel::GitHttp, address: None, request_id: "test".into() }
}

pub fn site() -> PlaceName {
    PlaceName::repository("acme", "site")
}

fn options(dir: &TempDir, database: Database) -> AppOptions {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let url = match database {
        Database::Sqlite => format!("sqlite:{}", dir.path().join("portcullis.db").display()),
        Database::Postgres => {
            let name =
                format!("app_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
            let cluster = testpg::shared().unwrap();
            cluster.create(&name, None).unwrap();
            cluster.url(&name)
        }
    };
    AppOptions {
        data: dir.path().to_owned(),
        database: url,
        database_options: store::Options::default(),
        public_url: "http://localhost:8080".into(),
        limits: app::PushLimits::default(),
        certificate_authorities: Vec::new(),
        repository_size: None,
        checks: Default::default(),
        pushes_at_once: 8,
        admin_user: "admin".into(),
    }
}

impl House {
    /// With people and repositories.
    pub async fn furnished(database: Database) -> Self {
        let house = Self::empty(database).await;
        for name in ["ann", "bea", "eve"] {
            house.person(name).await;
        }
        let workspace = NewWorkspace { slug: "acme".into(), name: "Acme".into() };
        house.app.create_workspace(&house.admin, workspace).await.unwrap();
        let project = NewProject { key: "CORE".into(), name: "Core".into(), ..Default::default() };
        house
            .app
            .create_project(&house.admin, &PlaceName::workspace("acme"), project)
            .await
            .unwrap();
        for slug in ["site", "secret"] {
            let new = NewRepository { slug: slug.into(), ..Default::default() };
            house.app.create_repository(&house.admin, "acme", new).await.unwrap();
        }
        house.grant(&site(), "ann", "write").await;
        house.grant(&site(), "bea", "admin").await;
        house.grant(&PlaceName::repository("acme", "secret"), "bea", "admin").await;
        house
    }

    /// With nothing but its administrator.
    pub async fn empty(database: Database) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = options(&dir, database);
        let app = App::open(options.clone()).await.unwrap();
        let token = std::fs::read_to_string(dir.path().join("admin-token")).unwrap();
        let bearer = Presented::Bearer(Secret::new(token.trim()));
        let admin = app.sign_in(&door(), bearer).await.unwrap();
        Self { app, options, admin, dir }
    }

    /// Closed and opened again.
    pub async fn reopened(self) -> Self {
        self.while_closed(|_| ()).await
    }

    /// Closed, something done to the data folder, and opened again.
    pub async fn while_closed(self, work: impl FnOnce(&Path)) -> Self {
        let Self { app, options, admin, dir } = self;
        app.close().await.unwrap();
        work(&options.data);
        let app = App::open(options.clone()).await.unwrap();
        Self { app, options, admin, dir }
    }

    /// A token as the server makes them, of a user of another installation.
    pub async fn fake_token() -> Secret {
        let other = Self::empty(Database::Sqlite).await;
        let text = std::fs::read_to_string(other.options.data.join("admin-token")).unwrap();
        Secret::new(text.trim())
    }

    pub async fn person(&self, name: &str) {
        let new = NewUser {
            username: name.into(),
            display_name: name.to_uppercase(),
            email: format!("{name}@example.org"),
            password: Some(Secret::new(PASSWORD)),
            is_admin: false,
        };
        self.app.create_user(&self.admin, new).await.unwrap();
    }

    pub async fn grant(&self, place: &PlaceName, user: &str, permission: &str) {
        let subject =
            SubjectInput { kind: "user".into(), name: Some(user.into()), ..Default::default() };
        self.app.set_grant(&self.admin, place, &subject, permission).await.unwrap();
    }

    pub async fn restrict(&self, kind: &str, pattern: &str) {
        let input = RestrictionInput {
            kind: kind.into(),
            matcher: "glob".into(),
            pattern: pattern.into(),
            ..Default::default()
        };
        self.app.create_restriction(&self.admin, &site(), &input).await.unwrap();
    }

    /// An API token of a user; its text.
    pub async fn token(&self, user: &str, scopes: &[&str]) -> Secret {
        let new = NewToken {
            name: "laptop".into(),
            scopes: scopes.iter().map(|it| (*it).to_owned()).collect(),
            ..Default::default()
        };
        self.app.create_api_token(&self.admin, user, new).await.unwrap().secret
    }

    /// Somebody by a token that may do everything.
    pub async fn by_token(&self, user: &str) -> Asker {
        let scopes: Vec<_> = model::Scope::ALL.iter().map(|it| it.as_str()).collect();
        let token = self.token(user, &scopes).await;
        self.present(Presented::Bearer(token)).await
    }

    pub async fn present(&self, presented: Presented) -> Asker {
        self.app.sign_in(&door(), presented).await.unwrap()
    }

    /// Pushes commands of `(old, new, ref)` with a pack. What the client is told, as it is sent.
    pub async fn push(
        &self,
        who: &Asker,
        commands: &[(ObjectId, ObjectId, &str)],
        pack: &[u8],
    ) -> Result<String, Error> {
        let handle = self.app.open_repository::<Pushing>(who, &site()).await?;
        let mut input = Vec::new();
        for (place, (old, new, name)) in commands.iter().enumerate() {
            let capabilities = if place == 0 { "\0report-status side-band-64k" } else { "" };
            wire::put_text(&mut input, &format!("{old} {new} {name}{capabilities}"));
        }
        wire::put_flush(&mut input);
        input.extend_from_slice(pack);
        let answer = tokio::task::spawn_blocking(move || {
            let mut output = Vec::new();
            handle.receive_pack(Version::V0, &mut input.as_slice(), &mut output)?;
            Ok::<_, Error>(output)
        });
        Ok(told(&answer.await.unwrap()?))
    }

    /// What `refs/heads/main` and its kin point to, by short name.
    pub async fn branches(&self) -> Vec<(String, ObjectId)> {
        let page = app::PageRequest::new(1, 100);
        let listed = self.app.list_branches(&self.admin, &site(), None, page).await.unwrap();
        listed.values.into_iter().map(|it| (it.name, it.target)).collect()
    }

    /// The folder of a repository.
    pub fn git_dir(&self, id: RepositoryId) -> PathBuf {
        self.options.data.join(format!("repositories/{:02x}/{id}.git", id.0))
    }

    /// Opens the database beside the application.
    pub async fn store(&self) -> store::Store {
        store::Store::open(&self.options.database, store::Options::default()).await.unwrap()
    }
}

/// The packets of a report with side-band, as lines: `remote: …` for texts, the report as it is.
fn told(output: &[u8]) -> String {
    let (mut text, mut report) = (String::new(), Vec::new());
    let mut rest = output;
    while let Some((head, tail)) = rest.split_at_checked(4) {
        let length = usize::from_str_radix(std::str::from_utf8(head).unwrap(), 16).unwrap();
        if length < 4 {
            rest = tail;
            continue;
        }
        let (body, after) = tail.split_at(length - 4);
        match body.split_first() {
            Some((1, data)) => report.extend_from_slice(data),
            Some((2, data)) => text.push_str(&String::from_utf8_lossy(data)),
            other => panic!("an unexpected packet: {other:?}"),
        }
        rest = after;
    }
    let report = String::from_utf8_lossy(&report).into_owned();
    let lines = report.split('\n').filter_map(|it| it.get(4..)).filter(|it| !it.is_empty());
    let lines: Vec<_> = lines.map(|it| it.trim_start_matches("0000")).collect();
    format!("{text}{}\n", lines.join("\n"))
}

/// A commit with one file, on top of `parent`.
pub fn commit(parent: Option<ObjectId>, words: &str) -> (ObjectId, Vec<u8>) {
    let mut pack = NewPack::default();
    let blob = pack.add(ObjectKind::Blob, words.as_bytes()).unwrap();
    let mut tree = b"100644 file\0".to_vec();
    tree.extend_from_slice(blob.as_bytes());
    let tree = pack.add(ObjectKind::Tree, &tree).unwrap();
    let parent = parent.map(|it| format!("parent {it}\n")).unwrap_or_default();
    let who = "Ann <ann@example.org> 1700000000 +0000";
    let content = format!("tree {tree}\n{parent}author {who}\ncommitter {who}\n\n{words}\n");
    let id = pack.add(ObjectKind::Commit, content.as_bytes()).unwrap();
    (id, pack.finish().unwrap())
}

/// The refusal that came instead of an answer.
pub fn refused<T>(answer: Result<T, Error>) -> Refused {
    match answer {
        Err(Error::Refused(refused)) => *refused,
        Err(other) => panic!("not refused, but: {other}"),
        Ok(_) => panic!("not refused"),
    }
}

/// A record without what differs between any two.
pub fn anonymised(record: &RefusalRecord) -> RefusalRecord {
    let mut record = record.clone();
    assert!(record.id.is_some());
    record.id = None;
    record.url = String::new();
    record.repository = None;
    record.at = model::Timestamp(0);
    record
}
