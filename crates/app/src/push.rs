//! Pushing through a handle: the same for every door. Sync: the caller brings a thread that may
//! block, made by the runtime that opened the handle.

use crate::error::{Error, Result};
use crate::judge::PolicyJudge;
use crate::open::{MergingPullRequest, OpenRepository, Pushing};
use crate::pull_request::MergeOrder;
use repo::{PushOutcome, ReceiveOptions, RefStatus, Visible};
use std::io::{Read, Write};
use std::sync::Arc;
use wire::Version;

/// Refs that nobody can push to are not told to whoever pushes: pull requests leave many.
pub(crate) const CLOSED: &[&str] = &[policy::HIDDEN_REFS, policy::PULL_REQUEST_REFS];

impl OpenRepository<Pushing> {
    /// Writes what a push is answered with first: the refs and what the server can do, without
    /// the service header of HTTP.
    pub fn advertise(&self, version: Version, output: &mut dyn Write) -> Result<()> {
        let repository = self.app.repositories.repository(self.repository.id)?;
        Ok(repo::advertise_receive(&repository, Visible::Except(CLOSED), version, output)?)
    }

    /// Receives one push: reads the commands and the pack, judges, lands, records, and writes the
    /// report. What was refused or has failed is in the report; an error means that there is none.
    pub fn receive_pack(
        &self,
        version: Version,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> Result<()> {
        self.receive(version, input, output, true).map(drop)
    }

    /// Receives one push where both sides can talk: writes the list of refs first, and answers a
    /// push that is refused before its pack without reading the pack.
    pub fn converse(
        &self,
        version: Version,
        input: &mut dyn Read,
        output: &mut dyn Write,
    ) -> Result<()> {
        self.receive(version, input, output, false).map(drop)
    }

    /// The same, giving back what came of each ref. `stateless`: the input is one request that has
    /// to be read to its end.
    pub(crate) fn receive(
        &self,
        version: Version,
        input: &mut dyn Read,
        output: &mut dyn Write,
        stateless: bool,
    ) -> Result<Received> {
        receive(self, None, version, (input, output), stateless)
    }
}

impl OpenRepository<MergingPullRequest> {
    /// Receives the push that a merge is, made inside: one command, and what it brings.
    pub(crate) fn receive_merge(&self, order: MergeOrder, push: &mut dyn Read) -> Result<Received> {
        receive(self, Some(order), Version::V0, (push, &mut std::io::sink()), true)
    }
}

fn receive<A>(
    open: &OpenRepository<A>,
    merge: Option<MergeOrder>,
    version: Version,
    (input, output): (&mut dyn Read, &mut dyn Write),
    stateless: bool,
) -> Result<Received> {
    let app = Arc::clone(&open.app);
    let repository = app.repositories.repository(open.repository.id)?;
    let limits = app.options.limits.clone();
    let options = ReceiveOptions { version, stateless, hidden: CLOSED, limits };
    let mut judge = PolicyJudge::new(open.clone(), merge, protocol(version));
    let outcome = repo::receive_pack(&repository, input, output, &mut judge, &options);
    let outcome = outcome.inspect_err(|_| count("failed", repo::FailureCode::Internal.code()))?;
    note(&outcome);
    if outcome.refs.iter().any(|it| it.status == RefStatus::Landed) {
        app.note_grown(open.repository.id);
    }
    Ok(Received { outcome, refused: judge.refused })
}

/// What came of a push, with the refusals in full.
pub(crate) struct Received {
    pub outcome: PushOutcome,
    pub refused: Vec<crate::RefusalRecord>,
}

const fn protocol(version: Version) -> &'static str {
    match version.for_push() {
        Version::V0 | Version::V2 => "v0",
        Version::V1 => "v1",
    }
}

/// One count for the push as a whole: landed, in part, refused or failed.
fn note(outcome: &PushOutcome) {
    metrics::counter!("portcullis_push_bytes_total").increment(outcome.work.pack_bytes);
    if let Some(failure) = &outcome.failure {
        return count("failed", failure.code.code());
    }
    let landed = outcome.refs.iter().filter(|it| it.status == RefStatus::Landed).count();
    let failed = outcome.refs.iter().find_map(|it| match &it.status {
        RefStatus::Failed(failure) => Some(failure.code.code()),
        RefStatus::Landed | RefStatus::Refused { .. } => None,
    });
    match (landed, failed) {
        (0, Some(code)) => count("failed", code),
        (0, None) => count("refused", ""),
        (some, _) if some == outcome.refs.len() => count("landed", ""),
        (_, _) => count("in part", ""),
    }
}

fn count(outcome: &'static str, code: &'static str) {
    metrics::counter!("portcullis_pushes_total", "outcome" => outcome, "code" => code).increment(1);
}

impl Received {
    /// The error of a change to one ref that did not land.
    pub fn into_error(self) -> Option<Error> {
        let only = self.outcome.refs.into_iter().next()?;
        let failure = match (only.status, self.outcome.failure) {
            (RefStatus::Landed, _) => return None,
            (RefStatus::Refused { .. }, _) => {
                let answer = crate::Answer::Forbidden;
                let refused = crate::Refused { records: self.refused, answer };
                return Some(Error::Refused(Box::new(refused)));
            }
            (RefStatus::Failed(failure), _) => failure,
        };
        use repo::FailureCode as Code;
        let message = failure.code.cause().to_owned();
        Some(match failure.code {
            Code::RefStale | Code::RefConflict | Code::RefBusy => {
                Error::Conflict { field: "name", message }
            }
            Code::RefName | Code::RefTarget => crate::Fields::one("name", message),
            Code::RefNothing => Error::NotFound { what: "branch" },
            other => Error::failed(other.code(), other.cause(), failure),
        })
    }
}
