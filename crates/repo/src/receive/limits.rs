//! How a push is received, and how large it may be.

use wire::{PushLimits, Version};

/// How a push is received.
#[derive(Clone, Debug)]
pub struct ReceiveOptions {
    /// What the client asked for.
    pub version: Version,
    /// `true` over HTTP: the input is one request body, the refs were advertised in another
    /// request. `false`: advertise first, then read.
    pub stateless: bool,
    /// Refs that are nobody's to push to: left out of the list where their full names start with
    /// one of these.
    pub hidden: &'static [&'static str],
    /// What a push may be.
    pub limits: Limits,
}

impl Default for ReceiveOptions {
    fn default() -> Self {
        Self { version: Version::V0, stateless: true, hidden: &[], limits: Limits::default() }
    }
}

/// What a push may be. Reaching a limit fails the push with a code of its own.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Commands and push options.
    pub commands: PushLimits,
    /// Bytes of a pack.
    pub pack_bytes: u64,
    /// Bytes of one object, unpacked.
    pub object_bytes: u64,
    /// Packs of more objects are indexed by stock git, which uses several cores (over HTTP only:
    /// there the input ends with the pack).
    pub in_process_objects: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            commands: PushLimits::default(),
            pack_bytes: 4 << 30,
            object_bytes: 512 << 20,
            in_process_objects: 20_000,
        }
    }
}
