//! Named places where a test may kill the process, so that what a crash leaves behind is
//! tested at every step of a push. Not there at all in release builds.

/// Every point along a push, in the order in which a push passes them.
pub const CRASH_POINTS: &[&str] = &[
    "after-commands",
    "quarantine-created",
    "pack-half-read",
    "pack-indexed",
    "pack-checked",
    "pack-synced",
    "refs-locked",
    "pack-moved",
    "journal-before-append",
    "journal-half-written",
    "journal-synced",
    "small-pack-moved",
    "ref-first-renamed",
    "refs-renamed",
    "before-record",
    "after-record",
    "before-report",
];

/// Every point along the making of a repository, empty or as a fork, in the order in which it
/// passes them.
pub const MAKING_CRASH_POINTS: &[&str] =
    &["repository-begun", "repository-filled", "repository-in-place"];

/// Kills this process with SIGKILL when `PORTCULLIS_CRASH_AT` names this point. Does nothing
/// without debug assertions.
pub fn crash_point(name: &str) {
    if cfg!(debug_assertions) && is_chosen(name) {
        // SIGKILL, not `abort`: nothing may run any more, as after `kill -9`.
        if rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)
            .is_err()
        {
            std::process::abort();
        }
    }
}

/// Is this the point at which the process was told to die? For work that only a crash test
/// needs, such as writing half an entry.
pub(crate) fn is_chosen(name: &str) -> bool {
    let is_listed = CRASH_POINTS.contains(&name) || MAKING_CRASH_POINTS.contains(&name);
    debug_assert!(is_listed, "unlisted crash point {name}");
    cfg!(debug_assertions)
        && std::env::var_os("PORTCULLIS_CRASH_AT").is_some_and(|chosen| chosen == name)
}
