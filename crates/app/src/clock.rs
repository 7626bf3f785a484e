//! The one place in this crate that reads the clock.

use model::Timestamp;

/// This moment.
pub(crate) fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_millisecond())
}
