//! All HTTP: git's own protocol, Bitbucket's API, our API, and what operators ask.
//!
//! This room translates and never decides. A handler takes a request apart, makes one call into
//! `app` and turns the answer into the caller's dialect. It must never see SQL, start git, look
//! at who may do what, or hold back or add a reason: a refusal is printed as it was given.

// The futures of use cases nest deeper than the default of 128 when optimised.
#![recursion_limit = "256"]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        reason = "a test that fails may panic"
    )
)]

mod answer;
mod bitbucket;
mod context;
mod dialect;
mod doors;
mod edge;
mod form;
mod git;
mod json;
mod list;
mod native;
pub mod openapi;
mod ops;
mod origin;
mod place;
mod problem;
mod refusal;
mod refusal_page;
mod request_line;
mod router;
mod settings;
mod table;
mod time;
mod uuid;
mod who;

pub use request_line::RequestLine;
pub use router::{router, routes};
pub use settings::{KnownHosts, Settings};
pub use table::Route;
