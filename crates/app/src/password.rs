//! Passwords: argon2id, off the async threads, a few at a time. Never keeps a password, and never
//! says whether it was the name or the password that was wrong.

use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use model::Secret;
use parking_lot::Mutex;
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// A password has at least this many characters, as NIST SP 800-63B asks.
pub const MIN_LENGTH: usize = 8;
/// And at most this many bytes, so that nobody makes the server hash megabytes.
pub const MAX_LENGTH: usize = 1024;

/// git asks two or three times for one push; a browser session is no concern of this cache.
const REMEMBERED_FOR: Duration = Duration::from_secs(120);
const REMEMBERED_AT_MOST: usize = 1024;

/// 33 MiB, two passes, one lane: above what OWASP asks (19 MiB). The allocator gives memory of more
/// than 32 MiB back to the system at once; the 19 MiB would stay, once for each thread that ever
/// checked a password.
const PARAMS: Params = match Params::new(33 * 1024, 2, 1, None) {
    Ok(params) => params,
    Err(_) => Params::DEFAULT,
};

/// Verifies passwords and remembers, briefly and only as a keyed hash, which ones were right.
pub struct Passwords {
    /// Each verification takes 33 MiB and a core: more at once than this is an attack on memory.
    slots: Semaphore,
    /// Of this process only: what is remembered is worthless to whoever reads a core dump later.
    key: [u8; 32],
    /// A hash that no password matches, so that an unknown user costs as much as a wrong password.
    decoy: Arc<str>,
    remembered: Mutex<HashMap<[u8; 32], Instant>>,
}

/// Why a password could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The stored text is not a hash this version can read.
    #[error("the stored password hash is unreadable: {0}")]
    Unreadable(argon2::password_hash::Error),
    /// The hashing itself failed, for want of memory.
    #[error("a password could not be hashed: {0}")]
    Hashing(argon2::password_hash::Error),
    /// The blocking thread was lost.
    #[error("hashing was interrupted: {0}")]
    Interrupted(#[from] tokio::task::JoinError),
    /// The server is stopping.
    #[error("hashing was refused: the server is stopping")]
    Stopping,
}

impl Passwords {
    /// Allows as many verifications at once as the machine has cores.
    pub fn new() -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let nobodys: [u8; 32] = rand::rng().random();
        Ok(Self {
            slots: Semaphore::new(cores),
            key: rand::rng().random(),
            decoy: hash_now(&nobodys)?.into(),
            remembered: Mutex::default(),
        })
    }

    /// The text to store for a new password.
    pub async fn hash(&self, password: &Secret) -> Result<String, PasswordError> {
        let _slot = self.slots.acquire().await.map_err(|_| PasswordError::Stopping)?;
        let password = password.clone();
        tokio::task::spawn_blocking(move || hash_now(password.expose().as_bytes())).await?
    }

    /// Is this the password? `stored` is `None` for a user who has none or does not exist; the
    /// answer is then no, after the same time.
    pub async fn verify(
        &self,
        password: &Secret,
        stored: Option<&str>,
    ) -> Result<bool, PasswordError> {
        if password.expose().len() > MAX_LENGTH {
            return Ok(false);
        }
        let fingerprint = self.fingerprint(password, stored.unwrap_or_default());
        if stored.is_some() && self.remembers(&fingerprint) {
            return Ok(true);
        }
        let _slot = self.slots.acquire().await.map_err(|_| PasswordError::Stopping)?;
        let text: Arc<str> = stored.map_or_else(|| Arc::clone(&self.decoy), Arc::from);
        let password = password.clone();
        let matches = tokio::task::spawn_blocking(move || matches(&password, &text)).await??;
        let right = matches && stored.is_some();
        if right {
            self.remember(fingerprint);
        }
        Ok(right)
    }

    /// Depends on the stored hash, so that a changed password is forgotten at once.
    fn fingerprint(&self, password: &Secret, stored: &str) -> [u8; 32] {
        let inner = Sha256::digest(password.expose().as_bytes());
        let mut outer = Sha256::new();
        outer.update(self.key);
        outer.update(inner);
        outer.update(stored.as_bytes());
        outer.finalize().into()
    }

    fn remembers(&self, fingerprint: &[u8; 32]) -> bool {
        self.remembered.lock().get(fingerprint).is_some_and(|at| at.elapsed() < REMEMBERED_FOR)
    }

    fn remember(&self, fingerprint: [u8; 32]) {
        let mut remembered = self.remembered.lock();
        if remembered.len() >= REMEMBERED_AT_MOST {
            remembered.retain(|_, at| at.elapsed() < REMEMBERED_FOR);
        }
        if remembered.len() >= REMEMBERED_AT_MOST {
            remembered.clear();
        }
        remembered.insert(fingerprint, Instant::now());
    }
}

fn hash_now(password: &[u8]) -> Result<String, PasswordError> {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMS);
    let hash = argon2.hash_password(password).map_err(PasswordError::Hashing)?;
    Ok(hash.to_string())
}

fn matches(password: &Secret, stored: &str) -> Result<bool, PasswordError> {
    use argon2::password_hash::Error;
    match Argon2::default().verify_password(password.expose().as_bytes(), stored) {
        Ok(()) => Ok(true),
        Err(Error::PasswordInvalid) => Ok(false),
        Err(other) => Err(PasswordError::Unreadable(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_somebody_who_has_one_is_right() {
        let passwords = Passwords::new().unwrap();
        let right = Secret::new("correct horse");
        let wrong = Secret::new("battery staple");
        let stored = passwords.hash(&right).await.unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=33792,t=2,p=1$"));
        assert!(passwords.verify(&right, Some(&stored)).await.unwrap());
        assert!(passwords.verify(&right, Some(&stored)).await.unwrap(), "remembered");
        assert!(!passwords.verify(&wrong, Some(&stored)).await.unwrap());
        assert!(!passwords.verify(&right, None).await.unwrap());
        assert!(!passwords.verify(&Secret::new("x".repeat(5000)), Some(&stored)).await.unwrap());
        assert!(passwords.verify(&right, Some("not a hash")).await.is_err());

        let changed = passwords.hash(&wrong).await.unwrap();
        assert!(
            !passwords.verify(&right, Some(&changed)).await.unwrap(),
            "a change is not waited for"
        );
    }
}
