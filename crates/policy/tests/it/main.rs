//! The policy, from outside: tables of whole answers.
#![allow(clippy::unwrap_used, reason = "a test may fail, and says how")]

mod laws;
mod tables;
mod vectors;
