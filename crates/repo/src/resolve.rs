//! From what people write to an object id.

use crate::objects::ObjectKind;
use crate::repository::Repository;
use crate::{Error, Result};
use model::ObjectId;

/// Fewer digits fit too much to mean anything.
const FEWEST_DIGITS: usize = 4;

impl Repository {
    /// A full ref name, a branch, a tag (in this order, as git), `HEAD`, or an id of at least
    /// four digits.
    pub fn resolve(&self, revision: &str) -> Result<ObjectId> {
        let refs = self.refs()?;
        if revision == "HEAD" {
            return refs.head_id().ok_or_else(|| unknown(revision));
        }
        let names = [
            revision.to_owned(),
            format!("refs/tags/{revision}"),
            format!("refs/heads/{revision}"),
        ];
        // A branch may be named like an id; names win.
        let order = [0, 2, 1];
        let found = order.iter().filter_map(|at| names.get(*at)).find_map(|it| refs.find(it));
        match found {
            Some(entry) => Ok(entry.id),
            None => self.resolve_digits(revision),
        }
    }

    fn resolve_digits(&self, digits: &str) -> Result<ObjectId> {
        let is_hex = digits.bytes().all(|it| it.is_ascii_hexdigit());
        if !is_hex || !(FEWEST_DIGITS..=40).contains(&digits.len()) {
            return Err(unknown(digits));
        }
        let objects = self.objects();
        if let Ok(id) = ObjectId::parse(digits.as_bytes()) {
            return if objects.contains(&id) { Ok(id) } else { Err(unknown(digits)) };
        }
        let candidates = objects.with_prefix(digits)?;
        match candidates.as_slice() {
            [] => Err(unknown(digits)),
            [id] => Ok(*id),
            several => {
                // Git also prefers commits here.
                let mut commits = Vec::new();
                for id in several {
                    if objects.find_header(id)?.is_some_and(|it| it.0 == ObjectKind::Commit) {
                        commits.push(*id);
                    }
                }
                match commits.as_slice() {
                    [id] => Ok(*id),
                    _ => Err(Error::Ambiguous(digits.to_owned())),
                }
            }
        }
    }
}

fn unknown(revision: &str) -> Error {
    Error::UnknownRevision(revision.to_owned())
}
