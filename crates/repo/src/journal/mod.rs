//! The journal: one append-only file per data folder. One append and one sync of it is the commit
//! point of a whole push, however many refs it moves; concurrent pushes share the sync. What the
//! journal says is brought about again after a crash. Decides nothing and reads no repository.

mod entry;
mod log;

pub(crate) use entry::SmallPack;
pub use entry::{JournaledUpdate, Landing};
pub use log::Journal;
