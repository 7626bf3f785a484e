//! The steps of a push.

use super::input::{advertise_receive, protocol, read_request};
use super::limits::ReceiveOptions;
use super::report::{explain_failures, write_error, write_report};
use crate::crash::crash_point;
use crate::failure::{Failure, FailureCode};
use crate::fetch::Visible;
use crate::land::{Move, Names, Order, land, stale};
use crate::push::{
    Change, Command, Judge, JudgeFailed, Push, PushId, PushOutcome, RefOutcome, RefStatus,
    RefUpdate, Verdict, Work,
};
use crate::quarantine::Quarantine;
use crate::repository::Repository;
use crate::understand::understand;
use crate::{Error, Result};
use model::ObjectId;
use std::io::{Read, Write};
use wire::{CommandProblem, PushRequest, PushRequestReader, SentName};

/// Receives one push: reads it, has it judged, lands it, answers it. An error means that the
/// answer could not be given; what came of the push is in the outcome, and said to the client.
///
/// What nobody needs of the input is left unread: a door whose clients hear nothing before they
/// have sent everything (HTTP/1.1) reads on to its end. The answer's end is the caller's to flush.
pub fn receive_pack(
    repository: &Repository,
    input: &mut dyn Read,
    output: &mut dyn Write,
    judge: &mut dyn Judge,
    options: &ReceiveOptions,
) -> Result<PushOutcome> {
    if !options.stateless {
        advertise_receive(repository, Visible::Except(options.hidden), options.version, output)?;
        output.flush().map_err(Error::Peer)?;
    }
    let id = PushId::random()?;
    let nothing = PushOutcome { id, refs: Vec::new(), failure: None, work: Work::default() };
    let mut reader = PushRequestReader::new(options.limits.commands);
    let rest = match read_request(input, &mut reader) {
        Ok(Some(rest)) => rest,
        Ok(None) => return Ok(nothing),
        Err(Error::Failed(failure)) => {
            write_error(output, reader.capabilities(), &failure)?;
            return Ok(PushOutcome { failure: Some(failure), ..nothing });
        }
        Err(error) => return Err(error),
    };
    let request = reader.finish().map_err(|error| protocol(&error))?;
    // The client has nothing to push after all.
    if request.commands.is_empty() {
        return Ok(nothing);
    }
    crash_point("after-commands");
    let mut input = rest.as_slice().chain(input);
    let mut session = Session::new(repository, judge, options, id, request);
    session.run(&mut input);
    session.answer(output)
}

/// Where one command stands.
enum Standing {
    /// Still going.
    Going,
    Ended(RefStatus),
}

struct Session<'a> {
    repository: &'a Repository,
    judge: &'a mut dyn Judge,
    options: &'a ReceiveOptions,
    request: PushRequest,
    push: Push,
    /// One for each of [`Push::commands`].
    standings: Vec<Standing>,
    changes: Vec<Option<Change>>,
    failure: Option<Failure>,
    work: Work,
}

impl<'a> Session<'a> {
    fn new(
        repository: &'a Repository,
        judge: &'a mut dyn Judge,
        options: &'a ReceiveOptions,
        id: PushId,
        request: PushRequest,
    ) -> Self {
        let commands: Vec<Command> = request
            .commands
            .iter()
            .filter_map(|it| {
                let name = it.name.as_ref().ok()?.clone();
                Some(Command { old: it.old, new: it.new, name })
            })
            .collect();
        let push = Push {
            id,
            atomic: request.is_atomic(),
            options: Vec::new(),
            agent: request.capabilities.agent().map(str::to_owned),
            commands,
        };
        Self {
            standings: push.commands.iter().map(|_| Standing::Going).collect(),
            changes: vec![None; push.commands.len()],
            repository,
            judge,
            options,
            request,
            push,
            failure: None,
            work: Work::default(),
        }
    }

    /// Everything but the answer. What goes wrong is kept for the answer.
    fn run(&mut self, input: &mut dyn Read) {
        if let Err(error) = self.steps(input) {
            self.fail(&error);
        }
    }

    fn steps(&mut self, input: &mut dyn Read) -> Result<()> {
        self.push.options = self.request.options.clone().map_err(|error| protocol(&error))?;
        self.judge.route(&mut self.push).map_err(unjudged)?;
        self.ask_before_pack()?;
        self.check_early()?;
        if self.is_over() {
            return Ok(());
        }
        let mut objects = Quarantine::new(self.repository, self.push.id);
        if self.going().any(|(_, it)| !it.is_delete()) {
            let limits = &self.options.limits;
            objects.ingest(input, limits, self.options.stateless)?;
        }
        self.work.pack_bytes = objects.pack_bytes();
        self.work.objects = objects.count();
        self.check_tips(&objects)?;
        if self.is_over() {
            return Ok(());
        }
        self.judge.reroute(&mut self.push, &objects).map_err(unjudged)?;
        self.ask_after_pack(&objects)?;
        if !self.is_over() {
            self.land(&mut objects)?;
        }
        self.work.lookups = objects.lookups();
        Ok(())
    }

    fn going(&self) -> impl Iterator<Item = (usize, &Command)> {
        let standing = self.standings.iter().zip(&self.push.commands).enumerate();
        standing.filter_map(|(place, (it, command))| {
            matches!(it, Standing::Going).then_some((place, command))
        })
    }

    /// Is there nothing left to do: all ended, or one of an atomic push?
    fn is_over(&mut self) -> bool {
        let bad_name = self.push.commands.len() < self.request.commands.len();
        let one_ended = bad_name || self.going().count() < self.push.commands.len();
        if self.push.atomic && one_ended {
            let failure = FailureCode::AtomicFailed.because("");
            self.end_going(&RefStatus::Failed(failure));
        }
        self.going().next().is_none()
    }

    fn end(&mut self, place: usize, status: RefStatus) {
        if let Some(standing) = self.standings.get_mut(place) {
            *standing = Standing::Ended(status);
        }
    }

    fn end_going(&mut self, status: &RefStatus) {
        for standing in &mut self.standings {
            if matches!(standing, Standing::Going) {
                *standing = Standing::Ended(status.clone());
            }
        }
    }

    fn ask_before_pack(&mut self) -> Result<()> {
        let verdicts = self.judge.before_pack(&self.push).map_err(unjudged)?;
        let places: Vec<usize> = (0..self.push.commands.len()).collect();
        self.take_verdicts(&places, verdicts)
    }

    fn ask_after_pack(&mut self, objects: &Quarantine<'_>) -> Result<()> {
        let updates: Vec<RefUpdate> = understand(self.going(), objects)?;
        for update in &updates {
            if let Some(change) = self.changes.get_mut(update.command) {
                *change = Some(update.change);
            }
        }
        let verdicts = self.judge.after_pack(&self.push, &updates, objects).map_err(unjudged)?;
        let places: Vec<usize> = updates.iter().map(|it| it.command).collect();
        self.take_verdicts(&places, verdicts)
    }

    /// A judge that does not answer for every command has not judged the push.
    fn take_verdicts(&mut self, places: &[usize], verdicts: Vec<Verdict>) -> Result<()> {
        if verdicts.len() != places.len() {
            return Err(unjudged(JudgeFailed::Away("a verdict is missing".into())));
        }
        for (place, verdict) in places.iter().zip(verdicts) {
            match verdict {
                Verdict::Go => {}
                Verdict::Refuse { short } => self.end(*place, RefStatus::Refused { short }),
            }
        }
        Ok(())
    }

    /// What the refs alone decide, before the pack is read. Landing looks again, under the locks.
    fn check_early(&mut self) -> Result<()> {
        let refs = self.repository.refs()?;
        let names = Names::new(self.going().map(|(_, it)| (&it.name, it.old, it.new)));
        let mut failed = Vec::new();
        for (place, command) in self.going() {
            let current = refs.find(command.name.as_str()).map_or(ObjectId::ZERO, |it| it.id);
            let checked = if command.is_delete() && current.is_zero() {
                Err(FailureCode::RefNothing.because(""))
            } else if current != command.old {
                Err(stale(&current))
            } else if command.old.is_zero() {
                names.check(&command.name, &refs)
            } else {
                Ok(())
            };
            failed.extend(checked.err().map(|failure| (place, failure)));
        }
        for (place, failure) in failed {
            self.end(place, RefStatus::Failed(failure));
        }
        Ok(())
    }

    fn check_tips(&mut self, objects: &Quarantine<'_>) -> Result<()> {
        let (places, commands): (Vec<usize>, Vec<Command>) =
            self.going().map(|(place, it)| (place, it.clone())).unzip();
        let failures = objects.check_tips(&commands)?;
        for (place, failure) in places.into_iter().zip(failures) {
            if let Some(failure) = failure {
                self.end(place, RefStatus::Failed(failure));
            }
        }
        Ok(())
    }

    fn land(&mut self, objects: &mut Quarantine<'_>) -> Result<()> {
        let pack = objects.take_pack();
        let (places, moves): (Vec<usize>, Vec<Move>) = self
            .going()
            .map(|(place, it)| (place, Move { name: it.name.clone(), old: it.old, new: it.new }))
            .unzip();
        let order = Order {
            push: self.push.id,
            moves: &moves,
            atomic: self.push.atomic,
            pack,
            meta: Some(self.judge.meta()),
            objects: &*objects,
        };
        let landed = land(self.repository, order)?;
        if landed.results.iter().any(Result::is_ok) {
            objects.remember();
        }
        self.work.refs_rewritten = landed.refs_rewritten;
        for (place, result) in places.into_iter().zip(landed.results) {
            let status = result.map_or_else(RefStatus::Failed, |()| RefStatus::Landed);
            self.end(place, status);
        }
        self.record();
        Ok(())
    }

    /// The refs are durable: whatever happens to the record, the push is done. Without one, it is
    /// made from the journal at the next start.
    fn record(&mut self) {
        let outcomes = self.outcomes();
        if !outcomes.iter().any(|it| it.status == RefStatus::Landed) {
            return;
        }
        crash_point("before-record");
        if let Err(error) = self.judge.landed(&self.push, &outcomes) {
            tracing::error!(push = %self.push.id, %error, "a push has no record yet");
            return;
        }
        crash_point("after-record");
        let marked = self.repository.journal().map(|it| it.mark_recorded(self.push.id));
        if let Some(Err(error)) = marked {
            tracing::warn!(push = %self.push.id, %error, "a record is not noted in the journal");
        }
    }

    /// Fails what is still going, and the push.
    fn fail(&mut self, error: &Error) {
        let failure = error.to_failure();
        if failure.code == FailureCode::StoreAway || failure.code == FailureCode::StorageFull {
            tracing::error!(push = %self.push.id, error = %chain(error), "a push failed");
        }
        self.end_going(&RefStatus::Failed(failure.clone()));
        self.failure = Some(failure);
    }

    /// One for each command of the request, in its order, by the names the refs have.
    fn outcomes(&self) -> Vec<RefOutcome> {
        let mut valid = self.standings.iter().zip(&self.changes).zip(&self.push.commands);
        self.request
            .commands
            .iter()
            .map(|command| {
                let (name, old, new) = (command.sent.clone(), command.old, command.new);
                match &command.name {
                    Ok(_) => match valid.next() {
                        Some((standing, routed)) => {
                            let (status, change) = ended(Some(standing));
                            let name = SentName::new(routed.name.as_str().as_bytes());
                            RefOutcome { name, old: routed.old, new, change, status }
                        }
                        None => {
                            let (status, change) = ended(None);
                            RefOutcome { name, old, new, change, status }
                        }
                    },
                    Err(problem) => {
                        let status = RefStatus::Failed(unusable(*problem));
                        RefOutcome { name, old, new, change: None, status }
                    }
                }
            })
            .collect()
    }

    /// The same by the names the client sent, which it looks for in the answer.
    fn as_sent(&self, outcomes: &[RefOutcome]) -> Vec<RefOutcome> {
        let sent = outcomes.iter().zip(&self.request.commands);
        sent.map(|(it, command)| RefOutcome { name: command.sent.clone(), ..it.clone() }).collect()
    }

    fn answer(self, output: &mut dyn Write) -> Result<PushOutcome> {
        let refs = self.outcomes();
        // What was refused first: it is often what the others failed for.
        let (mut text, failures) =
            (self.judge.text(), explain_failures(self.failure.as_ref(), &refs));
        if !text.is_empty() && !failures.is_empty() {
            text.push('\n');
        }
        text += &failures;
        crash_point("before-report");
        let failure = self.failure.clone();
        let told = self.as_sent(&refs);
        write_report(output, &self.request.capabilities, failure.as_ref(), &told, &text)?;
        Ok(PushOutcome { id: self.push.id, refs, failure, work: self.work })
    }
}

fn ended(standing: Option<(&Standing, &Option<Change>)>) -> (RefStatus, Option<Change>) {
    match standing {
        Some((Standing::Ended(status), change)) => (status.clone(), *change),
        Some((Standing::Going, _)) | None => {
            (RefStatus::Failed(FailureCode::StoreAway.because("it was not decided")), None)
        }
    }
}

fn unusable(problem: CommandProblem) -> Failure {
    match problem {
        CommandProblem::BadName(why) => FailureCode::RefName.because(why.0),
        CommandProblem::Repeated => FailureCode::RefDuplicate.because(""),
    }
}

fn unjudged(failed: JudgeFailed) -> Error {
    match failed {
        JudgeFailed::Unfit(failure) => failure.into(),
        JudgeFailed::Away(_) => {
            tracing::error!(error = %failed, "a push was not judged");
            FailureCode::StoreAway.because("the rules could not be read").into()
        }
    }
}

fn chain(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text += &format!(": {error}");
        source = error.source();
    }
    text
}
