//! `portcullis serve`: from arguments to a running server, and back when it is told to stop.

use super::output::print;
use crate::config::{Config, Sources};
use crate::{Error, serve};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `serve`. What is not given comes from the environment, the file or the defaults;
/// that is why none of these has a default of its own.
#[derive(Args, Debug)]
pub struct ServeArgs {
    /// Data folder; made on first start [default: ./portcullis-data]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to listen for HTTP; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR", help_heading = "Network")]
    http: Option<String>,
    /// Where to listen for SSH; port 0 takes a free one, `none` takes none [default: 127.0.0.1:2222]
    #[arg(long, value_name = "ADDR", help_heading = "Network")]
    ssh: Option<String>,
    /// Address people use, when it is not the one listened on
    #[arg(long, value_name = "URL", help_heading = "Network")]
    public_url: Option<String>,
    /// sqlite:PATH or postgres://… [default: sqlite:<data>/portcullis.db]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Configuration file, in TOML [env: PORTCULLIS_CONFIG=]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Set any key of the configuration reference; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Fill an empty data folder with the demo workspace and print what to try
    #[arg(long, help_heading = "First start")]
    demo: bool,
    /// Name of the administrator the first start creates [default: admin]
    #[arg(long, value_name = "NAME", help_heading = "First start")]
    admin_user: Option<String>,
}

impl ServeArgs {
    /// Serves until SIGTERM or SIGINT. Nothing comes before the ready line on standard output.
    pub fn run(&self) -> Result<(), Error> {
        let config = Config::load(&self.sources()?)?;
        serve::logs::start(&config.log)?;
        let running = serve::start(config)?;
        // Before the ready line: whoever has read it may send a signal at once.
        let signals = running.catch_signals()?;
        print(&format!("ready {}\n", running.urls()))?;
        if let Some(text) = running.welcome() {
            print(text)?;
        }
        running.wait_for(signals);
        running.stop()
    }

    fn sources(&self) -> Result<Sources, Error> {
        let path = |it: &PathBuf| {
            it.to_str()
                .map(str::to_owned)
                .ok_or_else(|| Error::Usage(format!("`{}` is not UTF-8", it.display())))
        };
        let mut flags = Vec::new();
        let mut flag = |name: &'static str, value: Option<String>| {
            flags.extend(value.map(|it| (name, it)));
        };
        flag("data", self.data.as_ref().map(path).transpose()?);
        flag("http", self.http.clone());
        flag("ssh", self.ssh.clone());
        flag("public-url", self.public_url.clone());
        flag("database", self.database.clone());
        flag("demo", self.demo.then(|| "true".to_owned()));
        flag("admin-user", self.admin_user.clone());
        let from_environment =
            || std::env::var_os("PORTCULLIS_CONFIG").filter(|it| !it.is_empty()).map(Into::into);
        Ok(Sources {
            flags,
            assignments: self.set.clone(),
            // A variable that is not UTF-8 can't be one of ours.
            environment: std::env::vars_os()
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
            file: self.config.clone().or_else(from_environment),
        })
    }
}
