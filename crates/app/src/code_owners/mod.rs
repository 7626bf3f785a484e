//! Code owners: whom `.bitbucket/CODEOWNERS` of the destination names for the files that a pull
//! request changes. They are asked for a review when it is opened, and nothing more: no rule wants
//! their approval.

mod parse;
mod pick;
mod view;

pub use parse::Fault;
pub(crate) use pick::Ends;
pub use view::CodeOwnersView;
