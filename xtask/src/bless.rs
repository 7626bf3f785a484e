//! `cargo xtask bless`: rewrites the documents that are generated from code.
//!
//! Each of them belongs to a test that fails when the committed file differs, and rewrites it
//! when `PORTCULLIS_BLESS=1`. Their names say so: they end in `is_as_generated`.

use crate::run::{cargo, run};
use anyhow::Result;

/// Runs those tests with leave to write.
pub fn run_all() -> Result<()> {
    run(cargo()
        .args(["test", "--workspace", "--quiet", "is_as_generated"])
        .env("PORTCULLIS_BLESS", "1"))
}
