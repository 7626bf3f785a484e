//! Restrictions as Bitbucket Cloud shows them: a view of the same rules, for its clients. A rule
//! that this view cannot say is left out of it, and stays in force.

use crate::error::{Error, Fields, Result};
use crate::ground::Ground;
use crate::render::visible;
use crate::restrictions::{Replaced, RestrictionInput, RestrictionView};
use crate::subjects::{SubjectInput, SubjectView};
use crate::{App, Asker, PlaceName};
use model::{BranchClass, MatcherKind, Mode, RefKinds, RestrictionId, RestrictionKind};

/// A rule as Bitbucket's clients send it; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct BranchRestrictionInput {
    /// Any of Bitbucket Cloud's.
    pub kind: Option<String>,
    /// `glob` or `branching_model`.
    pub branch_match_kind: Option<String>,
    /// For `glob`.
    pub pattern: Option<String>,
    /// For `branching_model`: a class of it.
    pub branch_type: Option<String>,
    pub value: Option<i64>,
    /// `{uuid}` or user name.
    pub users: Option<Vec<String>>,
    /// Slugs.
    pub groups: Option<Vec<String>>,
}

/// A rule as Bitbucket shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchRestriction {
    pub id: RestrictionId,
    pub kind: &'static str,
    /// A glob over short names; empty when there is a branch type.
    pub pattern: String,
    /// A class of the branching model, if that is how the refs are meant.
    pub branch_type: Option<String>,
    pub value: Option<i64>,
    pub users: Vec<SubjectView>,
    pub groups: Vec<SubjectView>,
}

impl App {
    /// Makes a rule. A second one of the same kind and pattern is refused, as Bitbucket does.
    pub async fn create_branch_restriction(
        &self,
        who: &Asker,
        repository: &PlaceName,
        input: BranchRestrictionInput,
    ) -> Result<BranchRestriction> {
        self.open_restrictions(who, repository, true).await?;
        let rule = native(&input, None)?;
        let fits = |ground: &Ground| refuse_twin(ground, &rule, None);
        let made = self.write_restriction(who, repository, None, &rule, fits).await?;
        view(&made).ok_or(Error::NotFound { what: "restriction" })
    }

    /// The rules of a repository that this view can say.
    pub async fn list_branch_restrictions(
        &self,
        who: &Asker,
        repository: &PlaceName,
    ) -> Result<Vec<BranchRestriction>> {
        Ok(self.open_and_list(who, repository, false).await?.iter().filter_map(view).collect())
    }

    /// One rule.
    pub async fn branch_restriction(
        &self,
        who: &Asker,
        repository: &PlaceName,
        id: RestrictionId,
    ) -> Result<BranchRestriction> {
        let rule = self.restriction(who, repository, id).await?;
        view(&rule).ok_or(Error::NotFound { what: "restriction" })
    }

    /// Changes what is given and leaves the rest.
    pub async fn update_branch_restriction(
        &self,
        who: &Asker,
        repository: &PlaceName,
        id: RestrictionId,
        input: BranchRestrictionInput,
    ) -> Result<BranchRestriction> {
        let others = self.open_and_list(who, repository, true).await?;
        let before = others.iter().find(|it| it.id == id).filter(|it| view(it).is_some());
        let before = before.ok_or(Error::NotFound { what: "restriction" })?;
        let rule = native(&input, Some(before))?;
        let fits = |ground: &Ground| refuse_twin(ground, &rule, Some(id));
        // What is not given is taken from it: it must not have changed meanwhile.
        let replaces = Some(Replaced { id, expected: Some(&before.digest) });
        let made = self.write_restriction(who, repository, replaces, &rule, fits).await?;
        view(&made).ok_or(Error::NotFound { what: "restriction" })
    }

    async fn open_and_list(
        &self,
        who: &Asker,
        repository: &PlaceName,
        change: bool,
    ) -> Result<Vec<RestrictionView>> {
        let open = self.open_restrictions(who, repository, change).await?;
        Ok(list(&open.ground))
    }
}

/// The rules of the repository itself.
fn list(ground: &Ground) -> Vec<RestrictionView> {
    let here = ground.rules.iter().filter(|it| it.level == ground.owner().level());
    here.map(|it| RestrictionView::of(it, ground)).collect()
}

/// The rule in Bitbucket's words, if it has words for it.
fn view(rule: &RestrictionView) -> Option<BranchRestriction> {
    let sayable = rule.kind.is_in_cloud()
        && rule.on != RefKinds::Tags
        && rule.mode == Mode::Enforce
        && rule.matcher.except.is_empty();
    let pattern = &rule.matcher.pattern;
    let (pattern, branch_type) = match (sayable, rule.matcher.kind) {
        (false, _) | (true, MatcherKind::Ant) => return None,
        (true, MatcherKind::Glob) => (pattern.clone(), None),
        (true, MatcherKind::Ref) => (pattern.strip_prefix("refs/heads/")?.to_owned(), None),
        (true, MatcherKind::BranchingModel) => (String::new(), Some(pattern.clone())),
        (true, MatcherKind::Any) => ("*".to_owned(), None),
    };
    let of_kind =
        |kind: &str| rule.subjects.iter().filter(|it| it.kind == kind).cloned().collect::<Vec<_>>();
    Some(BranchRestriction {
        id: rule.id,
        kind: rule.kind.as_str(),
        pattern,
        branch_type,
        value: rule.value,
        users: of_kind("user"),
        groups: of_kind("group"),
    })
}

/// The native shape of what was sent, on top of what was there.
fn native(
    input: &BranchRestrictionInput,
    before: Option<&RestrictionView>,
) -> Result<RestrictionInput> {
    let mut fields = Fields::default();
    let kind = checked_kind(input, before, &mut fields);
    let matcher = checked_matcher(input, before.and_then(view).as_ref(), &mut fields);
    if let Some(kind) = kind {
        check_lists(kind, input, before.is_none(), &mut fields);
        if input.value.is_some() && kind.numbers().is_none() {
            fields.add("value", format!("{kind} takes no number"));
        }
    }
    let (Some(kind), Some((matcher, pattern))) = (kind, matcher) else {
        return Err(Error::Invalid(fields));
    };
    fields.check()?;
    // A number belongs to its kind: it does not outlive it.
    let kept = before.filter(|it| it.kind == kind).and_then(|it| it.value);
    Ok(RestrictionInput {
        kind: kind.as_str().to_owned(),
        matcher: matcher.into(),
        pattern,
        on: before.map(|it| it.on.as_str().to_owned()),
        subjects: subjects(input, before),
        value: input.value.or(kept),
        note: before.and_then(|it| it.note.clone()),
        ..RestrictionInput::default()
    })
}

fn checked_kind(
    input: &BranchRestrictionInput,
    before: Option<&RestrictionView>,
    fields: &mut Fields,
) -> Option<RestrictionKind> {
    let Some(word) = input.kind.as_deref() else {
        let kept = before.map(|it| it.kind);
        if kept.is_none() {
            fields.add("kind", "say what it takes away: push, force, delete, …");
        }
        return kept;
    };
    let known = RestrictionKind::named(word).ok().filter(|it| it.is_in_cloud());
    if known.is_none() {
        let all = RestrictionKind::ALL.iter().filter(|it| it.is_in_cloud());
        let all: Vec<_> = all.map(|it| it.as_str()).collect();
        fields.add("kind", format!("`{}` is no kind: use {}", visible(word), all.join(", ")));
    }
    known
}

/// How the refs are meant, and by which pattern or class.
fn checked_matcher(
    input: &BranchRestrictionInput,
    before: Option<&BranchRestriction>,
    fields: &mut Fields,
) -> Option<(&'static str, String)> {
    let by_class = match input.branch_match_kind.as_deref() {
        None => before.is_some_and(|it| it.branch_type.is_some()),
        Some("glob") => false,
        Some("branching_model") => true,
        Some(_) => {
            fields.add("branch_match_kind", "use glob or branching_model");
            return None;
        }
    };
    let given = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
    if by_class {
        if given(&input.pattern).is_some() {
            fields.add("pattern", "branching_model goes by branch_type: leave the pattern empty");
        }
        let kept = || before.and_then(|it| it.branch_type.clone());
        let Some(class) = given(&input.branch_type).or_else(kept) else {
            fields.add("branch_type", "say which: production, development, feature, …");
            return None;
        };
        fields.take("branch_type", BranchClass::parse(&class))?;
        return Some(("branching_model", class));
    }
    if given(&input.branch_type).is_some() {
        fields.add("branch_type", "glob goes by pattern: leave the branch_type out");
    }
    let kept = || before.map(|it| it.pattern.clone()).filter(|it| !it.is_empty());
    let pattern = given(&input.pattern).or_else(kept);
    if pattern.is_none() {
        fields.add("pattern", "write a pattern, such as `main` or `release/*`");
    }
    Some(("glob", pattern?))
}

/// Who is listed must be said of an allow-list, if only that it is nobody; other kinds list nobody.
fn check_lists(
    kind: RestrictionKind,
    input: &BranchRestrictionInput,
    is_new: bool,
    fields: &mut Fields,
) {
    let lists = [&input.users, &input.groups];
    if kind.is_allow_list() {
        if is_new && lists.iter().all(|it| it.is_none()) {
            fields.add("users", "say who may, or send an empty list: then nobody may");
        }
    } else if lists.into_iter().flatten().any(|it| !it.is_empty()) {
        fields.add("users", "only push and restrict_merges list users and groups");
    }
}

/// Users and groups as sent; whoever else the rule lists stays listed, because this view has no
/// words for them.
fn subjects(input: &BranchRestrictionInput, before: Option<&RestrictionView>) -> Vec<SubjectInput> {
    let mut listed = Vec::new();
    let given = [("user", &input.users), ("group", &input.groups)];
    for (kind, names) in given {
        for name in names.iter().flatten() {
            let named = SubjectInput { kind: kind.into(), ..SubjectInput::default() };
            let named = if name.starts_with('{') {
                SubjectInput { id: Some(name.clone()), ..named }
            } else {
                SubjectInput { name: Some(name.clone()), ..named }
            };
            if !listed.contains(&named) {
                listed.push(named);
            }
        }
    }
    let replaced = |kind: &str| given.iter().any(|(word, names)| *word == kind && names.is_some());
    let kept = before.into_iter().flat_map(|it| &it.subjects).filter(|it| !replaced(it.kind));
    listed.extend(kept.map(|it| SubjectInput {
        kind: it.kind.to_owned(),
        name: None,
        id: it.id.map(|it| it.to_string()),
        until: it.until,
        reason: it.reason.clone(),
    }));
    listed
}

fn refuse_twin(ground: &Ground, rule: &RestrictionInput, own: Option<RestrictionId>) -> Result<()> {
    let by_class = rule.matcher == "branching_model";
    let is_twin = |it: &BranchRestriction| {
        let means = it.branch_type.as_ref().unwrap_or(&it.pattern);
        it.kind == rule.kind && it.branch_type.is_some() == by_class && *means == rule.pattern
    };
    let others = list(ground);
    let twin =
        others.iter().find(|it| Some(it.id) != own && view(it).is_some_and(|it| is_twin(&it)));
    let (field, what) =
        if by_class { ("branch_type", "branch type") } else { ("pattern", "pattern") };
    match twin {
        None => Ok(()),
        Some(twin) => Err(Error::Conflict {
            field,
            message: format!(
                "rule {} has this kind and {what} already: change it instead",
                twin.id
            ),
        }),
    }
}
