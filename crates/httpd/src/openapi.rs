//! The OpenAPI documents of both APIs, generated from the handlers and completed here with what
//! every operation shares: path parameters, paging, the error shape, how to sign in.

use crate::{bitbucket, native};
use serde_json::{Map, Value, json};
use std::sync::LazyLock;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portcullis API",
        description = "What Bitbucket has no API for: accounts, rules of every level, tokens, \
                       explanations, refusals, the audit log.",
        license(name = "Apache-2.0 OR MIT")
    ),
    paths(
        native::users::create_user,
        native::users::list_users,
        native::users::get_user,
        native::users::update_user,
        native::tokens::create_api_token,
        native::tokens::list_api_tokens,
        native::tokens::revoke_api_token,
        native::tokens::rotate_api_token,
        native::workspaces::create_workspace,
        native::workspaces::list_workspaces,
        native::workspaces::get_workspace,
        native::workspaces::update_workspace,
        native::workspaces::create_personal_workspace,
        native::networks::get_network,
        native::networks::update_network,
        native::members::list_members,
        native::members::set_member,
        native::members::remove_member,
        native::groups::create_group,
        native::groups::list_groups,
        native::groups::update_group,
        native::groups::remove_group,
        native::groups::list_group_members,
        native::groups::add_group_member,
        native::groups::remove_group_member,
        native::grants::list_grants,
        native::grants::set_grant,
        native::access_tokens::create_access_token,
        native::access_tokens::list_access_tokens,
        native::access_tokens::revoke_access_token,
        native::access_tokens::rotate_access_token,
        native::access_keys::add_access_key,
        native::access_keys::list_access_keys,
        native::access_keys::get_access_key,
        native::access_keys::rename_access_key,
        native::access_keys::remove_access_key,
        native::ssh_keys::add_ssh_key,
        native::ssh_keys::list_ssh_keys,
        native::ssh_keys::get_ssh_key,
        native::ssh_keys::rename_ssh_key,
        native::ssh_keys::remove_ssh_key,
        native::ssh_keys::list_unknown_keys,
        native::gpg_keys::add_gpg_key,
        native::gpg_keys::list_gpg_keys,
        native::gpg_keys::get_gpg_key,
        native::gpg_keys::remove_gpg_key,
        native::restrictions::list_restrictions,
        native::restrictions::create_restriction,
        native::restrictions::get_restriction,
        native::restrictions::update_restriction,
        native::restrictions::remove_restriction,
        native::preview::preview_restriction,
        native::workbench::get_matches,
        native::workbench::post_matches,
        native::workbench::check_restrictions,
        native::policy::get_policy,
        native::policy::put_policy,
        native::repositories::update_repository,
        native::repositories::maintain_repository,
        native::build_keys::list_build_keys,
        native::build_keys::set_build_keys,
        native::merging::get_mergeability,
        native::merging::get_merge_strategies,
        native::merging::set_merge_strategies,
        native::waiting::ask_for_auto_merge,
        native::waiting::get_auto_merge,
        native::waiting::cancel_auto_merge,
        native::waiting::enter_queue,
        native::waiting::get_queue_entry,
        native::waiting::leave_queue,
        native::waiting::list_merge_queue,
        native::explain::explain,
        native::refusals::get_refusal,
        native::refusals::list_refusals,
        native::code_owners::get_code_owners,
        native::dependencies::list_dependencies,
        native::dependencies::add_dependency,
        native::dependencies::remove_dependency,
        native::superseding::supersede_pull_request,
        native::review_groups::list_review_groups,
        native::review_groups::add_review_group,
        native::review_groups::remove_review_group,
        native::audit::list_audit,
    )
)]
struct Native;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Portcullis, Bitbucket's REST API",
        description = "The part of Bitbucket's API 2.0 that is served.",
        license(name = "Apache-2.0 OR MIT")
    ),
    paths(
        bitbucket::user::get_user,
        bitbucket::user::list_user_emails,
        bitbucket::user::list_user_workspaces,
        bitbucket::user::get_account,
        bitbucket::workspaces::list_workspaces,
        bitbucket::workspaces::get_workspace,
        bitbucket::workspaces::list_members,
        bitbucket::workspaces::get_member,
        bitbucket::projects::list_projects,
        bitbucket::projects::create_project,
        bitbucket::projects::get_project,
        bitbucket::projects::update_project,
        bitbucket::projects::remove_project,
        bitbucket::repositories::list_repositories,
        bitbucket::repositories::get_repository,
        bitbucket::repositories::create_repository,
        bitbucket::repositories::update_repository,
        bitbucket::repositories::remove_repository,
        bitbucket::branches::list_branches,
        bitbucket::branches::create_branch,
        bitbucket::branches::get_branch,
        bitbucket::branches::remove_branch,
        bitbucket::tags::list_refs,
        bitbucket::tags::list_tags,
        bitbucket::tags::create_tag,
        bitbucket::tags::get_tag,
        bitbucket::tags::remove_tag,
        bitbucket::commits::list_commits,
        bitbucket::commits::find_commits_of_form,
        bitbucket::commits::get_commit,
        bitbucket::commits::get_merge_base,
        bitbucket::diffs::get_diff,
        bitbucket::diffs::get_diffstat,
        bitbucket::diffs::get_patch,
        bitbucket::statuses::list_statuses,
        bitbucket::statuses::post_status,
        bitbucket::statuses::get_status,
        bitbucket::statuses::update_status,
        bitbucket::forks::list_forks,
        bitbucket::forks::create_fork,
        bitbucket::source::get_root,
        bitbucket::source::get_source,
        bitbucket::file_history::list_file_history,
        bitbucket::ssh_keys::list_ssh_keys,
        bitbucket::ssh_keys::add_ssh_key,
        bitbucket::ssh_keys::get_ssh_key,
        bitbucket::ssh_keys::update_ssh_key,
        bitbucket::ssh_keys::remove_ssh_key,
        bitbucket::gpg_keys::list_gpg_keys,
        bitbucket::gpg_keys::add_gpg_key,
        bitbucket::gpg_keys::get_gpg_key,
        bitbucket::gpg_keys::remove_gpg_key,
        bitbucket::deploy_keys::list_deploy_keys,
        bitbucket::deploy_keys::add_deploy_key,
        bitbucket::deploy_keys::get_deploy_key,
        bitbucket::deploy_keys::update_deploy_key,
        bitbucket::deploy_keys::remove_deploy_key,
        bitbucket::branch_restrictions::list_restrictions,
        bitbucket::branch_restrictions::create_restriction,
        bitbucket::branch_restrictions::get_restriction,
        bitbucket::branch_restrictions::update_restriction,
        bitbucket::branch_restrictions::remove_restriction,
        bitbucket::branching_model::get_branching_model,
        bitbucket::branching_model::get_effective_branching_model,
        bitbucket::branching_model::get_branching_model_settings,
        bitbucket::branching_model::update_branching_model_settings,
        bitbucket::branching_model::get_override_settings,
        bitbucket::branching_model::update_override_settings,
        bitbucket::pull_requests::requests::list_pull_requests,
        bitbucket::pull_requests::requests::get_pull_request,
        bitbucket::pull_requests::requests::create_pull_request,
        bitbucket::pull_requests::requests::update_pull_request,
        bitbucket::pull_requests::requests::decline_pull_request,
        bitbucket::pull_requests::content::list_request_commits,
        bitbucket::pull_requests::content::list_request_statuses,
        bitbucket::pull_requests::content::get_request_diff,
        bitbucket::pull_requests::content::get_request_diffstat,
        bitbucket::pull_requests::content::get_request_patch,
        bitbucket::pull_requests::found::list_pull_requests_of_user,
        bitbucket::pull_requests::found::list_pull_requests_of_commit,
        bitbucket::pull_requests::activity::list_repository_activity,
        bitbucket::pull_requests::activity::list_activity,
        bitbucket::pull_requests::reviews::approve_pull_request,
        bitbucket::pull_requests::reviews::unapprove_pull_request,
        bitbucket::pull_requests::reviews::request_changes,
        bitbucket::pull_requests::reviews::withdraw_request_for_changes,
        bitbucket::pull_requests::comments::list_comments,
        bitbucket::pull_requests::comments::create_comment,
        bitbucket::pull_requests::comments::get_comment,
        bitbucket::pull_requests::comments::update_comment,
        bitbucket::pull_requests::comments::remove_comment,
        bitbucket::pull_requests::comments::resolve_comment,
        bitbucket::pull_requests::comments::reopen_comment,
        bitbucket::pull_requests::tasks::list_tasks,
        bitbucket::pull_requests::tasks::create_task,
        bitbucket::pull_requests::tasks::get_task,
        bitbucket::pull_requests::tasks::update_task,
        bitbucket::pull_requests::tasks::remove_task,
        bitbucket::default_reviewers::list_default_reviewers,
        bitbucket::default_reviewers::list_project_default_reviewers,
        bitbucket::default_reviewers::list_effective_default_reviewers,
        bitbucket::default_reviewers::get_default_reviewer,
        bitbucket::default_reviewers::add_default_reviewer,
        bitbucket::default_reviewers::remove_default_reviewer,
        bitbucket::pull_requests::merging::merge_pull_request,
        bitbucket::pull_requests::merging::get_merge_task,
    )
)]
struct Bitbucket;

/// `/api/v1/openapi.json`.
pub async fn get_native() -> ([(&'static str, &'static str); 1], &'static str) {
    static TEXT: LazyLock<String> = LazyLock::new(native);
    ([("content-type", "application/json")], TEXT.as_str())
}

/// `/2.0/openapi.json`.
pub async fn get_bitbucket() -> ([(&'static str, &'static str); 1], &'static str) {
    static TEXT: LazyLock<String> = LazyLock::new(bitbucket);
    ([("content-type", "application/json")], TEXT.as_str())
}

/// Our own API's document.
pub fn native() -> String {
    let error = json!({
        "type": "object",
        "required": ["message", "code", "refusal", "fields", "request_id"],
        "properties": {
            "message": { "type": "string" },
            "code": { "type": "string" },
            "refusal": { "oneOf": [
                { "type": "null" }, { "$ref": "#/components/schemas/Refusal" },
            ] },
            "fields": { "type": "object", "additionalProperties": {
                "type": "array", "items": { "type": "string" },
            } },
            "request_id": { "type": "string" },
        },
    });
    let mut document = value(&Native::openapi());
    add_levels(&mut document);
    add_project_paths(&mut document, &OWN_OF_PROJECTS);
    complete(document, "/api/v1", error)
}

/// The document of the served part of Bitbucket's API.
pub fn bitbucket() -> String {
    let error = json!({
        "type": "object",
        "required": ["message"],
        "properties": {
            "message": { "type": "string" },
            "detail": { "description": "Text; for missing scopes, {required, granted}." },
            "fields": { "type": "object", "additionalProperties": {
                "type": "array", "items": { "type": "string" },
            } },
            "data": { "type": "object" },
        },
    });
    let mut document = value(&Bitbucket::openapi());
    add_aliases(&mut document);
    add_project_paths(&mut document, &OF_PROJECTS);
    complete(document, "/2.0", error)
}

fn value(document: &utoipa::openapi::OpenApi) -> Value {
    // The document is built from constants; a test reads it whole.
    serde_json::to_value(document).unwrap_or_default()
}

/// The part of a path that names a repository, and what stands in its place at other levels.
const REPOSITORY: &str = "/repositories/{workspace}/{repository}";
const LEVELS: [(&str, &str); 2] = [
    ("project", "/workspaces/{workspace}/projects/{project}"),
    ("workspace", "/workspaces/{workspace}"),
];

/// What hangs on repositories, projects and workspaces alike has one handler, described once.
const ON_EVERY_LEVEL: [&str; 5] =
    ["/grants", "/access-tokens", "/access-keys", "/restrictions", "/policy"];

fn add_levels(document: &mut Value) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    let mut added = Map::new();
    for (path, item) in paths.iter() {
        let Some(rest) = path.strip_prefix(REPOSITORY) else { continue };
        if !ON_EVERY_LEVEL.iter().any(|it| rest.starts_with(it)) {
            continue;
        }
        for (level, place) in LEVELS {
            let mut item = item.clone();
            for operation in item.as_object_mut().into_iter().flat_map(|it| it.values_mut()) {
                let id = operation["operationId"].as_str().unwrap_or_default();
                operation["operationId"] = json!(format!("{id}_of_{level}"));
            }
            added.insert(format!("{place}{rest}"), item);
        }
    }
    paths.extend(added);
}

/// Other addresses of the same lists.
const ALIASES: [(&str, &str, &str, &str); 4] = [
    (
        "get",
        "/workspaces/{workspace}/permissions",
        "/workspaces/{workspace}/members",
        "list_permissions",
    ),
    (
        "get",
        "/repositories/{workspace}/{repository}/commits/{revision}",
        "/repositories/{workspace}/{repository}/commits",
        "list_commits_of_revision",
    ),
    (
        "post",
        "/repositories/{workspace}/{repository}/commits/{revision}",
        "/repositories/{workspace}/{repository}/commits",
        "find_commits_of_revision",
    ),
    (
        "get",
        "/repositories/{workspace}/{repository}/src/{commit}",
        "/repositories/{workspace}/{repository}/src/{commit}/{path}",
        "get_source_root",
    ),
];

/// What projects have the handlers of repositories for. Keys of projects cannot be renamed.
const OF_PROJECTS: [(&str, &[&str]); 5] = [
    ("/deploy-keys", &["get", "post"]),
    ("/deploy-keys/{id}", &["get", "delete"]),
    ("/branching-model", &["get"]),
    ("/branching-model/settings", &["get", "put"]),
    ("/default-reviewers/{user}", &["get", "put", "delete"]),
];

/// The same in our own API.
const OWN_OF_PROJECTS: [(&str, &[&str]); 2] =
    [("/review-groups", &["get"]), ("/review-groups/{group}", &["put", "delete"])];

fn add_project_paths(document: &mut Value, of_projects: &[(&str, &[&str])]) {
    let [(_, project), _] = LEVELS;
    for (rest, methods) in of_projects {
        let mut item = document["paths"][format!("{REPOSITORY}{rest}")].clone();
        if let Some(operations) = item.as_object_mut() {
            operations.retain(|method, _| methods.contains(&method.as_str()));
            for operation in operations.values_mut() {
                let id = operation["operationId"].as_str().unwrap_or_default();
                operation["operationId"] = json!(format!("{id}_of_project"));
            }
        }
        document["paths"][format!("{project}{rest}")] = item;
    }
}

fn add_aliases(document: &mut Value) {
    for (method, alias, original, id) in ALIASES {
        let mut operation = document["paths"][original][method].clone();
        operation["operationId"] = json!(id);
        document["paths"][alias][method] = operation;
    }
}

fn complete(mut document: Value, base: &str, error: Value) -> String {
    document["servers"] = json!([{ "url": base }]);
    document["info"]["version"] = json!(env!("CARGO_PKG_VERSION"));
    document["security"] = json!([{ "basic": [] }, { "bearer": [] }]);
    document["components"]["securitySchemes"] = json!({
        "basic": { "type": "http", "scheme": "basic" },
        "bearer": { "type": "http", "scheme": "bearer" },
    });
    document["components"]["schemas"]["Error"] = json!({
        "type": "object",
        "required": ["type", "error"],
        "properties": { "type": { "type": "string", "enum": ["error"] }, "error": error },
    });
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (path, item) in paths.into_iter().flatten() {
        for operation in item.as_object_mut().into_iter().flat_map(|it| it.values_mut()) {
            complete_operation(path, operation);
        }
    }
    // `{:#}` of a JSON value is the pretty form and cannot fail.
    format!("{document:#}\n")
}

/// Operations that can shut out whoever asks for them, by the beginning of their ids.
const MAY_NEED_CONFIRMING: [&str; 9] = [
    "set_grant",
    "set_member",
    "remove_member",
    "remove_group",
    "update_network",
    "update_repository",
    "revoke_api_token",
    "remove_ssh_key",
    "update_user",
];

fn complete_operation(path: &str, operation: &mut Value) {
    let mut parameters: Vec<Value> = path
        .split('/')
        .filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let answer = operation.pointer("/responses/200/content/application~1json/schema/$ref");
    if answer.and_then(Value::as_str).is_some_and(|it| it.contains("/Paged")) {
        for (name, most) in [("page", None), ("pagelen", Some(100))] {
            let mut schema = json!({ "type": "integer", "minimum": 1 });
            if let Some(most) = most {
                schema["maximum"] = json!(most);
            }
            parameters.push(json!({ "name": name, "in": "query", "schema": schema }));
        }
    }
    let id = operation["operationId"].as_str().unwrap_or_default();
    if MAY_NEED_CONFIRMING.iter().any(|it| id.starts_with(it)) {
        parameters.push(json!({
            "name": "confirm", "in": "query", "schema": { "type": "string" },
            "description": "What the caller is prepared for: lose-admin, shut-out, lose-access. Without \
                            it, what would do this to themselves is answered 409 and not done.",
        }));
    }
    if let Some(own) = operation.get("parameters").and_then(Value::as_array) {
        parameters.extend(own.iter().cloned());
    }
    if !parameters.is_empty() {
        operation["parameters"] = json!(parameters);
    }
    operation["responses"]["default"] = json!({
        "description": "refused, or something is wrong with the request",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Error" } } },
    });
}
