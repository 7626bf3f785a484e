//! `/2.0/repositories/{workspace}/{repository}/commits`, `commit` and `merge-base`: what happened, newest
//! first.

use super::listing;
use super::rendered::escaped;
use super::shapes::{AccountBody, Links, NamedRepositoryBody, links};
use crate::doors::Doors;
use crate::form::FormBody;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::{self, Path, Place, Spec};
use crate::problem::Problem;
use crate::time;
use crate::who::Who;
use app::{Commit, CommitInfo, CommitsQuery, Profile, Reading, Signature};
use axum::Json;
use axum::extract::State;
use model::{ObjectId, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A commit: its id, and what it says if it can be read.
#[derive(Serialize, ToSchema)]
#[schema(as = Commit)]
pub struct CommitBody {
    #[serde(rename = "type")]
    kind: &'static str,
    hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<SummaryBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    author: Option<AuthorBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    committer: Option<AuthorBody>,
    parents: Vec<ParentBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository: Option<NamedRepositoryBody>,
    /// Nobody: commits are not reviewed by themselves here.
    #[serde(skip_serializing_if = "Option::is_none")]
    participants: Option<Vec<AccountBody>>,
    links: Links,
}

/// A message, for machines and for pages. Nothing in it is markup.
#[derive(Serialize, ToSchema)]
#[schema(as = Summary)]
struct SummaryBody {
    raw: String,
    markup: &'static str,
    html: String,
}

/// Who wrote a commit, in the commit's words, and the account with that address.
#[derive(Serialize, ToSchema)]
#[schema(as = Author)]
pub struct AuthorBody {
    #[serde(rename = "type")]
    kind: &'static str,
    raw: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<AccountBody>,
}

/// A commit that another one follows.
#[derive(Serialize, ToSchema)]
#[schema(as = ParentCommit)]
struct ParentBody {
    #[serde(rename = "type")]
    kind: &'static str,
    hash: String,
    links: Links,
}

impl CommitBody {
    /// A commit with everything that is known of it.
    pub fn of(commit: &Commit, repository: NamedRepositoryBody, origin: &Origin) -> Self {
        let Commit { info, author, committer } = commit;
        let mut body = Self::brief(&info.id, Some(info), repository.full_name(), origin);
        body.author = Some(AuthorBody::of("author", &info.author, author.as_ref(), origin));
        let committer = AuthorBody::of("committer", &info.committer, committer.as_ref(), origin);
        body.committer = Some(committer);
        body.repository = Some(repository);
        body.participants = Some(Vec::new());
        body
    }

    /// A commit inside of something else: what it says itself, if it can be read.
    pub fn brief(
        id: &ObjectId,
        info: Option<&CommitInfo>,
        repository: &str,
        origin: &Origin,
    ) -> Self {
        let parent = |it: &ObjectId| ParentBody {
            kind: "commit",
            hash: it.to_string(),
            links: commit_links(it, repository, origin),
        };
        Self {
            kind: "commit",
            hash: id.to_string(),
            date: info.map(|it| moment(&it.committer)),
            message: info.map(|it| it.message.clone()),
            summary: info.map(|it| SummaryBody {
                raw: it.message.clone(),
                markup: "plaintext",
                html: paragraph(&it.message),
            }),
            author: info.map(|it| AuthorBody::of("author", &it.author, None, origin)),
            committer: None,
            parents: info.map(|it| it.parents.iter().map(parent).collect()).unwrap_or_default(),
            repository: None,
            participants: None,
            links: commit_links(id, repository, origin),
        }
    }
}

impl AuthorBody {
    /// Somebody as a commit or tag names them.
    pub fn of(
        kind: &'static str,
        signature: &Signature,
        user: Option<&Profile>,
        origin: &Origin,
    ) -> Self {
        Self {
            kind,
            raw: format!("{} <{}>", signature.name, signature.email),
            user: user.map(|it| AccountBody::of_profile(it, origin)),
        }
    }
}

/// When a commit or tag was made.
pub fn moment(signature: &Signature) -> String {
    time::show(Timestamp(signature.seconds.saturating_mul(1000)))
}

/// Where to find a commit, and what can be seen of it.
pub fn commit_links(id: &ObjectId, repository: &str, origin: &Origin) -> Links {
    let api = |what: &str| origin.link(&format!("/2.0/repositories/{repository}/{what}"));
    links([
        ("self", api(&format!("commit/{id}"))),
        ("html", origin.link(&format!("/{repository}/commits/{id}"))),
        ("diff", api(&format!("diff/{id}"))),
        ("patch", api(&format!("patch/{id}"))),
        ("statuses", api(&format!("commit/{id}/statuses"))),
    ])
}

/// Text as one paragraph of HTML.
fn paragraph(text: &str) -> String {
    format!("<p>{}</p>", escaped(text.trim_end()).replace('\n', "<br>\n"))
}

/// `{revision}` of a path, if it has one.
#[derive(Deserialize)]
pub struct Start {
    revision: Option<String>,
}

/// Lists commits: all of them, or what `include` and not `exclude` leads to; of a `path`, if given.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/commits",
    params(("include" = Option<Vec<String>>, Query), ("exclude" = Option<Vec<String>>, Query),
        ("path" = Option<Vec<String>>, Query)),
    responses((status = 200, body = Paged<CommitBody>)))]
pub async fn list_commits(
    doors: State<Doors>,
    who: Who,
    origin: Origin,
    list: ListRequest,
    place: Place,
    names: Path<Start>,
) -> Result<Json<Value>, Problem> {
    find_commits(doors, who, origin, list, place, names).await
}

/// The same, for lists of names that are too long for an address.
#[utoipa::path(post, path = "/repositories/{workspace}/{repository}/commits",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, body = Paged<CommitBody>)))]
pub async fn find_commits_of_form(
    doors: State<Doors>,
    who: Who,
    origin: Origin,
    list: ListRequest,
    place: Place,
    names: Path<Start>,
    FormBody(form): FormBody,
) -> Result<Json<Value>, Problem> {
    find_commits(doors, who, origin, list.with(form), place, names).await
}

/// Both, with or without a revision in the path, which is one more to include.
async fn find_commits(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(Start { revision }): Path<Start>,
) -> Result<Json<Value>, Problem> {
    let all = |name| list.parameters(name).filter(|it| !it.is_empty()).map(str::to_owned);
    let query = CommitsQuery {
        include: revision.into_iter().chain(all("include")).collect(),
        exclude: all("exclude").collect(),
        paths: all("path").collect(),
    };
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let page = open.commits(query, list.page()).await?;
    let body = |it: Commit| CommitBody::of(&it, NamedRepositoryBody::of(&open, &origin), &origin);
    listing::page(&list, page.map(body))
}

/// Shows a commit, by the name of a branch or tag, or by its id or the first digits of it.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/commit/{commit}",
    responses((status = 200, body = CommitBody)))]
pub async fn get_commit(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(place::Commit { commit }): Path<place::Commit>,
) -> Result<Json<Value>, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let commit = open.commit(&commit).await?;
    let repository = NamedRepositoryBody::of(&open, &origin);
    listing::one(&list, CommitBody::of(&commit, repository, &origin))
}

/// Shows where two commits, written `A..B`, have parted.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/merge-base/{spec}",
    responses((status = 200, body = CommitBody)))]
pub async fn get_merge_base(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(Spec { spec }): Path<Spec>,
) -> Result<Json<Value>, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let range = open.range(&spec).await?;
    let commit = open.merge_base(range).await?;
    let repository = NamedRepositoryBody::of(&open, &origin);
    listing::one(&list, CommitBody::of(&commit, repository, &origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_no_markup() {
        let shown = paragraph("<b>&\"'\nmore\n");
        assert_eq!(shown, "<p>&lt;b&gt;&amp;&quot;&#39;<br>\nmore</p>");
    }
}
