//! What is known about the request in hand, for everything that answers it or writes about it:
//! its id, its dialect and who made it. It must never hold a secret: what is in here is logged.

use crate::dialect::Dialect;
use std::cell::RefCell;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

tokio::task_local! {
    static CURRENT: Context;
}

/// The longest id taken over from a client.
const ID_MAX: usize = 64;

struct Context {
    id: String,
    dialect: Dialect,
    principal: RefCell<Option<String>>,
}

/// Runs a request's work knowing its id and dialect.
pub async fn scope<F: Future>(id: String, dialect: Dialect, work: F) -> F::Output {
    CURRENT.scope(Context { id, dialect, principal: RefCell::new(None) }, work).await
}

/// How the answer is to be written.
pub fn dialect() -> Dialect {
    CURRENT.try_with(|it| it.dialect).unwrap_or(Dialect::Ops)
}

/// The id of the request in hand.
pub fn request_id() -> String {
    CURRENT.try_with(|it| it.id.clone()).unwrap_or_default()
}

/// Remembers who made the request, for the log.
pub fn note_principal(name: &str) {
    // Outside of a request there is no log line to put it in.
    let _no_request = CURRENT.try_with(|it| it.principal.replace(Some(name.to_owned())));
}

/// Who made the request, if that is known by now.
pub fn principal() -> Option<String> {
    CURRENT.try_with(|it| it.principal.borrow().clone()).ok().flatten()
}

/// The client's own id for the request if it is fit to be printed, else a new one.
pub fn choose_id(sent: Option<&[u8]>) -> String {
    let fit = |it: &&[u8]| {
        (1..=ID_MAX).contains(&it.len())
            && it.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    match sent.filter(fit).and_then(|it| std::str::from_utf8(it).ok()) {
        Some(id) => id.to_owned(),
        None => new_id(),
    }
}

/// Unique in this process, and unlikely to meet another's: 32 random bits and a counter.
fn new_id() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one("request id"));
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:08x}-{number:x}", *PROCESS >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_printable_id_is_taken_over() {
        assert_eq!(choose_id(Some(b"build-7_a.B")), "build-7_a.B");
        for bad in [&b""[..], b"a b", b"a\nb", b"\x1b[2J", "ä".as_bytes(), &[b'x'; 65]] {
            let id = choose_id(Some(bad));
            assert!(id.len() >= 10 && id.as_bytes() != bad);
        }
        assert_ne!(choose_id(None), choose_id(None));
    }
}
