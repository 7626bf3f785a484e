//! `/refusals/{id}`: the page that the last line of every refusal names, as plain text for a browser
//! or `curl`. Shows what `app` rendered and adds nothing.

use crate::doors::Doors;
use crate::problem::Problem;
use crate::who::Who;
use axum::extract::{Path, State};

/// The record of a refusal, to the one who was refused and to administrators.
pub async fn get_refusal_page(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(id): Path<String>,
) -> Result<String, Problem> {
    Ok(app::record_page(&doors.app.refusal(&who, &id).await?))
}
