//! Settings of a branching model as they are sent: laid over what was there, and refused whole,
//! field by field, when the result makes no sense.

use crate::error::{Fields, Result};
use crate::render::visible;
use model::{BranchClass, BranchType, BranchingSettings, RefName};

/// What shall change; `None` leaves it as it is.
#[derive(Clone, Debug, Default)]
pub struct BranchingInput {
    pub development: Option<BranchInput>,
    pub production: Option<BranchInput>,
    pub types: Vec<TypeInput>,
    pub delete_merged: Option<bool>,
}

/// A change of the development or production branch.
#[derive(Clone, Debug, Default)]
pub struct BranchInput {
    /// Of the production branch only.
    pub enabled: Option<bool>,
    pub use_main: Option<bool>,
    /// A short name; goes with `use_main` being false or left out.
    pub name: Option<String>,
}

/// A change of one type.
#[derive(Clone, Debug, Default)]
pub struct TypeInput {
    /// `feature`, `bugfix`, `release` or `hotfix`.
    pub kind: String,
    pub enabled: Option<bool>,
    pub prefix: Option<String>,
}

/// The settings once the input is laid over what was there.
pub(crate) fn checked(
    input: &BranchingInput,
    before: BranchingSettings,
) -> Result<BranchingSettings> {
    let mut fields = Fields::default();
    let mut settings = before;
    if let Some(it) = &input.development {
        lay_branch(it, &mut settings.development, "development", &mut fields);
        if it.enabled.is_some() {
            fields.add("development.enabled", "there always is a development branch");
        }
    }
    if let Some(it) = &input.production {
        lay_branch(it, &mut settings.production.name, "production", &mut fields);
        settings.production.enabled = it.enabled.unwrap_or(settings.production.enabled);
    }
    lay_types(&input.types, &mut settings.types, &mut fields);
    check_prefixes(&settings.types, &mut fields);
    settings.delete_merged = input.delete_merged.unwrap_or(settings.delete_merged);
    fields.check()?;
    Ok(settings)
}

fn lay_branch(input: &BranchInput, name: &mut Option<String>, of: &str, fields: &mut Fields) {
    let field = format!("{of}.name");
    let given = input.name.as_deref().filter(|it| !it.is_empty());
    match (input.use_main, given) {
        (Some(true), Some(_)) => {
            fields.add(&field, "leave it out: the branch follows the main branch");
        }
        (Some(true), None) => *name = None,
        (_, Some(given)) => match RefName::branch(given) {
            Ok(_) => *name = Some(given.to_owned()),
            Err(why) => fields.add(&field, format!("`{}` is no branch: {why}", visible(given))),
        },
        (Some(false), None) if name.is_none() || input.name.is_some() => {
            fields.add(&field, "say which branch, or follow the main branch");
        }
        (None, None) if input.name.is_some() => {
            fields.add(&field, "say which branch, or follow the main branch");
        }
        (Some(false) | None, None) => (),
    }
}

fn lay_types(inputs: &[TypeInput], types: &mut [BranchType], fields: &mut Fields) {
    let mut seen: Vec<&str> = Vec::new();
    for (at, input) in inputs.iter().enumerate() {
        let field = format!("branch_types[{at}]");
        let class = BranchClass::parse(&input.kind).ok();
        let known = types.iter_mut().find(|it| Some(it.class) == class);
        let Some(known) = known else {
            let shown = visible(&input.kind);
            let message = format!("`{shown}` is no type: use feature, bugfix, release or hotfix");
            fields.add(&format!("{field}.kind"), message);
            continue;
        };
        if seen.contains(&input.kind.as_str()) {
            fields.add(&format!("{field}.kind"), format!("{} is there twice", input.kind));
        }
        seen.push(&input.kind);
        known.enabled = input.enabled.unwrap_or(known.enabled);
        if let Some(prefix) = &input.prefix {
            known.prefix.clone_from(prefix);
        }
        if known.prefix.len() > RefName::MAX {
            fields.add(&format!("{field}.prefix"), format!("use at most {} bytes", RefName::MAX));
        }
    }
}

/// Every branch shall be of one type at most, and every enabled type shall be able to have one.
fn check_prefixes(types: &[BranchType], fields: &mut Fields) {
    let enabled: Vec<_> = types.iter().filter(|it| it.enabled).collect();
    for it in &enabled {
        let field = format!("branch_types.{}.prefix", it.class);
        let shown = visible(&it.prefix);
        if it.prefix.is_empty() {
            fields.add(&field, "an enabled type needs a prefix, such as `feature/`");
        } else if let Err(why) = RefName::branch(&format!("{}x", it.prefix)) {
            fields.add(&field, format!("no branch can start with `{shown}`: {why}"));
        }
        let clash = enabled.iter().find(|other| {
            other.class != it.class
                && !other.prefix.is_empty()
                && it.prefix.starts_with(other.prefix.as_str())
        });
        if let Some(other) = clash {
            let message = format!(
                "`{shown}` starts with `{}`, which is the prefix of {}",
                visible(&other.prefix),
                other.class
            );
            fields.add(&field, message);
        }
    }
}
