//! `/2.0/repositories/{workspace}/{repository}/diff`, `diffstat` and `patch`: what is different.

use super::listing;
use super::shapes::{Links, links};
use crate::answer::{self, Answer, WhenLate};
use crate::dialect::Dialect;
use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::{Path, Place, Spec};
use crate::problem::Problem;
use crate::who::Who;
use app::{DiffOptions, Error, Fields, FileSide, FileStat, FileStatus, Reading, escaped_path};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use model::ObjectId;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use utoipa::ToSchema;

/// The most lines around a change: as good as all of them.
const CONTEXT: u32 = 1_000_000;

/// A file that is different.
#[derive(Serialize, ToSchema)]
#[schema(as = DiffStat)]
pub struct DiffStatBody {
    #[serde(rename = "type")]
    kind: &'static str,
    /// `added`, `removed`, `modified`, `renamed` or, of a pull request, `merge conflict`.
    status: &'static str,
    lines_added: u64,
    lines_removed: u64,
    /// `null` of one that is new.
    old: Option<FileBody>,
    /// `null` of one that is gone.
    new: Option<FileBody>,
}

/// A file at a commit.
#[derive(Serialize, ToSchema)]
#[schema(as = CommitFile)]
struct FileBody {
    #[serde(rename = "type")]
    kind: &'static str,
    path: String,
    /// As it stands in a diff.
    escaped_path: String,
    links: Links,
}

impl DiffStatBody {
    /// A file, with links to it before and after.
    pub fn of(
        file: &FileStat,
        (old, new): (Option<&ObjectId>, &ObjectId),
        conflicts: &BTreeSet<Vec<u8>>,
        repository: &str,
        origin: &Origin,
    ) -> Self {
        let body = |side: Option<&FileSide>, commit: Option<&ObjectId>| {
            let (side, commit) = (side?, commit?);
            let path = String::from_utf8_lossy(&side.path).into_owned();
            let folder = format!("/2.0/repositories/{repository}/src/{commit}/");
            Some(FileBody {
                kind: "commit_file",
                escaped_path: escaped_path(&side.path),
                links: links([("self", origin.link_to(&folder, &path))]),
                path,
            })
        };
        let mut sides = file.old.iter().chain(&file.new);
        let in_conflict = sides.any(|it| conflicts.contains(&it.path));
        Self {
            kind: "diffstat",
            status: if in_conflict { "merge conflict" } else { word(file.status) },
            lines_added: file.lines_added,
            lines_removed: file.lines_removed,
            old: body(file.old.as_ref(), old),
            new: body(file.new.as_ref(), Some(new)),
        }
    }
}

const fn word(status: FileStatus) -> &'static str {
    match status {
        FileStatus::Added => "added",
        FileStatus::Removed => "removed",
        FileStatus::Modified => "modified",
        FileStatus::Renamed => "renamed",
    }
}

/// Reads the options of a diff from the query.
pub fn options(list: &ListRequest) -> Result<DiffOptions, Problem> {
    let mut fields = Fields::default();
    let mut flag = |name| list.flag(name, &mut fields);
    let mut options = DiffOptions::default();
    let (topic, merge) = (flag("topic"), flag("merge"));
    options.shown.ignore_whitespace = flag("ignore_whitespace").unwrap_or(false);
    options.shown.binary = flag("binary").unwrap_or(true);
    options.shown.renames = flag("renames").unwrap_or(true);
    options.shown.paths =
        list.parameters("path").filter(|it| !it.is_empty()).map(str::to_owned).collect();
    if topic.is_some() && merge.is_some() {
        fields.add("merge", "`topic` says the same: leave this one out");
    }
    options.topic = topic.or(merge).unwrap_or(true);
    if let Some(text) = list.parameter("context").filter(|it| !it.is_empty()) {
        let lines = text.parse::<u32>().map_err(|_| "write a number of lines");
        options.shown.context = fields.take("context", lines).map(|it| it.min(CONTEXT));
    }
    fields.check()?;
    Ok(options)
}

/// Answers with the text that `work` writes, in whatever encoding the files have. Failing after
/// the first byte breaks the answer off: half a diff must not look like a whole one.
pub async fn text<W>(work: W) -> Response
where
    W: FnOnce(&mut dyn Write) -> Result<(), Error> + Send + 'static,
{
    let answer = answer::run(WhenLate::BreakOff, |output| work(output)).await;
    let mut response = match answer {
        Answer::Whole(whole) => whole.into_response(),
        Answer::Begun(body) => body.into_response(),
        Answer::Failed(error) => return Problem(error).into_response(),
        Answer::CutOff => {
            let message = "something broke on the server";
            return Dialect::Bitbucket.error(StatusCode::INTERNAL_SERVER_ERROR, message);
        }
    };
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// Shows what is different as text: the changes of A, or of A since it left B in `A..B`.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/diff/{spec}",
    params(("context" = Option<u32>, Query), ("path" = Option<Vec<String>>, Query),
        ("ignore_whitespace" = Option<bool>, Query), ("binary" = Option<bool>, Query),
        ("renames" = Option<bool>, Query), ("topic" = Option<bool>, Query),
        ("merge" = Option<bool>, Query)),
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn get_diff(
    State(doors): State<Doors>,
    Who(who): Who,
    list: ListRequest,
    Place(place): Place,
    Path(Spec { spec }): Path<Spec>,
) -> Result<Response, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let range = open.range(&spec).await?;
    let options = options(&list)?;
    Ok(text(move |output| open.diff(range, &options, output)).await)
}

/// Lists the files that are different, up to 5,000 on a page. With the number of a pull request,
/// those are marked that both sides have changed so that somebody has to look.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/diffstat/{spec}",
    params(("path" = Option<Vec<String>>, Query), ("ignore_whitespace" = Option<bool>, Query),
        ("binary" = Option<bool>, Query), ("renames" = Option<bool>, Query),
        ("topic" = Option<bool>, Query), ("merge" = Option<bool>, Query),
        ("from_pullrequest_id" = Option<i64>, Query)),
    responses((status = 200, body = Paged<DiffStatBody>)))]
pub async fn get_diffstat(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(Spec { spec }): Path<Spec>,
) -> Result<Json<Value>, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let range = open.range(&spec).await?;
    let found = open.diffstat(range, options(&list)?, list.page_within(500, 5000)).await?;
    // The address that leads here from a pull request says so.
    let conflicts = match list.parameter("from_pullrequest_id") {
        None | Some("") => BTreeSet::new(),
        Some(_) => open.conflicting_files(range).await?,
    };
    let (sides, repository) = ((found.old.as_ref(), &found.new), open.path().to_string());
    let body = |it: FileStat| DiffStatBody::of(&it, sides, &conflicts, &repository, &origin);
    listing::page(&list, found.files.map(body))
}

/// Shows commits as patches, oldest first: of A, or of those that `A..B` brings to B.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/patch/{spec}",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub async fn get_patch(
    State(doors): State<Doors>,
    Who(who): Who,
    Place(place): Place,
    Path(Spec { spec }): Path<Spec>,
) -> Result<Response, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let range = open.range(&spec).await?;
    Ok(text(move |output| open.patch(range, output)).await)
}
