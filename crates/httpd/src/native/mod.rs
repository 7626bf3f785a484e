//! Our own API, `/api/v1`: what Bitbucket has no API for. One file per resource; the shapes are
//! those of the published OpenAPI document, and are private to this room.

pub mod access_keys;
pub mod access_tokens;
pub mod audit;
pub mod build_keys;
pub mod code_owners;
pub mod dependencies;
mod entity_tag;
pub mod explain;
pub mod gpg_keys;
pub mod grants;
pub mod groups;
mod known;
pub mod members;
pub mod merging;
pub mod networks;
pub mod policy;
pub mod preview;
pub mod refusals;
pub mod repositories;
pub mod restrictions;
pub mod review_groups;
pub mod ssh_keys;
pub mod subject;
pub mod superseding;
pub mod tokens;
pub mod users;
pub mod waiting;
pub mod workbench;
pub mod workspaces;

pub use known::{Known, SERVERS};
