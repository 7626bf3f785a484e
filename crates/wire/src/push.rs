//! What a push asks for: the command list and the push options before the pack.
//!
//! A bad ref name is a problem of its command, not of the push: the other commands can still
//! land and the report can say why this one did not.

use crate::{Capabilities, Error, Pkt, SentName, escape};
use model::{BadRefName, ObjectId, RefName};
use std::collections::HashMap;
use thiserror::Error as ThisError;

/// So many bytes of push options that are too many or too long are read and forgotten, so that the
/// report can say so. More end the conversation.
const FORGOTTEN: usize = 16 << 20;

/// How much a stranger may send before anything has been decided about it.
#[derive(Clone, Copy, Debug)]
pub struct PushLimits {
    /// Commands in one push.
    pub commands: usize,
    /// Bytes of one command line, capabilities included.
    pub line: usize,
    /// Bytes of all ref names together, which is what is kept in memory.
    pub names: usize,
    /// Push options in one push.
    pub options: usize,
    /// Bytes of one push option.
    pub option: usize,
}

impl Default for PushLimits {
    /// Room for a mirror of a very large repository, and for nothing absurd.
    fn default() -> Self {
        Self { commands: 200_000, line: 8192, names: 32 << 20, options: 1000, option: 8192 }
    }
}

/// One command: "this ref goes from the old id to the new one".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// What the client believes the ref is; zero for "does not exist".
    pub old: ObjectId,
    /// What it shall be; zero for "shall be gone".
    pub new: ObjectId,
    /// The name as sent, for the report.
    pub sent: SentName,
    /// The ref, or why this command cannot be carried out.
    pub name: Result<RefName, CommandProblem>,
}

/// Why a command cannot be carried out whatever anybody decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ThisError)]
pub enum CommandProblem {
    /// It is `HEAD`, or nothing git would accept below `refs/`.
    #[error(transparent)]
    BadName(#[from] BadRefName),
    /// The push has several commands for this ref; none of them is carried out.
    #[error("the push has several commands for this ref")]
    Repeated,
}

/// All a push says before its pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushRequest {
    /// In the order they were sent. Empty when the client has nothing to push after all.
    pub commands: Vec<Command>,
    pub capabilities: Capabilities,
    /// Commits without parents on the client's side: it pushes from a shallow clone.
    pub shallow: Vec<ObjectId>,
    /// Push options as sent, escaped where they are not text. An error where they are more or longer
    /// than is allowed: the push is to fail with it.
    pub options: Result<Vec<String>, Error>,
}

impl PushRequest {
    /// Does a pack follow? Deletions have none; a push of nothing has none.
    pub fn expects_pack(&self) -> bool {
        self.commands.iter().any(|it| !it.new.is_zero())
    }

    /// All commands land or none does.
    pub fn is_atomic(&self) -> bool {
        self.capabilities.has("atomic")
    }
}

/// Is the request complete?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Give the next packet.
    More,
    /// What follows is the pack, if [`PushRequest::expects_pack`].
    Done,
}

enum Stage {
    Commands,
    Options,
    Done,
}

/// Reads a [`PushRequest`] packet by packet.
pub struct PushRequestReader {
    limits: PushLimits,
    stage: Stage,
    names: usize,
    forgotten: usize,
    request: PushRequest,
}

impl PushRequestReader {
    /// A reader that has seen nothing.
    pub fn new(limits: PushLimits) -> Self {
        let request = PushRequest {
            commands: Vec::new(),
            capabilities: Capabilities::default(),
            shallow: Vec::new(),
            options: Ok(Vec::new()),
        };
        Self { limits, stage: Stage::Commands, names: 0, forgotten: 0, request }
    }

    /// What the client can do, as far as it has said: how it is to be answered, whatever it sends.
    pub fn capabilities(&self) -> &Capabilities {
        &self.request.capabilities
    }

    /// Takes the next packet. After [`Progress::Done`] it takes no more.
    pub fn accept(&mut self, pkt: Pkt<'_>) -> Result<Progress, Error> {
        match (&self.stage, pkt, pkt.line()) {
            (Stage::Commands, _, Some(line)) => self.accept_line(line)?,
            (Stage::Options, _, Some(line)) => self.accept_option(line)?,
            (Stage::Commands, Pkt::Flush, None) => {
                let options = self.request.capabilities.has("push-options");
                let options = options && !self.request.commands.is_empty();
                self.stage = if options { Stage::Options } else { Stage::Done };
            }
            (Stage::Options, Pkt::Flush, None) => self.stage = Stage::Done,
            (Stage::Done, _, _) | (_, Pkt::Data(_) | Pkt::Delim | Pkt::ResponseEnd, _) => {
                return Err(unexpected(pkt, "a push is commands, a flush and a pack"));
            }
        }
        Ok(match self.stage {
            Stage::Commands | Stage::Options => Progress::More,
            Stage::Done => Progress::Done,
        })
    }

    /// The request, once complete.
    pub fn finish(self) -> Result<PushRequest, Error> {
        let mut request = self.request;
        match self.stage {
            Stage::Commands | Stage::Options => return Err(Error::Truncated),
            Stage::Done => mark_repeated(&mut request.commands),
        }
        Ok(request)
    }

    fn accept_line(&mut self, line: &[u8]) -> Result<(), Error> {
        check_length("a push command", line, self.limits.line)?;
        if let Some(id) = line.strip_prefix(b"shallow ") {
            check_count("shallow lines", self.request.shallow.len(), self.limits.commands)?;
            self.request.shallow.push(parse_id(id)?);
            return Ok(());
        }
        if line.starts_with(b"push-cert") {
            return Err(Error::PushCertificate);
        }
        check_count("commands", self.request.commands.len(), self.limits.commands)?;
        let (command, capabilities) = split_at_nul(line);
        if let Some(list) = capabilities {
            if !self.request.commands.is_empty() {
                return Err(unexpected_line(line, "only the first command has capabilities"));
            }
            self.request.capabilities = Capabilities::parse(list);
            self.request.capabilities.check_object_format()?;
        }
        let command = parse_command(command)?;
        self.names += command.sent.as_bytes().len();
        if self.names > self.limits.names {
            return Err(Error::TooMany { what: "bytes of ref names", limit: self.limits.names });
        }
        self.request.commands.push(command);
        Ok(())
    }

    fn accept_option(&mut self, line: &[u8]) -> Result<(), Error> {
        let options = match &mut self.request.options {
            Ok(options) => options,
            Err(error) => {
                // The packet's length counts: empty lines would go on for ever.
                self.forgotten = self.forgotten.saturating_add(line.len() + 4);
                return if self.forgotten <= FORGOTTEN { Ok(()) } else { Err(error.clone()) };
            }
        };
        let fits = check_length("a push option", line, self.limits.option)
            .and_then(|()| check_count("push options", options.len(), self.limits.options));
        match (fits, std::str::from_utf8(line)) {
            (Err(error), _) => self.request.options = Err(error),
            (Ok(()), Ok(text)) if !text.contains(char::is_control) => options.push(text.to_owned()),
            (Ok(()), Ok(_) | Err(_)) => options.push(escape(line)),
        }
        Ok(())
    }
}

fn split_at_nul(line: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut parts = line.splitn(2, |&byte| byte == 0);
    (parts.next().unwrap_or_default(), parts.next())
}

/// `OLD NEW NAME`.
fn parse_command(line: &[u8]) -> Result<Command, Error> {
    let bad = || unexpected_line(line, "a push command is `OLD NEW REF`");
    let (old, rest) = line.split_at_checked(40).ok_or_else(bad)?;
    let rest = rest.strip_prefix(b" ").ok_or_else(bad)?;
    let (new, rest) = rest.split_at_checked(40).ok_or_else(bad)?;
    let name = rest.strip_prefix(b" ").ok_or_else(bad)?;
    let sent = SentName::new(name);
    let name = sent.parse().map_err(CommandProblem::from);
    Ok(Command { old: parse_id(old)?, new: parse_id(new)?, sent, name })
}

/// Several commands for one ref: what they were judged against would no longer be true after
/// the first, and nobody knows which was meant.
fn mark_repeated(commands: &mut [Command]) {
    let mut last: HashMap<&[u8], usize> = HashMap::with_capacity(commands.len());
    let mut repeated = Vec::new();
    for (at, command) in commands.iter().enumerate() {
        if let Some(before) = last.insert(command.sent.as_bytes(), at) {
            repeated.extend([before, at]);
        }
    }
    for at in repeated {
        if let Some(command) = commands.get_mut(at).filter(|it| it.name.is_ok()) {
            command.name = Err(CommandProblem::Repeated);
        }
    }
}

pub(crate) fn parse_id(hex: &[u8]) -> Result<ObjectId, Error> {
    ObjectId::parse(hex).map_err(|_| Error::BadObjectId(escape(hex)))
}

pub(crate) fn check_count(what: &'static str, have: usize, limit: usize) -> Result<(), Error> {
    if have < limit { Ok(()) } else { Err(Error::TooMany { what, limit }) }
}

fn check_length(what: &'static str, line: &[u8], limit: usize) -> Result<(), Error> {
    let found = line.len();
    if found <= limit { Ok(()) } else { Err(Error::LineTooLong { what, found, limit }) }
}

pub(crate) fn unexpected(pkt: Pkt<'_>, expected: &'static str) -> Error {
    match pkt {
        Pkt::Data(data) => unexpected_line(data, expected),
        Pkt::Flush => unexpected_line(b"a flush packet", expected),
        Pkt::Delim => unexpected_line(b"a delimiter packet", expected),
        Pkt::ResponseEnd => unexpected_line(b"a response-end packet", expected),
    }
}

pub(crate) fn unexpected_line(line: &[u8], expected: &'static str) -> Error {
    Error::Unexpected { found: escape(line), expected }
}

#[cfg(test)]
mod tests;
