//! Configuration: flag, then `PORTCULLIS_*` variable, then file, then default.
//!
//! Everything is read and checked here, before anything is opened or listened on; from then on
//! [`Config`] is trusted. Nothing outside this module may read a `PORTCULLIS_*` variable of the
//! server or the configuration file.

mod checks;
mod keys;
mod layers;
mod reference;
mod value;

pub use checks::{CheckConfig, CheckDoor};
pub use keys::{Form, KEYS, Key, find_key};
pub use layers::{ConfigError, Sources};
pub use reference::reference;
pub(crate) use value::{parse_size, parse_url};

use app::{AddressRange, Authority};
use layers::Values;
use model::Username;
use std::path::PathBuf;
use std::time::Duration;

/// Everything `portcullis serve` can be told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data folder.
    pub data: PathBuf,
    /// `host:port` of the HTTP listener.
    pub http: String,
    /// `host:port` of the SSH listener; `None`: nothing is spoken over SSH.
    pub ssh: Option<String>,
    /// The host and port people use for SSH, when they differ from the listener's.
    pub ssh_public_address: Option<(String, u16)>,
    /// Private keys that are offered beside the one in the data folder.
    pub ssh_host_keys: Vec<PathBuf>,
    /// Whose SSH user certificates are taken.
    pub ssh_user_authorities: Authorities,
    /// The address people use, without a slash at its end, when it differs from the listener's.
    pub public_url: Option<String>,
    /// `sqlite:PATH` or `postgres://…`. May hold a password: never log it.
    pub database: String,
    /// The administrator the first start creates.
    pub admin_user: Username,
    /// Fill an empty data folder with the demo workspace.
    pub demo: bool,
    /// Certificate and key, when HTTP is served over TLS.
    pub tls: Option<TlsFiles>,
    /// `open`, `read-only` or `maintenance`.
    pub instance_state: &'static str,
    /// Where private things can be used from; empty: anywhere.
    pub allowed_addresses: Vec<AddressRange>,
    /// Custom checks.
    pub checks: Vec<CheckConfig>,
    pub log: LogConfig,
    pub limits: Limits,
}

/// Where the public keys of certificate authorities are.
#[derive(Clone, Debug)]
pub enum Authorities {
    /// Here. None: no certificate is taken.
    Here(Vec<Authority>),
    File(PathBuf),
}

/// Where the certificate and its key are.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// How logs are written.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A level, or a filter in the syntax of `tracing`.
    pub level: String,
    /// `None`: for people on a terminal, JSON otherwise.
    pub json: Option<bool>,
}

/// What one client may ask for at most. Sizes in bytes.
#[derive(Clone, Debug)]
pub struct Limits {
    pub max_connections: usize,
    pub max_commands: usize,
    pub max_pack_size: u64,
    pub max_object_size: u64,
    /// What a repository may have, unless it has a limit of its own.
    pub repository_size: Option<u64>,
    pub max_fetch_request: u64,
    pub max_request_body: u64,
    pub header_timeout: Duration,
    pub client_timeout: Duration,
    pub stop_timeout: Duration,
    pub ssh: SshLimits,
}

/// What one SSH client, and all of them, may ask for at most.
#[derive(Clone, Debug)]
pub struct SshLimits {
    pub connections: usize,
    pub connections_per_address: usize,
    pub unauthenticated: usize,
    pub unauthenticated_per_address: usize,
    pub offered_keys: usize,
    pub commands_per_connection: usize,
    pub commands: usize,
    pub commands_per_address: usize,
    pub login_timeout: Duration,
    pub idle_timeout: Duration,
    pub silence_timeout: Duration,
    pub keep_alive: Duration,
    /// In bytes.
    pub rekey_after: u64,
}

impl Config {
    /// Reads and checks every key, from the strongest source that has it.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let values = sources.values()?;
        let data = values.read("data", parse_path)?;
        let database = match values.optional("database", parse_database)? {
            Some(url) => url,
            None => format!("sqlite:{}", data.join("portcullis.db").display()),
        };
        Ok(Self {
            http: values.read("http", value::parse_address)?,
            ssh: values.read("ssh", value::parse_address_or_none)?,
            ssh_public_address: values
                .optional("ssh-public-address", value::parse_host_and_port)?,
            ssh_host_keys: values.optional("ssh-host-keys", parse_paths)?.unwrap_or_default(),
            ssh_user_authorities: values
                .optional("ssh-user-authorities", parse_authorities)?
                .unwrap_or(Authorities::Here(Vec::new())),
            public_url: values.optional("public-url", value::parse_url)?,
            admin_user: values
                .read("admin-user", |it| Username::parse(it).map_err(|e| e.to_string()))?,
            demo: values.read("demo", value::parse_flag)?,
            tls: read_tls(&values)?,
            instance_state: values.read("instance.state", parse_state)?,
            allowed_addresses: values
                .optional("network.allow", value::parse_addresses)?
                .unwrap_or_default(),
            log: LogConfig {
                level: values.read("log.level", |it| Ok(it.to_owned()))?,
                json: values.read("log.format", parse_log_format)?,
            },
            limits: read_limits(&values)?,
            checks: values.checks,
            database,
            data,
        })
    }
}

fn read_limits(values: &Values) -> Result<Limits, ConfigError> {
    Ok(Limits {
        max_connections: values.read("limits.max-connections", value::parse_count)?,
        max_commands: values.read("limits.max-commands", value::parse_count)?,
        max_pack_size: values.read("limits.max-pack-size", value::parse_size)?,
        max_object_size: values.read("limits.max-object-size", value::parse_size)?,
        repository_size: values.optional("limits.repository-size", value::parse_size)?,
        max_fetch_request: values.read("limits.max-fetch-request", value::parse_size)?,
        max_request_body: values.read("limits.max-request-body", value::parse_size)?,
        header_timeout: values.read("limits.header-timeout", value::parse_duration)?,
        client_timeout: values.read("limits.client-timeout", value::parse_duration)?,
        stop_timeout: values.read("limits.stop-timeout", value::parse_duration)?,
        ssh: read_ssh_limits(values)?,
    })
}

fn read_ssh_limits(values: &Values) -> Result<SshLimits, ConfigError> {
    let count = |key| values.read(key, value::parse_count);
    let duration = |key| values.read(key, value::parse_duration);
    Ok(SshLimits {
        connections: count("limits.ssh-connections")?,
        connections_per_address: count("limits.ssh-connections-per-address")?,
        unauthenticated: count("limits.ssh-unauthenticated")?,
        unauthenticated_per_address: count("limits.ssh-unauthenticated-per-address")?,
        offered_keys: count("limits.ssh-offered-keys")?,
        commands_per_connection: count("limits.ssh-commands-per-connection")?,
        commands: count("limits.ssh-commands")?,
        commands_per_address: count("limits.ssh-commands-per-address")?,
        login_timeout: duration("limits.ssh-login-timeout")?,
        idle_timeout: duration("limits.ssh-idle-timeout")?,
        silence_timeout: duration("limits.ssh-silence-timeout")?,
        keep_alive: duration("limits.ssh-keep-alive")?,
        rekey_after: values.read("limits.ssh-rekey-after", parse_rekey)?,
    })
}

/// More under one set of keys would use up what makes each message different.
fn parse_rekey(text: &str) -> Result<u64, String> {
    match value::parse_size(text)? {
        size if size > 1 << 30 => Err("write at most `1G`".into()),
        size => Ok(size),
    }
}

fn parse_paths(text: &str) -> Result<Vec<PathBuf>, String> {
    text.split(',').map(|it| parse_path(it.trim())).collect()
}

fn read_tls(values: &Values) -> Result<Option<TlsFiles>, ConfigError> {
    match (values.optional("tls.certificate", parse_path)?, values.optional("tls.key", parse_path)?)
    {
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(ConfigError::Half { given: "tls.certificate", missing: "tls.key" }),
        (None, Some(_)) => Err(ConfigError::Half { given: "tls.key", missing: "tls.certificate" }),
    }
}

fn parse_path(text: &str) -> Result<PathBuf, String> {
    if text.contains('\0') { Err("a path cannot hold a zero byte".into()) } else { Ok(text.into()) }
}

/// A key begins with its kind; anything else names a file.
fn parse_authorities(text: &str) -> Result<Authorities, String> {
    if ["ssh-", "ecdsa-", "sk-"].iter().any(|it| text.starts_with(it)) {
        let keys = text.replace(',', "\n");
        return app::read_authorities(&keys).map(Authorities::Here);
    }
    parse_path(text).map(Authorities::File)
}

fn parse_database(text: &str) -> Result<String, String> {
    if ["sqlite:", "postgres://", "postgresql://"].iter().any(|it| text.starts_with(it)) {
        Ok(text.to_owned())
    } else {
        Err("write `sqlite:PATH` or `postgres://USER@HOST/NAME`".into())
    }
}

fn parse_state(text: &str) -> Result<&'static str, String> {
    let known = ["open", "read-only", "maintenance"];
    let why = || "write `open`, `read-only` or `maintenance`".to_owned();
    known.into_iter().find(|it| *it == text).ok_or_else(why)
}

fn parse_log_format(text: &str) -> Result<Option<bool>, String> {
    match text {
        "auto" => Ok(None),
        "human" => Ok(Some(false)),
        "json" => Ok(Some(true)),
        _ => Err("write `auto`, `human` or `json`".into()),
    }
}
