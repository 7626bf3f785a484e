//! What the door is told by whoever opens it.

use std::time::Duration;

/// Limits and times. Sizes in bytes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Connections at one time, and from one address.
    pub max_connections: usize,
    pub max_connections_per_address: usize,
    /// Those among them that have not signed in yet, and from one address.
    pub max_unauthenticated: usize,
    pub max_unauthenticated_per_address: usize,
    /// Keys that one connection may offer.
    pub max_offered_keys: usize,
    /// Commands that one connection may run at one time.
    pub max_sessions: usize,
    /// Commands of all connections at one time, and from one address. Each that speaks git takes
    /// a thread that may block.
    pub max_commands: usize,
    pub max_commands_per_address: usize,
    /// From being connected to being signed in.
    pub login_timeout: Duration,
    /// How long a connection that runs nothing is kept.
    pub idle_timeout: Duration,
    /// How long a client may send nothing that is waited for, or take nothing of an answer.
    pub silence_timeout: Duration,
    /// How often a silent client is asked whether it is there; it is given up after the third.
    pub keep_alive: Duration,
    /// How long running commands may take to end once the server has been told to stop.
    pub stop_timeout: Duration,
    /// How much is sent or received under one set of keys.
    pub rekey_after: u64,
    /// Are there authorities whose certificates may be believed?
    pub certificates: bool,
}
