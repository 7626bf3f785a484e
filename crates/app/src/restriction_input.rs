//! Restrictions as they are sent: what makes no sense is told field by field, and nothing of it is
//! stored.

use crate::App;
use crate::content::checked_content;
use crate::error::{Error, Fields, Result};
use crate::ground::Ground;
use crate::matcher_input::checked_matcher;
use crate::render::visible;
use crate::restrictions::RestrictionInput;
use crate::subjects::SubjectInput;
use crate::text_input::{check_text, check_text_up_to};
use model::{ListedSubject, Matcher, MatcherKind, Mode, RefKinds, RestrictionId, RestrictionKind};
use store::NewRestriction;

const LONGEST_NOTE: usize = 2000;
const LONGEST_REASON: usize = 500;

impl App {
    /// What is stored of a restriction that is made, or put in the place of one.
    pub(crate) async fn checked_restriction(
        &self,
        input: &RestrictionInput,
        ground: &Ground,
        replaces: Option<RestrictionId>,
    ) -> Result<NewRestriction> {
        let new = self.sound_restriction(input, ground).await?;
        refuse_twin(&new, ground, replaces)?;
        Ok(new)
    }

    /// The same, whatever else hangs on the place.
    pub(crate) async fn sound_restriction(
        &self,
        input: &RestrictionInput,
        ground: &Ground,
    ) -> Result<NewRestriction> {
        let mut fields = Fields::default();
        let kind = fields.take("kind", RestrictionKind::named(&input.kind));
        let matcher = checked_matcher(input, &mut fields);
        let usual = kind.zip(matcher.as_ref()).map(|(kind, it)| kind.usual_refs(it));
        let usual = usual.unwrap_or(RefKinds::Branches);
        let on = input.on.as_deref().map_or(Ok(usual), RefKinds::parse);
        let on = fields.take("on", on);
        let mode = input.mode.as_deref().map_or(Ok(Mode::Enforce), Mode::parse);
        let mode = fields.take("mode", mode);
        if let Some(note) = &input.note {
            check_text_up_to(LONGEST_NOTE, "note", note, &mut fields);
        }
        if let Some(argument) = &input.argument {
            check_text("argument", argument, &mut fields);
        }
        let subjects = self.listed_subjects(&input.subjects, ground, &mut fields).await?;
        let (Some(kind), Some(matcher), Some(on), Some(mode)) = (kind, matcher, on, mode) else {
            return Err(Error::Invalid(fields));
        };
        check_number(kind, input.value, &mut fields);
        let checks: Vec<_> = self.options.checks.keys().map(String::as_str).collect();
        checked_content(kind, input.argument.as_deref(), &self.patterns, &checks, &mut fields);
        check_refs(kind, &matcher, on, &mut fields);
        if !kind.is_about_refs() && !subjects.is_empty() {
            fields.add("subjects", format!("{kind} is for everybody: leave the list empty"));
        }
        fields.check()?;
        let note = input.note.clone().filter(|it| !it.is_empty());
        let argument = input.argument.clone().filter(|it| !it.is_empty());
        let value = input.value;
        Ok(NewRestriction { kind, matcher, on, subjects, mode, value, argument, note })
    }

    async fn listed_subjects(
        &self,
        inputs: &[SubjectInput],
        ground: &Ground,
        fields: &mut Fields,
    ) -> Result<Vec<ListedSubject>> {
        let mut listed: Vec<ListedSubject> = Vec::new();
        for input in inputs {
            let found = self.subject(input, ground, "subjects", fields).await?;
            let Some(subject) = found else { continue };
            if subject == model::Subject::Anyone {
                fields.add("subjects", "nobody can push without signing in: use everyone");
                continue;
            }
            let (until, reason) = (input.until, input.reason.clone());
            if let Some(reason) = &reason {
                check_text_up_to(LONGEST_REASON, "subjects", reason, fields);
            }
            // Which of the two would count, nobody could tell from the rule.
            if listed.iter().any(|it| it.subject == subject) {
                let called = input.name.as_deref().or(input.id.as_deref()).unwrap_or(&input.kind);
                fields.add("subjects", format!("`{}` is listed twice", visible(called)));
                continue;
            }
            listed.push(ListedSubject { subject, until, reason });
        }
        Ok(listed)
    }
}

fn check_number(kind: RestrictionKind, value: Option<i64>, fields: &mut Fields) {
    match (kind.numbers(), value) {
        (None, Some(_)) => fields.add("value", format!("{kind} takes no number")),
        (Some((least, most)), value) if value.is_none_or(|it| it < least || it > most) => {
            fields.add("value", format!("{kind} takes a number from {least} to {most}"));
        }
        (None, None) | (Some(_), _) => (),
    }
}

/// A rule about refs that its matcher cannot mean would never decide anything.
fn check_refs(kind: RestrictionKind, matcher: &Matcher, on: RefKinds, fields: &mut Fields) {
    let merges = kind == RestrictionKind::RestrictMerges || !kind.is_about_refs();
    if merges && on == RefKinds::Tags {
        fields.add("on", "pull requests are merged into branches only");
        return;
    }
    let can_be = |folder: &str| match matcher.kind {
        MatcherKind::Ref => matcher.pattern.starts_with(folder),
        MatcherKind::Ant if matcher.pattern.starts_with("refs/") => {
            // `refs/*` may still be either.
            let start = matcher.pattern.split(['*', '?']).next().unwrap_or_default();
            start.starts_with(folder) || folder.starts_with(start)
        }
        MatcherKind::BranchingModel => folder == "refs/heads/",
        MatcherKind::Glob | MatcherKind::Ant | MatcherKind::Any => true,
    };
    let possible = match on {
        RefKinds::Branches => can_be("refs/heads/"),
        RefKinds::Tags => can_be("refs/tags/"),
        RefKinds::Both => true,
    };
    if !possible {
        fields.add("on", format!("the matcher means no {on}"));
    }
}

/// Two rules of a kind with the same matcher are one rule that somebody will overlook. One that
/// is only evaluated may stand beside one that is enforced: that is how a change is tried out.
fn refuse_twin(
    new: &NewRestriction,
    ground: &Ground,
    replaces: Option<RestrictionId>,
) -> Result<()> {
    let level = ground.owner().level();
    let twin = ground.rules.iter().find(|it| {
        it.level == level && Some(it.id) != replaces && are_twins(&NewRestriction::like(it), new)
    });
    match twin {
        None => Ok(()),
        Some(twin) => Err(Error::Conflict {
            field: "matcher",
            message: format!(
                "rule {} is of this kind and has this matcher already: change it instead",
                twin.id
            ),
        }),
    }
}

/// See [`refuse_twin`].
pub(crate) fn are_twins(one: &NewRestriction, other: &NewRestriction) -> bool {
    (one.kind, one.mode, &one.argument) == (other.kind, other.mode, &other.argument)
        && (one.matcher.kind, &one.matcher.pattern) == (other.matcher.kind, &other.matcher.pattern)
        && (one.on == other.on || one.on == RefKinds::Both || other.on == RefKinds::Both)
}
