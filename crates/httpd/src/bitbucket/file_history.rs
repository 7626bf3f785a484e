//! `/2.0/repositories/{workspace}/{repository}/filehistory`: the commits that have changed a file.

use super::commits::CommitBody;
use super::listing;
use super::shapes::{Links, links};
use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::{File, Path, Place};
use crate::problem::Problem;
use crate::who::Who;
use app::{CommitInfo, Fields, FileVersion, Page, Reading};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &["path", "escaped_path", "commit"];

/// A file as a commit has left it.
#[derive(Serialize, ToSchema)]
#[schema(as = FileVersion)]
pub struct FileVersionBody {
    #[serde(rename = "type")]
    kind: &'static str,
    /// Where the file is in that commit.
    path: String,
    /// As it stands in a diff.
    escaped_path: String,
    commit: CommitBody,
    links: Links,
}

impl FileVersionBody {
    fn of((it, info): &(FileVersion, CommitInfo), repository: &str, origin: &Origin) -> Self {
        let path = String::from_utf8_lossy(&it.path).into_owned();
        let commit = &it.commit;
        let below = |what: &str| {
            origin.link_to(&format!("/2.0/repositories/{repository}/{what}/{commit}/"), &path)
        };
        let source = below("src");
        Self {
            kind: "commit_file",
            escaped_path: app::escaped_path(&it.path),
            commit: CommitBody::brief(commit, Some(info), repository, origin),
            links: links([
                ("meta", format!("{source}?format=meta")),
                ("self", source),
                ("history", below("filehistory")),
            ]),
            path,
        }
    }
}

/// Lists the commits that have changed a file, newest first; also those from when it had another
/// name, unless `renames=false`.
#[utoipa::path(get,
    path = "/repositories/{workspace}/{repository}/filehistory/{commit}/{path}",
    params(("renames" = Option<bool>, Query)),
    responses((status = 200, body = Paged<FileVersionBody>)))]
pub async fn list_file_history(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(File { commit, path }): Path<File>,
) -> Result<Json<Value>, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let mut fields = Fields::default();
    let renames = list.flag("renames", &mut fields).unwrap_or(true);
    fields.check()?;
    let versions = open.file_history((&commit, &path), renames).await?;
    let repository = open.path().to_string();
    let body = |it: &(FileVersion, CommitInfo)| FileVersionBody::of(it, &repository, &origin);
    if list.is_plain() {
        let Page { values, size, page, pagelen } = list.page().of(versions);
        let values = open.described(values).await?.iter().map(body).collect();
        return listing::page(&list, Page { values, size, page, pagelen });
    }
    let all = open.described(versions).await?;
    listing::answer(&list, all.iter().map(body), QUERYABLE)
}
