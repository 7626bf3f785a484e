//! The sentences of content rules, in English, for people: one about the push as a whole, and one
//! line for each commit or file.

use crate::content::{Fault, FaultKind, NamedCommit};
use crate::refusal::Unfit;
use model::RestrictionKind;
use std::fmt;

/// Digits of a commit's id that are shown: enough not to be ambiguous in a large clone.
const DIGITS: usize = 12;

impl Unfit {
    pub(crate) fn message(&self) -> String {
        let name = self.name.short();
        let argument = self.rule.argument.as_deref().unwrap_or_default();
        let most = self.rule.value.and_then(|it| u64::try_from(it).ok()).unwrap_or_default();
        let count = self.faults.count();
        let (do_not, have) = if count == 1 { ("does", "has") } else { ("do", "have") };
        match self.rule.kind {
            RestrictionKind::RequireSignedCommits => {
                let are = if count == 1 { "is" } else { "are" };
                format!("{name} takes commits signed by their committer; {count} {are} not.")
            }
            RestrictionKind::MaxFileSize => {
                let most = bytes(most);
                format!("{name} takes files of up to {most}; {count} {have} more.")
            }
            RestrictionKind::MaxPushSize => match self.faults.first().first() {
                Some(Fault { kind: FaultKind::PushSize { bytes: size }, .. }) => {
                    let (most, size) = (bytes(most), bytes(*size));
                    format!("{name} takes pushes of up to {most}; this one has {size}.")
                }
                Some(_) | None => format!("{name} takes pushes of up to {}.", bytes(most)),
            },
            RestrictionKind::AuthorEmail => {
                format!("{name} takes authors like {argument}; {count} {have} another address.")
            }
            RestrictionKind::CommitterEmail => {
                format!("{name} takes committers like {argument}; {count} {have} another address.")
            }
            RestrictionKind::CommitterIsPusher => {
                let (are, their) = if count == 1 { ("is", "it") } else { ("are", "them") };
                format!(
                    "{name} takes your own commits only; {count} {are} not by who pushes {their}."
                )
            }
            RestrictionKind::CommitMessage => {
                format!("{name} takes messages that fit {argument}; {count} {do_not} not.")
            }
            RestrictionKind::RestrictedPaths => {
                format!("Only certain people change {argument} on {name}.")
            }
            RestrictionKind::CustomCheck
            | RestrictionKind::Push
            | RestrictionKind::RestrictMerges
            | RestrictionKind::Force
            | RestrictionKind::Delete
            | RestrictionKind::NoCreates
            | RestrictionKind::ReadOnly
            | RestrictionKind::PullRequestOnly
            | RestrictionKind::Require(_)
            | RestrictionKind::EnforceMergeChecks
            | RestrictionKind::Behaviour(_) => self.check_message(argument),
        }
    }

    fn check_message(&self, check: &str) -> String {
        match self.faults.first().first().map(|it| &it.kind) {
            Some(FaultKind::Check { reason }) if reason.is_empty() => {
                format!("The check {check} refuses this and says no reason.")
            }
            Some(FaultKind::Check { reason }) => {
                format!("The check {check} refuses this: {reason}")
            }
            Some(FaultKind::CheckFailed { why }) => {
                format!(
                    "The check {check} gave no answer, and nothing passes without one: it {why}."
                )
            }
            Some(_) | None => format!("The check {check} refuses this."),
        }
    }

    pub(crate) fn short(&self) -> String {
        let check = self.rule.argument.as_deref().unwrap_or_default();
        match self.rule.kind {
            RestrictionKind::RequireSignedCommits => "signed commits required".into(),
            RestrictionKind::MaxFileSize => "file too large".into(),
            RestrictionKind::MaxPushSize => "push too large".into(),
            RestrictionKind::AuthorEmail => "author not allowed".into(),
            RestrictionKind::CommitterEmail => "committer not allowed".into(),
            RestrictionKind::CommitterIsPusher => "committer is not the pusher".into(),
            RestrictionKind::CommitMessage => "message not allowed".into(),
            RestrictionKind::RestrictedPaths => "restricted path".into(),
            RestrictionKind::CustomCheck
            | RestrictionKind::Push
            | RestrictionKind::RestrictMerges
            | RestrictionKind::Force
            | RestrictionKind::Delete
            | RestrictionKind::NoCreates
            | RestrictionKind::ReadOnly
            | RestrictionKind::PullRequestOnly
            | RestrictionKind::Require(_)
            | RestrictionKind::EnforceMergeChecks
            | RestrictionKind::Behaviour(_)
                if self.check_failed() =>
            {
                format!("check {check} gave no answer")
            }
            RestrictionKind::CustomCheck
            | RestrictionKind::Push
            | RestrictionKind::RestrictMerges
            | RestrictionKind::Force
            | RestrictionKind::Delete
            | RestrictionKind::NoCreates
            | RestrictionKind::ReadOnly
            | RestrictionKind::PullRequestOnly
            | RestrictionKind::Require(_)
            | RestrictionKind::EnforceMergeChecks
            | RestrictionKind::Behaviour(_) => format!("refused by check {check}"),
        }
    }

    /// A line for each commit or file that is kept, and one for the others. Empty where the
    /// message has said it all.
    pub fn lines(&self) -> Vec<String> {
        let told = |it: &&Fault| it.commit.is_some() || it.path.is_some();
        let mut lines: Vec<_> =
            self.faults.first().iter().filter(told).map(Fault::to_string).collect();
        if self.faults.more() > 0 {
            lines.push(format!("and {} more", self.faults.more()));
        }
        lines
    }
}

/// `5a61090ce4ea "three": not signed`, or `big.bin: 12.0 MiB, in 5a61090ce4ea "three"`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.path, &self.commit) {
            (Some(path), commit) => {
                f.write_str(if path.is_empty() { "the object itself" } else { path })?;
                let in_merge = commit.as_ref().is_some_and(|it| it.parent.is_some());
                if let FaultKind::FileSize { bytes: size } = self.kind {
                    write!(f, ": {}", bytes(size))?;
                } else if let FaultKind::Path { belongs, left_out } = self.kind {
                    f.write_str(match belongs {
                        None if in_merge => ": both sides changed it",
                        Some(_) if left_out => ": leaves out what the other side did",
                        None | Some(_) => "",
                    })?;
                }
                commit.as_ref().map_or(Ok(()), |it| write!(f, ", in {it}"))
            }
            (None, Some(commit)) => write!(f, "{commit}: {}", self.kind),
            (None, None) => self.kind.fmt(f),
        }
    }
}

impl fmt::Display for NamedCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.to_string();
        write!(f, "{} \"{}\"", id.get(..DIGITS).unwrap_or(&id), self.subject)
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsigned => f.write_str("not signed"),
            Self::SignatureBad => f.write_str("the signature does not fit"),
            Self::SignatureUnknown => f.write_str("this kind of signature is not read here"),
            Self::KeyUnknown { key } => write!(f, "signed by a key that is nobody's here, {key}"),
            Self::KeyOfAnother { owner, committer } => {
                write!(f, "signed by a key of {owner}, committed by {committer}")
            }
            Self::KeyExpired { owner } => {
                write!(f, "signed by a key of {owner} that has expired")
            }
            Self::KeyRevoked { owner } => {
                write!(f, "signed by a key of {owner} that was revoked")
            }
            Self::KeyOfSuspended { owner } => {
                write!(f, "signed by a key of {owner}, whose account is suspended")
            }
            Self::FileSize { bytes: size } | Self::PushSize { bytes: size } => {
                f.write_str(&bytes(*size))
            }
            Self::AuthorEmail { email } | Self::CommitterEmail { email } => {
                write!(f, "<{email}>")
            }
            Self::NotThePusher { committer } => write!(f, "committed by <{committer}>"),
            Self::Message => f.write_str("another message"),
            Self::Path { .. } => f.write_str("restricted"),
            Self::Check { reason } => f.write_str(reason),
            Self::CheckFailed { why } => f.write_str(why),
        }
    }
}

/// `12.3 MiB`; whole numbers of a unit without a fraction.
fn bytes(size: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    let Some((unit, shift)) = units.into_iter().find(|it| size >= 1 << it.1) else {
        return format!("{size} bytes");
    };
    let (whole, rest) = (size >> shift, size & ((1 << shift) - 1));
    // One digit, rounded up: what is over a limit must not look like the limit.
    match (rest * 10).div_ceil(1 << shift) {
        0 => format!("{whole} {unit}"),
        10 => format!("{} {unit}", whole + 1),
        tenth => format!("{whole}.{tenth} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_told_in_the_unit_that_fits_and_never_too_small() {
        for (size, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1 KiB"),
            (1025, "1.1 KiB"),
            (100 << 20, "100 MiB"),
            ((100 << 20) + 1, "100.1 MiB"),
            ((2 << 20) - 1, "2 MiB"),
            (7 << 29, "3.5 GiB"),
        ] {
            assert_eq!(bytes(size), text, "{size}");
        }
    }
}
