//! Settings of the whole installation that whoever runs the server gives at its start.

use crate::error::{Fields, Result};
use crate::grounds::{ADDRESSES, STATE};
use crate::{App, Asker, clock};
use policy::AddressRange;

impl App {
    /// Opens the installation, makes it read-only, or closes it for maintenance: `open`,
    /// `read-only` or `maintenance`. For whoever runs the server, at start: there is no door to
    /// this, because maintenance closes the doors.
    pub async fn set_instance_state(&self, state: &str) -> Result<()> {
        crate::grounds::parse_state(state)
            .map_err(|_| Fields::one("instance_state", "use open, read-only or maintenance"))?;
        self.set_to(STATE, "open", state).await
    }

    /// Private things can be used from these blocks of addresses only; from anywhere when there
    /// are none. For whoever runs the server, at start: a mistake here closes the doors, too.
    pub async fn set_allowed_addresses(&self, blocks: &[AddressRange]) -> Result<()> {
        let blocks: Vec<_> = blocks.iter().map(ToString::to_string).collect();
        self.set_to(ADDRESSES, "", &blocks.join(",")).await
    }

    /// Writes a setting that is not so already; each change has its audit line.
    async fn set_to(&self, key: &str, default: &str, value: &str) -> Result<()> {
        if self.store.find_setting(key).await?.as_deref().unwrap_or(default) != value {
            let by = Asker::system().actor(clock::now());
            self.store.set_setting(&by, key, value).await?;
        }
        Ok(())
    }
}
