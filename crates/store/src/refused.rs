//! What a credential was refused for the last time: for whoever wonders why it does not work.

use crate::Result;
use crate::sql::Columns;
use model::Timestamp;

/// The last refusal of a token or key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastRefused {
    /// Kept to the minute.
    pub at: Timestamp,
    /// `PC-SCOPE-MISSING`; empty in rows from before it was kept.
    pub code: String,
    /// A few words that stand alone: `token lacks repository:write`.
    pub why: String,
}

impl LastRefused {
    /// Reads `last_refused_at`, `last_refused_code` and `last_refused_why`.
    pub(crate) fn from_columns(row: Columns<'_>) -> Result<Option<Self>> {
        let Some(at) = row.opt_time("last_refused_at")? else { return Ok(None) };
        let code = row.opt_text("last_refused_code")?.unwrap_or_default();
        let why = row.opt_text("last_refused_why")?.unwrap_or_default();
        Ok(Some(Self { at, code, why }))
    }
}
