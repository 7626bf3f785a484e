//! Reads a `CODEOWNERS` file: lines of a pattern and the owners of what it fits. What cannot be read
//! is named with its line and passed over, so that one slip does not leave everything unowned.

use policy::path_fits;

/// A longer file, in bytes, is nobody's work.
pub(crate) const FILE_MAX: usize = 256 << 10;
/// Rules beyond these are passed over.
const RULES_MAX: usize = 2_000;
/// Faults beyond these are not told.
const FAULTS_MAX: usize = 100;

/// What a file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CodeOwners {
    rules: Vec<Rule>,
    teams: Vec<(String, Vec<Owner>)>,
    pub faults: Vec<Fault>,
}

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Counted from 1.
    pub line: usize,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    line: usize,
    /// It fits where one of these fits the whole path, in Ant's language.
    patterns: Vec<String>,
    owners: Vec<Owner>,
}

/// Whom a rule names, with the line for whoever finds out that there is no such person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub line: usize,
    pub name: OwnerName,
    /// At most so many of a group or team; all if `None`.
    pub most: Option<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum OwnerName {
    Email(String),
    /// A user, or a group of the workspace: they look alike.
    Named(String),
    Group {
        workspace: String,
        group: String,
    },
    /// One that is defined in the same file.
    Team(String),
}

impl CodeOwners {
    pub fn parse(text: &str) -> Self {
        let mut all = Self::default();
        for (number, line) in text.lines().enumerate() {
            let line = without_comment(line);
            let mut words = line.split_whitespace();
            let Some(first) = words.next() else { continue };
            if let Err(message) = all.read(number + 1, first, words) {
                all.fault(number + 1, message);
            }
        }
        all
    }

    fn fault(&mut self, line: usize, message: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { line, message });
        }
    }

    /// Owners that cannot be read are named; those beside them stay.
    fn read<'t>(
        &mut self,
        line: usize,
        first: &str,
        words: impl Iterator<Item = &'t str>,
    ) -> Result<(), String> {
        let team = first.strip_prefix("@@@");
        let patterns = if team.is_some() { Vec::new() } else { patterns(first)? };
        let mut owners = Vec::new();
        for word in words {
            match owner(line, word) {
                Ok(owner) => owners.push(owner),
                Err(message) => self.fault(line, message),
            }
        }
        if let Some(team) = team {
            if team.is_empty() {
                return Err("name the team: `@@@name member member`".into());
            }
            self.teams.push((team.to_owned(), owners));
            return Ok(());
        }
        if self.rules.len() >= RULES_MAX {
            return Err(format!("only {RULES_MAX} rules are read: this one is passed over"));
        }
        self.rules.push(Rule { line, patterns, owners });
        Ok(())
    }

    /// How much there is to compare each byte of a path with, in bytes: comparing costs no more
    /// than the one times the other.
    pub fn pattern_bytes(&self) -> usize {
        self.rules.iter().flat_map(|it| &it.patterns).map(String::len).sum()
    }

    /// Who owns a path: whom the last rule that fits it names.
    pub fn owners_of(&self, path: &str) -> &[Owner] {
        let fits = |it: &&Rule| it.patterns.iter().any(|it| path_fits(it, path));
        self.rules.iter().rev().find(fits).map_or(&[], |it| &it.owners)
    }

    /// The members of a team that the file defines.
    pub fn team(&self, name: &str) -> Option<&[Owner]> {
        self.teams.iter().rev().find(|(it, _)| it == name).map(|(_, members)| members.as_slice())
    }
}

/// A `#` begins a comment where a word could begin.
fn without_comment(line: &str) -> &str {
    let starts = |at: usize| {
        line.get(..at).is_none_or(|it| it.is_empty() || it.ends_with(' ') || it.ends_with('\t'))
    };
    let found = line.match_indices('#').map(|(at, _)| at).find(|&at| starts(at));
    found.and_then(|at| line.get(..at)).unwrap_or(line)
}

/// A pattern of `.gitignore`, without its `!`, `[…]` and `\`, as patterns for whole paths. What is
/// inside a folder that fits, fits.
fn patterns(word: &str) -> Result<Vec<String>, String> {
    if word.starts_with('!') {
        return Err(format!("`{word}`: a pattern cannot be negated here: write it without `!`"));
    }
    if word.contains(['[', ']', '\\']) {
        return Err(format!("`{word}`: `[`, `]` and `\\` mean nothing here: use * or ?"));
    }
    let all = word.strip_suffix("/**").or(word.strip_suffix('/'));
    let (stem, folder) = all.map_or((word, false), |stem| (stem, true));
    let anchored = stem.contains('/') || word.ends_with("/**");
    let stem = stem.strip_prefix('/').unwrap_or(stem);
    let stem = match (stem, anchored) {
        ("" | "**", _) => return Ok(vec!["**".into()]),
        (stem, true) => stem.to_owned(),
        (stem, false) => format!("**/{stem}"),
    };
    // A segment at least: the folder itself is no path of a file.
    let inside = format!("{stem}/*/**");
    Ok(if folder { vec![inside] } else { vec![stem, inside] })
}

fn owner(line: usize, word: &str) -> Result<Owner, String> {
    let (name, most) = match word.split_once(':') {
        None | Some((_, "all")) => (word.trim_end_matches(":all"), None),
        Some((name, how)) => (name, Some(how_many(word, how)?)),
    };
    let unknown =
        || format!("`{word}`: name a user, an e-mail address, `@workspace/group` or `@@team`");
    let name = if let Some(team) = name.strip_prefix("@@") {
        OwnerName::Team(team.to_owned())
    } else if let Some(name) = name.strip_prefix('@') {
        match name.split_once('/') {
            Some((workspace, group)) => {
                OwnerName::Group { workspace: workspace.to_owned(), group: group.to_owned() }
            }
            None if name.is_empty() => return Err(unknown()),
            None => OwnerName::Named(name.to_owned()),
        }
    } else if name.contains('@') {
        OwnerName::Email(name.to_owned())
    } else if name.is_empty() {
        return Err(unknown());
    } else {
        OwnerName::Named(name.to_owned())
    };
    Ok(Owner { line, name, most })
}

/// `random(2)`.
fn how_many(word: &str, how: &str) -> Result<usize, String> {
    let number = how.strip_prefix("random(").and_then(|it| it.strip_suffix(')'));
    let number = number.and_then(|it| it.parse().ok()).filter(|&it| it > 0);
    number.ok_or_else(|| format!("`{word}`: after the colon, use `all` or `random(2)`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_those_of_gitignore() {
        for (pattern, fits, not) in [
            ("*", "a b.c a/b/c", ""),
            ("*.js", "x.js a/b/x.js a/x.js/y", "x.jsx js"),
            ("/*.js", "x.js x.js/y", "a/x.js"),
            ("docs/", "docs/a docs/a/b x/docs/a", "docs mydocs/a"),
            ("/docs/", "docs/a docs/a/b", "x/docs/a docs"),
            ("docs", "docs docs/a x/docs x/docs/y", "docs2"),
            ("src/*", "src/a src/a/b", "x/src/a src"),
            ("src/**/x.c", "src/x.c src/a/b/x.c", "src/x.h y/src/x.c"),
            ("src/**", "src/a src/a/b", "src x/src/a"),
            ("**/x?.c", "x1.c a/b/x2.c", "x.c a/x12.c"),
            ("/", "a a/b", ""),
        ] {
            let owners = CodeOwners::parse(&format!("{pattern} ann"));
            assert_eq!(owners.faults, [], "{pattern}");
            for path in fits.split_whitespace() {
                assert_eq!(owners.owners_of(path).len(), 1, "`{pattern}` fits `{path}`");
            }
            for path in not.split_whitespace() {
                assert_eq!(owners.owners_of(path), [], "`{pattern}` does not fit `{path}`");
            }
        }
    }

    #[test]
    fn the_last_rule_that_fits_names_the_owners() {
        let text = "# all\n* ann  # but\n\n@@@web bea @carl\n/web/ @@web:random(1) d@x.org\n\
                    /web/free\n/infra/ @acme/ops:all @eve";
        let owners = CodeOwners::parse(text);
        let told = |path: &str| {
            let words = owners.owners_of(path).iter().map(|it| match &it.name {
                OwnerName::Email(it) => format!("mail {it}"),
                OwnerName::Named(it) => it.clone(),
                OwnerName::Group { workspace, group } => format!("{workspace}|{group}"),
                OwnerName::Team(team) => format!("team {team} {:?}", it.most),
            });
            words.collect::<Vec<_>>().join(", ")
        };
        assert_eq!(told("a"), "ann");
        assert_eq!(told("web/a"), "team web Some(1), mail d@x.org");
        assert_eq!(told("web/free"), "");
        assert_eq!(told("infra/a"), "acme|ops, eve");
        assert_eq!(owners.team("web").map(<[_]>::len), Some(2));
        assert_eq!(owners.team("ops"), None);
    }

    #[test]
    fn a_bad_line_is_named_and_the_others_count() {
        let text = "!a ann\n[ab] ann\n\\#x ann\n* ann @ ann:least_busy(2) bob:random(0)\n@@@ ann";
        let owners = CodeOwners::parse(text);
        assert_eq!(owners.owners_of("x").len(), 1);
        let faults: Vec<_> =
            owners.faults.iter().map(|it| format!("{} {}", it.line, it.message)).collect();
        assert_eq!(
            faults,
            [
                "1 `!a`: a pattern cannot be negated here: write it without `!`",
                "2 `[ab]`: `[`, `]` and `\\` mean nothing here: use * or ?",
                "3 `\\#x`: `[`, `]` and `\\` mean nothing here: use * or ?",
                "4 `@`: name a user, an e-mail address, `@workspace/group` or `@@team`",
                "4 `ann:least_busy(2)`: after the colon, use `all` or `random(2)`",
                "4 `bob:random(0)`: after the colon, use `all` or `random(2)`",
                "5 name the team: `@@@name member member`",
            ]
        );
        let many = CodeOwners::parse(&"* ann\n".repeat(RULES_MAX + FAULTS_MAX + 10));
        assert_eq!((many.rules.len(), many.faults.len()), (RULES_MAX, FAULTS_MAX));
    }
}
