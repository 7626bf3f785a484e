//! Takes a command line apart into words, as git quotes them and people type them. There is no
//! shell behind this door: what would mean something to one, outside of quotes, is refused.

/// Why a line is not a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A quote that is not closed, or a backslash at the end.
    Open,
    /// Something that only a shell could do.
    Shell(char),
}

/// The words of a line.
pub fn split(line: &str) -> Result<Vec<String>, Unreadable> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut rest = line.chars();
    while let Some(c) = rest.next() {
        match c {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => single(&mut rest, word.get_or_insert_default())?,
            '"' => double(&mut rest, word.get_or_insert_default())?,
            '\\' => word.get_or_insert_default().push(rest.next().ok_or(Unreadable::Open)?),
            c if is_shells(c) => return Err(Unreadable::Shell(c)),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Up to the closing quote; nothing in between is special.
fn single(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), Unreadable> {
    for c in rest {
        if c == '\'' {
            return Ok(());
        }
        word.push(c);
    }
    Err(Unreadable::Open)
}

fn double(rest: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), Unreadable> {
    while let Some(c) = rest.next() {
        match c {
            '"' => return Ok(()),
            '\\' => word.push(rest.next().ok_or(Unreadable::Open)?),
            '$' | '`' => return Err(Unreadable::Shell(c)),
            c => word.push(c),
        }
    }
    Err(Unreadable::Open)
}

fn is_shells(c: char) -> bool {
    c.is_control() || "|&;<>()$`*?[]{}#!".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_taken_apart_as_git_quotes_them() {
        for (line, words) in [
            ("git-upload-pack '/acme/site.git'", &["git-upload-pack", "/acme/site.git"][..]),
            (r"git-upload-pack 'it'\''s'\!'.git'", &["git-upload-pack", "it's!.git"]),
            ("git-upload-pack '~/x y'", &["git-upload-pack", "~/x y"]),
            (r#" whoami	"a \" b"'c'd ''"#, &["whoami", "a \" bcd", ""]),
            ("", &[]),
            ("   ", &[]),
        ] {
            let words: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
            assert_eq!(split(line), Ok(words), "{line}");
        }
    }

    #[test]
    fn what_only_a_shell_could_do_is_refused() {
        for (line, why) in [
            ("git-upload-pack 'x", Unreadable::Open),
            ("git-upload-pack \"x", Unreadable::Open),
            ("x\\", Unreadable::Open),
            ("git-upload-pack 'x'; id", Unreadable::Shell(';')),
            ("whoami && id", Unreadable::Shell('&')),
            ("whoami | id", Unreadable::Shell('|')),
            ("whoami > x", Unreadable::Shell('>')),
            ("whoami $(id)", Unreadable::Shell('$')),
            ("whoami \"$(id)\"", Unreadable::Shell('$')),
            ("whoami `id`", Unreadable::Shell('`')),
            ("whoami\nid", Unreadable::Shell('\n')),
            ("whoami \u{1b}[2J", Unreadable::Shell('\u{1b}')),
        ] {
            assert_eq!(split(line), Err(why), "{line}");
        }
    }
}
