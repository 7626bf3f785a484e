//! Requests of protocol 2: a command, capabilities, a delimiter, arguments, a flush.

use crate::deepen::{self, Deepen};
use crate::encode::{put_hex, put_line};
use crate::push::{check_count, parse_id, unexpected};
use crate::{Capabilities, Error, Filter, Pkt, Progress, escape};
use model::ObjectId;

/// How much one fetch request may hold, in any protocol version.
#[derive(Clone, Copy, Debug)]
pub struct FetchLimits {
    pub wants: usize,
    pub haves: usize,
    /// `shallow` lines, and `deepen-not` lines.
    pub shallow: usize,
    /// `ref-prefix` lines. More than these are no error: all refs are listed then, as git does.
    pub prefixes: usize,
}

impl Default for FetchLimits {
    /// Above what clients of the largest repositories send; 20 bytes of memory each.
    fn default() -> Self {
        Self { wants: 500_000, haves: 500_000, shallow: 200_000, prefixes: 10_000 }
    }
}

/// Arguments of `ls-refs`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LsRefsArguments {
    /// Say what annotated tags peel to.
    pub peel: bool,
    /// Say which branch HEAD stands for.
    pub symrefs: bool,
    /// Name HEAD's branch even if it does not exist yet.
    pub unborn: bool,
    /// List only refs beginning with one of these; empty means all.
    pub prefixes: Vec<Box<[u8]>>,
}

impl LsRefsArguments {
    /// Is a ref of this name asked for?
    pub fn asks_for(&self, name: &str) -> bool {
        self.prefixes.is_empty() || self.prefixes.iter().any(|it| name.as_bytes().starts_with(it))
    }
}

/// Arguments of `fetch`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchArguments {
    pub wants: Vec<ObjectId>,
    pub haves: Vec<ObjectId>,
    /// The client says no more haves: send the pack.
    pub done: bool,
    /// Do not send the pack before `done`, even if ready.
    pub wait_for_done: bool,
    pub thin_pack: bool,
    pub no_progress: bool,
    pub include_tag: bool,
    pub ofs_delta: bool,
    pub deepen: Deepen,
    pub filter: Option<Filter>,
}

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum V2Request {
    LsRefs(LsRefsArguments),
    Fetch(FetchArguments),
}

enum Stage {
    Head,
    Arguments,
    Done,
}

/// Reads a [`V2Request`] packet by packet.
pub struct V2Reader {
    limits: FetchLimits,
    stage: Stage,
    request: Option<V2Request>,
    capabilities: Capabilities,
    too_many_prefixes: bool,
}

impl V2Reader {
    /// A reader that has seen nothing.
    pub fn new(limits: FetchLimits) -> Self {
        Self {
            limits,
            stage: Stage::Head,
            request: None,
            capabilities: Capabilities::default(),
            too_many_prefixes: false,
        }
    }

    /// Takes the next packet. After [`Progress::Done`] it takes no more.
    pub fn accept(&mut self, pkt: Pkt<'_>) -> Result<Progress, Error> {
        match (&self.stage, pkt.line(), pkt) {
            (Stage::Head, Some(line), _) => self.accept_head(line)?,
            (Stage::Arguments, Some(line), _) => self.accept_argument(line)?,
            (Stage::Head, None, Pkt::Delim) if self.request.is_some() => {
                self.stage = Stage::Arguments;
            }
            (Stage::Head | Stage::Arguments, None, Pkt::Flush) => self.stage = Stage::Done,
            (Stage::Head | Stage::Arguments | Stage::Done, _, _) => {
                return Err(unexpected(pkt, "a request is a command, arguments and a flush"));
            }
        }
        Ok(match self.stage {
            Stage::Head | Stage::Arguments => Progress::More,
            Stage::Done => Progress::Done,
        })
    }

    /// The request, once complete; `None` if it was a flush alone, by which a client says that
    /// it has no further request.
    pub fn finish(self) -> Result<Option<V2Request>, Error> {
        match self.stage {
            Stage::Head | Stage::Arguments => Err(Error::Truncated),
            Stage::Done => Ok(self.request),
        }
    }

    fn accept_head(&mut self, line: &[u8]) -> Result<(), Error> {
        if let Some(command) = line.strip_prefix(b"command=") {
            if self.request.is_some() {
                return Err(unexpected(Pkt::Data(line), "a request has one command"));
            }
            self.request = Some(match command {
                b"ls-refs" => V2Request::LsRefs(LsRefsArguments::default()),
                b"fetch" => V2Request::Fetch(FetchArguments::default()),
                other => return Err(Error::UnknownCommand(escape(other))),
            });
            return Ok(());
        }
        let known: [&[u8]; 3] = [b"agent=", b"object-format=", b"server-option="];
        if !known.iter().any(|it| line.starts_with(it)) {
            return Err(unexpected(Pkt::Data(line), "it is no capability this server has"));
        }
        self.capabilities = Capabilities::parse(line);
        self.capabilities.check_object_format()
    }

    fn accept_argument(&mut self, line: &[u8]) -> Result<(), Error> {
        match &mut self.request {
            Some(V2Request::LsRefs(arguments)) => match line {
                b"peel" => arguments.peel = true,
                b"symrefs" => arguments.symrefs = true,
                b"unborn" => arguments.unborn = true,
                _ => match line.strip_prefix(b"ref-prefix ") {
                    Some(_) if self.too_many_prefixes => (),
                    Some(_) if arguments.prefixes.len() >= self.limits.prefixes => {
                        self.too_many_prefixes = true;
                        arguments.prefixes = Vec::new();
                    }
                    Some(prefix) => arguments.prefixes.push(prefix.into()),
                    None => {
                        return Err(unexpected(Pkt::Data(line), "ls-refs has no such argument"));
                    }
                },
            },
            Some(V2Request::Fetch(arguments)) => arguments.accept(line, &self.limits)?,
            None => return Err(unexpected(Pkt::Data(line), "no command was given")),
        }
        Ok(())
    }
}

impl FetchArguments {
    fn accept(&mut self, line: &[u8], limits: &FetchLimits) -> Result<(), Error> {
        match line {
            b"done" => self.done = true,
            b"wait-for-done" => self.wait_for_done = true,
            b"thin-pack" => self.thin_pack = true,
            b"no-progress" => self.no_progress = true,
            b"include-tag" => self.include_tag = true,
            b"ofs-delta" => self.ofs_delta = true,
            _ => {
                if let Some(id) = line.strip_prefix(b"have ") {
                    check_count("haves", self.haves.len(), limits.haves)?;
                    self.haves.push(parse_id(id)?);
                } else if let Some(id) = line.strip_prefix(b"want ") {
                    check_count("wants", self.wants.len(), limits.wants)?;
                    self.wants.push(parse_id(id)?);
                } else if let Some(spec) = line.strip_prefix(b"filter ") {
                    self.filter = Some(Filter::parse(spec)?);
                } else if !self.deepen.accept(line, limits.shallow)? {
                    return Err(deepen::unknown(line));
                }
            }
        }
        Ok(())
    }
}

/// Appends one line of the answer to `ls-refs`. `None` for the id: HEAD, whose branch does not
/// exist yet.
pub fn put_ls_refs_line(
    out: &mut Vec<u8>,
    id: Option<&ObjectId>,
    name: &str,
    symref: Option<&str>,
    peeled: Option<&ObjectId>,
) {
    put_line(out, |out| {
        match id {
            Some(id) => put_hex(out, id),
            None => out.extend_from_slice(b"unborn"),
        }
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
        if let Some(target) = symref {
            out.extend_from_slice(b" symref-target:");
            out.extend_from_slice(target.as_bytes());
        }
        if let Some(peeled) = peeled {
            out.extend_from_slice(b" peeled:");
            put_hex(out, peeled);
        }
    });
}

#[cfg(test)]
mod tests;
