//! What a merge that was asked for earlier comes to now: it can be done, it waits for something
//! that may still come, or nothing that is awaited will help.

use crate::error::{Answer, Error};
use model::{Layer, MergeCheck, RestrictionKind, WaitingWay};
use policy::{Decision, Lack, Refusal, Verdict};

/// What the policy's answer means for a merge that waits.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Weighed {
    /// Nothing is in the way, as far as can be known before it is done.
    Ready,
    /// This is missing and may still come: a sentence each line.
    Waits(String),
    /// Something is in the way that waiting does not mend.
    Never,
}

/// Weighs an answer of the policy.
pub(super) fn weigh(decision: &Decision, way: WaitingWay) -> Weighed {
    if decision.verdict != Verdict::Refused {
        return Weighed::Ready;
    }
    if !decision.refusals.iter().all(|it| may_pass(it, way)) {
        return Weighed::Never;
    }
    let sentences: Vec<_> = decision.refusals.iter().map(|it| one_line(&it.message())).collect();
    Weighed::Waits(sentences.join("\n"))
}

/// May this stop being a reason although the request stays as it is? An entry of a queue waits for
/// its builds only: one that waited for people would hold up everybody behind it.
fn may_pass(refusal: &Refusal, way: WaitingWay) -> bool {
    if refusal.layer() == Layer::Instance {
        return true;
    }
    let Some(failed) = refusal.failed_check() else { return false };
    match (failed.check, way) {
        // Only other commits mend it, and for those nobody has asked.
        (MergeCheck::CommitsBehind, _) => false,
        (MergeCheck::PassingBuilds, WaitingWay::Queue) => {
            !matches!(failed.lack, Lack::FailedBuilds { .. })
        }
        (
            MergeCheck::Approvals
            | MergeCheck::DefaultReviewerApprovals
            | MergeCheck::ReviewGroupApprovals
            | MergeCheck::NoChangesRequested
            | MergeCheck::TasksCompleted
            | MergeCheck::CommentsResolved
            | MergeCheck::PassingBuilds
            | MergeCheck::DependenciesMerged,
            way,
        ) => way == WaitingWay::Auto,
    }
}

/// What an attempt that has failed means.
#[derive(Debug)]
pub(super) enum Failed {
    /// It is tried again when something happens.
    Waits,
    /// It is not tried again, for this reason.
    Ends(String),
    /// We could not find out.
    Unknown(Error),
}

impl Failed {
    pub fn of(error: Error) -> Self {
        match error {
            Error::Refused(refused) if refused.answer == Answer::NotNow => Self::Waits,
            // It was there a moment ago: somebody was faster.
            Error::Refused(refused) if refused.records.iter().all(is_merge_check) => Self::Waits,
            Error::State { field: "state" | "destination", .. } => Self::Waits,
            Error::Failed(_) => Self::Unknown(error),
            // It would again, and others wait.
            Error::TookTooLong
            | Error::Refused(_)
            | Error::Invalid(_)
            | Error::Conflict { .. }
            | Error::State { .. }
            | Error::Conflicting { .. }
            | Error::Unconfirmed { .. }
            | Error::NotFound { .. }
            | Error::TooLarge { .. } => Self::Ends(reason(&error)),
        }
    }
}

fn is_merge_check(record: &crate::RefusalRecord) -> bool {
    record.rule.as_ref().is_some_and(|it| matches!(it.kind, RestrictionKind::Require(_)))
}

/// Why something ends, in one line: of refusals with their codes, and the ids of their records.
/// Whoever may read the request reads it, so what is between somebody and their credential is left
/// to the records.
pub(super) fn reason(error: &Error) -> String {
    let Error::Refused(refused) = error else { return one_line(&error.to_string()) };
    let told = refused.records.iter().map(|it| {
        let id = it.id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
        let is_about_the_merge = it.layer == Layer::Content || is_merge_check(it);
        let why = match is_about_the_merge {
            true => it.message.as_str(),
            false => "whoever asked for it may not merge it",
        };
        format!("{} {why}{id}", it.code)
    });
    one_line(&told.collect::<Vec<_>>().join("; "))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
