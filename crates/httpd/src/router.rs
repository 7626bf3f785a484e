//! Every route, on one page. Paths are those of the contract; what is not here does not exist.

use crate::dialect::Dialect;
use crate::doors::Doors;
use crate::settings::Settings;
use crate::table::{Route, Table};
use crate::{bitbucket, edge, git, native, openapi, ops, refusal_page};
use app::App;
use axum::Router;
use axum::response::Response;
use hyper::{StatusCode, Uri};
use std::sync::Arc;

/// Everything this server says over HTTP.
pub fn router(app: Arc<App>, settings: Settings) -> Router {
    let (routes, _) = table().into_parts();
    let routes = routes
        .fallback(|uri: Uri| async move { missing(&uri) })
        .method_not_allowed_fallback(|uri: Uri| async move { wrong_method(&uri) })
        .with_state(Doors { app: Arc::clone(&app), settings: Arc::new(settings) });
    edge::around(routes, app.in_hand().clone())
}

/// All routes, in order of path, for tests that must not miss one.
pub fn routes() -> Vec<Route> {
    let (_, mut routes) = table().into_parts();
    routes.sort();
    routes
}

fn table() -> Table {
    let table = Table::new();
    git_routes(bitbucket_routes(native_routes(table)))
        .get("/refusals/{id}", refusal_page::get_refusal_page)
        .get("/healthz", ops::get_health)
        .get("/readyz", ops::get_readiness)
        .get("/metrics", ops::get_metrics)
        .get("/.well-known/ssh-known-hosts", ops::get_known_hosts)
}

fn git_routes(table: Table) -> Table {
    table
        .get("/{workspace}/{repository}/info/refs", git::get_info_refs)
        .post("/{workspace}/{repository}/git-upload-pack", git::post_upload_pack)
        .post("/{workspace}/{repository}/git-receive-pack", git::post_receive_pack)
        .get("/{workspace}/{repository}/HEAD", git::get_dumb)
        .get("/{workspace}/{repository}/objects/{*path}", git::get_dumb)
}

fn bitbucket_routes(table: Table) -> Table {
    use bitbucket::{branch_restrictions, branches, projects, repositories, user, workspaces};
    pull_request_routes(branching_routes(bitbucket_key_routes(content_routes(table))))
        .get("/2.0/openapi.json", openapi::get_bitbucket)
        .get("/2.0/user", user::get_user)
        .get("/2.0/user/emails", user::list_user_emails)
        .get("/2.0/user/workspaces", user::list_user_workspaces)
        .get("/2.0/users/{user}", user::get_account)
        .get("/2.0/workspaces", workspaces::list_workspaces)
        .get("/2.0/workspaces/{workspace}", workspaces::get_workspace)
        .get("/2.0/workspaces/{workspace}/members", workspaces::list_members)
        .get("/2.0/workspaces/{workspace}/members/{member}", workspaces::get_member)
        .get("/2.0/workspaces/{workspace}/permissions", workspaces::list_members)
        .get("/2.0/workspaces/{workspace}/projects", projects::list_projects)
        .post("/2.0/workspaces/{workspace}/projects", projects::create_project)
        .get("/2.0/workspaces/{workspace}/projects/{project}", projects::get_project)
        .put("/2.0/workspaces/{workspace}/projects/{project}", projects::update_project)
        .delete("/2.0/workspaces/{workspace}/projects/{project}", projects::remove_project)
        .get("/2.0/repositories/{workspace}", repositories::list_repositories)
        .get("/2.0/repositories/{workspace}/{repository}", repositories::get_repository)
        .post("/2.0/repositories/{workspace}/{repository}", repositories::create_repository)
        .put("/2.0/repositories/{workspace}/{repository}", repositories::update_repository)
        .delete("/2.0/repositories/{workspace}/{repository}", repositories::remove_repository)
        .get("/2.0/repositories/{workspace}/{repository}/refs/branches", branches::list_branches)
        .post("/2.0/repositories/{workspace}/{repository}/refs/branches", branches::create_branch)
        .get(
            "/2.0/repositories/{workspace}/{repository}/refs/branches/{*name}",
            branches::get_branch,
        )
        .delete(
            "/2.0/repositories/{workspace}/{repository}/refs/branches/{*name}",
            branches::remove_branch,
        )
        .get(
            "/2.0/repositories/{workspace}/{repository}/branch-restrictions",
            branch_restrictions::list_restrictions,
        )
        .post(
            "/2.0/repositories/{workspace}/{repository}/branch-restrictions",
            branch_restrictions::create_restriction,
        )
        .get(
            "/2.0/repositories/{workspace}/{repository}/branch-restrictions/{id}",
            branch_restrictions::get_restriction,
        )
        .put(
            "/2.0/repositories/{workspace}/{repository}/branch-restrictions/{id}",
            branch_restrictions::update_restriction,
        )
        .delete(
            "/2.0/repositories/{workspace}/{repository}/branch-restrictions/{id}",
            branch_restrictions::remove_restriction,
        )
}

/// What is in a repository.
fn content_routes(table: Table) -> Table {
    use bitbucket::{commits, diffs, file_history, forks, source, statuses, tags};
    table
        .get("/2.0/repositories/{workspace}/{repository}/refs", tags::list_refs)
        .get("/2.0/repositories/{workspace}/{repository}/refs/tags", tags::list_tags)
        .post("/2.0/repositories/{workspace}/{repository}/refs/tags", tags::create_tag)
        .get("/2.0/repositories/{workspace}/{repository}/refs/tags/{*name}", tags::get_tag)
        .delete("/2.0/repositories/{workspace}/{repository}/refs/tags/{*name}", tags::remove_tag)
        .get("/2.0/repositories/{workspace}/{repository}/commits", commits::list_commits)
        .post("/2.0/repositories/{workspace}/{repository}/commits", commits::find_commits_of_form)
        .get(
            "/2.0/repositories/{workspace}/{repository}/commits/{*revision}",
            commits::list_commits,
        )
        .post(
            "/2.0/repositories/{workspace}/{repository}/commits/{*revision}",
            commits::find_commits_of_form,
        )
        .get("/2.0/repositories/{workspace}/{repository}/commit/{commit}", commits::get_commit)
        .get(
            "/2.0/repositories/{workspace}/{repository}/commit/{commit}/statuses",
            statuses::list_statuses,
        )
        .post(
            "/2.0/repositories/{workspace}/{repository}/commit/{commit}/statuses/build",
            statuses::post_status,
        )
        .get(
            "/2.0/repositories/{workspace}/{repository}/commit/{commit}/statuses/build/{*key}",
            statuses::get_status,
        )
        .put(
            "/2.0/repositories/{workspace}/{repository}/commit/{commit}/statuses/build/{*key}",
            statuses::update_status,
        )
        .get("/2.0/repositories/{workspace}/{repository}/forks", forks::list_forks)
        .post("/2.0/repositories/{workspace}/{repository}/forks", forks::create_fork)
        .get("/2.0/repositories/{workspace}/{repository}/src", source::get_root)
        .get("/2.0/repositories/{workspace}/{repository}/src/{commit}", source::get_source)
        .get("/2.0/repositories/{workspace}/{repository}/src/{commit}/{*path}", source::get_source)
        .get(
            "/2.0/repositories/{workspace}/{repository}/filehistory/{commit}/{*path}",
            file_history::list_file_history,
        )
        .get(
            "/2.0/repositories/{workspace}/{repository}/merge-base/{*spec}",
            commits::get_merge_base,
        )
        .get("/2.0/repositories/{workspace}/{repository}/diff/{*spec}", diffs::get_diff)
        .get("/2.0/repositories/{workspace}/{repository}/diffstat/{*spec}", diffs::get_diffstat)
        .get("/2.0/repositories/{workspace}/{repository}/patch/{*spec}", diffs::get_patch)
}

fn branching_routes(table: Table) -> Table {
    use bitbucket::branching_model::{
        get_branching_model, get_branching_model_settings, get_effective_branching_model,
        get_override_settings, update_branching_model_settings, update_override_settings,
    };
    table
        .get("/2.0/repositories/{workspace}/{repository}/branching-model", get_branching_model)
        .get(
            "/2.0/repositories/{workspace}/{repository}/effective-branching-model",
            get_effective_branching_model,
        )
        .get(
            "/2.0/repositories/{workspace}/{repository}/branching-model/settings",
            get_branching_model_settings,
        )
        .put(
            "/2.0/repositories/{workspace}/{repository}/branching-model/settings",
            update_branching_model_settings,
        )
        .get("/2.0/repositories/{workspace}/{repository}/override-settings", get_override_settings)
        .put(
            "/2.0/repositories/{workspace}/{repository}/override-settings",
            update_override_settings,
        )
        .get("/2.0/workspaces/{workspace}/projects/{project}/branching-model", get_branching_model)
        .get(
            "/2.0/workspaces/{workspace}/projects/{project}/branching-model/settings",
            get_branching_model_settings,
        )
        .put(
            "/2.0/workspaces/{workspace}/projects/{project}/branching-model/settings",
            update_branching_model_settings,
        )
}

/// Everything below one pull request, and the list of them.
macro_rules! pull_request {
    ($rest:literal) => {
        concat!("/2.0/repositories/{workspace}/{repository}/pullrequests", $rest)
    };
}

fn pull_request_routes(table: Table) -> Table {
    use bitbucket::pull_requests::{
        activity, comments, content, found, merging, requests, reviews, tasks,
    };
    default_reviewer_routes(table)
        .get("/2.0/workspaces/{workspace}/pullrequests/{user}", found::list_pull_requests_of_user)
        .get(
            "/2.0/repositories/{workspace}/{repository}/commit/{commit}/pullrequests",
            found::list_pull_requests_of_commit,
        )
        .get(pull_request!(""), requests::list_pull_requests)
        .post(pull_request!(""), requests::create_pull_request)
        .get(pull_request!("/{id}"), requests::get_pull_request)
        .put(pull_request!("/{id}"), requests::update_pull_request)
        .post(pull_request!("/{id}/decline"), requests::decline_pull_request)
        .get(pull_request!("/{id}/commits"), content::list_request_commits)
        .get(pull_request!("/{id}/statuses"), content::list_request_statuses)
        .get(pull_request!("/{id}/diff"), content::get_request_diff)
        .get(pull_request!("/{id}/diffstat"), content::get_request_diffstat)
        .get(pull_request!("/{id}/patch"), content::get_request_patch)
        .post(pull_request!("/{id}/merge"), merging::merge_pull_request)
        .get(pull_request!("/{id}/merge/task-status/{task_id}"), merging::get_merge_task)
        .get(pull_request!("/activity"), activity::list_repository_activity)
        .get(pull_request!("/{id}/activity"), activity::list_activity)
        .post(pull_request!("/{id}/approve"), reviews::approve_pull_request)
        .delete(pull_request!("/{id}/approve"), reviews::unapprove_pull_request)
        .post(pull_request!("/{id}/request-changes"), reviews::request_changes)
        .delete(pull_request!("/{id}/request-changes"), reviews::withdraw_request_for_changes)
        .get(pull_request!("/{id}/comments"), comments::list_comments)
        .post(pull_request!("/{id}/comments"), comments::create_comment)
        .get(pull_request!("/{id}/comments/{comment}"), comments::get_comment)
        .put(pull_request!("/{id}/comments/{comment}"), comments::update_comment)
        .delete(pull_request!("/{id}/comments/{comment}"), comments::remove_comment)
        .post(pull_request!("/{id}/comments/{comment}/resolve"), comments::resolve_comment)
        .delete(pull_request!("/{id}/comments/{comment}/resolve"), comments::reopen_comment)
        .get(pull_request!("/{id}/tasks"), tasks::list_tasks)
        .post(pull_request!("/{id}/tasks"), tasks::create_task)
        .get(pull_request!("/{id}/tasks/{task}"), tasks::get_task)
        .put(pull_request!("/{id}/tasks/{task}"), tasks::update_task)
        .delete(pull_request!("/{id}/tasks/{task}"), tasks::remove_task)
}

fn default_reviewer_routes(table: Table) -> Table {
    use bitbucket::default_reviewers::{
        add_default_reviewer, get_default_reviewer, list_default_reviewers,
        list_effective_default_reviewers, list_project_default_reviewers, remove_default_reviewer,
    };
    macro_rules! of_repository {
        ($rest:literal) => {
            concat!("/2.0/repositories/{workspace}/{repository}", $rest)
        };
    }
    macro_rules! of_project {
        ($rest:literal) => {
            concat!("/2.0/workspaces/{workspace}/projects/{project}", $rest)
        };
    }
    table
        .get(of_repository!("/default-reviewers"), list_default_reviewers)
        .get(of_repository!("/effective-default-reviewers"), list_effective_default_reviewers)
        .get(of_repository!("/default-reviewers/{user}"), get_default_reviewer)
        .put(of_repository!("/default-reviewers/{user}"), add_default_reviewer)
        .delete(of_repository!("/default-reviewers/{user}"), remove_default_reviewer)
        .get(of_project!("/default-reviewers"), list_project_default_reviewers)
        .get(of_project!("/default-reviewers/{user}"), get_default_reviewer)
        .put(of_project!("/default-reviewers/{user}"), add_default_reviewer)
        .delete(of_project!("/default-reviewers/{user}"), remove_default_reviewer)
}

fn bitbucket_key_routes(table: Table) -> Table {
    use bitbucket::{deploy_keys, gpg_keys, ssh_keys};
    table
        .get("/2.0/users/{user}/ssh-keys", ssh_keys::list_ssh_keys)
        .post("/2.0/users/{user}/ssh-keys", ssh_keys::add_ssh_key)
        .get("/2.0/users/{user}/ssh-keys/{id}", ssh_keys::get_ssh_key)
        .put("/2.0/users/{user}/ssh-keys/{id}", ssh_keys::update_ssh_key)
        .delete("/2.0/users/{user}/ssh-keys/{id}", ssh_keys::remove_ssh_key)
        .get("/2.0/users/{user}/gpg-keys", gpg_keys::list_gpg_keys)
        .post("/2.0/users/{user}/gpg-keys", gpg_keys::add_gpg_key)
        .get("/2.0/users/{user}/gpg-keys/{id}", gpg_keys::get_gpg_key)
        .delete("/2.0/users/{user}/gpg-keys/{id}", gpg_keys::remove_gpg_key)
        .get(
            "/2.0/repositories/{workspace}/{repository}/deploy-keys",
            deploy_keys::list_deploy_keys,
        )
        .post("/2.0/repositories/{workspace}/{repository}/deploy-keys", deploy_keys::add_deploy_key)
        .get(
            "/2.0/repositories/{workspace}/{repository}/deploy-keys/{id}",
            deploy_keys::get_deploy_key,
        )
        .put(
            "/2.0/repositories/{workspace}/{repository}/deploy-keys/{id}",
            deploy_keys::update_deploy_key,
        )
        .delete(
            "/2.0/repositories/{workspace}/{repository}/deploy-keys/{id}",
            deploy_keys::remove_deploy_key,
        )
        .get(
            "/2.0/workspaces/{workspace}/projects/{project}/deploy-keys",
            deploy_keys::list_deploy_keys,
        )
        .post(
            "/2.0/workspaces/{workspace}/projects/{project}/deploy-keys",
            deploy_keys::add_deploy_key,
        )
        .get(
            "/2.0/workspaces/{workspace}/projects/{project}/deploy-keys/{id}",
            deploy_keys::get_deploy_key,
        )
        .delete(
            "/2.0/workspaces/{workspace}/projects/{project}/deploy-keys/{id}",
            deploy_keys::remove_deploy_key,
        )
}

/// The three kinds of place that grants, rules, access tokens and access keys hang on: with one
/// path each.
macro_rules! on_every_level {
    ($table:ident . $method:ident($rest:literal, $handler:expr)) => {
        $table
            .$method(concat!("/api/v1/repositories/{workspace}/{repository}", $rest), $handler)
            .$method(concat!("/api/v1/workspaces/{workspace}/projects/{project}", $rest), $handler)
            .$method(concat!("/api/v1/workspaces/{workspace}", $rest), $handler)
    };
}

fn native_routes(table: Table) -> Table {
    use native::{
        access_keys, access_tokens, audit, build_keys, code_owners, dependencies, explain, grants,
        groups, members, networks,
    };
    use native::{
        merging, policy, preview, refusals, repositories, restrictions, ssh_keys, tokens, users,
    };
    use native::{workbench, workspaces};
    let table = table
        .get("/api/v1/openapi.json", openapi::get_native)
        .get("/api/v1/users", users::list_users)
        .post("/api/v1/users", users::create_user)
        .get("/api/v1/users/{user}", users::get_user)
        .put("/api/v1/users/{user}", users::update_user)
        .post("/api/v1/users/{user}/workspace", workspaces::create_personal_workspace)
        .get("/api/v1/users/{user}/tokens", tokens::list_api_tokens)
        .post("/api/v1/users/{user}/tokens", tokens::create_api_token)
        .delete("/api/v1/users/{user}/tokens/{id}", tokens::revoke_api_token)
        .post("/api/v1/users/{user}/tokens/{id}/rotate", tokens::rotate_api_token)
        .get("/api/v1/workspaces", workspaces::list_workspaces)
        .post("/api/v1/workspaces", workspaces::create_workspace)
        .get("/api/v1/workspaces/{workspace}", workspaces::get_workspace)
        .put("/api/v1/workspaces/{workspace}", workspaces::update_workspace)
        .get("/api/v1/workspaces/{workspace}/network", networks::get_network)
        .put("/api/v1/workspaces/{workspace}/network", networks::update_network)
        .get("/api/v1/workspaces/{workspace}/members", members::list_members)
        .put("/api/v1/workspaces/{workspace}/members/{user}", members::set_member)
        .delete("/api/v1/workspaces/{workspace}/members/{user}", members::remove_member)
        .get("/api/v1/workspaces/{workspace}/groups", groups::list_groups)
        .post("/api/v1/workspaces/{workspace}/groups", groups::create_group)
        .put("/api/v1/workspaces/{workspace}/groups/{group}", groups::update_group)
        .delete("/api/v1/workspaces/{workspace}/groups/{group}", groups::remove_group)
        .get("/api/v1/workspaces/{workspace}/groups/{group}/members", groups::list_group_members)
        .put(
            "/api/v1/workspaces/{workspace}/groups/{group}/members/{user}",
            groups::add_group_member,
        )
        .delete(
            "/api/v1/workspaces/{workspace}/groups/{group}/members/{user}",
            groups::remove_group_member,
        )
        .put("/api/v1/repositories/{workspace}/{repository}", repositories::update_repository)
        .post(
            "/api/v1/repositories/{workspace}/{repository}/maintenance",
            repositories::maintain_repository,
        )
        .get(
            "/api/v1/repositories/{workspace}/{repository}/pull-requests/{id}/mergeable",
            merging::get_mergeability,
        )
        .get(
            "/api/v1/repositories/{workspace}/{repository}/merge-strategies",
            merging::get_merge_strategies,
        )
        .put(
            "/api/v1/repositories/{workspace}/{repository}/merge-strategies",
            merging::set_merge_strategies,
        )
        .get(
            "/api/v1/repositories/{workspace}/{repository}/build-keys",
            build_keys::list_build_keys,
        )
        .put("/api/v1/repositories/{workspace}/{repository}/build-keys", build_keys::set_build_keys)
        .get("/api/v1/repositories/{workspace}/{repository}/refusals", refusals::list_refusals)
        .get(
            "/api/v1/repositories/{workspace}/{repository}/pull-requests/{id}/code-owners",
            code_owners::get_code_owners,
        )
        .post(
            "/api/v1/repositories/{workspace}/{repository}/pull-requests/{id}/supersede",
            native::superseding::supersede_pull_request,
        )
        .get(
            "/api/v1/repositories/{workspace}/{repository}/pull-requests/{id}/dependencies",
            dependencies::list_dependencies,
        )
        .put(
            "/api/v1/repositories/{workspace}/{repository}/pull-requests/{id}/dependencies/{dependency}",
            dependencies::add_dependency,
        )
        .delete(
            "/api/v1/repositories/{workspace}/{repository}/pull-requests/{id}/dependencies/{dependency}",
            dependencies::remove_dependency,
        )
        .get("/api/v1/repositories/{workspace}/{repository}/matches", workbench::get_matches)
        .post("/api/v1/repositories/{workspace}/{repository}/matches", workbench::post_matches)
        .get("/api/v1/refusals/{id}", refusals::get_refusal)
        .get("/api/v1/explain", explain::explain)
        .get("/api/v1/audit", audit::list_audit)
        .get("/api/v1/users/{user}/ssh-keys", ssh_keys::list_ssh_keys)
        .post("/api/v1/users/{user}/ssh-keys", ssh_keys::add_ssh_key)
        .get("/api/v1/users/{user}/ssh-keys/{id}", ssh_keys::get_ssh_key)
        .put("/api/v1/users/{user}/ssh-keys/{id}", ssh_keys::rename_ssh_key)
        .delete("/api/v1/users/{user}/ssh-keys/{id}", ssh_keys::remove_ssh_key)
        .get("/api/v1/users/{user}/gpg-keys", native::gpg_keys::list_gpg_keys)
        .post("/api/v1/users/{user}/gpg-keys", native::gpg_keys::add_gpg_key)
        .get("/api/v1/users/{user}/gpg-keys/{id}", native::gpg_keys::get_gpg_key)
        .delete("/api/v1/users/{user}/gpg-keys/{id}", native::gpg_keys::remove_gpg_key)
        .get("/api/v1/unknown-keys", ssh_keys::list_unknown_keys);
    let table = review_group_routes(table);
    let table = waiting_routes(table);
    let table = on_every_level!(table.get("/grants", grants::list_grants));
    let table = on_every_level!(table.put("/grants", grants::set_grant));
    let table = on_every_level!(table.get("/policy", policy::get_policy));
    let table = on_every_level!(table.put("/policy", policy::put_policy));
    let table = on_every_level!(table.get("/access-tokens", access_tokens::list_access_tokens));
    let table = on_every_level!(table.post("/access-tokens", access_tokens::create_access_token));
    let table =
        on_every_level!(table.delete("/access-tokens/{id}", access_tokens::revoke_access_token));
    let table = on_every_level!(
        table.post("/access-tokens/{id}/rotate", access_tokens::rotate_access_token)
    );
    let table = on_every_level!(table.get("/access-keys", access_keys::list_access_keys));
    let table = on_every_level!(table.post("/access-keys", access_keys::add_access_key));
    let table = on_every_level!(table.get("/access-keys/{id}", access_keys::get_access_key));
    let table = on_every_level!(table.put("/access-keys/{id}", access_keys::rename_access_key));
    let table = on_every_level!(table.delete("/access-keys/{id}", access_keys::remove_access_key));
    let table = on_every_level!(table.get("/restrictions", restrictions::list_restrictions));
    let table = on_every_level!(table.post("/restrictions", restrictions::create_restriction));
    let table = on_every_level!(table.get("/restrictions/check", workbench::check_restrictions));
    let table = on_every_level!(table.post("/restrictions/preview", preview::preview_restriction));
    let table = on_every_level!(table.get("/restrictions/{id}", restrictions::get_restriction));
    let table = on_every_level!(table.put("/restrictions/{id}", restrictions::update_restriction));
    on_every_level!(table.delete("/restrictions/{id}", restrictions::remove_restriction))
}

fn review_group_routes(table: Table) -> Table {
    use native::review_groups::{add_review_group, list_review_groups, remove_review_group};
    const OF_REPOSITORY: &str = "/api/v1/repositories/{workspace}/{repository}/review-groups";
    const ONE_OF_REPOSITORY: &str =
        "/api/v1/repositories/{workspace}/{repository}/review-groups/{group}";
    const OF_PROJECT: &str = "/api/v1/workspaces/{workspace}/projects/{project}/review-groups";
    const ONE_OF_PROJECT: &str =
        "/api/v1/workspaces/{workspace}/projects/{project}/review-groups/{group}";
    table
        .get(OF_REPOSITORY, list_review_groups)
        .put(ONE_OF_REPOSITORY, add_review_group)
        .delete(ONE_OF_REPOSITORY, remove_review_group)
        .get(OF_PROJECT, list_review_groups)
        .put(ONE_OF_PROJECT, add_review_group)
        .delete(ONE_OF_PROJECT, remove_review_group)
}

fn waiting_routes(table: Table) -> Table {
    use native::waiting;
    macro_rules! request {
        ($rest:literal) => {
            concat!("/api/v1/repositories/{workspace}/{repository}/pull-requests/{id}", $rest)
        };
    }
    table
        .post(request!("/auto-merge"), waiting::ask_for_auto_merge)
        .get(request!("/auto-merge"), waiting::get_auto_merge)
        .delete(request!("/auto-merge"), waiting::cancel_auto_merge)
        .post(request!("/queue"), waiting::enter_queue)
        .get(request!("/queue"), waiting::get_queue_entry)
        .delete(request!("/queue"), waiting::leave_queue)
        .get(
            "/api/v1/repositories/{workspace}/{repository}/merge-queue/{*name}",
            waiting::list_merge_queue,
        )
}

/// What can be said about a path that is routed nowhere, in the dialect it looks like.
fn missing(uri: &Uri) -> Response {
    let message = "there is nothing at this address: check the path";
    Dialect::of(uri.path()).error(StatusCode::NOT_FOUND, message)
}

fn wrong_method(uri: &Uri) -> Response {
    let message = "this address does not take this method";
    Dialect::of(uri.path()).error(StatusCode::METHOD_NOT_ALLOWED, message)
}
