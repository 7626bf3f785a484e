//! `/repositories/…/pull-requests/{id}/code-owners`: whom the destination's `CODEOWNERS` names for
//! what a pull request changes.

use crate::doors::Doors;
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::uuid::braced;
use crate::who::Who;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// The code owners of a pull request.
#[derive(Serialize, ToSchema)]
#[schema(as = CodeOwners)]
pub struct CodeOwnersBody {
    /// In the order of the lines that name them; without the author.
    owners: Vec<OwnerBody>,
    /// What in the file cannot be read, or means nobody.
    faults: Vec<FaultBody>,
}

/// A user who owns something.
#[derive(Serialize, ToSchema)]
#[schema(as = CodeOwner)]
struct OwnerBody {
    uuid: String,
    username: String,
    display_name: String,
}

/// What is wrong with a line.
#[derive(Serialize, ToSchema)]
#[schema(as = CodeOwnersFault)]
struct FaultBody {
    /// Counted from 1.
    line: usize,
    message: String,
}

/// Shows whom the code owners' file names for a pull request, and what is wrong with the file.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pull-requests/{id}/code-owners",
    responses((status = 200, body = CodeOwnersBody)))]
pub async fn get_code_owners(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<CodeOwnersBody>, Problem> {
    let view = doors.app.code_owners_of_request(&who, &place, number).await?;
    let owner = |it: app::Person| OwnerBody {
        uuid: braced(&it.uuid),
        username: it.name,
        display_name: it.display_name,
    };
    let fault = |it: app::CodeOwnersFault| FaultBody { line: it.line, message: it.message };
    Ok(Json(CodeOwnersBody {
        owners: view.owners.into_iter().map(owner).collect(),
        faults: view.faults.into_iter().map(fault).collect(),
    }))
}
