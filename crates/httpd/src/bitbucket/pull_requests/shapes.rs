//! A pull request and who takes part in it, as clients read them.

use super::super::rendered::RenderedBody;
use super::super::shapes::{AccountBody, Links, NamedRepositoryBody, links};
use crate::origin::Origin;
use crate::time;
use app::{EndView, ParticipantView, PullRequestView};
use model::{ParticipantRole, ReviewState};
use serde::Serialize;
use utoipa::ToSchema;

/// A pull request.
#[derive(Serialize, ToSchema)]
#[schema(as = PullRequest)]
pub struct PullRequestBody {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Unique in the repository, from 1.
    id: i64,
    title: String,
    description: String,
    summary: RenderedBody,
    rendered: RenderedRequest,
    /// `OPEN`, `MERGED`, `DECLINED` or `SUPERSEDED`.
    state: &'static str,
    draft: bool,
    /// Is it in the merge queue of its destination?
    queued: bool,
    author: AccountBody,
    source: EndBody,
    destination: EndBody,
    merge_commit: Option<CommitName>,
    comment_count: i64,
    task_count: i64,
    close_source_branch: bool,
    closed_by: Option<AccountBody>,
    reason: String,
    created_on: String,
    updated_on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reviewers: Option<Vec<AccountBody>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    participants: Option<Vec<ParticipantBody>>,
    links: Links,
}

/// The texts of a request, rendered.
#[derive(Serialize, ToSchema)]
struct RenderedRequest {
    title: RenderedBody,
    description: RenderedBody,
    reason: RenderedBody,
}

/// One end of a pull request.
#[derive(Serialize, ToSchema)]
#[schema(as = PullRequestEnd)]
pub(super) struct EndBody {
    /// `null` where it is gone, or not to be seen.
    repository: Option<NamedRepositoryBody>,
    branch: BranchName,
    commit: CommitName,
}

/// A branch, by its short name.
#[derive(Serialize, ToSchema)]
struct BranchName {
    name: String,
}

/// A commit, by its id: twelve digits, as Bitbucket shows it.
#[derive(Serialize, ToSchema)]
struct CommitName {
    #[serde(rename = "type")]
    kind: &'static str,
    hash: String,
    links: Links,
}

/// Somebody who takes part.
#[derive(Serialize, ToSchema)]
#[schema(as = Participant)]
pub struct ParticipantBody {
    #[serde(rename = "type")]
    kind: &'static str,
    user: AccountBody,
    /// `PARTICIPANT` or `REVIEWER`.
    role: &'static str,
    approved: bool,
    /// `approved`, `changes_requested` or nothing yet.
    state: Option<&'static str>,
    participated_on: Option<String>,
}

/// Clients take the abbreviation for the whole and hand it back.
const SHORT: usize = 12;

impl PullRequestBody {
    /// A request as a list shows it: without those who take part.
    pub fn listed(view: &PullRequestView, origin: &Origin) -> Self {
        let request = &view.request;
        let here = view.destination.repository.as_ref();
        let full_name = here.map(|it| it.0.to_string()).unwrap_or_default();
        let reason = view.reason();
        Self {
            kind: "pullrequest",
            id: request.number,
            summary: RenderedBody::of(&request.description),
            rendered: RenderedRequest {
                title: RenderedBody::of(&request.title),
                description: RenderedBody::of(&request.description),
                reason: RenderedBody::of(&reason),
            },
            title: request.title.clone(),
            description: request.description.clone(),
            state: request.state.as_str(),
            draft: request.draft,
            queued: request.queued,
            author: AccountBody::of_person(&view.author, origin),
            source: EndBody::of(&view.source, &full_name, origin),
            destination: EndBody::of(&view.destination, &full_name, origin),
            merge_commit: request
                .merge_commit
                .map(|it| CommitName::of(&it.to_string(), &full_name, origin)),
            comment_count: request.comment_count,
            task_count: request.task_count,
            close_source_branch: request.close_source_branch,
            closed_by: view.closed_by.as_ref().map(|it| AccountBody::of_person(it, origin)),
            reason,
            created_on: time::show(request.created_at),
            updated_on: time::show(request.updated_at),
            reviewers: None,
            participants: None,
            links: request_links(&full_name, request.number, origin),
        }
    }

    /// A request on a page of its own.
    pub fn of(view: &PullRequestView, origin: &Origin) -> Self {
        let account = |it: &ParticipantView| AccountBody::of_person(&it.person, origin);
        let reviewers = view.participants.iter().filter(|it| it.role == ParticipantRole::Reviewer);
        let participants = view.participants.iter().map(|it| ParticipantBody::of(it, origin));
        Self {
            reviewers: Some(reviewers.map(account).collect()),
            participants: Some(participants.collect()),
            ..Self::listed(view, origin)
        }
    }
}

fn request_links(full_name: &str, number: i64, origin: &Origin) -> Links {
    let api = format!("/2.0/repositories/{full_name}/pullrequests/{number}");
    let below = |it: &str| origin.link(&format!("{api}/{it}"));
    links([
        ("self", origin.link(&api)),
        ("html", origin.link(&format!("/{full_name}/pull-requests/{number}"))),
        ("commits", below("commits")),
        ("approve", below("approve")),
        ("request-changes", below("request-changes")),
        ("diff", below("diff")),
        ("diffstat", below("diffstat")),
        ("comments", below("comments")),
        ("activity", below("activity")),
        ("merge", below("merge")),
        ("decline", below("decline")),
        ("statuses", below("statuses")),
    ])
}

impl EndBody {
    /// An end; its commit is looked for in `home` where the end has no repository to show.
    pub fn of(view: &EndView, home: &str, origin: &Origin) -> Self {
        let full_name = view.repository.as_ref().map(|it| it.0.to_string());
        let commit_in = full_name.as_deref().unwrap_or(home);
        let commit = CommitName::of(&view.commit.to_string(), commit_in, origin);
        let repository = view
            .repository
            .as_ref()
            .map(|(path, repository)| NamedRepositoryBody::named(path, repository, origin));
        Self { repository, branch: BranchName { name: view.branch.clone() }, commit }
    }
}

impl CommitName {
    fn of(id: &str, full_name: &str, origin: &Origin) -> Self {
        let short = id.get(..SHORT).unwrap_or(id);
        Self {
            kind: "commit",
            hash: short.to_owned(),
            links: links([
                ("self", origin.link(&format!("/2.0/repositories/{full_name}/commit/{short}"))),
                ("html", origin.link(&format!("/{full_name}/commits/{short}"))),
            ]),
        }
    }
}

impl ParticipantBody {
    /// Somebody who takes part, with what they think.
    pub fn of(view: &ParticipantView, origin: &Origin) -> Self {
        Self {
            kind: "participant",
            user: AccountBody::of_person(&view.person, origin),
            role: view.role.as_str(),
            approved: view.review == Some(ReviewState::Approved),
            state: view.review.map(ReviewState::as_str),
            participated_on: view.at.map(time::show),
        }
    }
}
