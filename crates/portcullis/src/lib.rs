//! The binary's insides: configuration, wiring, listeners and the command line. It translates
//! between the outside and the other rooms and decides nothing about anybody's rights.
#![allow(
    rustdoc::bare_urls,
    rustdoc::invalid_html_tags,
    reason = "comments on arguments are the help text, which is for terminals and not Markdown"
)]
#![cfg_attr(test, allow(clippy::unwrap_used, reason = "a test that fails may panic"))]

mod checks;
mod client;
mod command;
pub mod config;
mod demo;
mod error;
pub mod serve;
mod wiring;

pub use command::main;
pub use error::Error;
