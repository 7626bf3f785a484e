//! One push, from the command list to the report.

use crate::Result;
use crate::push::{Judge, PushOutcome};
use crate::repository::Repository;
use std::io::{Read, Write};
use wire::{PushLimits, Version};

/// How a push is received.
#[derive(Clone, Debug)]
pub struct ReceiveOptions {
    /// What the client asked for.
    pub version: Version,
    /// `true` over HTTP: the input is one request body, the refs were advertised in another
    /// request. `false`: advertise first, then read.
    pub stateless: bool,
    /// What a push may be.
    pub limits: Limits,
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
    /// Packs of more objects are indexed by stock git, which uses several cores.
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

impl Default for ReceiveOptions {
    fn default() -> Self {
        Self { version: Version::V0, stateless: true, limits: Limits::default() }
    }
}

/// Receives one push.
pub fn receive_pack(
    repository: &Repository,
    input: &mut dyn Read,
    output: &mut dyn Write,
    judge: &mut dyn Judge,
    options: &ReceiveOptions,
) -> Result<PushOutcome> {
    let _ = (repository, input, output, judge, options);
    Err(crate::Error::JournalAway)
}

/// Writes the advertisement of the refs for a push: the answer to `info/refs`, without the
/// service header.
pub fn advertise_receive(
    repository: &Repository,
    version: Version,
    output: &mut dyn Write,
) -> Result<()> {
    let _ = (repository, version, output);
    Err(crate::Error::JournalAway)
}
