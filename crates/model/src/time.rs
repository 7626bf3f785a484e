//! Moments.

/// A moment: milliseconds since 1970-01-01T00:00:00Z. Handed in from outside; nothing in
/// `model` or `policy` reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);
