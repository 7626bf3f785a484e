//! The store's contract: every test here runs on SQLite and on PostgreSQL.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test may panic")]

#[macro_use]
mod world;

mod away;
mod builds;
mod changes;
mod dependencies;
mod facts;
mod keys;
mod owned;
mod people;
mod places;
mod pull_requests;
mod races;
mod records;
mod reviews;
mod rules;
mod tokens;
mod unreadable;
mod waiting;
