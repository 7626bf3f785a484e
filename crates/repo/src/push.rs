//! A push as values: what was asked for, how it was understood, what came of it; and the
//! [`Judge`] who is asked on the way. Knows no rules and renders no text.

use crate::failure::Failure;
use crate::quarantine::Quarantine;
use model::{ObjectId, RefName};
use std::fmt;
use wire::SentName;

/// The unique id of one push: its journal entry and its record carry it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PushId([u8; 16]);

impl PushId {
    /// 128 random bits.
    pub fn random() -> crate::Result<Self> {
        use std::io::Read as _;
        let path = std::path::Path::new("/dev/urandom");
        let mut bytes = [0; 16];
        std::fs::File::open(path)
            .and_then(|mut file| file.read_exact(&mut bytes))
            .map_err(crate::Error::io("read", path))?;
        Ok(Self(bytes))
    }

    /// From its 16 bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Its 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for PushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for PushId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// One line of a push, as git sends it, with a name that was found valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What the client believes the ref to be; zero: not there.
    pub old: ObjectId,
    /// What it shall be; zero: gone.
    pub new: ObjectId,
    /// Which ref.
    pub name: RefName,
}

impl Command {
    /// Shall the ref be gone?
    pub fn is_delete(&self) -> bool {
        self.new.is_zero()
    }
}

/// A push before its objects are here.
#[derive(Clone, Debug)]
pub struct Push {
    /// Its id.
    pub id: PushId,
    /// The commands whose names are valid, in the client's order. Others have failed already.
    pub commands: Vec<Command>,
    /// All or nothing.
    pub atomic: bool,
    /// The push options (`git push -o`), in order.
    pub options: Vec<String>,
    /// What the client calls itself (`agent=`).
    pub agent: Option<String>,
}

/// What a command does to its ref, now that the objects are here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// The ref is new.
    Create,
    /// The new commit contains the old one.
    FastForward,
    /// The new value does not contain the old one.
    Rewrite,
    /// The ref goes.
    Delete,
}

/// A command, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefUpdate {
    /// Its place in [`Push::commands`].
    pub command: usize,
    /// Which ref.
    pub name: RefName,
    /// The value on disk, which is what the client said.
    pub old: ObjectId,
    /// The value to be.
    pub new: ObjectId,
    /// What that does.
    pub change: Change,
}

/// May a command go on?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes, as far as is known.
    Go,
    /// No. `short` stands in the parentheses of git's `! [remote rejected]` line.
    Refuse {
        /// The reason in a few words, with its code.
        short: String,
    },
}

/// The judge could not answer: the push fails closed.
#[derive(Debug, thiserror::Error)]
pub enum JudgeFailed {
    /// For reasons of our own. The text is for the log.
    #[error("the push could not be judged: {0}")]
    Away(String),
    /// Because of what was pushed, which is answered with this.
    #[error("the push could not be judged: {0}")]
    Unfit(Failure),
}

/// Who is asked during a push. `app` answers with the policy; plumbing lets everything pass.
pub trait Judge {
    /// First of all: may give commands other names, and old values to go with them. What the
    /// client is told is about the names it sent.
    fn route(&mut self, _push: &mut Push) -> Result<(), JudgeFailed> {
        Ok(())
    }

    /// The same, once the objects can be looked at.
    fn reroute(&mut self, _push: &mut Push, _objects: &Quarantine<'_>) -> Result<(), JudgeFailed> {
        Ok(())
    }

    /// Before a byte of the pack is read: one verdict for each of [`Push::commands`].
    fn before_pack(&mut self, push: &Push) -> Result<Vec<Verdict>, JudgeFailed>;

    /// With the objects in quarantine: one verdict for each of `updates`, which are the commands
    /// that are still going.
    fn after_pack(
        &mut self,
        push: &Push,
        updates: &[RefUpdate],
        objects: &Quarantine<'_>,
    ) -> Result<Vec<Verdict>, JudgeFailed>;

    /// The full text for the side-band: complete lines. Called once, after the last verdict, when
    /// the client shows such text.
    fn text(&mut self) -> String;

    /// What a record needs besides the refs, should the process die before [`Judge::landed`]:
    /// journaled with the landing, given back by [`crate::Journal::unrecorded`].
    fn meta(&mut self) -> Vec<u8>;

    /// Records the push. Called before the report, when at least one ref has moved. On failure
    /// the refs stay moved; the record is made at the next start.
    fn landed(&mut self, push: &Push, outcomes: &[RefOutcome]) -> Result<(), JudgeFailed>;
}

/// Lets everything pass and records nothing: for plumbing.
pub struct AllowAll;

impl Judge for AllowAll {
    fn before_pack(&mut self, push: &Push) -> Result<Vec<Verdict>, JudgeFailed> {
        Ok(vec![Verdict::Go; push.commands.len()])
    }

    fn after_pack(
        &mut self,
        _: &Push,
        updates: &[RefUpdate],
        _: &Quarantine<'_>,
    ) -> Result<Vec<Verdict>, JudgeFailed> {
        Ok(vec![Verdict::Go; updates.len()])
    }

    fn text(&mut self) -> String {
        String::new()
    }

    fn meta(&mut self) -> Vec<u8> {
        Vec::new()
    }

    fn landed(&mut self, _: &Push, _: &[RefOutcome]) -> Result<(), JudgeFailed> {
        Ok(())
    }
}

/// What came of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefStatus {
    /// The ref has its new value, durably.
    Landed,
    /// The judge said no.
    Refused {
        /// As in [`Verdict::Refuse`].
        short: String,
    },
    /// It could not be done.
    Failed(Failure),
}

/// One command and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefOutcome {
    /// The name as the client sent it, for it may be invalid.
    pub name: SentName,
    /// The old value, as sent.
    pub old: ObjectId,
    /// The new value, as sent.
    pub new: ObjectId,
    /// What it did, once understood.
    pub change: Option<Change>,
    /// What came of it.
    pub status: RefStatus,
}

/// What came of a push.
#[derive(Clone, Debug)]
pub struct PushOutcome {
    /// Its id.
    pub id: PushId,
    /// One for each command, in the client's order.
    pub refs: Vec<RefOutcome>,
    /// Why the whole push failed, if it did.
    pub failure: Option<Failure>,
    /// The work that was done.
    pub work: Work,
}

/// Work done for one push, counted, so that tests can say what a push must not cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Bytes of pack that were read and parsed; none when the commands alone decided.
    pub pack_bytes: u64,
    /// New objects.
    pub objects: u64,
    /// Objects of the repository that were looked up.
    pub lookups: u64,
    /// Refs whose lines were written anew into the snapshot.
    pub refs_rewritten: u64,
}
