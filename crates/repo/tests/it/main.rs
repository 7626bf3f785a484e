//! Pushes into real repositories on disk, with real git as the peer and as the judge afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a failing test panics")]

mod attributes;
mod bad_input;
mod brought;
mod concurrent;
mod crash;
mod git_client;
mod journal;
mod judged;
mod many_refs;
mod merge;
mod own_refs;
mod queries;
mod reading;
mod support;
