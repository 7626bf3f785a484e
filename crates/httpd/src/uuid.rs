//! UUIDs as both APIs write them: in braces, which clients look for.

/// `{8a3f…}`.
pub fn braced(uuid: &str) -> String {
    format!("{{{uuid}}}")
}
