//! `/workspaces/{workspace}/network`: from where and how what is private in it may be used.

use crate::doors::Doors;
use crate::json::KnownBody;
use crate::place::Path;
use crate::problem::Problem;
use crate::who::Who;
use app::{NetworkChange, NetworkView, PlaceName};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What to change; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = NetworkChange)]
pub struct NetworkChangeBody {
    /// Blocks of addresses, all of them: `10.0.0.0/8`. An empty list is from anywhere.
    allowed_addresses: Option<Vec<String>>,
    /// Blocks that are let in besides those that are let in now.
    #[serde(default)]
    add_allowed_addresses: Vec<String>,
    /// Must people have a second factor?
    require_two_factor: Option<bool>,
}

/// The network rules of a workspace.
#[derive(Serialize, ToSchema)]
#[schema(as = Network)]
pub struct NetworkBody {
    /// Empty: from anywhere.
    allowed_addresses: Vec<String>,
    require_two_factor: bool,
    /// Where this request came from, as far as the server can know.
    your_address: Option<String>,
}

impl From<NetworkView> for NetworkBody {
    fn from(view: NetworkView) -> Self {
        Self {
            allowed_addresses: view.network.addresses,
            require_two_factor: view.network.two_factor,
            your_address: view.your_address.map(|it| it.to_canonical().to_string()),
        }
    }
}

/// Shows from where and how what is private in a workspace may be used.
#[utoipa::path(get, path = "/workspaces/{workspace}/network",
    responses((status = 200, body = NetworkBody)))]
pub async fn get_network(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(workspace): Path<String>,
) -> Result<Json<NetworkBody>, Problem> {
    let place = PlaceName::workspace(&workspace);
    Ok(Json(doors.app.workspace_network(&who, &place).await?.into()))
}

/// Changes from where and how what is private in a workspace may be used.
#[utoipa::path(put, path = "/workspaces/{workspace}/network", request_body = NetworkChangeBody,
    responses((status = 200, body = NetworkBody)))]
pub async fn update_network(
    State(doors): State<Doors>,
    Who(who): Who,
    Path(workspace): Path<String>,
    KnownBody(body): KnownBody<NetworkChangeBody>,
) -> Result<Json<NetworkBody>, Problem> {
    let place = PlaceName::workspace(&workspace);
    let change = NetworkChange {
        addresses: body.allowed_addresses,
        add: body.add_allowed_addresses,
        two_factor: body.require_two_factor,
    };
    Ok(Json(doors.app.set_workspace_network(&who, &place, change).await?.into()))
}
