//! What people write beside a content rule's kind: its argument. A rule that could
//! mean nothing is refused when it is saved.

use super::patterns::Patterns;
use crate::Fields;
use crate::render::visible;
use model::RestrictionKind;

const LONGEST: usize = 2000;

/// Notes what is wrong with a rule's argument for its kind. `checks`: the names of the
/// checks that the server's operator has configured.
pub(crate) fn checked_content(
    kind: RestrictionKind,
    argument: Option<&str>,
    patterns: &Patterns,
    checks: &[&str],
    fields: &mut Fields,
) {
    use RestrictionKind as K;
    match kind {
        K::AuthorEmail | K::CommitterEmail => {
            check(argument, fields, "write a pattern, such as `*@example.com`", |it| {
                if it.contains('@') || it.contains('*') {
                    Ok(())
                } else {
                    Err(format!("`{}` fits no e-mail address", visible(it)))
                }
            });
        }
        K::CommitMessage => {
            let example = "write a regular expression, such as `^[A-Z]+-[0-9]+: `";
            check(argument, fields, example, |it| {
                let bad = |why| format!("`{}` is no regular expression: {why}", visible(it));
                patterns.find(it).map(drop).map_err(bad)
            });
        }
        K::RestrictedPaths => {
            let example = "write patterns of paths, such as `infra/**, *.tf`";
            check(argument, fields, example, check_paths);
        }
        K::CustomCheck => {
            let known = match checks {
                [] => "this server has none: its operator configures them".to_owned(),
                names => format!("this server has {}", names.join(", ")),
            };
            let example = format!("name a check; {known}");
            check(argument, fields, &example, |it| {
                if checks.contains(&it) {
                    return Ok(());
                }
                Err(format!("no check `{}`; {known}", visible(it)))
            });
        }
        K::RequireSignedCommits | K::CommitterIsPusher | K::MaxFileSize | K::MaxPushSize => {
            refuse_argument(kind, argument, fields);
        }
        K::Push
        | K::RestrictMerges
        | K::Force
        | K::Delete
        | K::NoCreates
        | K::ReadOnly
        | K::PullRequestOnly
        | K::Require(_)
        | K::EnforceMergeChecks
        | K::Behaviour(_) => refuse_argument(kind, argument, fields),
    }
}

fn refuse_argument(kind: RestrictionKind, argument: Option<&str>, fields: &mut Fields) {
    if argument.is_some_and(|it| !it.is_empty()) {
        fields.add("argument", format!("`{kind}` takes none"));
    }
}

fn check(
    argument: Option<&str>,
    fields: &mut Fields,
    example: &str,
    is_good: impl FnOnce(&str) -> Result<(), String>,
) {
    let checked = match argument.filter(|it| !it.trim().is_empty()) {
        None => Err(example.to_owned()),
        Some(it) if it.len() > LONGEST => Err(format!("at most {LONGEST} bytes")),
        Some(it) => is_good(it),
    };
    if let Err(why) = checked {
        fields.add("argument", why);
    }
}

/// The patterns of a list of paths.
pub(super) fn paths(argument: &str) -> impl Iterator<Item = &str> {
    argument.split(',').map(str::trim)
}

fn check_paths(argument: &str) -> Result<(), String> {
    for pattern in paths(argument) {
        let shown = visible(pattern);
        if pattern.is_empty() {
            return Err("a pattern between two commas is empty".into());
        }
        if pattern.starts_with('/') {
            return Err(format!("`{shown}`: paths begin at the root, leave the first slash out"));
        }
        if pattern.split('/').any(|it| it == "." || it == "..") {
            return Err(format!("`{shown}` fits no path in a repository"));
        }
    }
    Ok(())
}
