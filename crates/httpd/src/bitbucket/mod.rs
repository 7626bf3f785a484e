//! Bitbucket's REST API, `/2.0`: the shapes, status codes and tolerances that existing clients
//! rely on. One file per resource; what it does not serve it does not pretend to.

pub mod branch_restrictions;
pub mod branches;
pub mod branching_model;
pub mod commits;
pub mod default_reviewers;
pub mod deploy_keys;
pub mod diffs;
mod fields;
pub mod file_history;
pub mod forks;
pub mod gpg_keys;
mod input;
mod listing;
pub mod projects;
pub mod pull_requests;
mod query;
mod rendered;
pub mod repositories;
pub mod shapes;
pub mod source;
pub mod ssh_keys;
pub mod statuses;
pub mod tags;
pub mod user;
pub mod workspaces;
