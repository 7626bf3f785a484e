//! The doors, asked as clients ask them: the router over a real application on a folder of its
//! own, without a socket.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that fails may panic"
)]

mod bitbucket;
mod bodies;
mod door;
mod git_door;
mod misspelt;
mod native;
mod openapi;
mod server;
mod shapes;
