//! The refs of one repository: an in-memory snapshot that is kept up to date, the lock files and
//! `packed-refs` on disk. Moves refs only when told by a landing; knows nothing of objects but
//! their ids.

mod files;
mod load;
mod lock;
mod packed;
mod snapshot;
mod stamp;
mod store;

pub(crate) use lock::LockedRefs;
pub(crate) use snapshot::{Edit, Edits, Run};
pub use snapshot::{Head, RefEntry, RefSnapshot};
pub(crate) use store::RefStore;
