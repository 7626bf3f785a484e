//! Writes `docs/reference/configuration.md` from the table of keys. The committed file is
//! compared with this by a test; it must never be edited by hand.

use super::keys::KEYS;
use std::fmt::Write as _;

const HEAD: &str = "# Configuration

<!-- Generated from crates/portcullis/src/config/keys.rs by `cargo xtask bless`. Do not edit. -->

`portcullis serve` takes each value from the first of these that has it:

1. a flag (`--http`), or `--set KEY=VALUE` for the keys that have no flag of their own;
2. an environment variable, named below;
3. the file given with `--config FILE` or `PORTCULLIS_CONFIG`, in TOML;
4. the default.

Dots in a key are tables of the file. A key that is not listed here is an error that names the
nearest one that is.

```toml
public-url = \"https://git.example.org\"

[tls]
certificate = \"/etc/portcullis/fullchain.pem\"
key = \"/etc/portcullis/privkey.pem\"

[limits]
max-pack-size = \"8G\"
```

Besides, the file may hold tables `[checks.NAME]`: [checks of your own](../admin/checks.md).

| key | default | variable | form | meaning |
|---|---|---|---|---|
";

/// The whole reference, as it is committed.
pub fn reference() -> String {
    let mut text = HEAD.to_owned();
    for key in KEYS {
        let default =
            if key.default.is_empty() { String::new() } else { format!("`{}`", key.default) };
        // Writing to a String cannot fail.
        let _: Result<(), std::fmt::Error> = writeln!(
            text,
            "| `{}` | {default} | `{}` | {} | {} |",
            key.name,
            key.environment(),
            key.form.describe(),
            key.meaning
        );
    }
    text
}
