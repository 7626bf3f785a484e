//! One new commit, taken apart: what people see of it, and what its signature is about.

use crate::commit::CommitInfo;
use crate::objects::ObjectKind;
use crate::quarantine::Quarantine;
use crate::{Error, Result};
use model::ObjectId;

/// A commit of a push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCommit {
    /// As people see it.
    pub info: CommitInfo,
    /// Its signature; `None` when it has none.
    pub signed: Option<Signed>,
}

/// A signature inside a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The signature in its armour, as text; nobody has looked at it yet.
    pub signature: Vec<u8>,
    /// The bytes it was made over: the commit without its signatures.
    pub payload: Vec<u8>,
    /// Carries the commit more than one? Then nobody can say which of them counts.
    pub several: bool,
}

pub(super) fn read(objects: &Quarantine<'_>, id: &ObjectId) -> Result<NewCommit> {
    let damaged = |why: &str| Error::Object { id: *id, why: why.into() };
    let object = objects.find(id)?.ok_or_else(|| damaged("it is missing"))?;
    if object.kind != ObjectKind::Commit {
        return Err(damaged("it is no commit"));
    }
    let info = CommitInfo::parse(*id, &object.data);
    let info = info.ok_or_else(|| damaged("it does not read as a commit"))?;
    Ok(NewCommit { info, signed: signed(&object.data) })
}

/// Takes the signature out, as git does: the header's continuation lines start with a space,
/// which is not part of it. A signature made over the SHA-256 form is left out of the payload,
/// too, and counts for nothing here.
fn signed(content: &[u8]) -> Option<Signed> {
    let end = content.windows(2).position(|it| it == b"\n\n").map_or(content.len(), |it| it + 1);
    let (head, message) = content.split_at(end);
    let mut payload = Vec::with_capacity(content.len());
    let mut signature = Vec::new();
    let mut count = 0;
    let mut inside = Inside::Other;
    for line in head.split_inclusive(|&b| b == b'\n') {
        match (line.strip_prefix(b" "), inside) {
            (Some(more), Inside::Signature) => signature.extend_from_slice(more),
            (Some(_), Inside::OtherSignature) => {}
            (Some(_), Inside::Other) => payload.extend_from_slice(line),
            (None, _) => {
                if let Some(first) = line.strip_prefix(b"gpgsig ") {
                    inside = Inside::Signature;
                    count += 1;
                    signature.extend_from_slice(first);
                } else if line.starts_with(b"gpgsig-sha256 ") {
                    inside = Inside::OtherSignature;
                } else {
                    inside = Inside::Other;
                    payload.extend_from_slice(line);
                }
            }
        }
    }
    payload.extend_from_slice(message);
    (count > 0).then_some(Signed { signature, payload, several: count > 1 })
}

/// Which header a continuation line belongs to.
#[derive(Clone, Copy)]
enum Inside {
    Signature,
    OtherSignature,
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_taken_out_as_git_takes_it_out() {
        let head = "tree 1\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n";
        let tail = "encoding x\n\nsubject\n\n gpgsig of the message\n";
        let plain = format!("{head}{tail}");
        assert_eq!(signed(plain.as_bytes()), None);
        let text = format!("{head}gpgsig -----BEGIN\n abc\n \n -----END\n{tail}");
        let found = signed(text.as_bytes()).unwrap();
        assert_eq!(found.payload, plain.as_bytes());
        assert_eq!(found.signature, b"-----BEGIN\nabc\n\n-----END\n");
        assert!(!found.several);
        let both = format!("{head}gpgsig-sha256 x\n y\ngpgsig one\n{tail}");
        let found = signed(both.as_bytes()).unwrap();
        assert_eq!(found.payload, plain.as_bytes());
        assert_eq!(found.signature, b"one\n");
        let twice = format!("{head}gpgsig one\ngpgsig two\n{tail}");
        assert!(signed(twice.as_bytes()).unwrap().several);
        // A merged tag carries a signature of its own, which is part of what is signed.
        let merged = format!("{head}mergetag object 1\n gpgsig x\ngpgsig one\n{tail}");
        let found = signed(merged.as_bytes()).unwrap();
        assert!(found.payload.windows(9).any(|it| it == b" gpgsig x"));
    }
}
