//! What was read for decisions, kept as long as it is true. Facts only: a decision is never kept.

use crate::error::Result;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Entries of one kind. When a cache is full it starts over, which costs a few statements and
/// cannot be wrong.
const ROOM: usize = 4096;

/// Facts by name, each with the version of all facts it was read under. What is not there is kept,
/// too, so that asking for it again takes as long as asking for what is there.
pub(crate) struct Cache<K, V>(Mutex<HashMap<K, Entry<V>>>);

struct Entry<V> {
    version: i64,
    value: Option<Arc<V>>,
}

impl<K, V> Default for Cache<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Cache<K, V> {
    /// The value as of `version`, read anew unless it is here. A value read while the facts were
    /// changing carries the older version and is read again next time.
    pub async fn get(
        &self,
        key: K,
        version: i64,
        read: impl Future<Output = Result<Option<V>>>,
    ) -> Result<Option<Arc<V>>> {
        if let Some(entry) = self.0.lock().get(&key)
            && entry.version == version
        {
            return Ok(entry.value.clone());
        }
        let value = read.await?.map(Arc::new);
        let mut entries = self.0.lock();
        if entries.len() >= ROOM {
            entries.clear();
        }
        entries.insert(key, Entry { version, value: value.clone() });
        Ok(value)
    }

    /// What is kept, be it still true or not.
    pub fn peek(&self, key: &K) -> Option<Arc<V>> {
        self.0.lock().get(key).and_then(|it| it.value.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    #[tokio::test]
    async fn a_value_is_read_once_per_version_and_failures_are_not_kept() {
        let cache = Cache::<&str, i64>::default();
        let fails = async { Err(Error::NotFound { what: "anything" }) };
        assert!(cache.get("a", 1, fails).await.is_err());
        for (version, read, expected) in
            [(1, Some(10), Some(10)), (1, Some(99), Some(10)), (2, None, None), (2, Some(99), None)]
        {
            let got = cache.get("a", version, async move { Ok(read) }).await.unwrap();
            assert_eq!(got.as_deref().copied(), expected, "version {version}");
        }
    }
}
