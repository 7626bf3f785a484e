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
        let found = self.resolve_all(&[revision], visible)?;
        found.first().copied().ok_or_else(|| unknown(revision))
    }

    /// The same for several at once: the history is looked through once for all of them. In their
    /// order; the first that names nothing is the error.
    pub fn resolve_all<T: AsRef<str>>(
        &self,
        revisions: &[T],
        visible: Visible<'_>,
    ) -> Result<Vec<ObjectId>> {
        let refs = self.refs()?;
        let view = View::new(&refs, visible);
        let history = History::new(self);
        let mut meanings = Vec::with_capacity(revisions.len());
        for revision in revisions {
            let revision = revision.as_ref();
            meanings.push(match find_name(revision, &view) {
                Some(id) => Meaning::Known(id),
                None => Meaning::Candidates(candidates(revision, &history)?),
            });
        }
        // Before they are counted: what nobody may see makes nothing ambiguous.
        let mut unproven: Vec<_> = meanings.iter().flat_map(Meaning::unproven).copied().collect();
        view.remove_tips(&mut unproven);
        let hidden = find_unreachable(&history, &view, &unproven)?;
        let chosen = revisions.iter().zip(&meanings);
        chosen.map(|(revision, meaning)| meaning.choose(revision.as_ref(), &hidden)).collect()
    }
}

/// What a revision may mean before it is known what whoever asks may see.
enum Meaning {
    /// A visible name.
    Known(ObjectId),
    /// Commits and tags that the digits fit.
    Candidates(Vec<ObjectId>),
}

impl Meaning {
    fn unproven(&self) -> &[ObjectId] {
        match self {
            Self::Known(_) => &[],
            Self::Candidates(ids) => ids,
        }
    }

    fn choose(&self, revision: &str, hidden: &[ObjectId]) -> Result<ObjectId> {
        let ids = match self {
            Self::Known(id) => return Ok(*id),
            Self::Candidates(ids) => ids,
        };
        let mut seen = ids.iter().filter(|it| !hidden.contains(it));
        match (seen.next(), seen.next()) {
            (None, _) => Err(unknown(revision)),
            (Some(id), None) => Ok(*id),
            (Some(_), Some(_)) => Err(Error::Ambiguous(revision.to_owned())),
        }
    }
}

/// A branch may be named like the beginning of an id, and names win; but a whole id is always that
/// one, whoever has named a branch so.
fn find_name(revision: &str, view: &View<'_>) -> Option<ObjectId> {
    if ObjectId::parse(revision.as_bytes()).is_ok() {
        return None;
    }
    if revision == "HEAD" {
        return view.head().and_then(|it| it.id);
    }
    let find = |before: &&str| view.find(&format!("{before}{revision}"));
    ["", "refs/heads/", "refs/tags/"].iter().find_map(find).map(|it| it.id)
}

/// The commits and tags whose ids begin with these digits. Trees and blobs are no revisions; git
/// does not look at them here, either.
fn candidates(digits: &str, history: &History<'_>) -> Result<Vec<ObjectId>> {
    let is_hex = digits.bytes().all(|it| it.is_ascii_hexdigit());
    if !is_hex || !(FEWEST_DIGITS..=40).contains(&digits.len()) {
        return Ok(Vec::new());
    }
    let fitting = match ObjectId::parse(digits.as_bytes()) {
        Ok(id) => vec![id],
        Err(_) => history.objects.with_prefix(digits)?,
    };
    let mut found = Vec::new();
    for id in fitting {
        if history.peel_to_commit(&id)?.is_some() {
            found.push(id);
        }
    }
    Ok(found)
}

fn unknown(revision: &str) -> Error {
    Error::UnknownRevision(revision.to_owned())
}
