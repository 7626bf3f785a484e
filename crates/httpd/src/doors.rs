//! What every handler has at hand.

use crate::settings::Settings;
use app::App;
use std::sync::Arc;

/// The state of the router: cheap to clone.
#[derive(Clone)]
pub struct Doors {
    pub app: Arc<App>,
    pub settings: Arc<Settings>,
}
