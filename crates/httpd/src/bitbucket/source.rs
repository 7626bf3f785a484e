//! `/2.0/repositories/{workspace}/{repository}/src`: files and folders at a commit. A file is sent
//! as it is, and so that no browser runs it.

use super::commits::commit_links;
use super::diffs::text;
use super::listing;
use super::shapes::{Links, links};
use crate::doors::Doors;
use crate::list::{ListRequest, Paged};
use crate::origin::Origin;
use crate::place::{File, Path, Place};
use crate::problem::Problem;
use crate::who::Who;
use app::{Entry, Fields, OpenRepository, Page, Reading, Source, TreeEntry};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use hyper::header::{CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_TYPE, ETAG, HeaderValue};
use model::ObjectId;
use serde::Serialize;
use utoipa::ToSchema;

const QUERYABLE: &[&str] = &["path", "type", "size", "attributes", "commit"];

/// A file or folder.
#[derive(Serialize, ToSchema)]
#[schema(as = TreeEntry)]
pub struct EntryBody {
    /// `commit_file` or `commit_directory`.
    #[serde(rename = "type")]
    kind: &'static str,
    path: String,
    commit: EntryCommit,
    /// `link`, `executable` or `subrepository`; not of folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Vec<&'static str>>,
    /// In bytes; not of folders.
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    links: Links,
}

/// The commit that was asked about.
#[derive(Serialize, ToSchema)]
struct EntryCommit {
    #[serde(rename = "type")]
    kind: &'static str,
    hash: String,
    links: Links,
}

impl EntryBody {
    fn of(it: &Entry, commit: &ObjectId, repository: &str, origin: &Origin) -> Self {
        let entry = &it.entry;
        let path = String::from_utf8_lossy(&entry.path).into_owned();
        let mark = if entry.is_folder() && !path.is_empty() { "/" } else { "" };
        let folder = format!("/2.0/repositories/{repository}/src/{commit}/");
        let address = format!("{}{mark}", origin.link_to(&folder, &path));
        let attributes = [
            (entry.is_link(), "link"),
            (entry.is_executable(), "executable"),
            (entry.is_submodule(), "subrepository"),
        ];
        let attributes = attributes.into_iter().filter(|it| it.0).map(|it| it.1).collect();
        Self {
            kind: if entry.is_folder() { "commit_directory" } else { "commit_file" },
            path,
            commit: EntryCommit {
                kind: "commit",
                hash: commit.to_string(),
                links: commit_links(commit, repository, origin),
            },
            attributes: (!entry.is_folder()).then_some(attributes),
            size: if entry.is_folder() { None } else { Some(it.size.unwrap_or(0)) },
            links: links([("meta", format!("{address}?format=meta")), ("self", address)]),
        }
    }
}

/// Leads to the root folder of the main branch.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/src",
    responses((status = 302, description = "where the folder is")))]
pub async fn get_root(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    Place(place): Place,
) -> Result<Response, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let commit = open.commit("HEAD").await?.info.id;
    let address = origin.link(&format!("/2.0/repositories/{}/src/{commit}/", open.path()));
    let found = Redirect::to(&address).into_response();
    let (mut parts, body) = found.into_parts();
    parts.status = hyper::StatusCode::FOUND;
    Ok(Response::from_parts(parts, body))
}

/// Sends a file as it is, or lists a folder down to `max_depth`; `format=meta` shows either as JSON.
#[utoipa::path(get, path = "/repositories/{workspace}/{repository}/src/{commit}/{path}",
    params(("format" = Option<String>, Query), ("max_depth" = Option<u32>, Query)),
    responses((status = 200, body = Paged<EntryBody>)))]
pub async fn get_source(
    State(doors): State<Doors>,
    Who(who): Who,
    origin: Origin,
    list: ListRequest,
    Place(place): Place,
    Path(File { commit, path }): Path<File>,
) -> Result<Response, Problem> {
    let open = doors.app.open_repository::<Reading>(&who, &place).await?;
    let (meta, depth) = wanted(&list)?;
    let (commit, source) = open.source(&commit, &path, depth).await?;
    let repository = open.path().to_string();
    let body = |it: &Entry| EntryBody::of(it, &commit, &repository, &origin);
    match source {
        Source::File(file) if meta => Ok(listing::one(&list, body(&file))?.into_response()),
        Source::File(file) => Ok(raw(open, file).await),
        Source::Folder(folder, _) if meta => {
            let folder = Entry { entry: folder, size: None };
            Ok(listing::one(&list, body(&folder))?.into_response())
        }
        Source::Folder(_, entries) if list.is_plain() => {
            let Page { values, size, page, pagelen } = list.page().of(entries);
            let values = open.measured(values).await?.iter().map(body).collect();
            Ok(listing::page(&list, Page { values, size, page, pagelen })?.into_response())
        }
        Source::Folder(_, entries) => {
            let entries = open.measured(entries).await?;
            Ok(listing::answer(&list, entries.iter().map(body), QUERYABLE)?.into_response())
        }
    }
}

/// Is a file wanted as JSON, and a folder how deep?
fn wanted(list: &ListRequest) -> Result<(bool, u32), Problem> {
    let mut fields = Fields::default();
    let meta = match list.parameter("format") {
        None | Some("") => false,
        Some("meta") => true,
        Some("rendered") => {
            fields.add("format", "nothing is rendered here: leave it out to get the file");
            false
        }
        Some(_) => {
            fields.add("format", "use `meta` or leave it out");
            false
        }
    };
    let depth = list.parameter("max_depth").filter(|it| !it.is_empty());
    let depth = depth.map(|it| it.parse::<u32>().map_err(|_| "write a number"));
    let depth = depth.and_then(|it| fields.take("max_depth", it)).unwrap_or(1);
    fields.check()?;
    Ok((meta, depth.max(1)))
}

/// A file's content. The type is a guess from its name, and never one that a browser would run;
/// `nosniff` and a content policy come with every answer.
async fn raw(open: OpenRepository<Reading>, file: Entry) -> Response {
    let TreeEntry { path, mode, id } = file.entry.clone();
    let kind = content_type(&path);
    let entry = file.entry;
    let mut response = text(move |output| open.write_file(&entry, output)).await;
    if !response.status().is_success() {
        return response;
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    if let Some(size) = file.size {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(size));
    }
    if let Ok(tag) = HeaderValue::try_from(format!("\"{id}-{mode:o}\"")) {
        headers.insert(ETAG, tag);
    }
    response
}

fn content_type(path: &[u8]) -> &'static str {
    let name = path.rsplit(|&b| b == b'/').next().unwrap_or_default();
    let end = name.iter().rposition(|&b| b == b'.').and_then(|at| name.get(at + 1..));
    let end = end.map(|it| String::from_utf8_lossy(it).to_ascii_lowercase());
    match end.as_deref() {
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("json") => "application/json",
        Some("zip" | "gz" | "xz" | "zst" | "tar" | "jar" | "exe" | "bin" | "pdf" | "woff2") => {
            "application/octet-stream"
        }
        _ => "text/plain",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_browser_runs_is_called_what_it_is() {
        for (path, kind) in [
            ("a/logo.PNG", "image/png"),
            ("package.json", "application/json"),
            ("page.html", "text/plain"),
            ("drawing.svg", "text/plain"),
            ("Makefile", "text/plain"),
            ("folder.zip/x", "text/plain"),
        ] {
            assert_eq!(content_type(path.as_bytes()), kind, "{path}");
        }
    }
}
