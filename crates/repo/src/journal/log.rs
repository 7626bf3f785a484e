//! The journal's file: appending with a shared sync, reading back, starting over.

use super::entry::{Entry, Landing};
use crate::crash::{crash_point, is_chosen};
use crate::push::PushId;
use crate::{Error, Result};
use parking_lot::{Condvar, Mutex};
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// What the file starts with.
const MAGIC: &[u8; 8] = b"PCJRNL1\n";

/// Zeros are written ahead in steps of this size, so that a sync has only data to write and no
/// new file length.
const STEP: u64 = 1 << 20;

/// A landing that is durable and has no record yet.
pub type Unrecorded = Landing;

/// The journal of a data folder.
pub struct Journal {
    path: PathBuf,
    file: File,
    state: Mutex<State>,
    synced: Condvar,
}

struct State {
    /// Where the next entry goes.
    end: u64,
    /// Everything before this is durable.
    durable: u64,
    /// The file is this long; zeros follow `end`.
    allocated: u64,
    syncing: bool,
    /// A write or sync has failed in a way that leaves the content unknown.
    failed: bool,
    /// Landings without a mark that they are recorded, oldest first.
    unrecorded: Vec<Landing>,
    /// Landings whose refs are not on disk yet: their entries must stay.
    landing: usize,
    syncs: u64,
}

impl Journal {
    /// Opens or creates the file, cuts a torn tail off, and gives back all landings in it, in
    /// order, for replay.
    pub(crate) fn open(path: &Path) -> Result<(Self, Vec<Landing>)> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(Error::io("open", path))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(Error::io("read", path))?;
        let (entries, end) = read_entries(&bytes);
        if end == 0 {
            file.set_len(0).map_err(Error::io("truncate", path))?;
            file.write_all_at(MAGIC, 0).map_err(Error::io("write", path))?;
            file.sync_all().map_err(Error::io("sync", path))?;
        }
        let end = end.max(MAGIC.len() as u64);
        // Cut, so that what follows the end is zeros again and never an old entry.
        file.set_len(end).map_err(Error::io("truncate", path))?;
        let recorded: HashSet<PushId> = entries.iter().filter_map(recorded_id).collect();
        let landings: Vec<Landing> = entries.into_iter().filter_map(landing).collect();
        let unrecorded = landings.iter().filter(|it| !recorded.contains(&it.push)).cloned();
        let state = State {
            end,
            durable: end,
            allocated: end,
            syncing: false,
            failed: false,
            unrecorded: unrecorded.collect(),
            landing: 0,
            syncs: 0,
        };
        let journal =
            Self { path: path.to_owned(), file, state: Mutex::new(state), synced: Condvar::new() };
        Ok((journal, landings))
    }

    /// Makes a landing durable: the commit point. Returns when it is, having shared the sync with
    /// whoever appended meanwhile. The guard must live until the refs are on disk.
    pub(crate) fn commit(&self, landing: Landing) -> Result<Pending<'_>> {
        let bytes = Entry::Landing(landing.clone()).encode();
        crash_point("journal-before-append");
        let mut state = self.state.lock();
        if is_chosen("journal-half-written") {
            let half = bytes.split_at(bytes.len() / 2).0;
            self.file.write_all_at(half, state.end).map_err(Error::io("write", &self.path))?;
            crash_point("journal-half-written");
        }
        self.append(&mut state, &bytes)?;
        let mine = state.end;
        while state.durable < mine {
            if state.failed {
                return Err(Error::JournalAway);
            }
            if state.syncing {
                self.synced.wait(&mut state);
                continue;
            }
            state.syncing = true;
            let target = state.end;
            let synced = parking_lot::MutexGuard::unlocked(&mut state, || self.file.sync_data());
            state.syncing = false;
            state.syncs += 1;
            self.synced.notify_all();
            match synced {
                Ok(()) => state.durable = target,
                Err(error) => return Err(self.give_up(&mut state, error)),
            }
        }
        state.unrecorded.push(landing);
        state.landing += 1;
        Ok(Pending(self))
    }

    fn append(&self, state: &mut State, bytes: &[u8]) -> Result<()> {
        if state.failed {
            return Err(Error::JournalAway);
        }
        let end = state.end + bytes.len() as u64;
        let written =
            self.make_room(state, end).and_then(|()| self.file.write_all_at(bytes, state.end));
        if let Err(error) = written {
            // Half an entry reads as a torn tail, but the next entry must not follow it.
            let zeros = vec![0; bytes.len()];
            let undone = self.file.write_all_at(&zeros, state.end);
            if undone.is_err() && self.file.set_len(state.end).is_err() {
                state.failed = true;
            }
            return Err(Error::io("append to", &self.path)(error));
        }
        state.end = end;
        Ok(())
    }

    fn make_room(&self, state: &mut State, end: u64) -> std::io::Result<()> {
        // Four more bytes, so that there is always an end mark.
        let needed = end + 4;
        if needed > state.allocated {
            let target = needed.div_ceil(STEP) * STEP;
            let count = usize::try_from(target - state.allocated).unwrap_or(usize::MAX);
            self.file.write_all_at(&vec![0; count], state.allocated)?;
            state.allocated = target;
        }
        Ok(())
    }

    /// After a failed sync nobody knows what is on disk. Nothing lands any more until a restart
    /// has read the file back; what nobody was told has landed is cut off if that still works.
    fn give_up(&self, state: &mut State, error: std::io::Error) -> Error {
        state.failed = true;
        if let Err(error) = self.file.set_len(state.durable) {
            tracing::error!(%error, "the journal could not be cut after a failed sync");
        }
        Error::io("sync", &self.path)(error)
    }

    /// The landings that are durable and not yet marked as recorded, oldest first.
    pub fn unrecorded(&self) -> Vec<Unrecorded> {
        self.state.lock().unrecorded.clone()
    }

    /// Notes that a landing has its record. Not synced: should the note be lost, the record is
    /// found by its push id.
    pub fn mark_recorded(&self, push: PushId) -> Result<()> {
        let mut state = self.state.lock();
        self.append(&mut state, &Entry::Recorded(push).encode())?;
        state.unrecorded.retain(|it| it.push != push);
        Ok(())
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

    /// Starts over when everything in it is recorded and on disk: `false` when something is not.
    /// All that landings wrote is synced first (`syncfs`), because the journal stands in for it.
    pub fn checkpoint(&self) -> Result<bool> {
        let mut state = self.state.lock();
        if state.failed {
            return Err(Error::JournalAway);
        }
        if state.landing > 0 || state.syncing || !state.unrecorded.is_empty() {
            return Ok(false);
        }
        rustix::fs::syncfs(&self.file)
            .map_err(|error| Error::io("sync", &self.path)(error.into()))?;
        let start = MAGIC.len() as u64;
        let cut = self.file.set_len(start).and_then(|()| self.file.sync_all());
        if let Err(error) = cut {
            state.failed = true;
            return Err(Error::io("truncate", &self.path)(error));
        }
        (state.end, state.durable, state.allocated) = (start, start, start);
        Ok(true)
    }
}

/// A landing between its commit point and its refs being on disk; keeps the journal's entry.
#[must_use = "a checkpoint may drop the entry once this is gone"]
pub(crate) struct Pending<'a>(&'a Journal);

impl Pending<'_> {
    /// The refs could not be brought to disk. The entry stays for the next start, and nothing
    /// lands until then, because what is on disk is not what the journal says.
    pub(crate) fn abandon(self) {
        let mut state = self.0.state.lock();
        state.failed = true;
        drop(state);
        tracing::error!("a durable push could not be applied: restart the server to replay it");
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.0.state.lock().landing -= 1;
    }
}

/// All entries up to the end or a torn tail, and where that is; zero when the file is not ours.
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
