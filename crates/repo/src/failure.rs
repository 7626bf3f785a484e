//! The codes of pushes that failed, as opposed to pushes that a rule refused: what came was
//! damaged or dangerous, or our side could not do its work. Codes are stable; people look them up
//! in `docs/reference/refusals.md`, which is generated from [`FailureCode::ALL`].

use std::borrow::Cow;
use std::fmt;

macro_rules! failure_codes {
    ($($variant:ident $code:literal, $cause:literal, $fix:literal;)*) => {
        /// Why a push, or one ref of it, failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FailureCode { $(#[doc = $cause] $variant),* }

        impl FailureCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable code, such as `PC-PACK-CORRUPT`.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// What happened, as a sentence without a full stop.
            pub const fn cause(self) -> &'static str {
                match self { $(Self::$variant => $cause),* }
            }

            /// What to do next, as a sentence without a full stop.
            pub const fn fix(self) -> &'static str {
                match self { $(Self::$variant => $fix),* }
            }
        }
    };
}

failure_codes! {
    Protocol "PC-PROTOCOL",
        "what the client sent is not git's push protocol",
        "update the client, or look for a proxy that changes the traffic";
    TooManyCommands "PC-PUSH-TOO-MANY-REFS",
        "the push changes more refs at once than this server allows",
        "push the refs in several smaller pushes";
    TooManyOptions "PC-PUSH-OPTIONS",
        "the push carries more or longer push options than this server allows",
        "leave out some of the `-o` options";
    OptionUnfit "PC-PUSH-OPTION-VALUE",
        "a push option asks for what cannot be done",
        "correct the option, or leave it out, and push again";
    UploadBroken "PC-UPLOAD-BROKEN",
        "the upload broke off",
        "push again; if it breaks at the same size, look for a limit in a proxy in between";
    PackCorrupt "PC-PACK-CORRUPT",
        "the pack that was sent is damaged",
        "run `git fsck` in your clone, then push again";
    PackMissingObject "PC-PACK-MISSING-OBJECT",
        "the pack refers to objects that are neither in it nor in the repository",
        "run `git fsck` in your clone; if it is shallow, run `git fetch --unshallow` and push again";
    PackTooLarge "PC-PACK-TOO-LARGE",
        "the pack is larger than this server allows",
        "push the history in several steps, or ask an administrator to raise the limit";
    ObjectTooLarge "PC-OBJECT-TOO-LARGE",
        "a file in the push is larger than this server allows",
        "keep the file out of the history (`git lfs` is made for it) and push again";
    ObjectBad "PC-OBJECT-BAD",
        "an object in the push breaks git's format or could harm those who check it out",
        "run `git fsck --strict` in your clone and rewrite the commits it names";
    TooMuch "PC-PUSH-TOO-MUCH",
        "a rule asks about the files of this push, and they are more than can be looked at",
        "push the history in several steps, or ask a repository admin to let you through the rule";
    ObjectCollision "PC-OBJECT-COLLISION",
        "an object in the push is made to collide with another one under SHA-1",
        "find out where the object came from: this does not happen by accident";
    RefName "PC-REF-NAME",
        "the name of the ref is not valid here",
        "choose a name that `git check-ref-format` accepts, below `refs/`";
    RefStale "PC-REF-STALE",
        "the ref has moved since the client looked",
        "fetch, merge or rebase, and push again";
    RefConflict "PC-REF-CONFLICT",
        "the ref's name and another ref's would need to be a file and a folder at once",
        "choose another name, or delete the other ref first";
    RefBusy "PC-REF-BUSY",
        "somebody else is changing the ref right now",
        "push again in a moment";
    RefDuplicate "PC-REF-TWICE",
        "the push names the same ref twice",
        "name each ref once";
    RefTarget "PC-REF-TARGET",
        "a branch can only point to a commit",
        "push a commit to the branch, and put other objects under a tag";
    RefNothing "PC-REF-MISSING",
        "the ref that should be deleted does not exist",
        "run `git fetch --prune` to see what is there";
    AtomicFailed "PC-ATOMIC",
        "another ref of this atomic push did not pass",
        "see what is said about the other ref, or push without `--atomic`";
    StorageFull "PC-STORAGE-FULL",
        "the server's disk is full",
        "tell an administrator, and push again later: nothing was changed";
    StoreAway "PC-STORE-AWAY",
        "the server could not read or write what it needs to decide or to store the push",
        "tell an administrator if it stays, and push again later";
    Internal "PC-INTERNAL",
        "something is broken inside the server",
        "tell an administrator: the log says more, under the id of the request";
}

impl FailureCode {
    /// This failure, with what is particular about it (may be empty).
    pub fn because(self, detail: impl Into<Cow<'static, str>>) -> Failure {
        Failure { code: self, detail: detail.into() }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One failure: the code and what is particular about this case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Which.
    pub code: FailureCode,
    /// Particulars, in a few words; empty when the code says it all. May quote what a client
    /// sent: escape it where it is shown.
    pub detail: Cow<'static, str>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.code.cause())?;
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}

impl std::error::Error for Failure {}
