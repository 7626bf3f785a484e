//! The policy, from outside: tables of whole answers, laws over every small world, and the
//! documents that are made from it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail, and says how")]

mod acts;
mod content;
mod generated;
mod idle;
mod laws;
mod matchers;
mod matrix;
mod previews;
mod reference;
mod remedies;
mod rules_cloud;
mod rules_data_center;
mod rules_matching;
mod rules_merging;
mod rules_people;
mod scopes;
mod tables;
mod vectors;
