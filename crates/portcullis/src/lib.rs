//! The binary's insides: configuration, wiring, listeners and the command line. It translates
//! between the outside and the other rooms and decides nothing about anybody's rights.
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails may panic"))]

mod client;
mod command;
pub mod config;
mod demo;
mod error;
pub mod serve;
mod wiring;

pub use command::main;
pub use error::Error;
