//! Documents that are made from the code and committed, so that a change of policy is a
//! difference anybody can read.

use std::path::Path;

/// Fails when the committed document differs; writes it when `PORTCULLIS_BLESS=1`.
pub fn is_as_generated(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference").join(name);
    if std::env::var_os("PORTCULLIS_BLESS").is_some_and(|it| it == "1") {
        std::fs::write(&path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == text,
        "docs/reference/{name} is not what the code says; if the code is right, run \
         `cargo xtask bless` and commit the difference"
    );
}
