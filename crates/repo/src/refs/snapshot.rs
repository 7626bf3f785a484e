//! All refs of a repository at one moment, in memory, sorted, with their advertisement lines
//! ready to send. A change copies only the chunk it touches: the cost of a push must not depend
//! on how many refs there are.

use model::{ObjectId, RefName};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

/// A chunk is split when it has grown beyond this many refs: about 40 KB of lines are copied for
/// an update, and 100,000 refs are 200 to 400 chunks.
const CHUNK: usize = 512;

/// Bytes before the name in a line: four of length, forty of id, a space.
const BEFORE_NAME: usize = 45;

/// What `HEAD` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Head {
    /// The name of a branch, which may not exist yet.
    Branch(RefName),
    /// An id.
    Detached(ObjectId),
}

/// The refs of a repository at one moment. Names that are not UTF-8 and broken refs are left out,
/// as git leaves out broken ones.
#[derive(Clone, Debug)]
pub struct RefSnapshot {
    chunks: Vec<Arc<Chunk>>,
    count: usize,
    head: Head,
}

/// One ref in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefEntry<'a> {
    /// The full name.
    pub name: &'a str,
    /// What it points to.
    pub id: ObjectId,
    /// What the annotated tag it points to leads to; `None` when it is no annotated tag.
    pub peeled: Option<ObjectId>,
    /// Whether `packed-refs` has a line for it, too.
    pub(crate) packed: bool,
    /// Its pkt-line in an advertisement: length, id, space, name, line feed.
    pub line: &'a [u8],
}

/// The new state of a ref in the snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    pub id: ObjectId,
    pub peeled: Option<ObjectId>,
    pub packed: bool,
}

/// Changes to a snapshot by full name; `None` removes.
pub(crate) type Edits = BTreeMap<String, Option<Edit>>;

#[derive(Debug, Default)]
struct Chunk {
    lines: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    at: u32,
    line_len: u16,
    packed: bool,
    id: ObjectId,
    peeled: Option<ObjectId>,
}

impl Chunk {
    fn push(&mut self, name: &str, edit: Edit) {
        let at = self.lines.len();
        wire::put_ref_line(&mut self.lines, &edit.id, name);
        self.note(at, edit);
    }

    /// Copies a ref's line as it is, which is much cheaper than writing it.
    fn copy(&mut self, entry: &RefEntry<'_>) {
        let at = self.lines.len();
        self.lines.extend_from_slice(entry.line);
        let RefEntry { id, peeled, packed, .. } = *entry;
        self.note(at, Edit { id, peeled, packed });
    }

    /// Notes the ref whose line starts at `at` and ends the buffer. A chunk stays far below 4 GB
    /// and a line below 64 KB, which is the longest packet.
    fn note(&mut self, at: usize, edit: Edit) {
        let line_len = u16::try_from(self.lines.len() - at).unwrap_or(u16::MAX);
        let at = u32::try_from(at).unwrap_or(u32::MAX);
        let Edit { id, peeled, packed } = edit;
        self.entries.push(Entry { at, line_len, packed, id, peeled });
    }

    fn entry(&self, index: usize) -> Option<RefEntry<'_>> {
        let entry = self.entries.get(index)?;
        let line = self.line(entry)?;
        let name = line.get(BEFORE_NAME..line.len() - 1)?;
        Some(RefEntry {
            name: std::str::from_utf8(name).ok()?,
            id: entry.id,
            peeled: entry.peeled,
            packed: entry.packed,
            line,
        })
    }

    fn line(&self, entry: &Entry) -> Option<&[u8]> {
        let at = entry.at as usize;
        self.lines.get(at..at + usize::from(entry.line_len))
    }

    /// A name as it stands in its line: for searching, which looks at many and keeps none.
    fn name(&self, index: usize) -> Option<&[u8]> {
        let line = self.line(self.entries.get(index)?)?;
        line.get(BEFORE_NAME..line.len() - 1)
    }

    fn first(&self) -> &[u8] {
        self.name(0).unwrap_or_default()
    }

    /// The place of the first name that is not smaller.
    fn lower_bound(&self, name: &str) -> usize {
        let (mut low, mut high) = (0, self.entries.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.name(middle).is_some_and(|it| it < name.as_bytes()) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

/// A piece of an advertisement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Run<'a> {
    /// The lines of refs that are no annotated tags.
    Lines(&'a [u8]),
    /// An annotated tag.
    Tag(RefEntry<'a>),
}

impl Chunk {
    /// The place after the last name that starts with `prefix`; all from `start` up to there do.
    fn end_of(&self, prefix: &str, start: usize) -> usize {
        let (mut low, mut high) = (start, self.entries.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.name(middle).is_some_and(|it| it.starts_with(prefix.as_bytes())) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    fn each_run<'a>(&'a self, range: Range<usize>, take: &mut impl FnMut(Run<'a>)) {
        let at =
            |index: usize| self.entries.get(index).map_or(self.lines.len(), |it| it.at as usize);
        let mut from = at(range.start);
        for index in range.clone() {
            if self.entries.get(index).is_none_or(|it| it.peeled.is_none()) {
                continue;
            }
            take(Run::Lines(self.lines.get(from..at(index)).unwrap_or_default()));
            if let Some(entry) = self.entry(index) {
                take(Run::Tag(entry));
            }
            from = at(index + 1);
        }
        take(Run::Lines(self.lines.get(from..at(range.end)).unwrap_or_default()));
    }
}

impl RefSnapshot {
    /// From refs in sorted order without duplicates.
    pub(crate) fn from_sorted<'a>(refs: impl Iterator<Item = (&'a str, Edit)>, head: Head) -> Self {
        let mut chunks = Vec::new();
        let mut chunk = Chunk::default();
        let mut count = 0;
        for (name, edit) in refs {
            chunk.push(name, edit);
            count += 1;
            if chunk.entries.len() == CHUNK {
                chunks.push(Arc::new(std::mem::take(&mut chunk)));
            }
        }
        if !chunk.entries.is_empty() {
            chunks.push(Arc::new(chunk));
        }
        Self { chunks, count, head }
    }

    /// How many refs there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What `HEAD` says.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The commit that `HEAD` leads to; `None` while its branch has no commit.
    pub fn head_id(&self) -> Option<ObjectId> {
        match &self.head {
            Head::Branch(name) => self.find(name.as_str()).map(|it| it.id),
            Head::Detached(id) => Some(*id),
        }
    }

    /// Looks one ref up by its full name.
    pub fn find(&self, name: &str) -> Option<RefEntry<'_>> {
        self.starting_at(name).next().filter(|it| it.name == name)
    }

    /// All refs, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = RefEntry<'_>> {
        self.starting_at("")
    }

    /// The refs whose names start with `prefix` (bytes, not path components), sorted.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = RefEntry<'a>> {
        self.starting_at(prefix).take_while(move |it| it.name.starts_with(prefix))
    }

    /// The advertisement lines of all refs, ready to send, in a few large pieces.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        self.chunks.iter().map(|it| it.lines.as_slice())
    }

    /// The refs whose names start with `prefix`, as ready lines in pieces as large as they are
    /// kept, broken where an annotated tag has something to add.
    pub(crate) fn each_run<'a>(&'a self, prefix: &str, mut take: impl FnMut(Run<'a>)) {
        let first = self.chunk_of(prefix);
        for (nth, chunk) in self.chunks.iter().skip(first).enumerate() {
            let start = if nth == 0 { chunk.lower_bound(prefix) } else { 0 };
            let end = chunk.end_of(prefix, start);
            chunk.each_run(start..end, &mut take);
            if end < chunk.entries.len() {
                return;
            }
        }
    }

    /// The chunk in which this name is, or would be.
    fn chunk_of(&self, name: &str) -> usize {
        self.chunks.partition_point(|it| it.first() <= name.as_bytes()).saturating_sub(1)
    }

    fn starting_at<'a>(&'a self, name: &str) -> impl Iterator<Item = RefEntry<'a>> + use<'a> {
        let chunk = self.chunk_of(name);
        let within = self.chunks.get(chunk).map_or(0, |it| it.lower_bound(name));
        self.chunks.iter().skip(chunk).enumerate().flat_map(move |(nth, it)| {
            let start = if nth == 0 { within } else { 0 };
            (start..it.entries.len()).filter_map(|index| it.entry(index))
        })
    }

    /// The refs that keep `name` from existing, because one of the two would have to be a file and
    /// a folder at once.
    pub fn conflicts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let folder = format!("{name}/");
        let parents: Vec<&str> = name
            .match_indices('/')
            .filter_map(|(at, _)| self.find(name.split_at(at).0))
            .map(|it| it.name)
            .collect();
        let below = self.starting_at(&folder).map(|it| it.name);
        parents.into_iter().chain(below.take_while(move |it| it.starts_with(&folder)))
    }

    /// The snapshot after `edits`, and how many refs had their line written anew. Chunks without
    /// an edit are shared.
    pub(crate) fn after(&self, edits: &Edits) -> (Self, u64) {
        let mut chunks = Vec::with_capacity(self.chunks.len() + 1);
        let mut rewritten = 0;
        let mut count = self.count;
        let mut edits = edits.iter().peekable();
        let empty = [Arc::new(Chunk::default())];
        let old = if self.chunks.is_empty() { &empty[..] } else { &self.chunks[..] };
        for (nth, chunk) in old.iter().enumerate() {
            let end = old.get(nth + 1).map(|it| it.first());
            let mut mine = Vec::new();
            while let Some(edit) =
                edits.next_if(|(name, _)| end.is_none_or(|end| name.as_bytes() < end))
            {
                mine.push(edit);
            }
            if mine.is_empty() {
                if !chunk.entries.is_empty() {
                    chunks.push(Arc::clone(chunk));
                }
                continue;
            }
            let merged = merge(chunk, &mine);
            rewritten += merged.len() as u64;
            count = count + merged.len() - chunk.entries.len();
            let pieces = merged.len().div_ceil(CHUNK).max(1);
            for piece in merged.chunks(merged.len().div_ceil(pieces).max(1)) {
                let mut chunk = Chunk::default();
                for line in piece {
                    match line {
                        Line::Kept(entry) => chunk.copy(entry),
                        Line::New(name, edit) => chunk.push(name, *edit),
                    }
                }
                chunks.push(Arc::new(chunk));
            }
        }
        (Self { chunks, count, head: self.head.clone() }, rewritten)
    }

    /// The same refs with another `HEAD`.
    pub(crate) fn with_head(&self, head: Head) -> Self {
        Self { head, ..self.clone() }
    }
}

/// A ref of a chunk in the making.
enum Line<'a> {
    Kept(RefEntry<'a>),
    New(&'a str, Edit),
}

fn merge<'a>(chunk: &'a Chunk, edits: &[(&'a String, &Option<Edit>)]) -> Vec<Line<'a>> {
    let mut merged = Vec::with_capacity(chunk.entries.len() + edits.len());
    let mut edits = edits.iter().peekable();
    let new = |(name, edit): &(&'a String, &Option<Edit>)| {
        let name: &'a str = name.as_str();
        edit.map(|edit| Line::New(name, edit))
    };
    for entry in (0..chunk.entries.len()).filter_map(|index| chunk.entry(index)) {
        while let Some(edit) = edits.next_if(|(name, _)| name.as_str() < entry.name) {
            merged.extend(new(edit));
        }
        match edits.next_if(|(name, _)| name.as_str() == entry.name) {
            Some(edit) => merged.extend(new(edit)),
            None => merged.push(Line::Kept(entry)),
        }
    }
    merged.extend(edits.filter_map(new));
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(byte: u8) -> Edit {
        Edit { id: ObjectId::from_bytes([byte; 20]), peeled: None, packed: false }
    }

    fn head() -> Head {
        Head::Branch(RefName::branch("main").unwrap())
    }

    #[test]
    fn edits_agree_with_a_map_and_touch_few_lines() {
        let names: Vec<String> = (0..5_000).map(|n| format!("refs/heads/b{n:05}")).collect();
        let mut model: BTreeMap<String, Edit> =
            names.iter().step_by(2).map(|name| (name.clone(), edit(1))).collect();
        let mut snapshot =
            RefSnapshot::from_sorted(model.iter().map(|(n, e)| (n.as_str(), *e)), head());
        let mut seed = 7_usize;
        for round in 0..300_u32 {
            let mut edits = Edits::new();
            for _ in 0..=round % 5 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let name = names[(seed >> 33) % names.len()].clone();
                let value = (seed >> 20) % 3;
                edits.insert(name, (value > 0).then(|| edit(value as u8)));
            }
            for (name, edit) in &edits {
                match edit {
                    Some(edit) => model.insert(name.clone(), *edit),
                    None => model.remove(name),
                };
            }
            let (next, rewritten) = snapshot.after(&edits);
            assert!(rewritten <= (CHUNK * edits.len()) as u64 + 5);
            snapshot = next;
        }
        let found: Vec<_> = snapshot.iter().map(|it| (it.name.to_owned(), it.id)).collect();
        let wanted: Vec<_> = model.iter().map(|(name, edit)| (name.clone(), edit.id)).collect();
        assert_eq!(found, wanted);
        assert_eq!(snapshot.len(), wanted.len());
        let lines: Vec<u8> = snapshot.lines().flatten().copied().collect();
        let expected: Vec<u8> = wanted
            .iter()
            .flat_map(|(name, id)| format!("{:04x}{id} {name}\n", 46 + name.len()).into_bytes())
            .collect();
        assert_eq!(lines, expected);
        for prefix in ["", "refs/heads/b01", "refs/heads/b00000", "refs/tags/", "refs/heads/b049"] {
            let mut runs = Vec::new();
            snapshot.each_run(prefix, |run| match run {
                Run::Lines(lines) => runs.extend_from_slice(lines),
                Run::Tag(_) => panic!("there are no tags"),
            });
            let lines: Vec<u8> =
                snapshot.with_prefix(prefix).flat_map(|it| it.line.to_vec()).collect();
            assert_eq!(runs, lines, "{prefix}");
        }
        for name in &names {
            assert_eq!(snapshot.find(name).map(|it| it.id), model.get(name).map(|it| it.id));
        }
        assert_eq!(
            snapshot.with_prefix("refs/heads/b01").count(),
            model.keys().filter(|it| it.starts_with("refs/heads/b01")).count()
        );
    }

    #[test]
    fn annotated_tags_stand_between_the_lines_of_others() {
        let tag = |byte| Edit { peeled: Some(ObjectId::from_bytes([9; 20])), ..edit(byte) };
        let refs = [("refs/tags/a", tag(1)), ("refs/tags/b", edit(2)), ("refs/tags/c", tag(3))];
        let snapshot = RefSnapshot::from_sorted(refs.into_iter(), head());
        let mut runs = Vec::new();
        snapshot.each_run("refs/tags/", |run| match run {
            Run::Lines(lines) => runs.push(String::from_utf8(lines.to_vec()).unwrap()),
            Run::Tag(entry) => runs.push(entry.name.to_owned()),
        });
        let line = format!("0039{} refs/tags/b\n", ObjectId::from_bytes([2; 20]));
        assert_eq!(runs, ["", "refs/tags/a", &line, "refs/tags/c", ""]);
    }

    #[test]
    fn a_name_can_not_be_file_and_folder() {
        let names = ["refs/heads/a", "refs/heads/b/c"];
        let snapshot = RefSnapshot::from_sorted(names.iter().map(|it| (*it, edit(1))), head());
        let conflict = |name: &str| snapshot.conflicts(name).next();
        assert_eq!(conflict("refs/heads/a/x"), Some("refs/heads/a"));
        assert_eq!(conflict("refs/heads/b"), Some("refs/heads/b/c"));
        assert_eq!(conflict("refs/heads/b/d"), None);
        assert_eq!(conflict("refs/heads/bb"), None);
        let (emptied, _) = snapshot
            .after(&Edits::from([(names[0].to_owned(), None), (names[1].to_owned(), None)]));
        assert!(emptied.is_empty());
        assert_eq!(emptied.conflicts("refs/heads/b").next(), None);
        let (filled, _) = emptied.after(&Edits::from([(names[0].to_owned(), Some(edit(2)))]));
        assert_eq!(filled.len(), 1);
    }
}
