//! Packs of very many objects go through `git index-pack --strict`, which uses several cores and
//! checks objects and their links in the same pass.

use super::{Ingest, Ingested, NewObjects, ReadyPack};
use crate::crash::crash_point;
use crate::failure::FailureCode;
use crate::git::{Git, Running};
use crate::objects::Objects;
use crate::{Error, Result};
use model::ObjectId;
use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// What many old histories contain and no reader stumbles over.
const LENIENT: &str = "--strict=zeroPaddedFilemode=ignore,badFilemode=ignore,zeroPaddedDate=ignore,\
                       badTimezone=ignore,missingSpaceBeforeDate=ignore,badDateOverflow=ignore";

pub(super) fn index(
    ingest: &Ingest<'_>,
    header: &[u8; 12],
    input: &mut dyn Read,
) -> Result<Ingested> {
    let folder = ingest.folder.join("pack");
    std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
    crash_point("quarantine-created");
    let stem = folder.join("incoming");
    let mut running = start(ingest, &stem.with_extension("pack"))?;
    let fed = feed(ingest, &mut running, header, input);
    match (fed, running.finish()) {
        // When git gives up, the pipe breaks: what git says is the reason.
        (Ok(()) | Err(Error::Io { .. }), Err(Error::Git { stderr, .. })) => {
            return Err(explain(&stderr));
        }
        (fed, ended) => fed.and(ended)?,
    }
    crash_point("pack-indexed");
    let named = rename(&folder, &stem)?;
    let count = check_object_sizes(ingest, &named)?;
    Ok(Ingested {
        count,
        objects: NewObjects { known: HashMap::new(), packed: Some(Objects::over(ingest.folder)?) },
        pack_bytes: size_of(&named.with_extension("pack"))?,
        pack: Some(ReadyPack::Files(named)),
        links: None,
    })
}

fn start(ingest: &Ingest<'_>, pack: &Path) -> Result<Running> {
    let git_dir = ingest.store.parent().unwrap_or(ingest.store);
    let mut command = Git::command(git_dir, "index-pack");
    command
        .args(["--stdin", "--fix-thin", LENIENT])
        .arg(format!("--max-input-size={}", ingest.limits.pack_bytes))
        .arg(pack)
        // New objects must not be looked for, nor written, anywhere but here; bases and links are
        // found in the repository.
        .env("GIT_OBJECT_DIRECTORY", ingest.folder)
        .env("GIT_ALTERNATE_OBJECT_DIRECTORIES", ingest.store)
        .stdin(std::process::Stdio::piped())
        // Its only line is the checksum, which is read from the pack.
        .stdout(std::process::Stdio::null());
    Running::start("index-pack", command)
}

fn feed(
    ingest: &Ingest<'_>,
    running: &mut Running,
    header: &[u8; 12],
    input: &mut dyn Read,
) -> Result<()> {
    let Some(mut pipe) = running.child().stdin.take() else { return Ok(()) };
    let mut buffer = vec![0; 256 << 10];
    let mut total = header.len() as u64;
    let mut pending: Result<usize, std::io::Error> = pipe.write_all(header).map(|()| 0);
    let mut first = true;
    loop {
        if let Err(source) = pending {
            let path = Path::new("the pipe to git index-pack");
            return Err(Error::io("write to", path)(source));
        }
        let count = match input.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::Peer(error)),
        };
        total += count as u64;
        if total > ingest.limits.pack_bytes {
            let detail = format!("limit {} bytes", ingest.limits.pack_bytes);
            return Err(FailureCode::PackTooLarge.because(detail).into());
        }
        pending = pipe.write_all(buffer.get(..count).unwrap_or_default()).map(|()| count);
        if std::mem::take(&mut first) {
            crash_point("pack-half-read");
        }
    }
}

/// Reads what `index-pack` says when it gives up, such as `fatal: early EOF`.
fn explain(stderr: &str) -> Error {
    let last = stderr.lines().rfind(|it| !it.is_empty()).unwrap_or_default();
    let last = last.strip_prefix("fatal: ").or(last.strip_prefix("error: ")).unwrap_or(last);
    // What git says when a size in the pack is larger than any it can count.
    let last = if last.contains("overflow") { "an object claims an impossible size" } else { last };
    let says = |words: &[&str]| words.iter().any(|it| stderr.contains(it));
    let code = if says(&["No space left on device", "Disk quota exceeded"]) {
        FailureCode::StorageFull
    } else if says(&["maximum allowed size"]) {
        FailureCode::PackTooLarge
    } else if says(&["SHA1 COLLISION", "collision attack"]) {
        FailureCode::ObjectCollision
    } else if says(&["unresolved deltas", "did not receive expected object", "unable to find"]) {
        FailureCode::PackMissingObject
    } else if says(&[
        "fsck error",
        "rror in object",
        "error: object ",
        "invalid commit",
        "invalid t",
    ]) {
        FailureCode::ObjectBad
    } else {
        FailureCode::PackCorrupt
    };
    code.because(last.to_owned()).into()
}

/// Refuses objects that are too large; returns how many objects there are. Of a delta, the length
/// of the delta counts: what it builds on was within the limit before.
fn check_object_sizes(ingest: &Ingest<'_>, stem: &Path) -> Result<u64> {
    let path = stem.with_extension("idx");
    let unreadable = |why: String| Error::io("read back", &path)(std::io::Error::other(why));
    let bundle = gix_pack::Bundle::at(&path, gix_hash::Kind::Sha1)
        .map_err(|error| unreadable(error.to_string()))?;
    let limit = ingest.limits.object_bytes;
    for indexed in bundle.index.iter() {
        let entry = bundle
            .pack
            .entry(indexed.pack_offset)
            .map_err(|error| unreadable(error.to_string()))?;
        if entry.decompressed_size > limit {
            let detail = format!("{} bytes, limit {limit}", entry.decompressed_size);
            return Err(FailureCode::ObjectTooLarge.because(detail).into());
        }
    }
    Ok(u64::from(bundle.index.num_objects()))
}

fn size_of(path: &Path) -> Result<u64> {
    std::fs::metadata(path).map(|it| it.len()).map_err(Error::io("look at", path))
}

/// Gives pack and index the name that git would: by the pack's checksum.
fn rename(folder: &Path, stem: &Path) -> Result<PathBuf> {
    let pack = stem.with_extension("pack");
    let mut checksum = [0; 20];
    File::open(&pack)
        .and_then(|it| it.read_exact_at(&mut checksum, it.metadata()?.len().saturating_sub(20)))
        .map_err(Error::io("read back", &pack))?;
    let named = folder.join(format!("pack-{}", ObjectId::from_bytes(checksum)));
    for extension in ["pack", "idx"] {
        let from = stem.with_extension(extension);
        let to = named.with_extension(extension);
        std::fs::rename(&from, &to).map_err(Error::io("rename", &from))?;
    }
    Ok(named)
}
