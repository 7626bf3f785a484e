//! The SSH door as the binary sees it: its address, its host keys in the data folder, its limits.
//! What is spoken there is the room's affair.

use super::{BACKLOG, DataFolder, bind};
use crate::Error;
use crate::config::{Authorities, Config};
use crate::wiring::Wired;
use ssh::{HostKey, Listener, Settings};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use tokio::net::TcpSocket;

/// The name of the file that holds the private key made at the first start.
const HOST_KEY: &str = "ssh_host_ed25519_key";

/// A bound address and the keys to answer with. Nobody is answered yet.
pub struct Door {
    socket: TcpSocket,
    addr: SocketAddr,
    keys: Vec<HostKey>,
}

/// `ssh://127.0.0.1:2222`.
pub fn url(addr: SocketAddr) -> String {
    format!("ssh://{addr}")
}

impl Door {
    /// Takes the address, and reads or makes the host keys. `None` where SSH is switched off.
    pub async fn open(config: &Config, folder: &DataFolder) -> Result<Option<Self>, Error> {
        let Some(address) = &config.ssh else { return Ok(None) };
        let failed = |source| Error::Listen { key: "ssh", address: address.clone(), source };
        let socket = bind(address).await.map_err(failed)?;
        let addr = socket.local_addr().map_err(failed)?;
        let keys = host_keys(config, folder)?;
        for key in &keys {
            tracing::info!(kind = key.kind(), fingerprint = key.fingerprint(), "SSH host key");
        }
        Ok(Some(Self { socket, addr, keys }))
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Writes the lines of a `known_hosts` file, for a client that reaches this host over HTTP by
    /// that name.
    pub fn known_hosts(&self, config: &Config) -> impl Fn(&str) -> String + Send + Sync + 'static {
        let (keys, port) = (self.keys.clone(), self.addr.port());
        let public = config.ssh_public_address.clone();
        move |host| {
            let (host, port) =
                public.as_ref().map_or((host, port), |(host, port)| (host.as_str(), *port));
            ssh::known_hosts(&keys, host, port).unwrap_or_else(|error| {
                tracing::error!(%error, "the host keys cannot be shown");
                String::new()
            })
        }
    }

    /// From here on, clients wait to be accepted.
    pub fn listen(self, config: &Config, wired: &Wired) -> Result<Listener, Error> {
        let address = self.addr.to_string();
        let failed = |source| Error::Listen { key: "ssh", address, source };
        let tcp = self.socket.listen(BACKLOG).map_err(failed)?;
        let (app, settings) = (wired.app(), settings(config));
        Ok(Listener { tcp, app, host_keys: self.keys, settings })
    }
}

fn host_keys(config: &Config, folder: &DataFolder) -> Result<Vec<HostKey>, Error> {
    let mut keys = vec![own_key(folder)?];
    for path in &config.ssh_host_keys {
        let text = std::fs::read_to_string(path)
            .map_err(|source| Error::HostKey { path: path.clone(), source: source.into() })?;
        warn_of_readers(path);
        keys.push(
            HostKey::parse(&text)
                .map_err(|source| Error::HostKey { path: path.clone(), source })?,
        );
    }
    Ok(keys)
}

/// A private key that others on the machine can read is theirs, too.
fn warn_of_readers(path: &Path) {
    let mode = std::fs::metadata(path).map_or(0, |it| it.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others can read this host key: chmod 600");
    }
}

/// A key that cannot be read is never replaced: clients would be told that the server is another.
fn own_key(folder: &DataFolder) -> Result<HostKey, Error> {
    let failed = |source| Error::HostKey { path: folder.path().join(HOST_KEY), source };
    match folder.read(HOST_KEY)? {
        Some(text) => HostKey::parse(&text).map_err(failed),
        None => {
            let key = HostKey::make().map_err(failed)?;
            folder.write_private(HOST_KEY, &key.to_file_text().map_err(failed)?)?;
            Ok(key)
        }
    }
}

fn settings(config: &Config) -> Settings {
    let limits = &config.limits.ssh;
    Settings {
        max_connections: limits.connections,
        max_connections_per_address: limits.connections_per_address,
        max_unauthenticated: limits.unauthenticated,
        max_unauthenticated_per_address: limits.unauthenticated_per_address,
        max_offered_keys: limits.offered_keys,
        max_sessions: limits.commands_per_connection,
        max_commands: limits.commands,
        max_commands_per_address: limits.commands_per_address,
        login_timeout: limits.login_timeout,
        idle_timeout: limits.idle_timeout,
        silence_timeout: limits.silence_timeout,
        keep_alive: limits.keep_alive,
        stop_timeout: config.limits.stop_timeout,
        rekey_after: limits.rekey_after,
        certificates: !matches!(&config.ssh_user_authorities, Authorities::Here(it) if it.is_empty()),
    }
}
