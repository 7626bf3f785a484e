//! Single ref files and `HEAD`, as git writes them.

use crate::{Error, Result};
use model::{ObjectId, RefName};
use std::io;
use std::path::Path;

/// What a ref file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loose {
    /// An id.
    Id(ObjectId),
    /// `ref: ` and the name of another ref.
    Symbolic(String),
    /// Neither: torn by a power loss, or written by something that is not git.
    Garbage,
}

/// Reads a ref file; `None` when there is none (a folder of that name is none).
pub(crate) fn read_loose(path: &Path) -> Result<Option<Loose>> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(parse_loose(&bytes))),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(Error::io("read", path)(error)),
    }
}

/// Nothing there, a folder there, or a file where a folder would have to be.
pub(crate) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory
    )
}

fn parse_loose(bytes: &[u8]) -> Loose {
    if let Some(target) = bytes.strip_prefix(b"ref:") {
        return match std::str::from_utf8(target) {
            Ok(target) => Loose::Symbolic(target.trim().to_owned()),
            Err(_) => Loose::Garbage,
        };
    }
    let id = bytes.get(..40).and_then(|hex| ObjectId::parse(hex).ok());
    match (id, bytes.get(40)) {
        (Some(id), None | Some(b'\n' | b' ' | b'\t' | b'\r')) if !id.is_zero() => Loose::Id(id),
        _ => Loose::Garbage,
    }
}

/// Reads `HEAD`.
pub(crate) fn read_head(git_dir: &Path) -> Result<super::Head> {
    let path = git_dir.join("HEAD");
    let damaged = |why| Error::DamagedRefs { path: path.clone(), why };
    match read_loose(&path)? {
        Some(Loose::Id(id)) => Ok(super::Head::Detached(id)),
        Some(Loose::Symbolic(name)) => RefName::parse(name.as_bytes())
            .map(super::Head::Branch)
            .map_err(|_| damaged("HEAD names a ref that is not valid")),
        Some(Loose::Garbage) => Err(damaged("neither an id nor `ref:`")),
        None => Err(Error::NotARepository(git_dir.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ref_files_are_read_as_git_reads_them() {
        let hex = "0123456789abcdef0123456789abcdef01234567";
        let id = Loose::Id(ObjectId::parse(hex.as_bytes()).unwrap());
        assert_eq!(parse_loose(format!("{hex}\n").as_bytes()), id);
        assert_eq!(parse_loose(hex.as_bytes()), id);
        assert_eq!(
            parse_loose(b"ref: refs/heads/main\n"),
            Loose::Symbolic("refs/heads/main".into())
        );
        for torn in ["", "0123", "\0\0\0\0", &"0".repeat(40), &format!("{hex}0")] {
            assert_eq!(parse_loose(torn.as_bytes()), Loose::Garbage, "{torn:?}");
        }
    }
}
