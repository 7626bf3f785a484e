//! Pull requests listed, shown, opened, changed and declined.

use super::super::{input, listing, query};
use super::shapes::PullRequestBody;
use crate::doors::Doors;
use crate::json::JsonBody;
use crate::list::{ListRequest, Paged, gather};
use crate::origin::Origin;
use crate::place::{Id, Place};
use crate::problem::Problem;
use crate::who::Who;
use app::{
    Fields, NewPullRequest, PlaceName, PullRequestChange, PullRequestView, PullRequestWanted,
};
use axum::Json;
use axum::extract::State;
use hyper::StatusCode;
use hyper::header::{HeaderName, LOCATION};
use model::PullRequestState;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(super) const QUERYABLE: &[&str] = &[
    "id",
    "title",
    "description",
    "summary",
    "state",
    "draft",
    "author",
    "source",
    "destination",
    "reason",
    "comment_count",
    "task_count",
    "close_source_branch",
    "closed_by",
    "merge_commit",
    "created_on",
    "updated_on",
];

/// A pull request, as clients send it.
#[derive(Deserialize, ToSchema)]
#[schema(as = PullRequestInput)]
pub struct PullRequestInput {
    title: Option<String>,
    description: Option<String>,
    /// Where some clients put the description.
    summary: Option<TextInput>,
    source: Option<EndInput>,
    destination: Option<EndInput>,
    #[serde(default, deserialize_with = "input::flag")]
    close_source_branch: Option<bool>,
    #[serde(default, deserialize_with = "input::flag")]
    draft: Option<bool>,
    reviewers: Option<Vec<UserNamed>>,
}

/// A text.
#[derive(Deserialize, ToSchema)]
pub struct TextInput {
    raw: Option<String>,
}

/// One end of a new pull request.
#[derive(Deserialize, ToSchema)]
pub struct EndInput {
    branch: Option<BranchInput>,
    repository: Option<RepositoryInput>,
}

/// A branch, by its short name.
#[derive(Deserialize, ToSchema)]
#[schema(as = PullRequestBranchInput)]
pub struct BranchInput {
    name: String,
}

/// A repository, by either of its names.
#[derive(Deserialize, ToSchema)]
#[schema(as = PullRequestRepositoryInput)]
pub struct RepositoryInput {
    full_name: Option<String>,
    uuid: Option<String>,
}

/// A user, by one of the names that clients know.
#[derive(Deserialize, ToSchema)]
pub struct UserNamed {
    uuid: Option<String>,
    account_id: Option<String>,
    username: Option<String>,
    nickname: Option<String>,
}

/// Why a request is declined.
#[derive(Deserialize, ToSchema)]
pub struct DeclineInput {
    reason: Option<String>,
    /// What some clients call it.
    message: Option<String>,
}

impl PullRequestInput {
    fn into_new(self, only_new: bool) -> NewPullRequest {
        let branch = |it: &Option<EndInput>| {
            it.as_ref().and_then(|it| it.branch.as_ref()).map(|it| it.name.clone())
        };
        let source_repository =
            self.source.as_ref().and_then(|it| it.repository.as_ref()).and_then(place_of);
        NewPullRequest {
            title: self.title.unwrap_or_default(),
            description: self
                .description
                .or(self.summary.and_then(|it| it.raw))
                .unwrap_or_default(),
            source: branch(&self.source).unwrap_or_default(),
            source_repository,
            destination: branch(&self.destination).filter(|it| !it.is_empty()),
            close_source_branch: self.close_source_branch.unwrap_or(false),
            draft: self.draft.unwrap_or(false),
            reviewers: names(self.reviewers),
            only_new,
        }
    }

    /// As a change. A list of reviewers that is left out is an empty one: clients that keep them
    /// send them back.
    fn into_change(self) -> PullRequestChange {
        PullRequestChange {
            title: self.title,
            description: self.description.or(self.summary.and_then(|it| it.raw)),
            destination: self.destination.and_then(|it| it.branch).map(|it| it.name),
            close_source_branch: self.close_source_branch,
            draft: self.draft,
            reviewers: Some(names(self.reviewers)),
            version: None,
        }
    }
}

fn place_of(named: &RepositoryInput) -> Option<PlaceName> {
    let uuid = named.uuid.as_deref().map(|it| PlaceName::repository("{}", it));
    named.full_name.as_deref().map(PlaceName::repository_path).or(uuid)
}

/// One name for each; an account's number is its UUID here.
fn names(users: Option<Vec<UserNamed>>) -> Vec<String> {
    let name = |it: UserNamed| {
        let account = it.account_id.map(|it| format!("{{{it}}}"));
        it.uuid.or(account).or(it.username).or(it.nickname).unwrap_or_default()
    };
    users.unwrap_or_default().into_iter().map(name).collect()
}

/// Lists the pull requests into a repository, the newest first; the open ones, unless `state` or
/// `q` ask for others.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests",
    responses((status = 200, body = Paged<PullRequestBody>)))]
pub async fn list_pull_requests(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
) -> Result<Json<Value>, Problem> {
    let wanted = wanted(&list)?;
    let app = &doors.app;
    let body = |it: PullRequestView| PullRequestBody::listed(&it, &origin);
    if list.is_plain() {
        let page = app.list_pull_requests(&who, &place, &wanted, list.page()).await?;
        return listing::page(&list, page.map(body));
    }
    let fetch = |page| app.list_pull_requests(&who, &place, &wanted, page);
    let all = gather(fetch).await?;
    listing::answer(&list, all.into_iter().map(body), QUERYABLE)
}

/// What the parameters ask for, as far as the store can choose by it.
pub(super) fn wanted(list: &ListRequest) -> Result<PullRequestWanted, Problem> {
    let mut states = Vec::new();
    let mut any = false;
    for word in list.parameters("state").flat_map(|it| it.split(',')) {
        let word = word.trim().to_ascii_uppercase();
        match word.as_str() {
            "" => {}
            "ALL" => any = true,
            _ => states
                .push(PullRequestState::parse(&word).map_err(|why| Fields::one("state", why))?),
        }
    }
    let text = list.parameter("q").unwrap_or_default();
    let filter = match text.trim() {
        "" => None,
        text => Some(query::parse(text, QUERYABLE).map_err(|why| Fields::one("q", why))?),
    };
    let names_state = filter.as_ref().is_some_and(|it| it.is_about("state"));
    if any {
        states.clear();
    } else if states.is_empty() && !names_state {
        states.push(PullRequestState::Open);
    }
    let equal = |field| filter.as_ref().and_then(|it| it.demands(field)).map(str::to_owned);
    Ok(PullRequestWanted {
        states,
        source: equal("source.branch.name"),
        destination: equal("destination.branch.name"),
    })
}

/// Shows a pull request.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/pullrequests/{id}",
    responses((status = 200, body = PullRequestBody)))]
pub async fn get_pull_request(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Id(number): Id,
) -> Result<Json<Value>, Problem> {
    let view = doors.app.pull_request(&who, &place, number).await?;
    listing::one(&list, PullRequestBody::of(&view, &origin))
}

/// Opens a pull request. Where one is open between the same branches, that one is changed, as in
/// Bitbucket; with `?only_new=true` it stays as it is, and the answer names it.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/pullrequests",
    params(("only_new" = Option<bool>, Query, description = "change none that is open")),
    request_body = PullRequestInput,
    responses((status = 201, body = PullRequestBody), (status = 409)))]
pub async fn create_pull_request(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    JsonBody(input): JsonBody<PullRequestInput>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<PullRequestBody>), Problem> {
    let mut fields = Fields::default();
    let only_new = list.flag("only_new", &mut fields).unwrap_or(false);
    fields.check()?;
    let view = doors.app.create_pull_request(&who, &place, input.into_new(only_new)).await?;
    let address = format!("/2.0/repositories/{place}/pullrequests/{}", view.request.number);
    let headers = [(LOCATION, origin.link(&address))];
    Ok((StatusCode::CREATED, headers, Json(PullRequestBody::of(&view, &origin))))
}

/// Changes a pull request.
#[utoipa::path(put, path = "/repositories/{workspace}/{repository}/pullrequests/{id}",
    request_body = PullRequestInput, responses((status = 200, body = PullRequestBody)))]
pub async fn update_pull_request(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
    JsonBody(input): JsonBody<PullRequestInput>,
) -> Result<Json<PullRequestBody>, Problem> {
    let change = input.into_change();
    let view = doors.app.update_pull_request(&who, &place, number, change).await?;
    Ok(Json(PullRequestBody::of(&view, &origin)))
}

/// Declines a pull request: it ends, and nothing is merged.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/pullrequests/{id}/decline",
    request_body = DeclineInput, responses((status = 200, body = PullRequestBody)))]
pub async fn decline_pull_request(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
    Id(number): Id,
    JsonBody(input): JsonBody<DeclineInput>,
) -> Result<Json<PullRequestBody>, Problem> {
    let reason = input.reason.or(input.message).unwrap_or_default();
    let view = doors.app.decline_pull_request(&who, &place, number, reason).await?;
    Ok(Json(PullRequestBody::of(&view, &origin)))
}
