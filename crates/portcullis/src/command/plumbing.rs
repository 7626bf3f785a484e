//! `portcullis plumbing`: our protocol edge on standard input and output, over a plain bare
//! repository and without rules, so that other peers' protocol suites can be run against it.

use crate::Error;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Which side of the protocol.
#[derive(Subcommand, Debug)]
pub enum PlumbingCommand {
    /// Serve a fetch or a clone
    UploadPack(Session),
    /// Serve a push; nothing is refused
    ReceivePack(Session),
}

/// A plain bare repository.
#[derive(Args, Debug)]
pub struct Session {
    /// The repository's folder
    #[arg(value_name = "DIR")]
    repository: PathBuf,
}

impl PlumbingCommand {
    /// Carries it out; `GIT_PROTOCOL` chooses the protocol's version, as git does it.
    pub fn run(&self) -> Result<(), Error> {
        match self {
            Self::UploadPack(it) => crate::wiring::upload_pack(&it.repository),
            Self::ReceivePack(it) => crate::wiring::receive_pack(&it.repository),
        }
    }
}
