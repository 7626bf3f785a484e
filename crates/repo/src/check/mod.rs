//! What new objects must be before they are let in: well-formed, harmless to those who check them
//! out, and connected. Looks at new objects only; what is in the repository already was checked
//! when it came.

mod commit;
mod dot_git;
mod links;
mod modules;
mod tree;

pub(crate) use links::{Links, check_tips};
