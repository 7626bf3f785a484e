//! Puts the rooms together: opens `app`, asks `httpd` for its router. The only module that knows
//! how they are made; it must never hold logic of its own.
use crate::Error;
use crate::config::Config;
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

    /// Called when nothing is served any more: leaves everything as a clean start finds it.
    pub async fn close(self) -> Result<(), Error> {
        Ok(())
    }
}
