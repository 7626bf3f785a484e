//! Fetching through a handle: the same for every door. Refs that nobody may see are left out
//! here; nothing else is decided. Sync: the caller brings a thread that may block.

use crate::error::Result;
use crate::open::{Fetching, OpenRepository};
use model::RefName;
use repo::{UploadOptions, Visible};
use std::io::{Read, Write};
use wire::Version;

/// Refs of the server itself are nobody's to see.
pub(crate) const VISIBLE: Visible<'static> = Visible::Except(&[policy::HIDDEN_REFS]);

impl OpenRepository<Fetching> {
    /// Writes what a fetch is answered with first, without the service header of HTTP.
    pub fn advertise(&self, version: Version, output: &mut dyn Write) -> Result<()> {
        let repository = self.app.repositories.repository(self.repository.id)?;
        Ok(repo::advertise_upload(&repository, VISIBLE, version, output)?)
    }

    /// Serves one request of a fetch.
    pub fn upload_pack(
        &self,
        version: Version,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> Result<()> {
        self.serve(version, input, output, true)
    }

    /// Serves a whole fetch, from the list of refs to the pack, where both sides can talk.
    pub fn converse(
        &self,
        version: Version,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> Result<()> {
        self.serve(version, input, output, false)
    }

    fn serve(
        &self,
        version: Version,
        input: &mut dyn Read,
        output: &mut dyn Write,
        stateless: bool,
    ) -> Result<()> {
        let repository = self.app.repositories.repository(self.repository.id)?;
        let options = UploadOptions { version, stateless, ..UploadOptions::default() };
        let served = repo::upload_pack(&repository, VISIBLE, input, output, &options)?;
        metrics::counter!("portcullis_fetches_total").increment(served.requests);
        metrics::counter!("portcullis_fetch_bytes_total").increment(served.pack_bytes);
        Ok(())
    }
}

/// Refs of the server itself are nobody's to see. A name git would not accept is not shown either.
pub(crate) fn is_visible(name: &str) -> bool {
    RefName::parse(name.as_bytes()).is_ok_and(|it| !policy::is_hidden_ref(&it))
}
