//! The state of the whole installation.

use crate::error::{Fields, Result};
use crate::grounds::STATE;
use crate::{App, Asker, clock};

impl App {
    /// Opens the installation, makes it read-only, or closes it for maintenance: `open`,
    /// `read-only` or `maintenance`. For whoever runs the server, at start: there is no door to
    /// this, because maintenance closes the doors.
    pub async fn set_instance_state(&self, state: &str) -> Result<()> {
        crate::grounds::parse_state(state)
            .map_err(|_| Fields::one("instance_state", "use open, read-only or maintenance"))?;
        if self.store.find_setting(STATE).await?.as_deref().unwrap_or("open") != state {
            let by = Asker::system().actor(clock::now());
            self.store.set_setting(&by, STATE, state).await?;
        }
        Ok(())
    }
}
