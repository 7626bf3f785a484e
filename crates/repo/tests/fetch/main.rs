//! Fetches with real git clients. The law behind most of it: whatever a client does, it ends up
//! with the same refs, the same boundary and the same objects as if stock git had served it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing test panics")]

mod hidden;
mod same_as_git;
mod server;
mod shared;
mod wire_level;
mod world;
