//! What a client asks to be run, read once. Knows words, not who may say them.

use crate::quote::{self, Unreadable};

/// One of the things this door does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Git's own conversation about `workspace/repository`.
    Git(Service, String),
    /// Something a person wants to know.
    Ask(Question),
}

/// The two conversations git has with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Fetch, clone, `ls-remote`.
    UploadPack,
    /// Push.
    ReceivePack,
}

/// A question of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Nothing was asked for: who is there, and what can be asked.
    Greeting,
    /// Would an operation on a ref be allowed, and why not?
    Explain {
        repository: String,
        reference: String,
        operation: String,
    },
    /// The record of a refusal.
    Refusal(String),
    /// Who the server takes the client for.
    WhoAmI,
    /// What the client may see.
    Repositories,
    Help,
}

/// Why nothing is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotACommand {
    /// It cannot be taken apart.
    Unreadable(Unreadable),
    /// There is such a command, used like this.
    Usage(&'static str),
    /// Git knows it; this server does not offer it, for this reason.
    NotOffered(&'static str),
    /// Anything else. As it was typed.
    Unknown(String),
}

const ARCHIVE: &str = "git archive --remote is not offered here: clone, and run git archive there";
const LFS: &str = "LFS is not offered here yet: large files are kept in the repository itself";

impl Command {
    /// Reads a command line.
    pub fn parse(line: &[u8]) -> Result<Self, NotACommand> {
        let text = String::from_utf8_lossy(line);
        let words = quote::split(&text).map_err(NotACommand::Unreadable)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            // As git itself was called before it had dashes.
            ["git", service @ ("upload-pack" | "receive-pack" | "upload-archive"), rest @ ..] => {
                git(service, rest)
            }
            [first, rest @ ..] => match first.strip_prefix("git-") {
                Some(service) => git(service, rest),
                None => question(first, rest).map(Self::Ask),
            },
            [] => Ok(Self::Ask(Question::Greeting)),
        }
    }
}

fn git(service: &str, rest: &[&str]) -> Result<Command, NotACommand> {
    match (service, rest) {
        ("upload-pack", [path]) => Ok(Command::Git(Service::UploadPack, (*path).to_owned())),
        ("receive-pack", [path]) => Ok(Command::Git(Service::ReceivePack, (*path).to_owned())),
        ("upload-pack", _) => Err(NotACommand::Usage("git-upload-pack 'WORKSPACE/REPOSITORY.git'")),
        ("receive-pack", _) => {
            Err(NotACommand::Usage("git-receive-pack 'WORKSPACE/REPOSITORY.git'"))
        }
        ("upload-archive", _) => Err(NotACommand::NotOffered(ARCHIVE)),
        ("lfs-authenticate" | "lfs-transfer", _) => Err(NotACommand::NotOffered(LFS)),
        (other, _) => Err(NotACommand::Unknown(format!("git-{other}"))),
    }
}

fn question(first: &str, rest: &[&str]) -> Result<Question, NotACommand> {
    let own = |it: &&str| (*it).to_owned();
    match (first, rest) {
        ("explain", [repository, reference, operation @ ..]) if operation.len() < 2 => {
            Ok(Question::Explain {
                repository: own(repository),
                reference: own(reference),
                operation: operation.first().map_or_else(|| "fast-forward".into(), own),
            })
        }
        ("explain", _) => Err(NotACommand::Usage("explain WORKSPACE/REPOSITORY REF [OPERATION]")),
        ("refusal", [id]) => Ok(Question::Refusal(own(id))),
        ("refusal", _) => Err(NotACommand::Usage("refusal R-XXXXXXXX")),
        ("whoami", []) => Ok(Question::WhoAmI),
        ("whoami", _) => Err(NotACommand::Usage("whoami")),
        ("repositories", []) => Ok(Question::Repositories),
        ("repositories", _) => Err(NotACommand::Usage("repositories")),
        ("help" | "--help" | "-h", _) => Ok(Question::Help),
        (other, _) => Err(NotACommand::Unknown(other.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_is_understood_in_each_of_its_spellings() {
        let fetch = Ok(Command::Git(Service::UploadPack, "/acme/site.git".into()));
        for line in ["git-upload-pack '/acme/site.git'", "git upload-pack '/acme/site.git'"] {
            assert_eq!(Command::parse(line.as_bytes()), fetch, "{line}");
        }
        let push = Ok(Command::Git(Service::ReceivePack, "acme/site".into()));
        assert_eq!(Command::parse(b"git-receive-pack acme/site"), push);
        for (line, why) in [
            ("git-upload-archive 'acme/site'", NotACommand::NotOffered(ARCHIVE)),
            ("git-lfs-authenticate acme/site upload", NotACommand::NotOffered(LFS)),
            ("git-lfs-transfer acme/site upload", NotACommand::NotOffered(LFS)),
            ("git-shell", NotACommand::Unknown("git-shell".into())),
            ("git status", NotACommand::Unknown("git".into())),
            (
                "git-upload-pack --strict 'acme/site'",
                NotACommand::Usage("git-upload-pack 'WORKSPACE/REPOSITORY.git'"),
            ),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), Err(why), "{line}");
        }
    }

    #[test]
    fn questions_are_read_and_everything_else_is_not() {
        let explain = |operation: &str| Question::Explain {
            repository: "acme/site".into(),
            reference: "main".into(),
            operation: operation.into(),
        };
        for (line, question) in [
            ("", Question::Greeting),
            ("help", Question::Help),
            ("whoami", Question::WhoAmI),
            ("repositories", Question::Repositories),
            ("refusal R-7KQ2M9", Question::Refusal("R-7KQ2M9".into())),
            ("explain acme/site main", explain("fast-forward")),
            ("explain 'acme/site' main delete", explain("delete")),
        ] {
            assert_eq!(Command::parse(line.as_bytes()), Ok(Command::Ask(question)), "{line}");
        }
        for line in ["sh", "scp -t .", "explain", "explain a b c d", "refusal", "whoami x", "-c id"]
        {
            assert!(Command::parse(line.as_bytes()).is_err(), "{line}");
        }
        assert!(Command::parse(b"\xff\xfe").is_err());
    }
}
