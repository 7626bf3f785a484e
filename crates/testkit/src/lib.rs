//! Sessions with a real server: one in the test's own process, people with names, real git.
//!
//! Everything goes through what people outside can reach: git and REST. The one exception is
//! looking at what is on the server's disk afterwards. It must never reach into the server's
//! rooms, or the tests would pass for reasons nobody else has.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "everything here runs in tests, where a failure is a panic that says why"
)]

mod database;
mod git;
pub mod published;
mod push;
mod rest;
mod security_key;
mod server;
mod ssh;
mod text;
mod work_tree;
mod world;

pub use database::Database;
pub use git::{Git, feed, hermetic, provided};
pub use push::Pushed;
pub use rest::{Answer, Rest};
pub use security_key::SecurityKey;
pub use server::{Login, Server};
pub use ssh::{Door, KeyPair, Said};
pub use text::normalised;
pub use work_tree::{Ended, WorkTree};
