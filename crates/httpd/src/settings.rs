//! What the doors are told by whoever opens them.

use std::sync::Arc;

/// Writes the lines of a `known_hosts` file for a host by this name.
pub type KnownHosts = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Limits and addresses of the HTTP doors. Sizes in bytes.
#[derive(Clone)]
pub struct Settings {
    /// The address people use, without a slash at its end, when it is not the one they connect
    /// to: goes into every link.
    pub public_url: Option<String>,
    /// Is this listener behind TLS? Decides the scheme of links when `public_url` is not set.
    pub secure: bool,
    /// The largest JSON body.
    pub max_json: u64,
    /// The largest fetch request, after unpacking.
    pub max_fetch_request: u64,
    /// The largest push, after unpacking; also how much of a refused one is read and thrown away.
    pub max_push: u64,
    /// The lines of a `known_hosts` file for the SSH door, if there is one.
    pub known_hosts: Option<KnownHosts>,
    /// Renders the metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}
