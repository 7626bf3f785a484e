//! Logs go to standard error: for people when it is a terminal, JSON lines otherwise. Only the
//! program sets this up; servers started inside a test leave the process alone.

use crate::Error;
use crate::config::LogConfig;
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// Starts logging for this process.
pub fn start(config: &LogConfig) -> Result<(), Error> {
    let bad = |why: String| Error::Log { level: config.level.clone(), why };
    let filter = EnvFilter::try_new(&config.level).map_err(|e| bad(e.to_string()))?;
    let terminal = std::io::stderr().is_terminal();
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if config.json.unwrap_or(!terminal) {
        builder.json().flatten_event(true).try_init()
    } else {
        builder.with_ansi(terminal).with_target(false).try_init()
    };
    started.map_err(|e| bad(e.to_string()))
}
