//! Where in a pull request a comment belongs: a file, and lines of its old and new version. Checked
//! against the commits, so that no comment hangs in the air.

use crate::error::{Fields, Result};
use crate::open::{OpenRepository, RepositoryAct};
use crate::render::visible;
use model::ObjectId;
use repo::Repository;
use store::{Anchor, PullRequest};

/// Lines of larger files, in bytes, are not counted and cannot be commented on.
const FILE_MAX: u64 = 4 << 20;

/// What is known of one version of the file.
enum Version {
    /// There is no such file in it.
    Absent,
    /// It has so many lines.
    Lines(i64),
    /// It is there, and has none that can be counted: a submodule, or too large.
    Whole,
}

/// Checks an anchor, as it was typed, against the commits of its request; the fields are noted
/// where it fits none.
pub(super) async fn check<A: RepositoryAct + Send + Sync + 'static>(
    open: &OpenRepository<A>,
    request: &PullRequest,
    anchor: Anchor,
    fields: &mut Fields,
) -> Result<Option<Anchor>> {
    if anchor.path.is_empty() {
        fields.add("inline.path", "name the file");
        return Ok(None);
    }
    let (source, destination) = (request.source.commit, request.destination_commit);
    let path = anchor.path.clone();
    let versions = open.on_disk(move |repository| {
        let base = repository.merge_base(&source, &destination)?.unwrap_or(destination);
        Ok([version(repository, &base, &path)?, version(repository, &source, &path)?])
    });
    let [old, new] = versions.await?;
    if matches!((&old, &new), (Version::Absent, Version::Absent)) {
        let path = visible(&anchor.path);
        fields.add("inline.path", format!("neither side of the pull request has a file `{path}`"));
        return Ok(None);
    }
    let mut fits = side(&old, ("start_from", anchor.start_from), ("from", anchor.from), fields);
    fits &= side(&new, ("start_to", anchor.start_to), ("to", anchor.to), fields);
    Ok(fits.then_some(anchor))
}

fn version(repository: &Repository, commit: &ObjectId, path: &str) -> Result<Version> {
    let found = repository.entry_at(commit, path)?.filter(|it| !it.is_folder());
    // Written as git keeps it, and in no other way that leads there as well.
    let Some(file) = found.filter(|it| it.path == path.as_bytes()) else {
        return Ok(Version::Absent);
    };
    if repository.file_size(&file)?.is_none_or(|size| size > FILE_MAX) {
        return Ok(Version::Whole);
    }
    let mut content = Vec::new();
    repository.write_file(&file, &mut content)?;
    let ends = content.iter().filter(|&&it| it == b'\n').count();
    let unended = content.last().is_some_and(|&it| it != b'\n');
    Ok(Version::Lines(i64::try_from(ends + usize::from(unended)).unwrap_or(i64::MAX)))
}

/// Do the lines of one side fit that version?
fn side(
    version: &Version,
    (start_name, start): (&str, Option<i64>),
    (end_name, end): (&str, Option<i64>),
    fields: &mut Fields,
) -> bool {
    let (start_field, end_field) = (format!("inline.{start_name}"), format!("inline.{end_name}"));
    let Some(last) = end else {
        if start.is_some() {
            fields.add(&start_field, format!("say where it ends, too: `{end_name}`"));
        }
        return start.is_none();
    };
    let problem = match *version {
        Version::Absent => Some("the file is not there on this side".to_owned()),
        Version::Whole => Some("this file has no lines to comment on: leave them out".to_owned()),
        Version::Lines(lines) if last > lines => {
            Some(format!("the file has {lines} lines on this side"))
        }
        Version::Lines(_) if last < 1 => Some("lines count from 1".to_owned()),
        Version::Lines(_) => None,
    };
    let fits = problem.is_none();
    if let Some(problem) = problem {
        fields.add(&end_field, problem);
    }
    match start {
        Some(first) if first < 1 => fields.add(&start_field, "lines count from 1"),
        Some(first) if first > last => {
            fields.add(&start_field, format!("it is after the end, which is line {last}"));
        }
        Some(_) | None => return fits,
    }
    false
}
