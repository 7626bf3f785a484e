//! `portcullis plumbing`: our protocol edge on standard input and output, over a plain bare
//! repository and without rules, so that other peers' protocol suites can be run against it.

use crate::Error;
use clap::{Args, Subcommand};
use repo::{AllowAll, ReceiveOptions, Repository, UploadOptions, Visible};
use std::io::{BufReader, BufWriter, Write as _};
use std::path::PathBuf;
use wire::Version;

/// Which side of the protocol.
#[derive(Subcommand, Debug)]
pub enum PlumbingCommand {
    /// Serve a fetch or a clone
    #[command(after_help = "Example:
  git clone --upload-pack='portcullis plumbing upload-pack' /srv/site.git")]
    UploadPack(Where),
    /// Serve a push; nothing is refused
    #[command(after_help = "Example:
  git push --receive-pack='portcullis plumbing receive-pack' /srv/site.git main")]
    ReceivePack(Where),
}

/// A plain bare repository.
#[derive(Args, Debug)]
pub struct Where {
    /// The repository's folder
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl PlumbingCommand {
    /// Serves one client; `GIT_PROTOCOL` chooses the protocol's version, as git does it.
    pub fn run(&self) -> Result<(), Error> {
        let failed = |error: repo::Error| Error::Failed(error.to_string());
        let protocol = std::env::var("GIT_PROTOCOL").unwrap_or_default();
        let version = Version::parse(&protocol);
        let mut input = BufReader::new(std::io::stdin().lock());
        let mut output = BufWriter::new(std::io::stdout().lock());
        match self {
            Self::UploadPack(it) => {
                let options = UploadOptions { version, stateless: false, ..Default::default() };
                let repository = Repository::open_plain(&it.folder).map_err(failed)?;
                repo::upload_pack(
                    &repository,
                    Visible::Everything,
                    &mut input,
                    &mut output,
                    &options,
                )
                .map_err(failed)?;
            }
            Self::ReceivePack(it) => {
                let options = ReceiveOptions { version, stateless: false, ..Default::default() };
                let repository = Repository::open_plain(&it.folder).map_err(failed)?;
                repo::receive_pack(&repository, &mut input, &mut output, &mut AllowAll, &options)
                    .map_err(failed)?;
            }
        }
        output.flush().map_err(|e| Error::Failed(format!("the client went away: {e}")))
    }
}
