//! A running server: the data folder, the rooms, the listeners, in the order in which they are
//! opened; stopping goes the other way. `portcullis serve` and the tests start it the same way.
//! It must never print or set anything for the whole process: the program does that.

mod folder;
mod listener;
pub mod logs;
mod patience;
pub(crate) mod ssh_door;
mod tls;

pub use folder::{ADMIN_TOKEN, SERVER_JSON, is_running, write_private};

use crate::Error;
use crate::config::Config;
use crate::wiring::{Wired, waiting_clients};
pub(crate) use folder::DataFolder;
use listener::Listener;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpSocket;
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Threads that run requests. Blocking work (packs, disks) has threads of its own, so that more
/// of these would only cost memory.
const MAX_WORKERS: usize = 8;

/// Threads for blocking work beside those that wait for clients: passwords, disks, maintenance.
const SPARE_THREADS: usize = 256;

/// How long an idle thread for blocking work is kept.
const BLOCKING_KEEP_ALIVE: Duration = Duration::from_secs(5);

/// What is given to blocking work that is still running after everything else has ended.
const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// How many connections the system keeps waiting until they are accepted.
const BACKLOG: u32 = 1024;

/// A server in this process. Stops when it is dropped; [`Running::stop`] says how that went.
pub struct Running {
    http_addr: SocketAddr,
    http_url: String,
    ssh_addr: Option<SocketAddr>,
    welcome: Option<String>,
    stop: watch::Sender<bool>,
    served: Option<JoinHandle<Result<(), Error>>>,
    runtime: Option<Runtime>,
}

/// The signals that stop a server, caught.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// Starts a server and returns when it accepts connections. To be called outside of any
/// asynchronous runtime: it brings its own.
pub fn start(config: Config) -> Result<Running, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(
            std::thread::available_parallelism().map_or(2, |it| it.get().min(MAX_WORKERS)),
        )
        .max_blocking_threads(blocking_threads(&config))
        .thread_keep_alive(BLOCKING_KEEP_ALIVE)
        .enable_all()
        .build()
        .map_err(|e| Error::Start(format!("no threads: {e}")))?;
    let (stop, stopped) = watch::channel(false);
    let Opened { http_addr, http_url, ssh_addr, welcome, served } =
        runtime.block_on(open(config, stopped))?;
    let (served, runtime) = (Some(served), Some(runtime));
    Ok(Running { http_addr, http_url, ssh_addr, welcome, stop, served, runtime })
}

/// One for every client that may be waited for, so that slow ones never hold up the others.
const fn blocking_threads(config: &Config) -> usize {
    waiting_clients(config).saturating_add(SPARE_THREADS)
}

/// What is known of a server once it accepts connections.
struct Opened {
    http_addr: SocketAddr,
    http_url: String,
    ssh_addr: Option<SocketAddr>,
    welcome: Option<String>,
    served: JoinHandle<Result<(), Error>>,
}

async fn open(config: Config, stop: watch::Receiver<bool>) -> Result<Opened, Error> {
    let folder = DataFolder::open(&config.data)?;
    let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
    let failed = |source| Error::Listen { key: "http", address: config.http.clone(), source };
    let socket = bind(&config.http).await.map_err(failed)?;
    let http_addr = socket.local_addr().map_err(failed)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let http_url = format!("{scheme}://{http_addr}");
    let door = ssh_door::Door::open(&config, &folder).await?;
    let ssh_addr = door.as_ref().map(ssh_door::Door::addr);
    let wired = Wired::open(&config, &http_url, door.as_ref()).await?;
    let welcome = wired.demo(&config, &folder, &http_url, ssh_addr).await?;
    let ssh = door.map(|it| it.listen(&config, &wired)).transpose()?;
    let tcp = socket.listen(BACKLOG).map_err(failed)?;
    let listener =
        Listener { tcp, tls, router: wired.router.clone(), limits: config.limits.clone() };
    let patience = config.limits.stop_timeout;
    let ssh_url = ssh_addr.map(ssh_door::url);
    let about = serde_json::json!({ "http": http_url, "ssh": ssh_url, "pid": std::process::id() });
    folder.write_private(SERVER_JSON, &format!("{about}\n"))?;
    let served = tokio::spawn(async move {
        let over_ssh = async {
            match ssh {
                Some(ssh) => ssh.serve(stop.clone()).await,
                None => true,
            }
        };
        let ended = tokio::join!(listener.serve(stop.clone()), over_ssh) == (true, true);
        // Of clients that have gone, what they began may be going on.
        let in_hand = wired.app().in_hand().clone();
        if !ended || tokio::time::timeout(patience, in_hand.wait()).await.is_err() {
            tracing::warn!("requests were still running at the end and have been cut off");
        }
        let closed = wired.close().await;
        folder.remove(SERVER_JSON)?;
        closed
    });
    Ok(Opened { http_addr, http_url, ssh_addr, welcome, served })
}

/// Takes the address without answering on it: whoever finds the port open finds a server that is
/// ready, with its first start behind it.
async fn bind(address: &str) -> std::io::Result<TcpSocket> {
    let mut failed = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in tokio::net::lookup_host(address).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        match socket.bind(address) {
            Ok(()) => return Ok(socket),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

impl Running {
    /// The address the HTTP listener has.
    pub fn http_addr(&self) -> SocketAddr {
        self.http_addr
    }

    /// `http://ADDRESS` or `https://ADDRESS`, without a slash at its end.
    pub fn http_url(&self) -> &str {
        &self.http_url
    }

    /// The address the SSH listener has, if there is one.
    pub fn ssh_addr(&self) -> Option<SocketAddr> {
        self.ssh_addr
    }

    /// Where it listens, as the ready line says it: `http=http://… ssh=ssh://…`.
    pub fn urls(&self) -> String {
        match self.ssh_addr {
            Some(addr) => format!("http={} ssh={}", self.http_url, ssh_door::url(addr)),
            None => format!("http={}", self.http_url),
        }
    }

    /// What to tell whoever started it, after the ready line: the demo's logins and commands.
    pub fn welcome(&self) -> Option<&str> {
        self.welcome.as_deref()
    }

    /// From here on, SIGTERM and SIGINT do not end the process: they are waited for.
    pub fn catch_signals(&self) -> Result<Signals, Error> {
        let failed = |e: std::io::Error| Error::Start(format!("no signals: {e}"));
        let _inside = self.runtime.as_ref().map(Runtime::enter);
        Ok(Signals {
            terminate: signal(SignalKind::terminate()).map_err(failed)?,
            interrupt: signal(SignalKind::interrupt()).map_err(failed)?,
        })
    }

    /// Waits until one of them comes.
    pub fn wait_for(&self, mut signals: Signals) {
        let Some(runtime) = &self.runtime else { return };
        runtime.block_on(async {
            tokio::select! {
                _ = signals.terminate.recv() => tracing::info!("told to stop by SIGTERM"),
                _ = signals.interrupt.recv() => tracing::info!("told to stop by SIGINT"),
            }
        });
    }

    /// Stops accepting, lets running requests end, and leaves the data folder tidy.
    pub fn stop(mut self) -> Result<(), Error> {
        self.end()
    }

    fn end(&mut self) -> Result<(), Error> {
        let (Some(runtime), Some(served)) = (self.runtime.take(), self.served.take()) else {
            return Ok(());
        };
        self.stop.send_replace(true);
        let ended = runtime.block_on(served);
        runtime.shutdown_timeout(LAST_PATIENCE);
        ended.map_err(|e| Error::Failed(format!("the server ended badly: {e}")))?
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            tracing::error!(%error, "the server did not stop cleanly");
        }
    }
}
