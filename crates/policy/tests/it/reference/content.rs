//! What rules about content say of one update: decision model, sections 2 (layer 10), 3 and 4. Each
//! must let it through by itself. What nobody has looked into is not known; a deletion brings
//! nothing, and only a check may want a say in it; the server itself is exempt (fact sheet, rule 96).

use super::combining::{Said, exempts};
use super::{Reasons, World, refs};
use model::{Mode, Restriction, RestrictionKind};
use policy::{Change, Code, Content, FaultKind, PrincipalKind, RefUpdate};

/// Is the rule broken? `None`: nobody has looked.
fn is_broken(rule: &Restriction, update: &RefUpdate) -> Option<bool> {
    if update.change == Change::Delete && rule.kind != RestrictionKind::CustomCheck {
        return Some(false);
    }
    match &update.content {
        Content::Unseen => None,
        Content::Seen(seen) => seen.against.get(&rule.id).map(|it| it.count() > 0),
    }
}

fn code(kind: RestrictionKind) -> Option<Code> {
    Some(match kind {
        RestrictionKind::RequireSignedCommits => Code::Signature,
        RestrictionKind::MaxFileSize => Code::FileSize,
        RestrictionKind::MaxPushSize => Code::PushSize,
        RestrictionKind::AuthorEmail => Code::Author,
        RestrictionKind::CommitterEmail | RestrictionKind::CommitterIsPusher => Code::Committer,
        RestrictionKind::CommitMessage => Code::Message,
        RestrictionKind::RestrictedPaths => Code::Path,
        RestrictionKind::CustomCheck => Code::Check,
        _ => return None,
    })
}

/// A check that did not answer refuses under a code of its own.
fn is_unanswered(rule: &Restriction, update: &RefUpdate) -> bool {
    let Content::Seen(seen) = &update.content else { return false };
    let faults = seen.against.get(&rule.id).map(|it| it.first()).unwrap_or_default();
    faults.iter().any(|it| matches!(it.kind, FaultKind::CheckFailed { .. }))
}

/// What all the rules say about one update.
pub fn weigh(world: &World, update: &RefUpdate) -> Said {
    let mut said = Said { refusing: Reasons::new(), undecided: false, notices: Reasons::new() };
    if world.who.principal.kind == PrincipalKind::System {
        return said;
    }
    for rule in world
        .rules
        .iter()
        .filter(|it| refs::is_about(it, &update.name, &world.facts.branching_model))
    {
        let Some(code) = code(rule.kind).filter(|_| !exempts(world, rule)) else { continue };
        let code = if is_unanswered(rule, update) { Code::CheckFailed } else { code };
        let reason = (code, [rule.id].into());
        match (is_broken(rule, update), rule.mode) {
            (Some(false), _) | (None, Mode::Evaluate) => {}
            (None, Mode::Enforce) => said.undecided = true,
            (Some(true), Mode::Enforce) => _ = said.refusing.insert(reason),
            (Some(true), Mode::Evaluate) => _ = said.notices.insert(reason),
        }
    }
    said
}
