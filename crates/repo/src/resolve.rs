//! From what people write to an object id. Nothing is found that no visible ref leads to: whoever
//! asks is told the same about a hidden commit as about one that is not there.

use crate::fetch::{History, View, Visible, find_unreachable};
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;

/// Fewer digits fit too much to mean anything.
const FEWEST_DIGITS: usize = 4;

impl Repository {
    /// A full ref name, a branch, a tag (the first that there is), `HEAD`, or the id of a commit or
    /// an annotated tag, of which at least four digits must be given.
    pub fn resolve(&self, revision: &str, visible: Visible<'_>) -> Result<ObjectId> {
        let refs = self.refs()?;
        let view = View::new(&refs, visible);
        if revision == "HEAD" {
            return view.head().and_then(|it| it.id).ok_or_else(|| unknown(revision));
        }
        // A branch may be named like an id; names win.
        let found = ["", "refs/heads/", "refs/tags/"]
            .iter()
            .find_map(|before| view.find(&format!("{before}{revision}")));
        match found {
            Some(entry) => Ok(entry.id),
            None => self.resolve_digits(revision, &view),
        }
    }

    fn resolve_digits(&self, digits: &str, view: &View<'_>) -> Result<ObjectId> {
        let is_hex = digits.bytes().all(|it| it.is_ascii_hexdigit());
        if !is_hex || !(FEWEST_DIGITS..=40).contains(&digits.len()) {
            return Err(unknown(digits));
        }
        let history = History::new(self);
        let candidates = match ObjectId::parse(digits.as_bytes()) {
            Ok(id) => vec![id],
            Err(_) => history.objects.with_prefix(digits)?,
        };
        let mut found = Vec::new();
        for id in candidates {
            // Trees and blobs are no revisions; git does not look at them here, either.
            if history.peel_to_commit(&id)?.is_some() {
                found.push(id);
            }
        }
        // Before they are counted: what nobody may see makes nothing ambiguous.
        let mut unproven = found.clone();
        view.remove_tips(&mut unproven);
        let hidden = find_unreachable(&history, view, &unproven)?;
        found.retain(|it| !hidden.contains(it));
        match found.as_slice() {
            [] => Err(unknown(digits)),
            [id] => Ok(*id),
            [_, _, ..] => Err(Error::Ambiguous(digits.to_owned())),
        }
    }
}

fn unknown(revision: &str) -> Error {
    Error::UnknownRevision(revision.to_owned())
}
