//! The SSH door: git's protocol over SSH, and a few questions people may ask.
//!
//! This room translates and never decides. It finds out which key a client holds, reads one
//! command, makes one call into `app` and writes the answer; a refusal is printed as it was
//! given. It must never see SQL, open a repository or look at who may do what, and never run a
//! shell, forward a port or start a program.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test that fails may panic"
    )
)]

mod algorithms;
mod answer;
mod command;
mod connection;
mod crowd;
mod error;
mod host_key;
mod life;
mod listener;
mod pipe;
mod questions;
mod quote;
mod run;
mod settings;
mod stream;

pub use error::Error;
pub use host_key::{HostKey, known_hosts};
pub use listener::Listener;
pub use settings::Settings;
