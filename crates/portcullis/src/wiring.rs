//! Puts the rooms together: opens `app`, asks `httpd` for its router. The only module that knows
//! how they are made; it must never hold logic of its own.

use crate::Error;
use crate::checks;
use crate::config::{Authorities, Config};
use crate::demo;
use crate::error::chain;
use crate::serve::{DataFolder, ssh_door};
use app::{App, AppOptions, Authority};
use axum::Router;
use httpd::Settings;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How much larger than its pack the body of a push may be: its commands and options.
const COMMANDS_SIZE: u64 = 64 << 20;

/// How often measurements are folded up; without it they would pile up between two scrapes.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// The opened rooms.
pub struct Wired {
    app: Arc<App>,
    /// Everything HTTP.
    pub router: Router,
    upkeep: JoinHandle<()>,
}

impl Wired {
    /// Opens what the configuration names. `http_url` is the address listened on.
    pub async fn open(
        config: &Config,
        http_url: &str,
        ssh: Option<&ssh_door::Door>,
    ) -> Result<Self, Error> {
        let metrics = metrics()?;
        let options = AppOptions {
            data: config.data.clone(),
            database: config.database.clone(),
            database_options: store::Options::default(),
            public_url: config.public_url.clone().unwrap_or_else(|| http_url.to_owned()),
            limits: push_limits(config),
            certificate_authorities: authorities(config)?,
            admin_user: config.admin_user.to_string(),
            repository_size: config.limits.repository_size,
            checks: checks::of(&config.checks),
            pushes_at_once: waiting_clients(config),
        };
        let app = App::open(options).await.map_err(|e| Error::Start(chain(&e)))?;
        let settings = async {
            app.set_instance_state(config.instance_state).await?;
            app.set_allowed_addresses(&config.allowed_addresses).await
        };
        settings.await.map_err(|e| Error::Start(chain(&e)))?;
        let render = metrics.clone();
        let settings = Settings {
            public_url: config.public_url.clone(),
            secure: config.tls.is_some(),
            max_json: config.limits.max_request_body,
            max_fetch_request: config.limits.max_fetch_request,
            max_push: config.limits.max_pack_size.saturating_add(COMMANDS_SIZE),
            metrics: Arc::new(move || render.render()),
            known_hosts: ssh.map(|it| -> httpd::KnownHosts { Arc::new(it.known_hosts(config)) }),
        };
        let router = httpd::router(app.clone(), settings);
        let upkeep = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(METRICS_UPKEEP);
            loop {
                ticks.tick().await;
                metrics.run_upkeep();
            }
        });
        Ok(Self { app, router, upkeep })
    }

    /// What people can do, for a door of its own.
    pub fn app(&self) -> Arc<App> {
        self.app.clone()
    }

    /// Makes the demo, where it was asked for. What to tell whoever started the server.
    pub async fn demo(
        &self,
        config: &Config,
        folder: &DataFolder,
        http_url: &str,
        ssh_addr: Option<SocketAddr>,
    ) -> Result<Option<String>, Error> {
        if !config.demo {
            return Ok(None);
        }
        let url = config.public_url.as_deref().unwrap_or(http_url);
        let ssh_url = ssh_addr.map(ssh_door::url);
        let urls = demo::Urls { http: url, ssh: ssh_url.as_deref() };
        demo::prepare(&self.app, folder, config.admin_user.as_str(), urls).await.map(Some)
    }

    /// Called when nothing is served any more: leaves everything as a clean start finds it.
    pub async fn close(self) -> Result<(), Error> {
        self.upkeep.abort();
        drop(self.router);
        self.app.close().await.map_err(|e| Error::Failed(chain(&e)))
    }
}

fn authorities(config: &Config) -> Result<Vec<Authority>, Error> {
    let path = match &config.ssh_user_authorities {
        Authorities::Here(keys) => return Ok(keys.clone()),
        Authorities::File(path) => path,
    };
    let key = "ssh-user-authorities";
    let bad = |why| Error::File { key, path: path.clone(), why };
    let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
    app::read_authorities(&text).map_err(bad)
}

/// How many clients a thread may have to wait for at a time, streams of one connection aside.
pub const fn waiting_clients(config: &Config) -> usize {
    config.limits.max_connections.saturating_add(config.limits.ssh.commands)
}

fn push_limits(config: &Config) -> repo::Limits {
    let standard = repo::Limits::default();
    repo::Limits {
        commands: wire::PushLimits { commands: config.limits.max_commands, ..standard.commands },
        pack_bytes: config.limits.max_pack_size,
        object_bytes: config.limits.max_object_size,
        ..standard
    }
}

/// The process has one recorder of measurements, however many servers the tests start in it.
fn metrics() -> Result<PrometheusHandle, Error> {
    static HANDLE: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut handle = HANDLE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*handle {
        return Ok(handle.clone());
    }
    let installed = PrometheusBuilder::new()
        .install_recorder()
        .map_err(|e| Error::Start(format!("no metrics: {e}")))?;
    Ok(handle.insert(installed).clone())
}
