//! Which database a server is started on.

use std::sync::atomic::{AtomicU32, Ordering};

/// A kind of database; each server gets one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in the data folder.
    Sqlite,
    /// In the PostgreSQL that the tests of this binary share.
    Postgres,
}

impl Database {
    /// Both, for a test that has to hold for either.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// The URL of a new, empty one; `None` where the server's default is one.
    pub(crate) fn create(self) -> Option<String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        match self {
            Self::Sqlite => None,
            Self::Postgres => {
                let cluster = testpg::shared().unwrap_or_else(|e| panic!("{e}"));
                let name = format!("session_{}", NEXT.fetch_add(1, Ordering::Relaxed));
                cluster.create(&name, None).unwrap_or_else(|e| panic!("{e}"));
                Some(cluster.url(&name))
            }
        }
    }
}
