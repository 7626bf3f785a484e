//! The journal's file: appending with a shared sync, reading back, starting over.

use super::entry::{Entry, Landing};
use crate::crash::{crash_point, is_chosen};
use crate::push::PushId;
use crate::{Error, Result};
use parking_lot::{Condvar, Mutex, MutexGuard};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the file starts with.
const MAGIC: &[u8; 8] = b"PCJRNL1\n";

/// Zeros are written ahead in steps of this size, so that a sync has only data to write and no
/// new file length.
const STEP: u64 = 1 << 20;

/// Beyond this length a push that has been recorded starts the journal over.
const LONG: u64 = 16 << 20;

/// The journal of a data folder.
pub struct Journal {
    path: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    file: Arc<File>,
    /// Where the next entry goes.
    end: u64,
    /// Everything before this is durable.
    durable: u64,
    /// The file is this long; zeros follow `end`.
    allocated: u64,
    /// Somebody syncs right now.
    syncing: bool,
    /// A checkpoint waits for landings to end; new ones wait for it.
    paused: bool,
    /// A write or sync has failed in a way that leaves the content unknown.
    failed: bool,
    /// Landings without a mark that they are recorded, oldest first, without their packs.
    unrecorded: Vec<Landing>,
    /// Landings whose refs are not on disk yet: their entries must stay.
    landing: usize,
    syncs: u64,
}

impl Journal {
    /// Opens or creates the file, cuts a torn tail off, and gives back all landings in it, in
    /// order, for replay.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Landing>)> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Error::io("read", path)(error)),
        };
        // A file that is shorter was never synced, so nothing was ever promised by it.
        if bytes.len() >= MAGIC.len() && !bytes.starts_with(MAGIC) {
            return Err(Error::DamagedJournal(path.to_owned()));
        }
        let (entries, end) = read_entries(&bytes);
        let recorded: HashSet<PushId> = entries.iter().filter_map(recorded_id).collect();
        let landings: Vec<Landing> = entries.into_iter().filter_map(landing).collect();
        let unrecorded =
            landings.iter().filter(|it| it.needs_record && !recorded.contains(&it.push));
        let unrecorded = unrecorded.map(Landing::without_pack).collect();
        let file = if end == 0 { start_over(path, &[])?.0 } else { open(path, end)? };
        let end = end.max(MAGIC.len() as u64);
        let state = State {
            file: Arc::new(file),
            end,
            durable: end,
            allocated: end,
            syncing: false,
            paused: false,
            failed: false,
            unrecorded,
            landing: 0,
            syncs: 0,
        };
        let (path, state, changed) = (path.to_owned(), Mutex::new(state), Condvar::new());
        Ok((Self { path, state, changed }, landings))
    }

    /// Makes a landing durable: the commit point. Returns when it is, having shared the sync with
    /// whoever appended meanwhile. The guard must live until the refs are on disk.
    pub(crate) fn commit(&self, landing: Landing) -> Result<Pending<'_>> {
        let kept = landing.without_pack();
        let bytes = Entry::Landing(landing).encode();
        crash_point("journal-before-append");
        let mut state = self.state.lock();
        while state.paused {
            self.changed.wait(&mut state);
        }
        self.write_half_for_crash_tests(&state, &bytes)?;
        self.append(&mut state, &bytes)?;
        state.landing += 1;
        let pending = Pending(self);
        let mine = state.end;
        let synced = self.wait_until_durable(&mut state, mine);
        if synced.is_ok() && kept.needs_record {
            state.unrecorded.push(kept);
        }
        drop(state);
        synced.map(|()| pending)
    }

    fn wait_until_durable(&self, state: &mut MutexGuard<'_, State>, mine: u64) -> Result<()> {
        while state.durable < mine {
            if state.failed {
                return Err(Error::JournalAway);
            }
            if state.syncing {
                self.changed.wait(state);
                continue;
            }
            state.syncing = true;
            let (target, file) = (state.end, Arc::clone(&state.file));
            let synced = MutexGuard::unlocked(state, || file.sync_data());
            state.syncing = false;
            state.syncs += 1;
            self.changed.notify_all();
            match synced {
                Ok(()) => state.durable = target,
                Err(error) => return Err(self.give_up(state, error)),
            }
        }
        Ok(())
    }

    fn write_half_for_crash_tests(&self, state: &State, bytes: &[u8]) -> Result<()> {
        if is_chosen("journal-half-written") {
            let half = bytes.split_at(bytes.len() / 2).0;
            state.file.write_all_at(half, state.end).map_err(Error::io("write", &self.path))?;
            crash_point("journal-half-written");
        }
        Ok(())
    }

    fn append(&self, state: &mut State, bytes: &[u8]) -> Result<()> {
        if state.failed {
            return Err(Error::JournalAway);
        }
        let end = state.end + bytes.len() as u64;
        let written =
            make_room(state, end).and_then(|()| state.file.write_all_at(bytes, state.end));
        if let Err(error) = written {
            // Half an entry reads as a torn tail, but it must not come before a whole one.
            let zeros = vec![0; bytes.len()];
            let undone = state.file.write_all_at(&zeros, state.end);
            let undone = undone.or_else(|_| state.file.set_len(state.end));
            state.allocated = state.file.metadata().map_or(state.end, |it| it.len());
            state.failed = undone.is_err();
            return Err(Error::io("append to", &self.path)(error));
        }
        state.end = end;
        Ok(())
    }

    /// After a failed sync nobody knows what is on disk. Nothing lands any more until a restart
    /// has read the file back; what nobody was told has landed is cut off if that still works.
    fn give_up(&self, state: &mut State, error: io::Error) -> Error {
        state.failed = true;
        if let Err(error) = state.file.set_len(state.durable) {
            tracing::error!(%error, "the journal could not be cut after a failed sync");
        }
        Error::io("sync", &self.path)(error)
    }

    /// The landings that are durable and not yet marked as recorded, oldest first.
    pub fn unrecorded(&self) -> Vec<Landing> {
        self.state.lock().unrecorded.clone()
    }

    /// Notes that a landing has its record. Not synced: should the note be lost, the record is
    /// found by its push id.
    pub fn mark_recorded(&self, push: PushId) -> Result<()> {
        let mut state = self.state.lock();
        self.append(&mut state, &Entry::Recorded(push).encode())?;
        state.unrecorded.retain(|it| it.push != push);
        let is_long = state.end > LONG && !state.paused;
        drop(state);
        if is_long { self.checkpoint() } else { Ok(()) }
    }

    /// Bytes in use.
    pub fn len(&self) -> u64 {
        self.state.lock().end
    }

    /// Does it hold no entry?
    pub fn is_empty(&self) -> bool {
        self.len() == MAGIC.len() as u64
    }

    /// How often it was synced since it was opened.
    pub fn syncs(&self) -> u64 {
        self.state.lock().syncs
    }

    /// Starts over with only what still waits for its record. All that landings wrote is synced
    /// first (`syncfs`), because the journal stood in for it. Waits for landings under way.
    pub fn checkpoint(&self) -> Result<()> {
        let mut state = self.state.lock();
        while state.paused {
            self.changed.wait(&mut state);
        }
        state.paused = true;
        while state.landing > 0 || state.syncing {
            self.changed.wait(&mut state);
        }
        let done = self.checkpoint_paused(&mut state);
        state.paused = false;
        self.changed.notify_all();
        done
    }

    fn checkpoint_paused(&self, state: &mut State) -> Result<()> {
        if state.failed {
            return Err(Error::JournalAway);
        }
        rustix::fs::syncfs(&state.file)
            .map_err(|error| Error::io("sync", &self.path)(error.into()))?;
        let (file, end) = start_over(&self.path, &state.unrecorded)?;
        state.file = Arc::new(file);
        (state.end, state.durable, state.allocated) = (end, end, end);
        Ok(())
    }
}

/// A landing between its append and its refs being on disk; keeps the journal's entry.
#[must_use = "a checkpoint may drop the entry once this is gone"]
pub(crate) struct Pending<'a>(&'a Journal);

impl Pending<'_> {
    /// The refs could not be brought to disk. The entry stays for the next start, and nothing
    /// lands until then, because what is on disk is not what the journal says.
    pub(crate) fn abandon(self) {
        self.0.state.lock().failed = true;
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.state.lock().landing -= 1;
        self.0.changed.notify_all();
    }
}

fn make_room(state: &mut State, end: u64) -> io::Result<()> {
    // Four more bytes, so that there is always an end mark.
    let needed = end + 4;
    if needed > state.allocated {
        let target = needed.div_ceil(STEP) * STEP;
        let count = usize::try_from(target - state.allocated).unwrap_or(usize::MAX);
        state.file.write_all_at(&vec![0; count], state.allocated)?;
        state.allocated = target;
    }
    Ok(())
}

/// Opens the file and cuts it, so that what follows the end is never an old entry.
fn open(path: &Path, end: u64) -> Result<File> {
    let file =
        OpenOptions::new().read(true).write(true).open(path).map_err(Error::io("open", path))?;
    file.set_len(end).and_then(|()| file.sync_all()).map_err(Error::io("truncate", path))?;
    Ok(file)
}

/// Puts a journal with only these landings in place, in one step.
fn start_over(path: &Path, landings: &[Landing]) -> Result<(File, u64)> {
    let mut bytes = MAGIC.to_vec();
    for landing in landings {
        bytes.extend(Entry::Landing(landing.clone()).encode());
    }
    let draft = path.with_extension("new");
    std::fs::write(&draft, &bytes).map_err(Error::io("write", &draft))?;
    let file = open(&draft, bytes.len() as u64)?;
    std::fs::rename(&draft, path).map_err(Error::io("replace", path))?;
    crate::repositories::sync_folder(path.parent().unwrap_or(path))?;
    Ok((file, bytes.len() as u64))
}

/// All entries up to the end or a torn tail, and where that is; zero when there is no file yet.
fn read_entries(bytes: &[u8]) -> (Vec<Entry>, u64) {
    let mut entries = Vec::new();
    if !bytes.starts_with(MAGIC) {
        return (entries, 0);
    }
    let mut at = MAGIC.len();
    while let Some((entry, used)) = bytes.get(at..).and_then(Entry::decode) {
        entries.push(entry);
        at += used;
    }
    (entries, at as u64)
}

fn recorded_id(entry: &Entry) -> Option<PushId> {
    match entry {
        Entry::Recorded(push) => Some(*push),
        Entry::Landing(_) => None,
    }
}

fn landing(entry: Entry) -> Option<Landing> {
    match entry {
        Entry::Recorded(_) => None,
        Entry::Landing(landing) => Some(landing),
    }
}
