//! Use cases over a real store and real repositories, as the doors call them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing test may panic"
)]

mod bounds;
mod branches;
mod branching;
mod explain;
mod fields;
mod first_start;
mod following;
mod house;
mod keys;
mod merging;
mod people;
mod pull_requests;
mod push;
mod rules_people;
mod rules_tokens;
mod sign_in;
mod visibility;
