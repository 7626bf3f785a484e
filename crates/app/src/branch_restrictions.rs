//! Restrictions as Bitbucket Cloud shows them: a view of the same rules, for its clients. A rule
//! that this view cannot say is left out of it, and stays in force.

use crate::error::{Error, Fields, Result};
use crate::render::visible;
use crate::restrictions::{RestrictionInput, RestrictionView};
use crate::subjects::{SubjectInput, SubjectView};
use crate::{App, Asker, PlaceName};
use model::{MatcherKind, Mode, RefKinds, RestrictionId, RestrictionKind};

/// A rule as Bitbucket's clients send it; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct BranchRestrictionInput {
    /// `push`, `restrict_merges`, `force` or `delete`.
    pub kind: Option<String>,
    /// `glob`.
    pub branch_match_kind: Option<String>,
    pub pattern: Option<String>,
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
    /// A glob over short names.
    pub pattern: String,
    pub users: Vec<SubjectView>,
    pub groups: Vec<SubjectView>,
}

/// Kinds that this view has, with Bitbucket's words.
const KINDS: [(&str, RestrictionKind); 4] = [
    ("push", RestrictionKind::Push),
    ("restrict_merges", RestrictionKind::RestrictMerges),
    ("force", RestrictionKind::Force),
    ("delete", RestrictionKind::Delete),
];

impl App {
    /// Makes a rule. A second one of the same kind and pattern is refused, as Bitbucket does.
    pub async fn create_branch_restriction(
        &self,
        who: &Asker,
        repository: &PlaceName,
        input: BranchRestrictionInput,
    ) -> Result<BranchRestriction> {
        let others = self.open_and_list(who, repository, true).await?;
        let rule = native(&input, None)?;
        refuse_twin(&others, &rule, None)?;
        let made = self.create_restriction(who, repository, &rule).await?;
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
        refuse_twin(&others, &rule, Some(id))?;
        let made = self.update_restriction(who, repository, id, &rule).await?;
        view(&made).ok_or(Error::NotFound { what: "restriction" })
    }

    async fn open_and_list(
        &self,
        who: &Asker,
        repository: &PlaceName,
        change: bool,
    ) -> Result<Vec<RestrictionView>> {
        let open = self.open_restrictions(who, repository, change).await?;
        let here = open.ground.rules.iter().filter(|it| it.level == repository.level());
        Ok(here.map(|it| RestrictionView::of(it, &open.ground.names)).collect())
    }
}

/// The rule in Bitbucket's words, if it has words for it.
fn view(rule: &RestrictionView) -> Option<BranchRestriction> {
    let kind = KINDS.iter().find(|(_, kind)| *kind == rule.kind)?.0;
    let sayable =
        rule.on != RefKinds::Tags && rule.mode == Mode::Enforce && rule.matcher.except.is_empty();
    let pattern = match (sayable, rule.matcher.kind) {
        (false, _) => return None,
        (true, MatcherKind::Glob) => rule.matcher.pattern.clone(),
        (true, MatcherKind::Ref) => rule.matcher.pattern.strip_prefix("refs/heads/")?.to_owned(),
        (true, MatcherKind::Any) => "*".to_owned(),
        (true, MatcherKind::Ant | MatcherKind::BranchingModel) => return None,
    };
    let of_kind =
        |kind: &str| rule.subjects.iter().filter(|it| it.kind == kind).cloned().collect::<Vec<_>>();
    let (users, groups) = (of_kind("user"), of_kind("group"));
    Some(BranchRestriction { id: rule.id, kind, pattern, users, groups })
}

/// The native shape of what was sent, on top of what was there.
fn native(
    input: &BranchRestrictionInput,
    before: Option<&RestrictionView>,
) -> Result<RestrictionInput> {
    let mut fields = Fields::default();
    let kind = input.kind.as_deref().or(before.map(|it| it.kind.as_str()));
    let known = kind.and_then(|word| KINDS.iter().find(|it| it.0 == word));
    if known.is_none() {
        let word = visible(kind.unwrap_or_default());
        fields.add(
            "kind",
            format!("`{word}` is not known here yet: use push, restrict_merges, force or delete"),
        );
    }
    match input.branch_match_kind.as_deref() {
        None | Some("glob") => {}
        Some("branching_model") => {
            fields.add("branch_match_kind", "branching_model is not known here yet: use glob");
        }
        Some(_) => fields.add("branch_match_kind", "use glob"),
    }
    if input.value.is_some() {
        fields.add("value", "this kind takes no number");
    }
    let names_people = [&input.users, &input.groups].into_iter().flatten().any(|it| !it.is_empty());
    if names_people && known.is_some_and(|it| !it.1.is_allow_list()) {
        fields.add("users", "only push and restrict_merges list users and groups");
    }
    let pattern = input.pattern.clone().or_else(|| before.and_then(view).map(|it| it.pattern));
    if pattern.as_deref().unwrap_or_default().is_empty() {
        fields.add("pattern", "write a pattern, such as `main` or `release/*`");
    }
    let (Some((kind, _)), Some(pattern)) = (known, pattern) else {
        return Err(Error::Invalid(fields));
    };
    fields.check()?;
    Ok(RestrictionInput {
        kind: (*kind).to_owned(),
        matcher: "glob".into(),
        pattern,
        on: before.map(|it| it.on.as_str().to_owned()),
        subjects: subjects(input, before),
        note: before.and_then(|it| it.note.clone()),
        ..RestrictionInput::default()
    })
}

/// Users and groups as sent; whoever else the rule lists stays listed, because this view has no
/// words for them.
fn subjects(input: &BranchRestrictionInput, before: Option<&RestrictionView>) -> Vec<SubjectInput> {
    let mut listed = Vec::new();
    let given = [("user", &input.users), ("group", &input.groups)];
    for (kind, names) in given {
        for name in names.iter().flatten() {
            let named = SubjectInput { kind: kind.into(), ..SubjectInput::default() };
            listed.push(if name.starts_with('{') {
                SubjectInput { id: Some(name.clone()), ..named }
            } else {
                SubjectInput { name: Some(name.clone()), ..named }
            });
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

fn refuse_twin(
    others: &[RestrictionView],
    rule: &RestrictionInput,
    own: Option<RestrictionId>,
) -> Result<()> {
    let twin = others.iter().find(|it| {
        Some(it.id) != own
            && view(it).is_some_and(|it| it.kind == rule.kind && it.pattern == rule.pattern)
    });
    match twin {
        None => Ok(()),
        Some(twin) => Err(Error::Conflict {
            field: "pattern",
            message: format!(
                "rule {} has this kind and pattern already: change it instead",
                twin.id
            ),
        }),
    }
}
