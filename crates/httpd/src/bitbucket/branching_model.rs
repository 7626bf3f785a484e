//! `…/branching-model`: what branches are called, as it is in force and as it was set; and whether a
//! repository goes by its own settings or its project's.

use super::branches::BranchBody;
use super::listing;
use super::shapes::{Links, links};
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::ListRequest;
use crate::origin::Origin;
use crate::place::Place;
use crate::problem::Problem;
use crate::who::Who;
use app::{
    BranchInput, BranchingInput, BranchingView, ModelBranch, PlaceName, SettingsView, TypeInput,
};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use model::{BranchType, Level};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// The model in force in a repository, or that of a project.
#[derive(Serialize, ToSchema)]
#[schema(as = BranchingModel)]
pub struct ModelBody {
    #[serde(rename = "type")]
    type_: &'static str,
    development: ModelBranchBody,
    /// Not there while it is disabled.
    #[serde(skip_serializing_if = "Option::is_none")]
    production: Option<ModelBranchBody>,
    /// Those that are enabled.
    branch_types: Vec<TypeBody>,
    links: Links,
}

/// The development or production branch.
#[derive(Serialize, ToSchema)]
struct ModelBranchBody {
    /// `null` when it follows the main branch and there is none.
    name: Option<String>,
    use_mainbranch: bool,
    /// Not there while it does not exist, and in projects.
    #[serde(skip_serializing_if = "Option::is_none")]
    branch: Option<BranchBody>,
}

/// A type that is enabled.
#[derive(Serialize, ToSchema)]
struct TypeBody {
    kind: &'static str,
    prefix: String,
}

/// What was set.
#[derive(Serialize, ToSchema)]
#[schema(as = BranchingModelSettings)]
pub struct SettingsBody {
    #[serde(rename = "type")]
    type_: &'static str,
    development: BranchSetting,
    production: BranchSetting,
    branch_types: Vec<TypeSetting>,
    /// `true` or `false`, as text.
    default_branch_deletion: &'static str,
    links: Links,
}

/// How the development or production branch was set.
#[derive(Serialize, ToSchema)]
struct BranchSetting {
    #[serde(skip_serializing_if = "Option::is_none")]
    enabled: Option<bool>,
    /// `null` when it follows the main branch.
    name: Option<String>,
    use_mainbranch: bool,
    /// Does it exist? Not there in projects.
    #[serde(skip_serializing_if = "Option::is_none")]
    is_valid: Option<bool>,
}

/// How a type was set.
#[derive(Serialize, ToSchema)]
struct TypeSetting {
    kind: &'static str,
    enabled: bool,
    prefix: String,
}

/// What shall change; what is left out stays as it is.
#[derive(Deserialize, ToSchema)]
#[schema(as = BranchingModelSettingsInput)]
pub struct SettingsInput {
    development: Option<BranchSettingInput>,
    production: Option<BranchSettingInput>,
    #[serde(default)]
    branch_types: Vec<TypeSettingInput>,
    /// `true` or `false`, as text; other values change nothing.
    #[schema(value_type = Option<String>)]
    default_branch_deletion: Option<Value>,
}

/// A change of the development or production branch.
#[derive(Deserialize, ToSchema)]
struct BranchSettingInput {
    enabled: Option<bool>,
    name: Option<String>,
    use_mainbranch: Option<bool>,
}

/// A change of a type.
#[derive(Deserialize, ToSchema)]
struct TypeSettingInput {
    kind: String,
    enabled: Option<bool>,
    prefix: Option<String>,
}

/// Which settings a repository overrides.
#[derive(Serialize, ToSchema)]
#[schema(as = RepositoryInheritanceState)]
pub struct InheritanceBody {
    #[serde(rename = "type")]
    type_: &'static str,
    override_settings: Overrides,
}

/// The same, as it is sent.
#[derive(Deserialize, ToSchema)]
#[schema(as = RepositoryInheritanceStateInput)]
pub struct InheritanceInput {
    override_settings: Option<Overrides>,
    branching_model: Option<bool>,
}

/// Of the settings that can be inherited, whether the repository has its own.
#[derive(Serialize, Deserialize, ToSchema)]
struct Overrides {
    branching_model: Option<bool>,
}

impl SettingsInput {
    fn parse(self) -> BranchingInput {
        let branch = |it: BranchSettingInput| BranchInput {
            enabled: it.enabled,
            use_main: it.use_mainbranch,
            name: it.name,
        };
        let kind = |it: TypeSettingInput| TypeInput {
            kind: it.kind,
            enabled: it.enabled,
            prefix: it.prefix,
        };
        BranchingInput {
            development: self.development.map(branch),
            production: self.production.map(branch),
            types: self.branch_types.into_iter().map(kind).collect(),
            delete_merged: match self.default_branch_deletion {
                Some(Value::Bool(it)) => Some(it),
                Some(Value::String(it)) => it.parse().ok(),
                _ => None,
            },
        }
    }
}

impl ModelBody {
    fn of(
        view: BranchingView,
        type_: &'static str,
        path: &str,
        place: &PlaceName,
        origin: &Origin,
    ) -> Self {
        let repository = place.to_string();
        let branch = |it: ModelBranch| ModelBranchBody {
            name: it.name,
            use_mainbranch: it.use_main,
            branch: it.branch.map(|it| BranchBody::of(&it, &repository, origin)),
        };
        let kind = |it: BranchType| TypeBody { kind: it.class.as_str(), prefix: it.prefix };
        Self {
            type_,
            development: branch(view.development),
            production: view.production.map(branch),
            branch_types: view.types.into_iter().map(kind).collect(),
            links: links([("self", origin.link(&address(place, path)))]),
        }
    }
}

impl SettingsBody {
    fn of(view: SettingsView, place: &PlaceName, origin: &Origin) -> Self {
        let settings = view.settings;
        let branch = |enabled, name: Option<String>, is_valid| BranchSetting {
            enabled,
            use_mainbranch: name.is_none(),
            name,
            is_valid,
        };
        let production = settings.production;
        let kind = |it: BranchType| TypeSetting {
            kind: it.class.as_str(),
            enabled: it.enabled,
            prefix: it.prefix,
        };
        Self {
            type_: "branching_model_settings",
            development: branch(None, settings.development, view.development_is_valid),
            production: branch(Some(production.enabled), production.name, view.production_is_valid),
            branch_types: settings.types.into_iter().map(kind).collect(),
            default_branch_deletion: if settings.delete_merged { "true" } else { "false" },
            links: links([("self", origin.link(&address(place, "branching-model/settings")))]),
        }
    }
}

/// Where something below a place is.
fn address(place: &PlaceName, path: &str) -> String {
    if place.level() == Level::Project {
        let (workspace, key) = place.to_string().split_once('/').map_or_else(
            || (place.to_string(), String::new()),
            |(workspace, key)| (workspace.to_owned(), key.to_owned()),
        );
        format!("/2.0/workspaces/{workspace}/projects/{key}/{path}")
    } else {
        format!("/2.0/repositories/{place}/{path}")
    }
}

/// Shows the branching model in force in a repository, or what a project hands down.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/branching-model",
    responses((status = 200, body = ModelBody)))]
pub async fn get_branching_model(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let view = doors.app.branching_model(&who, &place).await?;
    let of_project = place.level() == Level::Project;
    let type_ = if of_project { "project_branching_model" } else { "branching_model" };
    listing::one(&list, ModelBody::of(view, type_, "branching-model", &place, &origin))
}

/// Shows the branching model in force, under its other name.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/effective-branching-model",
    responses((status = 200, body = ModelBody)))]
pub async fn get_effective_branching_model(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let view = doors.app.branching_model(&who, &place).await?;
    let (type_, path) = ("effective_repo_branching_model", "effective-branching-model");
    listing::one(&list, ModelBody::of(view, type_, path, &place, &origin))
}

/// Shows what was set, in force or not.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/branching-model/settings",
    responses((status = 200, body = SettingsBody)))]
pub async fn get_branching_model_settings(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let view = doors.app.branching_settings(&who, &place).await?;
    listing::one(&list, SettingsBody::of(view, &place, &origin))
}

/// Changes what is sent, and puts the settings in force.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/branching-model/settings",
    request_body = SettingsInput, responses((status = 200, body = SettingsBody)))]
pub async fn update_branching_model_settings(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    JsonBody(input): JsonBody<SettingsInput>,
) -> Result<Json<SettingsBody>, Problem> {
    let view = doors.app.update_branching_settings(&who, &place, &input.parse()).await?;
    Ok(Json(SettingsBody::of(view, &place, &origin)))
}

/// Shows which settings a repository has of its own.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/override-settings",
    responses((status = 200, body = InheritanceBody)))]
pub async fn get_override_settings(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
) -> Result<Json<InheritanceBody>, Problem> {
    let branching_model = Some(doors.app.overrides_branching(&who, &place).await?);
    let override_settings = Overrides { branching_model };
    Ok(Json(InheritanceBody { type_: "repository_inheritance_state", override_settings }))
}

/// Says which settings a repository has of its own; what is left out stays as it is.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/override-settings",
    request_body = InheritanceInput, responses((status = 204)))]
pub async fn update_override_settings(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    JsonBody(input): JsonBody<InheritanceInput>,
) -> Result<StatusCode, Problem> {
    let nested = input.override_settings.and_then(|it| it.branching_model);
    match nested.or(input.branching_model) {
        Some(overrides) => doors.app.override_branching(&who, &place, overrides).await?,
        // Whether anything was meant for this server at all is asked like everything else.
        None => doors.app.overrides_branching(&who, &place).await.map(drop)?,
    }
    Ok(StatusCode::NO_CONTENT)
}
