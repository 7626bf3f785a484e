//! Where values come from, and what is said about those that cannot be used.

use crate::program::{program, run};
use portcullis::config::{Config, ConfigError, KEYS, Sources, reference};
use std::time::Duration;

fn sources(file: &str) -> (tempfile::TempDir, Sources) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("portcullis.toml");
    std::fs::write(&path, file).unwrap();
    (folder, Sources { file: Some(path), ..Sources::default() })
}

fn error(file: &str) -> String {
    let (folder, sources) = sources(file);
    let error = Config::load(&sources).unwrap_err().to_string();
    error.replace(&folder.path().display().to_string(), "DIR")
}

#[test]
fn the_stronger_source_wins() {
    let (_folder, mut sources) = sources(
        "http = '127.0.0.1:4'\nssh = '127.0.0.1:4'\ndatabase = 'sqlite:4'\nadmin-user = 'four'",
    );
    let http = |sources: &Sources| Config::load(sources).unwrap().http;
    assert_eq!(Config::load(&Sources::default()).unwrap().http, "127.0.0.1:8080");
    assert_eq!(http(&sources), "127.0.0.1:4");
    sources.environment = vec![("PORTCULLIS_HTTP".into(), "127.0.0.1:3".into())];
    assert_eq!(http(&sources), "127.0.0.1:3");
    sources.assignments = vec!["http=127.0.0.1:2".into()];
    assert_eq!(http(&sources), "127.0.0.1:2");
    sources.flags = vec![("http", "127.0.0.1:1".into())];
    assert_eq!(http(&sources), "127.0.0.1:1");
    let config = Config::load(&sources).unwrap();
    assert_eq!((config.ssh.as_deref(), config.admin_user.as_str()), (Some("127.0.0.1:4"), "four"));
}

#[test]
fn every_key_can_be_set_by_its_variable_and_in_the_file() {
    for key in KEYS {
        let bad = "\u{1}";
        let sources =
            Sources { environment: vec![(key.environment(), bad.into())], ..Sources::default() };
        match Config::load(&sources) {
            Err(ConfigError::BadValue { name, .. }) => assert_eq!(name, key.name),
            Err(ConfigError::Half { given, .. }) => assert_eq!(given, key.name),
            Ok(config) => {
                assert!(format!("{config:?}").contains("\\u{1}"), "{} is read by nobody", key.name);
            }
            Err(other) => panic!("{}: {other}", key.name),
        }
    }
    let (_folder, sources) = sources(
        "[log]\nlevel = 'debug'\nformat = 'json'\n[limits]\nmax-commands = 7\nclient-timeout = '2m'",
    );
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.limits.max_commands, 7);
    assert_eq!(config.limits.client_timeout, Duration::from_secs(120));
    assert_eq!((config.log.level.as_str(), config.log.json), ("debug", Some(true)));
}

#[test]
fn what_cannot_be_used_is_named() {
    let place = "the file `DIR/portcullis.toml`";
    for (file, message) in [
        ("htp = ''", format!("unknown key `htp` in {place}: did you mean `http`?")),
        (
            "[limits]\nmax-comands = 1",
            format!(
                "unknown key `limits.max-comands` in {place}: did you mean `limits.max-commands`?"
            ),
        ),
        (
            "[qqq]\nx = 1",
            format!(
                "unknown key `qqq` in {place}: see `docs/reference/configuration.md` for those there are"
            ),
        ),
        (
            "http = 8080",
            format!(
                "`http` is `8080` in {place}: write it as `host:port`, for example `127.0.0.1:8080`"
            ),
        ),
        (
            "limits.max-pack-size = '8T'",
            format!(
                "`limits.max-pack-size` is `8T` in {place}: write bytes as `65536`, `512K`, `64M` or `2G`"
            ),
        ),
        ("http = ['a']", format!("`http` in {place} must be a text, a number or true/false")),
        (
            "tls.key = '/k'",
            "`tls.key` is set and `tls.certificate` is not: both are needed for TLS".into(),
        ),
        (
            "database = 'mysql://root:hunter2@h/x'",
            format!(
                "`database` is `…` in {place}: write `sqlite:PATH` or `postgres://USER@HOST/NAME`"
            ),
        ),
    ] {
        assert_eq!(error(file), message);
    }
    assert!(
        error("http = ").starts_with("the configuration file `DIR/portcullis.toml` is not TOML")
    );
}

#[test]
fn the_program_refuses_a_bad_configuration_before_it_touches_anything() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("bad.toml");
    std::fs::write(&file, "publik-url = 'https://x'").unwrap();
    for (arguments, said) in [
        (vec!["serve", "--config", "bad.toml"], "did you mean `public-url`?"),
        (vec!["serve", "--config", "none.toml"], "cannot read the configuration file `none.toml`"),
        (vec!["serve", "--set", "limits.max-comands=1"], "did you mean `limits.max-commands`?"),
        (vec!["serve", "--set", "limits.max-commands"], "write it as `--set KEY=VALUE`"),
        (vec!["serve", "--http", "8080"], "the flag --http"),
    ] {
        let ended = run(program(home.path()).args(&arguments));
        assert_eq!((ended.code, ended.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.err.contains(said), "{arguments:?}: {}", ended.err);
    }
    assert!(!home.path().join("portcullis-data").exists());
}

/// `cargo xtask bless` sets `PORTCULLIS_BLESS`, and the file is written instead of compared.
#[test]
fn the_configuration_reference_is_as_generated() {
    crate::program::committed("docs/reference/configuration.md", &reference());
}
