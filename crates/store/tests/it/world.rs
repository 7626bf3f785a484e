//! A fresh database of either kind for each test, and people and places to put into it.

use model::{
    DisplayName, Email, ProjectKey, RepositoryPath, RepositorySlug, Slug, Timestamp, UserId,
    Username, WorkspaceSlug,
};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use store::{
    Actor, ForkPolicy, Group, NewProject, NewRepository, NewUser, NewWorkspace, Options, Owner,
    PageRequest, PrincipalKind, PrincipalName, Project, Repository, Store, User, Workspace,
};

/// Runs an `async fn(&World)` as a test on both databases.
macro_rules! on_both {
    ($name:ident) => {
        mod $name {
            use crate::world::{World, run};

            #[test]
            fn on_sqlite() {
                run(async { super::$name(&World::sqlite().await).await });
            }

            #[test]
            fn on_postgres() {
                run(async { super::$name(&World::postgres().await).await });
            }
        }
    };
}

pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}

/// When everything happens, unless a test says otherwise.
pub const NOW: Timestamp = Timestamp(1_790_000_000_000);

/// An empty, migrated database.
pub struct World {
    pub store: Store,
    pub url: String,
    /// The name of the database in the shared cluster.
    postgres: Option<String>,
    _directory: tempfile::TempDir,
}

/// A workspace with a project and a repository, and a user who owns it.
pub struct Place {
    pub owner: User,
    pub workspace: Workspace,
    pub project: Project,
    pub repository: Repository,
}

impl World {
    pub async fn sqlite() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("portcullis.db").display());
        let store = Store::open(&url, Options::default()).await.unwrap();
        store.migrate().await.unwrap();
        Self { store, url, postgres: None, _directory: directory }
    }

    pub async fn postgres() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let cluster = testpg::shared().unwrap();
        let name = format!("store_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        cluster.create(&name, Some(template())).unwrap();
        let url = cluster.url(&name);
        let store = Store::open(&url, Options::default()).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        Self { store, url, postgres: Some(name), _directory: directory }
    }

    /// Runs a statement behind the store's back.
    pub async fn raw(&self, sql: &str) {
        match &self.postgres {
            Some(name) => {
                let (name, sql) = (name.clone(), sql.to_owned());
                // Beside the runtime: it may have a rollback to finish that this waits for.
                let done = tokio::task::spawn_blocking(move || {
                    testpg::shared().unwrap().sql(&name, &sql).unwrap();
                });
                done.await.unwrap();
            }
            None => {
                use sqlx::Connection as _;
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                let sql = sqlx::AssertSqlSafe(sql.to_owned());
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    pub async fn user(&self, name: &str) -> User {
        self.store.create_user(&system(), new_user(name)).await.unwrap()
    }

    pub async fn group(&self, place: &Place, slug: &str, members: &[&User]) -> Group {
        let (slug, name) = (Slug::parse(slug).unwrap(), display(slug));
        let workspace = place.workspace.id;
        let group = self.store.create_group(&system(), workspace, slug, name, None).await.unwrap();
        for user in members {
            self.store.add_group_member(&system(), workspace, group.id, user.id).await.unwrap();
        }
        group
    }

    /// `acme/site` in project `CORE`, owned by `olga`; the workspace's name makes all of them
    /// different.
    pub async fn place(&self, slug: &str) -> Place {
        let owner = self.user(&format!("olga-{slug}")).await;
        let new = NewWorkspace {
            slug: WorkspaceSlug::parse(slug).unwrap(),
            name: display(slug),
            owner: Some(owner.id),
            personal: false,
        };
        let workspace = self.store.create_workspace(&system(), new).await.unwrap();
        let new = new_project(&workspace, "CORE");
        let project = self.store.create_project(&system(), new).await.unwrap();
        let new = new_repository(&project, "site");
        let repository = self.store.create_repository(&system(), new).await.unwrap();
        Place { owner, workspace, project, repository }
    }

    /// What the audit log says, the newest line first.
    pub async fn audit(&self) -> Vec<String> {
        let lines = self.store.list_audit(store::AuditFilter::default(), PageRequest::ALL);
        lines.await.unwrap().items.into_iter().map(|it| it.what).collect()
    }
}

impl Place {
    pub fn path(&self) -> RepositoryPath {
        RepositoryPath {
            workspace: self.workspace.slug.clone(),
            repository: self.repository.slug.clone(),
        }
    }

    pub fn levels(&self) -> [Owner; 3] {
        [
            Owner::Workspace(self.workspace.id),
            Owner::Project(self.project.id),
            Owner::Repository(self.repository.id),
        ]
    }
}

/// The name of a migrated database that nobody is connected to.
fn template() -> &'static str {
    static TEMPLATE: OnceLock<()> = OnceLock::new();
    let name = "store_template";
    TEMPLATE.get_or_init(|| {
        let cluster = testpg::shared().unwrap();
        cluster.create(name, None).unwrap();
        // In a thread of its own, because the caller is inside a runtime already.
        let url = cluster.url(name);
        std::thread::spawn(move || {
            run(async {
                let store = Store::open(&url, Options::default()).await.unwrap();
                store.migrate().await.unwrap();
                store.close().await;
            });
        })
        .join()
        .unwrap();
    });
    name
}

pub fn display(name: &str) -> DisplayName {
    DisplayName::parse(name).unwrap()
}

pub fn system() -> Actor {
    Actor::system(NOW)
}

/// A user as the one who asks.
pub fn by(user: &User) -> Actor {
    Actor {
        principal: PrincipalName {
            kind: PrincipalKind::User,
            id: Some(user.id.0),
            name: user.username.to_string(),
        },
        credential: "API token `laptop` (…k3Qz)".into(),
        channel: model::Channel::Rest,
        request_id: "req-1".into(),
        at: NOW,
    }
}

pub fn new_user(name: &str) -> NewUser {
    NewUser {
        username: Username::parse(name).unwrap(),
        display_name: display(name),
        email: Email::parse(&format!("{name}@example.org")).unwrap(),
        password_hash: None,
        is_admin: false,
    }
}

pub fn new_project(workspace: &Workspace, key: &str) -> NewProject {
    NewProject {
        workspace: workspace.id,
        key: ProjectKey::parse(key).unwrap(),
        name: display(key),
        description: String::new(),
        is_private: true,
    }
}

pub fn new_repository(project: &Project, slug: &str) -> NewRepository {
    NewRepository {
        workspace: project.workspace,
        project: project.id,
        slug: RepositorySlug::parse(slug).unwrap(),
        name: display(slug),
        description: String::new(),
        is_private: true,
        fork_policy: ForkPolicy::NoPublicForks,
        main_branch: Some("main".into()),
        language: String::new(),
        has_issues: false,
        has_wiki: false,
        fork_of: None,
        admin: None,
    }
}

pub const NOBODY: UserId = UserId(999_999);
